"""Names in stills are text: no formula, and nothing that a file of SVG would be broken by."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from weightreel.analysis.findings.words.language import speaking
from weightreel.analysis.stills.style import STYLE, literal, plain_numbers

DOLLARS = ("$x_1$", "$\\undefined{$", "a $ b $ c", "50 $", "\\$")


def drawn(figure: Figure) -> list[str]:
    """The texts that a figure draws, as they stand; raises where one is a formula that is none."""
    found = []
    figure.canvas.draw()
    for text in figure.findobj(mpl.text.Text):
        said, is_formula = text._preprocess_math(text.get_text())
        found.append(f"formula {said}" if is_formula else said)
    return found


def test_names_between_dollars_are_no_formulas_wherever_they_stand() -> None:
    with mpl.rc_context(STYLE):
        figure = Figure((6, 4))
        axes = figure.subplots()
        for place, name in enumerate(DOLLARS):
            axes.plot([0, 1], [place, place], label=name)
        axes.set_xticks(range(len(DOLLARS)), DOLLARS)
        axes.set_title(DOLLARS[1])
        axes.legend(title=DOLLARS[0])
        axes.text(0, 0, DOLLARS[2])
        figure.suptitle(DOLLARS[0])
        said = drawn(literal(literal(figure)))
    assert all(said.count(name) >= 2 for name in DOLLARS), "in the legend, at the ticks"
    assert not any(text.startswith("formula") for text in said)


def test_powers_of_ten_stay_powers() -> None:
    with mpl.rc_context(STYLE):
        figure = Figure((6, 4))
        axes = figure.subplots()
        axes.set(xscale="log", xlim=(1e-6, 1e6), title="$x$")
        said = drawn(literal(figure))
    assert any(text.startswith("formula") and "10^{" in text for text in said)
    assert "$x$" in said


def test_numbers_at_axes_are_those_of_the_language(tmp_path: Path) -> None:
    mine = tmp_path / "mine.po"
    mine.write_text('msgid ""\nmsgstr "Language: de\\n"\n\nmsgid "cat"\nmsgstr "Katze"\n', encoding="utf-8")
    with mpl.rc_context(STYLE), speaking(str(mine)):
        figure = Figure((8, 4))
        left, middle, right = figure.subplots(1, 3)
        image = left.imshow(np.array([[-0.5, 0.5]]))
        figure.colorbar(image, ax=left)
        middle.plot([0, 1], [1000000.01, 1000000.02])  # what all ticks differ from stands beside the axis
        right.plot([0, 1], [0.01, 0.9])
        right.set_yscale("log")
        plain_numbers(right.yaxis)
        said = drawn(literal(literal(figure)))
    assert {"0,4", "−0,4", "0,8", "0,05"} <= set(said)
    assert not any("." in text for text in said if not text.startswith("formula")), said
