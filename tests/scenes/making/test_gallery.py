"""Every instrument is documented with an example that its signature takes, and held by a golden frame."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

from weightreel.scenes.making.gallery import PAGE, ROOT, Entry, entries, page

KEPT = set(re.findall(r'compare\(\s*"([\w-]+)"', "".join(p.read_text() for p in (ROOT / "tests/golden").glob("*.py"))))
"""Names of the frames that golden tests draw."""


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.name)
class TestEachInstrument:
    def test_its_golden_frame_is_there_and_tested(self, entry: Entry) -> None:
        frame = Path(entry.frame)
        assert frame.parent == Path("tests/golden/frames"), f"the docstring of {entry.name} names no golden frame"
        assert (ROOT / frame).is_file()
        assert frame.stem in KEPT

    def test_its_example_is_a_call_that_it_takes(self, entry: Entry) -> None:
        calls = [
            node for node in ast.walk(ast.parse(entry.code)) if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name) and node.func.id == entry.name
        ]  # fmt: skip
        assert calls, f"the example of {entry.name} does not make one"
        for call in calls:
            keywords = {keyword.arg: None for keyword in call.keywords if keyword.arg}
            inspect.signature(entry.kind).bind(*call.args, **keywords)

    def test_it_says_what_it_shows(self, entry: Entry) -> None:
        assert len(entry.about) > 20


def test_the_page_is_as_the_docstrings_have_it() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m weightreel.scenes.making.gallery`"
