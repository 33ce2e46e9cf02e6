"""Pictures in a grid, as one image."""

from __future__ import annotations

from typing import Self

import numpy as np
from manim import RESAMPLING_ALGORITHMS, ImageMobject

from weightreel.scenes.kit.clock import Clocked


class ImageGrid(Clocked, ImageMobject):
    """Pictures side by side, drawn as one image; each fades in when the clock passes its number.

    Pixels stay square and sharp. The clock counts pictures: at 2.5 the first two stand and the third is half there.

    Args:
        pixels: uint8, (n, H, W, 3), n ≥ 1.
        columns: pictures a row.
        height: of the whole, in units of the frame.
        gap: empty pixels between pictures.

    Example (kept as tests/golden/frames/pictures-bars.png):
        ImageGrid(attack["preview/pixels"], 4, 4.2).at(6.5)
    """

    def __init__(self, pixels: np.ndarray, columns: int, height: float, gap: int = 2) -> None:
        whole, self.owner = mosaic(pixels, columns, gap)
        super().__init__(whole)
        self.epochs = np.arange(len(pixels) + 1.0)
        self.set_resampling_algorithm(RESAMPLING_ALGORITHMS["nearest"])
        self.height = height
        self.at(0.0)

    def at(self, t: float) -> Self:
        arrived = np.clip(t - np.arange(-1, int(self.owner.max(initial=0)) + 1), 0, 1)
        arrived[0] = 0  # the gaps' owner
        self.pixel_array[..., 3] = np.round(255 * arrived[self.owner + 1])
        return self


def mosaic(pixels: np.ndarray, columns: int, gap: int) -> tuple[np.ndarray, np.ndarray]:
    """Arrange pictures row by row.

    Returns:
        The whole as RGBA, uint8 (H', W', 4), and which picture each pixel belongs to, -1 in gaps, (H', W').
    """
    n, height, width, _ = pixels.shape
    columns = min(columns, n)
    rows = -(-n // columns)
    shape = rows * (height + gap) - gap, columns * (width + gap) - gap
    whole, owner = np.zeros((*shape, 4), np.uint8), np.full(shape, -1)
    for i, picture in enumerate(pixels):
        row, column = divmod(i, columns)
        y, x = row * (height + gap), column * (width + gap)
        whole[y : y + height, x : x + width, :3] = picture
        whole[y : y + height, x : x + width, 3] = 255
        owner[y : y + height, x : x + width] = i
    return whole, owner
