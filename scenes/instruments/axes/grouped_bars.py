"""Rates in groups: one bar a member with its interval, all bars of a colour as one path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from manim import DOWN, UP, VMobject

from weightreel.analysis.findings.words.numbers import fixed
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.plane import Plane, nice_ticks
from weightreel.scenes.kit.clock import Instrument
from weightreel.scenes.kit.paths import polyline, rectangles
from weightreel.scenes.kit.reading import Reading
from weightreel.scenes.kit.theme import SMALL
from weightreel.scenes.kit.type import ADVANCE, Numerals, label

FILLED = 0.72
"""Share of a group's width that its bars fill."""
CAP = 0.07
"""Half the width of a whisker's ends, in units of the frame."""


class GroupedBars(Instrument):
    """Upright bars in percent with whiskers, one group a name and one colour a member.

    Args:
        epochs: (E,).
        names: of the G groups, left to right.
        colours: of the M members of every group.
        rates: value, lower and upper end of its interval as shares, (3, E, G, M); NaN draws nothing.
        size: width and height of the axes in units of the frame.
        y_name: name of the vertical axis.

    Example (kept as tests/golden/frames/grouped-bars.png):
        GroupedBars(run.epochs, kinds, colours, rates, (11, 2), "success rate, %").at(0.8)
    """

    def __init__(
        self,
        epochs: np.ndarray,
        names: Sequence[str],
        colours: Sequence[str],
        rates: np.ndarray,
        size: tuple[float, float],
        y_name: str,
    ) -> None:
        super().__init__(epochs)
        self.rates = np.moveaxis(100 * np.asarray(rates, float), 0, -1)  # (E, G, M, 3)
        top = max(float(np.nanmax(self.rates, initial=0.0)), 0.1)
        # A quarter stays free above the longest whisker, for the numbers.
        self.plane = Plane((0, len(names)), (0, 1.25 * top), size, y_ticks=nice_ticks(0, top, 4), y_name=y_name)
        self.slot = size[0] / len(names) * FILLED / len(colours)
        self.bars = [VMobject(stroke_width=0, fill_color=colour, fill_opacity=0.85) for colour in colours]
        self.whiskers = VMobject(stroke_color=theme().TEXT, stroke_width=2.5, fill_opacity=0)
        self.add(self.plane, *self.bars, self.whiskers)
        for i, name in enumerate(names):
            self.add(label(name).next_to(self.plane.point(i + 0.5, 0), DOWN, buff=0.14))
        written = self.slot >= 4 * ADVANCE * SMALL + 0.1
        self.numbers = [[Numerals("", colour=colour, align=0) for colour in colours] for _ in names] if written else []
        self.add(*(number for group in self.numbers for number in group))
        self.readings = [
            Reading(number, names[i], self.epochs, self.rates[:, i, j, 0], _short)
            for i, group in enumerate(self.numbers)
            for j, number in enumerate(group)
        ]
        self.at(float(self.epochs[0]))

    def middle(self, group: int) -> np.ndarray:
        """Where a group stands on the horizontal axis, (3,)."""
        return self.plane.point(group + 0.5, 0)

    def at(self, t: float) -> Self:
        self.write(t)
        now = self.stepped(self.rates, t)  # (G, M, 3)
        members = len(self.bars)
        groups = self.plane.place(np.arange(len(now)) + 0.5, np.zeros(len(now)))  # (G, 3)
        strokes = [np.empty((0, 3))]
        for j, bar in enumerate(self.bars):
            middle = groups[:, 0] + (j - (members - 1) / 2) * self.slot
            value, low, high = (groups[:, 1] + self.plane.rise(now[:, j, k]) * self.plane.upwards[1] for k in range(3))
            half = 0.42 * self.slot
            known = np.isfinite(value)
            bar.points = rectangles(middle[known] - half, middle[known] + half, groups[known, 1], value[known])
            for i in np.flatnonzero(np.isfinite(low + high)):
                strokes.append(_whisker(middle[i], low[i], high[i]))
            for i, group in enumerate(self.numbers):
                group[j].next_to([middle[i], high[i] if known[i] else groups[i, 1], 0], UP, buff=0.08)
        self.whiskers.points = np.concatenate(strokes)
        return self


def _short(value: float) -> str:
    """Percent in four characters at most; none of NaN."""
    if np.isnan(value):
        return ""
    return fixed(value, 1) if value < 99.95 else "100"


def _whisker(x: float, low: float, high: float) -> np.ndarray:
    """Points of an upright line with a short line across each end."""
    stem = np.array([[x, low, 0.0], [x, high, 0.0]])
    ends = [stem[[i, i]] + CAP * np.array([[-1.0, 0, 0], [1.0, 0, 0]]) for i in (0, 1)]
    return np.concatenate([polyline(part) for part in (stem, *ends)])
