"""Horizontal bars with names and numbers: all bars are one path."""

from __future__ import annotations

import numpy as np
from manim import RIGHT

from weightreel.scenes.instruments.axes.bars import Bars


def bars(values: np.ndarray, whole: np.ndarray | None = None) -> Bars:
    names = ["airplane", "frog", "a class with a long name"]
    return Bars(
        np.arange(len(values)), names, values, (6, 3), most=10, colour="#FFFFFF", whole=whole,
        written=lambda v: f"{v:.1f}",
    )  # fmt: skip


def said(drawn: Bars) -> list[str | None]:
    return [reading.numerals.text for reading in drawn.readings]


def test_bars_are_as_long_as_their_values_and_write_them() -> None:
    drawn = bars(np.array([[0.0, 0, 0], [10, 5, 0]])).at(1)
    ends = drawn.bars.points.reshape(-1, 16, 3)[:, :, 0].max(1) - drawn.base.points[0, 0]
    np.testing.assert_allclose(ends, drawn.width_of_bars * np.array([1, 0.5]))
    assert said(drawn) == ["10.0", "5.0", "0.0"]
    assert np.isfinite(bars(np.full((1, 3), 1e9)).at(0).get_all_points()).all()


def test_bars_ease_to_the_next_record_and_their_numbers_wait_for_it() -> None:
    drawn = bars(np.array([[2.0, 0, 0], [10, 5, 0]])).at(0.9)
    ends = drawn.bars.points.reshape(-1, 16, 3)[:, :, 0].max(1) - drawn.base.points[0, 0]
    np.testing.assert_allclose(ends, drawn.width_of_bars * np.array([0.6, 0.25]))
    assert said(drawn) == ["2.0", "0.0", "0.0"]


def test_what_is_not_known_has_neither_bar_nor_number() -> None:
    drawn = bars(np.array([[np.nan, 1, 2]]))
    assert len(drawn.bars.points) == 2 * 16
    assert said(drawn) == ["", "1.0", "2.0"]
    assert np.isfinite(drawn.get_all_points()).all()


def test_bars_draw_where_they_were_moved_to_and_stay_within_their_size() -> None:
    history = np.array([[0.0, 0, 0], [10, 5, 1]])
    there, here = bars(history, whole=history * 2), bars(history, whole=history * 2)
    there.shift(2 * RIGHT)
    np.testing.assert_allclose(there.at(1).get_all_points(), here.at(1).get_all_points() + 2 * RIGHT, atol=1e-9)
    assert here.width <= 6 + 1e-9
