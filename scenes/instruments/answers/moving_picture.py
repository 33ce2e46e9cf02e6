"""A picture that changes with the clock."""

from __future__ import annotations

from typing import Self

import numpy as np
from manim import RESAMPLING_ALGORITHMS, ImageMobject

from weightreel.scenes.kit.clock import Clocked


class MovingPicture(Clocked, ImageMobject):
    """A history of pictures of one size, drawn as one image whose pixels stay square and sharp.

    Two of them are never blended: the last one at or before the clock is shown.

    Args:
        epochs: what the pictures' first axis stands for, ascending, (E,).
        pictures: 0 … 255, (E, H, W, 3).
        height: in units of the frame.

    Example (kept as tests/golden/frames/path-of-an-attack.png):
        MovingPicture(steps, images, 3.0).at(2.5)
    """

    def __init__(self, epochs: np.ndarray, pictures: np.ndarray, height: float) -> None:
        self.epochs = np.asarray(epochs, float)
        self.pictures = np.asarray(pictures)
        rgba = np.full((*self.pictures.shape[1:3], 4), 255, np.uint8)
        super().__init__(rgba)
        self.set_resampling_algorithm(RESAMPLING_ALGORITHMS["nearest"])
        self.height = height
        self.at(float(self.epochs[0]))

    def at(self, t: float) -> Self:
        self.pixel_array[..., :3] = np.clip(np.round(self.held(self.pictures, t)), 0, 255)
        return self


def still(picture: np.ndarray, height: float) -> MovingPicture:
    """One picture, 0 … 255, (H, W, 3), that does not change."""
    return MovingPicture(np.zeros(1), picture[None], height)


def around_grey(values: np.ndarray, factor: float) -> np.ndarray:
    """Signed values, pixels in [0,1], times `factor` around middle grey, as pixels 0 … 255 of the same shape."""
    return np.clip(127.5 + 255 * factor * np.asarray(values, float), 0, 255)


def amplification(values: np.ndarray) -> int:
    """The largest whole factor, at least 1, with which signed values (pixels in [0,1]) are shown without clipping."""
    peak = float(np.abs(values).max(initial=0.0))
    return max(int(0.5 / peak + 1e-6), 1) if peak > 0 else 1
