"""Pictures, bars and intervals of answers to noise."""

from __future__ import annotations

import numpy as np
import pytest
from manim import FadeIn, FadeOut

from weightreel.analysis.findings.statistics import counted
from weightreel.scenes.instruments.answers.image_grid import ImageGrid
from weightreel.scenes.instruments.axes.intervals import Intervals
from weightreel.scenes.kit.clock import EpochClock

PIXELS = np.random.default_rng(0).integers(1, 255, (5, 4, 6, 3), np.uint8)


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


def test_intervals_stand_where_their_rates_do() -> None:
    rows = [("CNN", "#FF0000", counted(70, 1000)), ("Spectral CNN", "#00FF00", counted(0, 1000))]
    drawn = Intervals(rows, 6, "success rate, %")
    bar, whisker = drawn[1], drawn[2]
    scale = np.linalg.norm(drawn.plane.across) / drawn.plane.x_range[1]
    assert bar.width == pytest.approx(7.0 * scale)
    assert whisker.width == pytest.approx(100 * (rows[0][2].high - rows[0][2].low) * scale, rel=0.05)
    nothing = Intervals([("CNN", "#FF0000", counted(0, 1))], 6, "")
    assert np.isfinite(nothing.get_all_points()).all()
