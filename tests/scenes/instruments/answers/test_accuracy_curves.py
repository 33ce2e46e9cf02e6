"""Shares of images against the radius within which they are attacked or certified."""

from __future__ import annotations

import numpy as np
import pytest

from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.answers.accuracy_curves import AccuracyCurves, Fall, row_of, steps_of
from weightreel.scenes.kit.theme import SAFE_LEFT


def chart(t: float) -> AccuracyCurves:
    x, share = np.array([0.0, 1, 4]), np.array([0.8, 0.4, 0.0])
    fall = Fall(x, share, theme().CNN, share * 0.9, share * 1.1)
    return AccuracyCurves([fall], (4, 2), title="PGD-40", most=4.0, x_name="ε", named="accuracy").at(t)


@pytest.mark.parametrize(("t", "end", "marks"), [(0.0, (0.0, 0.8), 1), (0.5, (2.0, 0.8 / 3), 2), (1.0, (4.0, 0.0), 3)])
def test_curves_reach_as_far_as_the_clock(t: float, end: tuple[float, float], marks: int) -> None:
    drawn = chart(t)
    assert len(drawn.marks[0].points) == 16 * marks
    if t > 0:
        expected = drawn.plane.point(end[0], 100 * end[1])
        np.testing.assert_allclose(drawn.lines[0].points[-1], expected, atol=1e-9)


def test_panels_keep_their_distance() -> None:
    row = row_of([chart(1.0), chart(1.0)], np.array([SAFE_LEFT, 0, 0]), 5.0)
    np.testing.assert_allclose(row[1].plane.corner - row[0].plane.corner, [5, 0, 0], atol=1e-12)


def test_a_staircase_holds_the_share_of_values_at_least_as_large() -> None:
    values = np.array([0.3, 0.1, 0.1])
    x, share = steps_of(values, 4, 1.0)
    assert (x[0], share[0], share[-1]) == (0.0, 0.75, 0.0)
    for radius in (0.05, 0.2, 0.29):
        assert np.interp(radius, x, share) == pytest.approx((values >= radius).mean() * 3 / 4)
    assert steps_of(np.empty(0), 4, 1.0)[1].max() == 0
