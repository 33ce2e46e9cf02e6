"""Confusion matrices: what each class is taken for, as one picture whose cells change their colours."""

from __future__ import annotations

import numpy as np
import pytest
from manim import ManimColor

from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.training.confusion_matrix import Ramp, key_of_ramp
from weightreel.scenes.kit.theme import SMALLEST


def test_a_ramp_goes_from_the_background_to_its_colour_and_keeps_what_is_unknown_dark() -> None:
    ramp = Ramp.of_shares("#FFFFFF")
    ground = np.round(255 * ManimColor(theme().BACKGROUND).to_rgb())
    drawn = ramp.colours(np.array([0, 0.01, 0.25, 1, np.nan, 7]))
    assert drawn.dtype == np.uint8
    np.testing.assert_array_equal(drawn[[0, 4]], [ground, ground])
    np.testing.assert_array_equal(drawn[[3, 5]], np.full((2, 3), 255))
    np.testing.assert_allclose(drawn[2], (ground + 255) / 2, atol=1)  # the root of a quarter is a half
    assert (np.diff(drawn[:4].astype(int).sum(1)) > 0).all()


def test_differences_of_both_signs_have_the_colours_of_their_networks() -> None:
    drawn = Ramp.of_differences("#FF0000", "#0000FF", 0.1).colours(np.array([-0.1, 0, 0.1, -5]))
    np.testing.assert_array_equal(drawn[[0, 2, 3]], [[255, 0, 0], [0, 0, 255], [255, 0, 0]])
    np.testing.assert_array_equal(drawn[1], np.round(255 * ManimColor(theme().BACKGROUND).to_rgb()))


def test_the_key_of_a_ramp_is_as_wide_as_it_says_and_its_numbers_can_be_read() -> None:
    key = key_of_ramp(Ramp.of_shares("#FFFFFF"), 4.0, (0, 0.25, 1), ("0", "25", "100"))
    assert key.width <= 4.0 + 1e-6
    assert key[3].get_center()[0] == pytest.approx(0, abs=0.05)  # the root of a quarter
    assert min(number.height for number in key[2:]) >= SMALLEST - 1e-9
