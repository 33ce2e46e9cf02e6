"""Axes that cost nothing while a film runs: where data land is known from three of their own points."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from weightreel.scenes.instruments.axes.plane import Plane, log_ticks, nice_ticks, ticks_along
from weightreel.scenes.kit.paths import polyline


def test_an_empty_bin_of_a_logarithmic_histogram_lies_on_the_base_line() -> None:
    plane = Plane((0, 1), (0, 1e6), (5, 3), log=True)
    np.testing.assert_allclose(plane.rise(np.array([0.0, 0.5, 1e6])), [0, 0, 1])
    assert 0 < plane.rise(np.array([1.0]))[0] < 0.1


@pytest.mark.parametrize(("low", "high"), [(0, 50), (-0.031, 0.024), (1.2e-6, 9e-6), (0, 3e6), (4, 4)])
def test_ticks_are_few_and_inside(low: float, high: float) -> None:
    ticks = nice_ticks(low, high, 5)
    assert 1 <= len(ticks) <= 5
    assert all(low - 1e-9 <= tick <= high * (1 + 1e-9) for tick in ticks)


@pytest.mark.parametrize("width", [1.5, 3.9, 8.3])
def test_numbers_of_ticks_do_not_meet(width: float) -> None:
    plane = Plane((-0.62, 0.71), (0, 1), (width, 1), x_ticks=ticks_along(-0.62, 0.71, width, 6))
    numbers = sorted(plane.submobjects[1:], key=lambda number: number.get_x())
    assert len(numbers) >= (2 if width > 2 else 1)
    assert all(a.get_right()[0] < b.get_left()[0] for a, b in itertools.pairwise(numbers))


def test_logarithmic_ticks_are_powers_of_ten() -> None:
    assert log_ticks(2.5e6) == [1, 100, 10_000, 1_000_000]
    assert log_ticks(0) == [1]


def test_lines_at_a_nan_are_left_out() -> None:
    corners = np.array([[0.0, 0, 0], [1, 0, 0], [np.nan, 0, 0], [3, 0, 0], [4, 0, 0]])
    points = polyline(corners)
    assert points.shape == (8, 3)
    np.testing.assert_allclose(points[[0, 3, 4, 7], 0], [0, 1, 3, 4])
