"""docs/store.md is the schema in words, and up to date."""

from __future__ import annotations

from pathlib import Path

from weightreel.analysis.store.schema.document import markdown
from weightreel.analysis.store.schema.fields import ATTRIBUTES, DIMENSIONS, FIELDS

PAGE = Path(__file__).resolve().parents[3] / "docs" / "store.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == markdown(), (
        "run: python -m weightreel.analysis.store.schema.document > docs/store.md"
    )


def test_nothing_is_left_out() -> None:
    page = markdown()
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert len(rows) == len(FIELDS) + len(ATTRIBUTES) + len(DIMENSIONS)
    for field in FIELDS:
        assert any(field.long_name in row and f"({', '.join(field.dims)})" in row for row in rows), field.path
