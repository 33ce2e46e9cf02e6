"""The largest singular value of every convolution, as its reshaped matrix and as the operator on its feature map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, VGroup, VMobject

from weightreel.analysis.findings.time import interpolate
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import layer_named
from weightreel.analysis.findings.words.numbers import compact
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.fitting import labels_within
from weightreel.scenes.instruments.axes.plane import Plane
from weightreel.scenes.kit.clock import Instrument
from weightreel.scenes.kit.paths import polyline, rectangles
from weightreel.scenes.kit.tag import short_tag
from weightreel.scenes.kit.theme import SMALL
from weightreel.scenes.kit.type import Letters, Numerals, label

MOST_ROWS = 8
"""Convolutions at most; more would not fit above a take-away."""
NAME = 2.35
"""Width kept for a convolution's name."""
DOT = 0.07
"""Half a marker's side."""
ROUND = (1.0, 2.0, 5.0)
"""Ticks in every decade."""


@dataclass(frozen=True)
class Lane:
    """One network's norms.

    Attributes:
        epochs: (E,).
        reshaped: of the reshaped matrices, (E, L); NaN where not measured.
        operator: of the operators on the feature map, (E, L); NaN likewise.
        colour: of the network.
    """

    epochs: np.ndarray
    reshaped: np.ndarray
    operator: np.ndarray
    colour: str


class SigmaByLayer(Instrument):
    """One row a convolution, in it a lane a network: a square for the reshaped matrix, a diamond for the operator.

    Marks travel from epoch to epoch, as singular values do.

    Args:
        names: module paths of the L convolutions; none are written where `named` is false.
        lanes: the networks, top to bottom.
        size: width and height of the axes, in units of the frame.
        limits: range of the logarithmic axis.
        title: above the axes.
        named: whether the names stand to the left.

    Example (kept as tests/golden/frames/sigma-by-layer.png):
        SigmaByLayer(["features.0", "features.3"], lanes, (5, 2), range_of(lanes), "as trained").at(50)
    """

    def __init__(
        self,
        names: Sequence[str],
        lanes: Sequence[Lane],
        size: tuple[float, float],
        limits: tuple[float, float],
        title: str,
        *,
        named: bool = True,
    ) -> None:
        super().__init__(lanes[0].epochs)
        self.lanes = lanes
        self.logs = [(log10(lane.reshaped), log10(lane.operator)) for lane in lanes]
        low, high = np.log10(limits)
        self.plane = Plane((low, high), (0.0, len(names)), size)
        middles = len(names) - 0.5 - np.arange(len(names))
        apart = 0.8 / len(lanes)
        self.rows = [middles + apart * ((len(lanes) - 1) / 2 - i) for i in range(len(lanes))]
        self.reshaped = [VMobject(stroke_width=0, fill_color=lane.colour, fill_opacity=1) for lane in lanes]
        self.operator = [
            VMobject(stroke_color=lane.colour, stroke_width=2.5, fill_color=theme().BACKGROUND, fill_opacity=1)
            for lane in lanes
        ]
        self.between_them = [
            VMobject(stroke_color=lane.colour, stroke_width=2.5, stroke_opacity=0.7, fill_opacity=0) for lane in lanes
        ]
        line, bound = self._bound()
        self.add(self._stripes(len(names)), self.plane, *self._ticks(), line, bound)
        # The name keeps to the side that the bound's does not need, and above it where one side is too short.
        far, side = (high, RIGHT) if -low < high else (low, LEFT)
        name = label(title, theme().TEXT).move_to(self._top(far) + 0.07 * UP, DOWN + side)
        if abs(name.get_x() - bound.get_x()) < (name.width + bound.width) / 2 + 0.15:
            name.shift(0.35 * UP)
        self.add(name)
        self.add(*self.between_them, *self.reshaped, *self.operator)
        if named:
            self.add(*self._names(names, middles))
        self.at(float(self.epochs[0]))

    @property
    def corner(self) -> np.ndarray:
        """Upper left end of the axes, (3,)."""
        return self.plane.corner + self.plane.upwards

    def _top(self, x: float) -> np.ndarray:
        return self.plane.point(x, self.plane.y_range[1])

    def _stripes(self, n: int) -> VMobject:
        """Every second row behind a faint band, so that names and marks stay together."""
        stripes = VMobject(stroke_width=0, fill_color=theme().GRID, fill_opacity=0.28)
        odd = np.arange(0, n, 2, dtype=float)
        (left, right), ones = self.plane.x_range, np.ones(len(odd))
        low, high = self.plane.place(left * ones, odd), self.plane.place(right * ones, odd + 1)
        stripes.points = rectangles(low[:, 0], high[:, 0], low[:, 1], high[:, 1])
        return stripes

    def _names(self, names: Sequence[str], middles: np.ndarray) -> list[Numerals | Letters]:
        return [
            short_tag(layer_named(name), NAME - 0.2).move_to(
                self.plane.point(self.plane.x_range[0], row) + 0.15 * LEFT, aligned_edge=RIGHT
            )
            for name, row in zip(names, middles, strict=True)
        ]

    def _ticks(self) -> list[VMobject]:
        low, high = self.plane.x_range
        seen = [tick for tick in round_numbers(10**low, 10**high) if low <= np.log10(tick) <= high]
        return [
            Numerals(compact([tick])[0], SMALL, theme().MUTED, align=0).next_to(
                self.plane.point(np.log10(tick), 0.0), DOWN, 0.12
            )
            for tick in seen
        ]

    def _bound(self) -> list[VMobject]:
        line = self.plane.mark(0.0, theme().TEXT)
        return [line, label(phrase("bound 1"), theme().TEXT).next_to(self._top(0.0), UP, 0.07)]

    def at(self, t: float) -> Self:
        for i, lane in enumerate(self.lanes):
            ends = [self.plane.place(interpolate(lane.epochs, log, t), self.rows[i]) for log in self.logs[i]]
            self.reshaped[i].points = squares(ends[0])
            self.operator[i].points = diamonds(ends[1])
            gap = np.full_like(ends[0], np.nan)
            self.between_them[i].points = polyline(np.stack([*ends, gap], 1).reshape(-1, 3))
        return self


