"""Type: words set by Typst, and numerals that change at every frame."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from manim import PI, RIGHT

from weightreel.scenes.kit import theme as colours
from weightreel.scenes.kit.type import Letters, Numerals, label, words


def test_type_below_the_smallest_size_is_refused() -> None:
    with pytest.raises(ValueError, match="1/45"):
        words("too small", 0.2)
    with pytest.raises(ValueError, match="1/45"):
        Numerals("1", 0.2)
    assert words("H", colours.SMALL).height >= colours.SMALLEST


def test_words_are_no_markup() -> None:
    """What stands in a store (names of layers and data) is shown, not run."""
    assert len(words('a_b*c#$"\\').submobjects) == len('a_b*c#$"\\')


def test_numerals_are_one_path_and_stay_where_they_are_put() -> None:
    text = Numerals("0.5", 0.4).shift(np.array([3.0, 1, 0]))
    left = text.get_left()[0]
    assert not text.submobjects
    text.show("0.123456")
    assert text.get_left()[0] == pytest.approx(left, abs=0.02)
    assert text.show("").show("0.5").get_left()[0] == pytest.approx(left, abs=0.02)
    right = Numerals("1", 0.4, align=1)
    assert right.show("1234").get_right()[0] == pytest.approx(Numerals("4", 0.4, align=1).get_right()[0], abs=1e-9)


def test_numerals_follow_a_change_of_size() -> None:
    small, large = Numerals("12", 0.3), Numerals("12", 0.6)
    assert small.scale(2).show("345").width == pytest.approx(large.show("345").width, rel=1e-6)


@pytest.mark.parametrize("kind", [label, Numerals])
def test_the_height_of_capitals_follows_every_change(kind: Callable[[str], Letters | Numerals]) -> None:
    text = kind("words")
    height = text.capital
    assert text.copy().rotate(0.7).scale(2).shift(RIGHT).capital == pytest.approx(2 * height)
    assert text.copy().scale(0.5).rotate(PI / 2).capital == pytest.approx(height / 2)
