"""Pictures in a grid, as one image."""

from __future__ import annotations

import numpy as np
import pytest

from tests.scenes.instruments.test_answers import PIXELS
from weightreel.scenes.instruments.answers.image_grid import ImageGrid, mosaic


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
