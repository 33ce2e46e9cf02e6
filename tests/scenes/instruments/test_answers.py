"""Pictures of answers to noise."""

from __future__ import annotations

import numpy as np
from manim import FadeIn, FadeOut

from weightreel.scenes.instruments.answers.image_grid import ImageGrid
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
