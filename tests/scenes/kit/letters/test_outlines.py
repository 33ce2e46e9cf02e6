"""What of Typst's drawings is read, and what is left to Manim's parser."""

from __future__ import annotations

import numpy as np
import pytest

from weightreel.scenes.kit.letters.outlines import compiler, drawn, outlines_of

PAGE = "#set page(width: auto, height: auto, margin: 0pt, fill: none)\n"


@pytest.mark.parametrize("source", ["Hi", "#block(width: 2em)[some words]", "$ x_1 + y^2 $", "a #h(1em) b", "fi ffl"])
def test_letters_are_read(source: str) -> None:
    letters = outlines_of(PAGE + source)
    assert letters
    assert all(letter.shape == (len(letter), 3) and len(letter) % 4 == 0 for letter in letters)
    assert all(np.isfinite(letter).all() and not letter.flags.writeable for letter in letters)


@pytest.mark.parametrize(
    "source",
    [
        "#underline[x]",
        "$ a / b $",
        "#text(fill: red)[x]",
        "#text(stroke: 1pt)[x]",
        "#rotate(20deg)[x]",
        "#scale(50%)[x]",
        "#box(fill: blue)[x]",
        "#box[x] <label>",
        "#skew(ax: 10deg)[x]",
        "#text(fill: black.transparentize(50%))[x]",
        "one #pagebreak() two",
        "#circle(radius: 3pt)",
        "",
    ],
)
def test_more_than_letters_is_left_to_manim(source: str) -> None:
    assert outlines_of(PAGE + source) is None


def test_the_compiler_is_kept_and_draws_what_a_new_one_draws() -> None:
    import typst

    assert compiler(()) is compiler(())
    for source in ("first", "second, $ x^2 $", "first"):
        page = drawn(PAGE + source)
        assert page == [typst.compile((PAGE + source).encode(), format="svg").decode()]
