"""A picture that changes with the clock."""

from __future__ import annotations

import numpy as np
import pytest

from weightreel.scenes.instruments.answers.moving_picture import MovingPicture, amplification, around_grey, still

PICTURE = np.full((2, 2, 3), 250, np.uint8)


def test_a_picture_stands_until_the_next_and_keeps_its_size() -> None:
    frames = np.stack([np.zeros((2, 3, 3)), np.full((2, 3, 3), 100.0)])
    picture = MovingPicture(np.array([0.0, 2.0]), frames, 3.0)
    seen = [int(picture.at(t).pixel_array[..., :3].mean()) for t in (-1, 0, 1, 1.99, 2, 9)]
    assert seen == [0, 0, 0, 0, 100, 100]
    assert (picture.pixel_array[..., 3] == 255).all()
    assert picture.height == pytest.approx(3)
    np.testing.assert_array_equal(still(PICTURE, 1.0).pixel_array[..., :3], PICTURE)


def test_an_amplified_perturbation_is_not_clipped_and_grey_is_zero() -> None:
    delta = np.array([-8.0, 0, 8]) / 255
    factor = amplification(delta)
    assert factor == 15
    np.testing.assert_allclose(around_grey(delta, factor), [7.5, 127.5, 247.5])
    assert amplification(np.zeros(3)) == 1
    assert amplification(np.array([0.9])) == 1