def squares(at: np.ndarray) -> np.ndarray:
    """A square at each of the places (n, 3), as one path; none where a place is not known."""
    at = at[np.isfinite(at[:, 0])]
    return rectangles(at[:, 0] - DOT, at[:, 0] + DOT, at[:, 1] - DOT, at[:, 1] + DOT)


def diamonds(at: np.ndarray) -> np.ndarray:
    """A diamond likewise, with a NaN between two so that no line joins them."""
    at = at[np.isfinite(at[:, 0])]
    outline = 1.35 * DOT * np.array([[1, 0, 0], [0, 1, 0], [-1, 0, 0], [0, -1, 0], [1, 0, 0], [np.nan] * 3])
    return polyline((at[:, None] + outline).reshape(-1, 3))


def log10(values: np.ndarray) -> np.ndarray:
    """log10; NaN where a value is not positive."""
    values = np.asarray(values, float)
    return np.log10(np.where(values > 0, values, np.nan))


def range_of(lanes: Sequence[Lane]) -> tuple[float, float]:
    """A range of the axis that holds every norm and 1, with some room."""
    values = np.concatenate([np.ravel(v) for lane in lanes for v in (lane.reshaped, lane.operator)])
    known = values[np.isfinite(values) & (values > 0)]
    low, high = (min(float(known.min()), 1.0), max(float(known.max()), 1.0)) if len(known) else (1.0, 1.0)
    return low / 1.2, max(high, 1.5) * 1.2


def round_numbers(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten in [low, high]; powers alone where these are many."""
    decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    steps = ROUND if len(decades) <= 4 else (1.0,)
    return [m * 10.0**d for d in decades for m in steps if low <= m * 10.0**d <= high]


BETWEEN_KEYS = 0.35
"""Between the parts of a key, in units of the frame."""


def key_of_marks(networks: Sequence[tuple[str, str]], width: float) -> VGroup:
    """The networks in their colours, and what a square and a diamond stand for, at most `width` wide."""
    square = VMobject(stroke_width=0, fill_color=theme().TEXT, fill_opacity=1)
    square.points = squares(np.zeros((1, 3)))
    diamond = VMobject(stroke_color=theme().TEXT, stroke_width=2.5, fill_opacity=0)
    diamond.points = diamonds(np.zeros((1, 3)))
    marks = [(square, phrase("reshaped matrix")), (diamond, phrase("on the feature map"))]
    shown = [VGroup(mark, label(text)).arrange(RIGHT, buff=0.12) for mark, text in marks]
    room = width - sum(float(mark.width) + BETWEEN_KEYS for mark in shown)
    each = room / max(len(networks), 1) - BETWEEN_KEYS
    return VGroup(*labels_within(networks, each), *shown).arrange(RIGHT, buff=BETWEEN_KEYS)
