"""Tables keep to the terminal: no line is wider, no usual word is broken, no column falls to single letters."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console

from tests.made.names import PAYLOADS, store_named
from tests.made.store import synthetic_store
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.writer import write
from weightreel.analysis.tables.grid import Grid, folded, print_grid
from weightreel.analysis.tables.overview import show

SHIPPED = Path(__file__).resolve().parents[2] / "data" / "digits-defences.h5"
WIDTHS = (80, 200)


def told(path: Path, width: int, **how: object) -> str:
    out = io.StringIO()
    with Store(path) as store:
        show(store, Console(file=out, width=width, color_system=None, **how))  # type: ignore[arg-type]
    return out.getvalue()


def printed(grid: Grid, width: int) -> str:
    out = io.StringIO()
    print_grid(Console(file=out, width=width, color_system=None), grid)
    return out.getvalue()


def words(text: str) -> set[str]:
    return set(text.split())


def rules(text: str) -> str:
    return re.sub("─+", "", text)


def assert_breaks_no_word(store: Path) -> None:
    wide = words(rules(told(store, 1000)))
    for width in WIDTHS:
        text = told(store, width)
        assert max(map(cell_len, text.splitlines())) <= width
        assert words(rules(text)) == wide


def test_usual_tables_break_no_word(small_store: Path) -> None:
    assert_breaks_no_word(small_store)


@pytest.mark.slow
def test_tables_of_a_dozen_networks_break_no_word() -> None:
    assert_breaks_no_word(SHIPPED)


def test_a_narrow_terminal_shortens_names_and_leaves_no_column_out(small_store: Path) -> None:
    text = told(small_store, 40)
    assert max(map(cell_len, text.splitlines())) <= 40
    assert {"validation", "stable", "λ₊/λ_max"} <= words(text)
    assert not re.search(r"^ [a-z] {5}", text, re.MULTILINE), "a letter a line"


@pytest.fixture(scope="module")
def with_metrics(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two networks that other code trained, with a dozen metrics of long names."""
    path = synthetic_store(tmp_path_factory.mktemp("metrics") / "s.h5", epochs=3, n_layers=2, attacks=False)
    with Store(path) as store:
        contents = store.contents()
        for run in store.runs.values():
            contents.describe(run.path, source="recorded while other code trained it")
            for i in range(12):
                name = f"{run.path}/metrics/val_macro_averaged_f1_score_of_fold_{i}_weighted"
                contents.datasets[name] = np.array([0, 1, i + 0.25], np.float32)
    write(path, contents)
    return path


@pytest.mark.parametrize("width", [40, 80, 120])
def test_many_metrics_stand_in_a_table_with_their_whole_names(with_metrics: Path, width: int) -> None:
    text = told(with_metrics, width)
    assert max(map(cell_len, text.splitlines())) <= width
    assert all(f"{i}.25" in words(text) for i in range(12)), "none is left out"
    names = "".join(re.split(" {2,}", line[1:])[0].strip() for line in text.splitlines())
    assert all(f"val_macro_averaged_f1_score_of_fold_{i}_weighted" in names for i in range(12))


@pytest.mark.parametrize(
    ("name", "room", "lines"),
    [
        ("grad/x", 12, ["grad/x"]),
        ("val/macro_averaged_f1.score", 12, ["val/macro_", "averaged_f1.", "score"]),
        ("orthogonality", 5, ["ortho", "gonal", "ity"]),
        ("tokens seen a step", 8, ["tokens", "seen a", "step"]),
        ("损失函数/训练", 4, ["损失", "函数", "/", "训练"]),
        ("", 4, [""]),
    ],
)
def test_a_name_is_folded_after_its_separators(name: str, room: int, lines: list[str]) -> None:
    assert folded(name, room) == lines
    assert max(map(cell_len, lines)) <= room


@pytest.mark.parametrize("width", [30, 80, 200])
def test_names_of_any_kind_stay_text(tmp_path: Path, width: int) -> None:
    for shift in (0, 12):
        store = store_named(tmp_path / f"{shift}.h5", PAYLOADS[shift:] + PAYLOADS[:shift], models=shift == 0)
        text = told(store, width, force_terminal=shift == 0)
        assert max(map(cell_len, text.splitlines())) <= width
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)


def test_names_that_are_cut_alike_are_told_apart() -> None:
    grid = Grid("Title", "run", "value")
    for i in range(3):
        grid.add_row(f"experiment_with_a_very_long_name_{'x' * 60}_{i}", "1")
    text = printed(grid, 40)
    assert len({line.split()[0] for line in text.splitlines() if "…" in line}) == 3


def test_wide_letters_count_twice() -> None:
    grid = Grid("标题" * 30, "类", "值")
    grid.add_row("卷积网络" * 20, "1")
    assert max(map(cell_len, printed(grid, 40).splitlines())) <= 40


def test_a_line_feed_in_a_name_makes_no_row() -> None:
    grid = Grid("Title", "run", "value")
    grid.add_row("a\nspectral-cnn-s0  99.9", ("1", "[0, 2]"))
    assert r"a\x0aspectral-cnn-s0" in printed(grid, 80)
