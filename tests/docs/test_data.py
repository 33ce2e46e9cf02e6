"""docs/data.md: what it shows of the data in Python is run as it stands there, in a folder of its own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
SNIPPETS: dict[str, str] = dict(re.findall(r"## (\w+)[^\n]*\n(?:(?!\n## ).)*?```python\n(.*?)```", PAGE, re.DOTALL))
"""The first of each section, by the first word of its heading."""
SEEDS = PAGE.split("```python\n")[3].split("```")[0]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One to work in, where the stores that ship are found as in a checkout."""
    (tmp_path / "data").symlink_to(ROOT / "data")
    monkeypatch.chdir(tmp_path)
    plt.switch_backend("agg")
    return tmp_path


def value_of(code: str) -> Any:
    """What the last line of a snippet evaluates to, after the others are run."""
    body, _, last = code.rstrip().rpartition("\n")
    names: dict[str, Any] = {}
    exec(body, names)
    return eval(last.strip(), names)


def test_three_ways_give_one_number(folder: Path) -> None:
    assert [*SNIPPETS] == ["NumPy", "pandas", "xarray", "Your"]
    history = value_of(SNIPPETS["NumPy"])
    table = value_of(SNIPPETS["pandas"])
    assert table.loc["classifier.0", "first"] == history[0]
    assert table.loc["classifier.0", "last"] == history[-1] == value_of(SNIPPETS["xarray"])


def test_each_is_three_lines() -> None:
    for way in ("NumPy", "pandas", "xarray"):
        assert len([line for line in SNIPPETS[way].splitlines() if line]) <= 3


def test_seeds_are_one_table(folder: Path) -> None:
    assert "concat" in SEEDS
    table = value_of(SEEDS)
    assert table["count"].unique().tolist() == [10]
    assert np.isfinite(table["mean"]).all() and (table["std"] > 0).any()


def test_the_figure_is_that_of_the_page(folder: Path) -> None:
    """Drawn with another Matplotlib its letters may stand a pixel elsewhere."""
    exec(SNIPPETS["Your"], {})
    plt.close("all")
    pages = re.search(r"!\[.*\]\((own-figure.png)\)", PAGE)
    assert pages
    with Image.open(folder / "stable-rank.png") as drawn, Image.open(ROOT / "docs" / pages[1]) as shown:
        assert drawn.size == shown.size
        difference = np.abs(np.asarray(drawn.convert("L"), float) - np.asarray(shown.convert("L"), float))
    assert difference.mean() < 2


def test_readme_reads_the_store_as_it_says(folder: Path) -> None:
    code = README.split("## The data in Python\n\n```python\n")[1].split("```")[0]
    names: dict[str, Any] = {}
    exec(code, names)
    assert len(names["frame"]) == len(names["run"].epochs) * (1 + len(names["run"].layers))
