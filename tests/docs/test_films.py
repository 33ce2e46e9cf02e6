"""The film at the top of docs/films.md, taken from the page: short, without a fault, and whole."""

from __future__ import annotations

import re
from pathlib import Path

import av
import pytest

from weightreel.analysis.settings import Settings
from weightreel.scenes.making.in_process import draw_film
from weightreel.scenes.making.orders import QUALITIES, orders_of
from weightreel.scenes.viewing.look import look_at

PAGE = Path(__file__).resolve().parents[2] / "docs" / "films.md"
MOST_LINES = 20


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """The first piece of code on the page, as a file."""
    found = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    path = tmp_path / "own" / "spread.py"
    path.parent.mkdir()
    path.write_text(found[1], encoding="utf-8")
    return path


def test_is_a_class_of_twenty_lines(film: Path) -> None:
    lines = film.read_text(encoding="utf-8").splitlines()
    assert len(lines) - next(at for at, line in enumerate(lines) if line.startswith("class ")) <= MOST_LINES


def test_has_no_fault_and_moves(film: Path, small_store: Path) -> None:
    (report,) = look_at([str(film)], Settings(store=str(small_store))).values()
    assert report.faults == []


@pytest.mark.slow
def test_renders(film: Path, small_store: Path, tmp_path: Path) -> None:
    (order,) = orders_of([str(film)], Settings(store=str(small_store)), "t", tmp_path / "out")
    with av.open(str(draw_film(order, tmp_path / "work"))) as container:
        assert container.streams.video[0].frames > 15 * QUALITIES["t"].fps
