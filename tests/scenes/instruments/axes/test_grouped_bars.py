"""Rates in groups: one bar a member with its interval, all bars of a colour as one path."""

from __future__ import annotations

import numpy as np
from manim import RIGHT

from weightreel.scenes.instruments.axes.grouped_bars import GroupedBars


def grouped(epochs: int = 2) -> GroupedBars:
    value = np.linspace(0, 0.4, epochs * 4).reshape(epochs, 2, 2)
    value[-1, 1, 1] = np.nan
    rates = np.stack([value, value - 0.02, value + 0.02])
    return GroupedBars(np.arange(epochs), ["uniform", "smooth"], ["#FF0000", "#00FF00"], rates, (6, 3), "rate, %")


def test_grouped_bars_are_as_high_as_their_rates_wherever_they_are() -> None:
    drawn = grouped().shift(2 * RIGHT).at(1)
    heights = np.ptp(drawn.bars[0].points.reshape(-1, 16, 3)[:, :, 1], axis=1)
    per_percent = drawn.plane.upwards[1] / drawn.plane.y_range[1]
    np.testing.assert_allclose(heights, per_percent * 100 * np.array([4, 6]) * 0.4 / 7, rtol=1e-6)
    assert len(drawn.bars[1].points) == 16  # the second is not known
    assert [[n.text for n in group] for group in drawn.numbers] == [["22.9", "28.6"], ["34.3", ""]]
    assert drawn.bars[0].get_center()[0] < drawn.middle(1)[0]
    for t in (-1, 0, 0.5, 9):
        assert np.isfinite(drawn.at(t).get_all_points()).all()
    nothing = GroupedBars(np.zeros(1), ["a"], ["#FFFFFF"], np.zeros((3, 1, 1, 1)), (3, 2), "")
    assert np.isfinite(nothing.get_all_points()).all()
