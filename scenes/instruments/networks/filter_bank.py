"""The filters of a convolution, as one picture that changes from epoch to epoch."""

from __future__ import annotations

from typing import Self

import numpy as np
from manim import LEFT, RESAMPLING_ALGORITHMS, UP, ImageMobject

from weightreel.analysis.findings.words.language import phrase, phrase_n
from weightreel.scenes.kit.clock import Clocked
from weightreel.scenes.kit.grammar.zones import Zone

MOST_FILTERS = 64
"""Filters that are shown, evenly spaced, where there are more."""
PIXELS, GAP = 4, 3
"""Pixels of the picture for one entry, in each direction, and between filters."""


class FilterBank(Clocked, ImageMobject):
    """Filters side by side, drawn as one image: middle grey is 0, and one scale holds for all filters and epochs.

    Filters of three input channels are shown as red, green and blue; of others the first channel is shown in grey.
    Row by row in the order of the output channels.

    Args:
        epochs: (E,).
        filters: weights, (E, O, I, h, w).
        height: of the whole, in units of the frame.
        columns: filters a row; by default such that the whole is twice as wide as high.

    Example (kept as tests/golden/frames/filter-bank.png):
        FilterBank(run.epochs, run.layer("features.0")["filters"], 4).at(12.5)
    """

    def __init__(self, epochs: np.ndarray, filters: np.ndarray, height: float, columns: int | None = None) -> None:
        self.epochs = np.asarray(epochs, float)
        self.n = filters.shape[1]
        self.shown = np.unique(np.linspace(0, self.n - 1, min(self.n, MOST_FILTERS)).round().astype(int))
        channels = 3 if filters.shape[2] == 3 else 1
        chosen = np.asarray(filters[:, self.shown, :channels], np.float32)
        self.peak = float(np.abs(chosen).max(initial=0.0)) or 1.0
        """The entry that is drawn brightest, or darkest where it is negative."""
        self.filters = np.moveaxis(chosen, 2, -1)  # (E, n, h, w, channels)
        self.indices = _indices(self.filters.shape[1:4], columns or _columns(self.filters.shape[1:4]))
        empty = self.indices < 0
        rgba = np.zeros((*self.indices.shape, 4), np.uint8)
        rgba[..., 3] = np.where(empty, 0, 255)
        super().__init__(rgba)
        self.set_resampling_algorithm(RESAMPLING_ALGORITHMS["nearest"])
        self.height = height
        self.at(float(self.epochs[0]))

    @property
    def choice(self) -> str:
        """Which filters and channels are shown, for people."""
        shown, colours = len(self.shown), self.filters.shape[-1] == 3
        if self.n == shown:
            if colours:
                return phrase_n("{n} filter", "{n} filters", self.n)
            return phrase_n("{n} filter, first input channel", "{n} filters, first input channel", self.n)
        if colours:
            return phrase("{shown} of {total} filters", shown=shown, total=self.n)
        return phrase("{shown} of {total} filters, first input channel", shown=shown, total=self.n)

    def cell_of(self, i: int) -> Zone:
        """Where the `i`-th of the filters shown stands."""
        rows, columns = np.nonzero((self.indices >= 0) & (self.indices // int(np.prod(self.filters.shape[2:4])) == i))
        left, top = self.get_corner(UP + LEFT)[:2]
        pixel = np.array([self.width / self.indices.shape[1], self.height / self.indices.shape[0]])
        return Zone(
            float(left + columns.min() * pixel[0]), float(top - (rows.max() + 1) * pixel[1]),
            float(left + (columns.max() + 1) * pixel[0]), float(top - rows.min() * pixel[1]),
        )  # fmt: skip

    def at(self, t: float) -> Self:
        entries = self.held(self.filters, t).reshape(-1, self.filters.shape[-1])
        grey = np.round(127.5 + 127.5 * entries / self.peak).astype(np.uint8)
        self.pixel_array[..., :3] = grey[self.indices]
        return self


def _columns(shape: tuple[int, ...]) -> int:
    """Filters a row that make the whole about twice as wide as high and leave few places empty."""
    n, height, width = shape
    wanted = float(np.sqrt(2 * n * height / width))
    near = range(max(int(wanted * 0.7), 1), int(wanted * 1.5) + 2)
    return min(near, key=lambda columns: (-n % columns, abs(columns - wanted)))


def _indices(shape: tuple[int, ...], columns: int) -> np.ndarray:
    """Which entry of filters (n, h, w), counted through, each pixel shows, (H, W); -1 in gaps."""
    n, height, width = shape
    columns = min(columns, n)
    rows = -(-n // columns)
    high, wide = height * PIXELS + GAP, width * PIXELS + GAP
    indices = np.full((rows * high - GAP, columns * wide - GAP), -1)
    for i in range(n):
        row, column = divmod(i, columns)
        entries = np.arange(i * height * width, (i + 1) * height * width).reshape(height, width)
        block = entries.repeat(PIXELS, 0).repeat(PIXELS, 1)
        indices[row * high : row * high + high - GAP, column * wide : column * wide + wide - GAP] = block
    return indices
