"""Pictures, bars and intervals of answers to noise."""

from __future__ import annotations

import numpy as np
import pytest
from manim import RIGHT, FadeIn, FadeOut

from weightreel.analysis.findings.statistics import counted
from weightreel.scenes.instruments.answers.image_grid import ImageGrid, mosaic
from weightreel.scenes.instruments.axes.bars import Bars
from weightreel.scenes.instruments.axes.intervals import Intervals
from weightreel.scenes.instruments.axes.polygons import rectangles
from weightreel.scenes.kit.clock import EpochClock

PIXELS = np.random.default_rng(0).integers(1, 255, (5, 4, 6, 3), np.uint8)


def test_a_mosaic_holds_every_pixel_once() -> None:
    whole, owner = mosaic(PIXELS, 3, 2)
    assert whole.shape == (2 * 4 + 2, 3 * 6 + 2 * 2, 4)
    for i, picture in enumerate(PIXELS):
        np.testing.assert_array_equal(whole[owner == i][:, :3].reshape(picture.shape), picture)
    assert (whole[owner == -1] == 0).all()
    assert mosaic(PIXELS[:1], 3, 2)[0].shape == (4, 6, 4)


def test_pictures_arrive_one_after_the_other_without_flicker() -> None:
    grid = ImageGrid(PIXELS, 3, 2.0)
    alpha = [[grid.at(t).pixel_array[grid.owner == i, 3].mean() for i in range(5)] for t in (0.0, 1.5, 5.0, 9.0)]
    np.testing.assert_allclose(alpha, [[0] * 5, [255, 128, 0, 0, 0], [255] * 5, [255] * 5])
    assert (grid.pixel_array[grid.owner == -1, 3] == 0).all()
    assert grid.height == pytest.approx(2)


def test_pictures_can_be_faded_and_follow_a_clock() -> None:
    grid = ImageGrid(PIXELS, 3, 2.0).at(5)
    kept = grid.pixel_array.copy()
    for animation, at_end in ((FadeOut(grid), 0), (FadeIn(grid), kept)):
        animation.begin()
        animation.interpolate(1)
        np.testing.assert_array_equal(grid.pixel_array[..., 3], np.broadcast_to(at_end, kept.shape)[..., 3])
        animation.finish()
        grid.pixel_array = kept.copy()
    clock = EpochClock(grid.epochs)
    grid.attach(clock)
    assert (grid.pixel_array[..., 3] == 0).all()
    clock.set_value(5)
    grid.update()
    assert (grid.pixel_array[grid.owner >= 0, 3] == 255).all()


def test_rectangles_without_area_are_left_out() -> None:
    points = rectangles(np.zeros(3), np.array([1.0, 0, 2]), np.arange(3.0), np.arange(3.0) + 1)
    assert points.shape == (32, 3)
    np.testing.assert_allclose(points[16:].max(0), [2, 3, 0])
    assert rectangles(np.zeros(1), np.zeros(1), np.zeros(1), np.ones(1)).shape == (0, 3)


def bars(values: np.ndarray, whole: np.ndarray | None = None) -> Bars:
    names = ["airplane", "frog", "a class with a long name"]
    return Bars(
        np.arange(len(values)), names, values, (6, 3), most=10, colour="#FFFFFF", whole=whole,
        written=lambda v: f"{v:.1f}",
    )  # fmt: skip


def test_bars_are_as_long_as_their_values_and_write_them() -> None:
    drawn = bars(np.array([[0.0, 0, 0], [10, 5, 0]])).at(0.5)
    ends = drawn.bars.points.reshape(-1, 16, 3)[:, :, 0].max(1) - drawn.base.points[0, 0]
    np.testing.assert_allclose(ends, drawn.width_of_bars * np.array([0.5, 0.25]))
    assert [n.text for n in drawn.numbers] == ["5.0", "2.5", "0.0"]
    assert np.isfinite(bars(np.full((1, 3), 1e9)).at(0).get_all_points()).all()


def test_bars_draw_where_they_were_moved_to_and_stay_within_their_size() -> None:
    history = np.array([[0.0, 0, 0], [10, 5, 1]])
    there, here = bars(history, whole=history * 2), bars(history, whole=history * 2)
    there.shift(2 * RIGHT)
    np.testing.assert_allclose(there.at(1).get_all_points(), here.at(1).get_all_points() + 2 * RIGHT, atol=1e-9)
    assert here.width <= 6 + 1e-9


def test_intervals_stand_where_their_rates_do() -> None:
    rows = [("CNN", "#FF0000", counted(70, 1000)), ("Spectral CNN", "#00FF00", counted(0, 1000))]
    drawn = Intervals(rows, 6, "success rate, %")
    bar, whisker = drawn[1], drawn[2]
    scale = np.linalg.norm(drawn.plane.across) / drawn.plane.x_range[1]
    assert bar.width == pytest.approx(7.0 * scale)
    assert whisker.width == pytest.approx(100 * (rows[0][2].high - rows[0][2].low) * scale, rel=0.05)
    nothing = Intervals([("CNN", "#FF0000", counted(0, 1))], 6, "")
    assert np.isfinite(nothing.get_all_points()).all()
