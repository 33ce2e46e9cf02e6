"""Axes that cost nothing while a film runs: where data land is known from three of their own points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import DOWN, LEFT, PI, RIGHT, UP, VGroup, VMobject

from weightreel.analysis.findings.time import TimeScale
from weightreel.analysis.findings.words.numbers import compact
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.fitting import labels_within
from weightreel.scenes.kit.paths import polyline
from weightreel.scenes.kit.theme import SMALL
from weightreel.scenes.kit.type import ADVANCE, Numerals, label

LEAST_GAP = 0.2
"""Between the numbers of neighbouring ticks."""
LOG_FLOOR = 0.5
"""On a logarithmic axis of counts the base line: a single entry stands above it, none lies on it."""


def nice_ticks(low: float, high: float, most: int = 5) -> list[float]:
    """At most `most` round numbers (1, 2, 2.5 or 5 times a power of ten apart) in [low, high]."""
    if not high > low:
        return [low]
    power = 10.0 ** np.floor(np.log10((high - low) / most))
    for step in (1, 2, 2.5, 5, 10, 20, 25, 50):
        first, last = np.ceil(low / (step * power) - 1e-9), np.floor(high / (step * power) + 1e-9)
        if last - first + 1 <= most:
            return [float(k * step * power) for k in np.arange(first, last + 1)]
    return [low, high]


def ticks_along(low: float, high: float, width: float, most: int) -> list[float]:
    """As `nice_ticks`, but so few that their numbers do not meet on an axis of `width` units of the frame."""
    ticks = nice_ticks(low, high, most)
    while len(ticks) > 2 and most > 2:
        apart = (ticks[1] - ticks[0]) / (high - low) * width
        if max(map(len, compact(ticks))) * ADVANCE * SMALL + LEAST_GAP <= apart:
            break
        most -= 1
        ticks = nice_ticks(low, high, most)
    return ticks


def time_ticks(time: TimeScale, width: float, most: int) -> list[float]:
    """Whole numbers for an axis of time: evenly spaced as `ticks_along`, or the first and powers of ten after it."""
    if not time.logarithmic:
        found = ticks_along(time.first, max(time.last, time.first + 1), width, most)
        return [tick for tick in found if tick == round(tick)]
    powers = [10.0**k for k in range(int(np.floor(np.log10(time.last - time.first))) + 1)]
    return [time.first, *(time.first + power for power in powers[:: -(-len(powers) // max(most - 1, 1))])]


def log_ticks(highest: float, most: int = 4) -> list[float]:
    """Powers of ten from 1 up to `highest`, at most `most` of them, evenly apart."""
    exponents = np.arange(0, int(np.floor(np.log10(max(highest, 1)))) + 1)
    return [10.0**e for e in exponents[:: int(np.ceil(len(exponents) / most))]]


class Plane(VGroup):
    """A pair of axes.

    Args:
        x: range of the horizontal axis.
        y: range of the vertical one; with `log`, in counts, and its base line is LOG_FLOOR.
        size: width and height in units of the frame, without letters.
        x_ticks, y_ticks: where to put ticks with their numbers.
        x_name, y_name: names of the axes; none where empty.
        log: whether the vertical axis is logarithmic.
        time: how the horizontal axis runs, where it is one of time.
    """

    def __init__(
        self,
        x: tuple[float, float],
        y: tuple[float, float],
        size: tuple[float, float],
        *,
        x_ticks: Sequence[float] = (),
        y_ticks: Sequence[float] = (),
        x_name: str = "",
        y_name: str = "",
        log: bool = False,
        time: TimeScale | None = None,
    ) -> None:
        super().__init__()
        self.log = log
        self.time = time if time is not None and time.logarithmic else None
        self.x_range = x
        self.y_range = (LOG_FLOOR, max(y[1], 10.0)) if log else y
        width, height = size
        self.lines = VMobject(stroke_color=theme().MUTED, stroke_width=1.5, fill_opacity=0)
        # Base line first, then the left one: `place` reads their ends, wherever the plane has been moved.
        base = polyline(np.array([[0.0, 0, 0], [width, 0, 0]]))
        left = polyline(np.array([[0.0, 0, 0], [0, height, 0]]))
        self.lines.points = np.concatenate([base, left])
        self.lines.points = np.concatenate([self.lines.points, *self._ticks(x_ticks, y_ticks)])
        self.add(self.lines)
        self._letter(x_ticks, y_ticks, x_name, y_name)

    @property
    def corner(self) -> np.ndarray:
        """Where the axes meet, (3,)."""
        return self.lines.points[0]

    @property
    def across(self) -> np.ndarray:
        """From the corner to the right end, (3,)."""
        return self.lines.points[3] - self.lines.points[0]

    @property
    def upwards(self) -> np.ndarray:
        """From the corner to the upper end, (3,)."""
        return self.lines.points[7] - self.lines.points[4]

    def place(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Points (n, 3) of the data (n,), (n,); values beyond y's range are put on its end."""
        if self.time is not None:
            share = self.time.share(x)
        else:
            share = (np.asarray(x, float) - self.x_range[0]) / (self.x_range[1] - self.x_range[0])
        rise = self.rise(np.asarray(y, float))
        return self.corner + np.multiply.outer(share, self.across) + np.multiply.outer(rise, self.upwards)

    def threads(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Points of one path of N lines through the data (n,), (n, N); at a NaN there is none."""
        lifts = np.concatenate([y, np.full((1, y.shape[1]), np.nan)])  # between two lines
        return polyline(self.place(np.tile(np.append(x, x[-1]), y.shape[1]), lifts.T.ravel()))

    def rise(self, y: np.ndarray) -> np.ndarray:
        """Height of `y` as a share of the vertical axis, 0 … 1; NaN stays NaN."""
        low, high = self.y_range
        if self.log:
            return np.clip(np.log(np.maximum(y, low) / low) / np.log(high / low), 0, 1)
        return np.clip((y - low) / (high - low), 0, 1)

    def point(self, x: float, y: float) -> np.ndarray:
        """The point (3,) of one pair of data."""
        return self.place(np.array([x]), np.array([y]))[0]

    def _ticks(self, x_ticks: Sequence[float], y_ticks: Sequence[float]) -> list[np.ndarray]:
        left, low = self.x_range[0], self.y_range[0]
        marks = [(self.point(tick, low), 0.08 * DOWN) for tick in x_ticks]
        marks += [(self.point(left, tick), 0.08 * LEFT) for tick in y_ticks]
        return [polyline(np.stack([at, at + mark])) for at, mark in marks]

    def _letter(self, x_ticks: Sequence[float], y_ticks: Sequence[float], x_name: str, y_name: str) -> None:
        left, low = self.x_range[0], self.y_range[0]
        for tick, text in zip(x_ticks, compact(x_ticks), strict=True):
            self.add(Numerals(text, colour=theme().MUTED, align=0).next_to(self.point(tick, low), DOWN, buff=0.14))
        for tick, text in zip(y_ticks, compact(y_ticks), strict=True):
            self.add(Numerals(text, colour=theme().MUTED, align=1).next_to(self.point(left, tick), LEFT, buff=0.14))
        if x_name:
            self.add(label(x_name).next_to(self, DOWN, buff=0.12).set_x((self.corner + self.across / 2)[0]))
        if y_name:
            name = label(y_name).rotate(PI / 2).next_to(self, LEFT, buff=0.14)
            self.add(name.set_y((self.corner + self.upwards / 2)[1]))

    def mark(self, x: float, colour: str | None = None) -> VMobject:
        """A faint vertical line at `x`."""
        colour = colour or theme().GRID
        line = VMobject(stroke_color=colour, stroke_width=1.5, fill_opacity=0)
        line.points = polyline(self.place(np.array([x, x]), np.array(self.y_range)))
        return line

    def key(self, entries: Sequence[tuple[str, str]], *, top: bool = True) -> VGroup:
        """Names in their colours, below each other, inside the axes, at the right end's top or bottom, cut to fit."""
        names = labels_within(entries, float(self.across[0]) - 0.2)
        rows = VGroup(*names).arrange(DOWN, buff=0.12, aligned_edge=RIGHT)
        corner = self.corner + self.across + (self.upwards if top else 0)
        vertical = UP if top else DOWN
        return rows.move_to(corner + 0.1 * LEFT - 0.08 * vertical, aligned_edge=vertical + RIGHT)
