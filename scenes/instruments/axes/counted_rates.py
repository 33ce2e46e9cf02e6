"""Rates that are counted before the viewer's eyes: the more trials, the shorter the interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from manim import LEFT, UP, VMobject

from weightreel.analysis.findings.statistics import counted
from weightreel.analysis.findings.words.numbers import count, percent
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.dot_history import PERCENT, diamonds
from weightreel.scenes.instruments.axes.plane import Plane
from weightreel.scenes.kit.clock import Instrument
from weightreel.scenes.kit.paths import polyline, rectangles
from weightreel.scenes.kit.reading import Reading
from weightreel.scenes.kit.theme import BODY
from weightreel.scenes.kit.type import Numerals, label

CAP = 0.12
"""Half the height of a whisker's ends, in units of the frame."""


class CountedRates(Instrument):
    """A row for each network: the share of successes among the trials so far, Wilson's 95 % interval, and N / T.

    The clock counts trials. The axis is that of a whole, from 0 to 100 %.

    Args:
        trials: how many have been answered, ascending from 0, (S,).
        names: of the rows, top to bottom.
        colours: of the rows, hexadecimal.
        successes: how many of the trials are successes, (S, rows).
        size: width and height of the axes in units of the frame.
        x_name: name of the axis.

    Example (kept as tests/golden/frames/counted-rates.png):
        CountedRates(trials, ["CNN"], [theme().CNN], successes, (8, 2), "answered surely, %").at(400)
    """

    def __init__(
        self,
        trials: np.ndarray,
        names: Sequence[str],
        colours: Sequence[str],
        successes: np.ndarray,
        size: tuple[float, float],
        x_name: str,
    ) -> None:
        super().__init__(trials)
        found = [[counted(int(n), int(of)) for n in row] for row, of in zip(successes, trials, strict=True)]
        # Value, lower and upper end of each rate in percent, (S, rows, 3); of no trial there is none.
        self.rates = 100 * np.array([[(rate.value, rate.low, rate.high) for rate in row] for row in found])
        self.row = size[1] / len(names)
        self.plane = Plane((0, 100), (0, size[1]), size, x_ticks=PERCENT, x_name=x_name)
        self.bars = [VMobject(stroke_width=0, fill_color=colour, fill_opacity=0.85) for colour in colours]
        self.whiskers = VMobject(stroke_color=theme().TEXT, stroke_width=3, fill_opacity=0)
        self.add(self.plane, *self.bars, self.whiskers)
        self.readings = []
        for i, (name, colour) in enumerate(zip(names, colours, strict=True)):
            title = label(name, colour).move_to(self._at(0, i, 0.3) + 0.1 * np.array([1, 0, 0]), LEFT)
            number = Numerals("", BODY, theme().TEXT).next_to(title, buff=0.4)
            both = np.stack([successes[:, i], trials], 1)  # (S, 2)
            self.readings.append(Reading(number, name, self.epochs, both, _written))
            self.add(title, number)
        self.at(0.0)

    def _at(self, value: float, row: int, up: float) -> np.ndarray:
        """A point of a row, so many of its heights above its middle."""
        middle = self.plane.y_range[1] - (row + 0.5 - up) * self.row
        return self.plane.point(value, middle)

    def at(self, t: float) -> Self:
        rates, strokes = self.held(self.rates, t), [np.empty((0, 3))]
        for i, (bar, (value, low, high)) in enumerate(zip(self.bars, rates, strict=True)):
            foot, end = self._at(0, i, -0.3), self._at(value if np.isfinite(value) else 0.0, i, 0.02)
            bar.points = rectangles(*(np.array([side]) for side in (foot[0], end[0], foot[1], end[1])))
            if np.isfinite(value):
                ends = np.stack([self._at(low, i, -0.14), self._at(high, i, -0.14)])
                strokes += [polyline(ends), *(polyline(np.stack([at - CAP * UP, at + CAP * UP])) for at in ends)]
        self.whiskers.points = np.concatenate(strokes)
        return self.write(t)

    def others(self, row: int, rates: Sequence[float], colour: str) -> VMobject:
        """Further rates of a row, such as other seeds' (0 … 1 each), as diamonds on its bar."""
        drawn = VMobject(stroke_width=0, fill_color=colour, fill_opacity=1)
        drawn.points = diamonds(np.array([self._at(100 * rate, row, -0.38) for rate in rates]).reshape(-1, 3))
        return drawn


def _written(counts: np.ndarray) -> str:
    n, of = (int(each) for each in counts)
    return f"{count(n)} / {count(of)}  {percent(n / of)}" if of else ""
