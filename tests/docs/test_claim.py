"""docs/claim.md lists what was measured, and its table is what the command prints."""

from __future__ import annotations

import re
from pathlib import Path

from scripts.claim import table

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "claim.md").read_text(encoding="utf-8")
RESULTS = ROOT / "data" / "claim.csv"


def listed() -> set[str]:
    """The readings that the list names, in the first column of its tables."""
    listed = PAGE.split("## The readings", 1)[1].split("\n## ", 1)[0]
    names: set[str] = set()
    for cell in re.findall(r"^\| (`.*?) \|", listed, re.MULTILINE):
        found = re.findall(r"`([^`]+)`", cell)
        names |= {found[0].rpartition("-")[0] + name if name.startswith("-") else name for name in found}
    return names


def test_what_is_listed_was_measured_and_nothing_else() -> None:
    measured = {row.reading for row in table.read(RESULTS)}
    classes = {name for name in measured if re.fullmatch(r"class-\w+", name)}
    assert len(classes) == 10
    assert listed() - {"class-NAME"} == measured - classes - {"stored"}


def test_every_reading_was_measured_on_six_networks() -> None:
    for line in table.lines_of(table.read(RESULTS)):
        assert [[row.seed for row in rows] for rows in line.rows.values()] == [[0, 1, 2], [0, 1, 2]], line.reading


def test_the_table_is_what_the_command_prints() -> None:
    found = re.search(r"<!-- claim: begin -->\n(.*?)\n<!-- claim: end -->", PAGE, re.DOTALL)
    assert found
    assert found[1] == table.markdown(table.read(RESULTS))
