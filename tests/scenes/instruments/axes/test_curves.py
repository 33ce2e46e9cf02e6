"""Histories as curves that grow with the clock."""

from __future__ import annotations

import numpy as np
import pytest

from tests.findings.test_time import LOGARITHMIC
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.curves import HEAD, Curves, Series, fitting


def test_curves_stand_on_the_same_scale() -> None:
    curves = Curves(LOGARITHMIC, [Series("", np.zeros(len(LOGARITHMIC)), "#ffffff")], size=(9, 3), y=(-1, 1))
    start, end = curves.plane.point(0, 0), curves.plane.point(1000, 0)
    middle = curves.plane.point(1001**0.5 - 1, 0)
    np.testing.assert_allclose(middle, (start + end) / 2, atol=1e-9)


def test_the_box_of_curves_holds_their_heads_at_the_end_of_their_way() -> None:
    curves = Curves(np.arange(8), [Series("", np.linspace(0, 1, 8), theme().CNN)], size=(4, 2), ticks=(2, 2))
    right = curves.get_right()[0]
    assert right == pytest.approx((curves.plane.corner + curves.plane.across)[0] + HEAD)  # no tick's number is there
    assert curves.at(7.0).get_right()[0] == pytest.approx(right)
    bundle = Curves(np.arange(8), [Series("", np.ones((8, 3)), theme().CNN)], size=(4, 2), ticks=(2, 2))
    assert bundle.get_right()[0] == pytest.approx((bundle.plane.corner + bundle.plane.across)[0])


def test_axes_are_as_wide_as_asked_for_or_as_fits_with_their_numbers() -> None:
    def width_of(axes: float) -> float:
        curves = Curves(
            np.arange(2001), [Series("", np.linspace(0, 1, 2001), theme().CNN)], size=(axes, 2), ticks=(4, 4)
        )
        return float(curves.width)

    assert fitting(width_of, 5.0, 9.0) == 5.0
    narrower = fitting(width_of, 5.0, 5.0)
    assert 3.5 < narrower < 5.0
    assert width_of(narrower) <= 5.0 + 1e-6


def test_curves_break_at_a_gap_and_end_in_a_dot() -> None:
    history = np.array([1.0, 2, np.nan, 2, 1])
    curves = Curves(np.arange(5), [Series("a", history, theme().CNN)], size=(4, 2))
    curves.at(4)
    assert len(curves.lines[0].points) == 4 * 2  # from 0 to 1 and from 3 to 4
    assert curves.heads[0] is not None
    assert curves.heads[0].get_fill_opacity() == 1
    np.testing.assert_allclose(curves.heads[0].get_center(), curves.plane.point(4, 1), atol=1e-9)
    curves.at(1.5)
    assert curves.heads[0].get_fill_opacity() == 0


def test_a_bundle_is_one_path() -> None:
    curves = Curves(np.arange(5), [Series("", np.ones((5, 30)), theme().CNN)], size=(4, 2)).at(4)
    assert len(curves.lines) == 1
    assert len(curves.lines[0].get_subpaths()) == 30
