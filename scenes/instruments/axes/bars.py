"""Horizontal bars with names and numbers: all bars are one path."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Self

import numpy as np
from manim import LEFT, RIGHT, VMobject

from weightreel.analysis.findings.words.names import shortened
from weightreel.analysis.palette import theme
from weightreel.scenes.kit.clock import Instrument
from weightreel.scenes.kit.paths import rectangles
from weightreel.scenes.kit.reading import Reading
from weightreel.scenes.kit.tag import tags
from weightreel.scenes.kit.theme import SMALL
from weightreel.scenes.kit.type import ADVANCE, Numerals

FILLED = 0.62
"""Share of a row that its bar fills."""
ROOM_FOR_NUMBERS = 7
"""Characters kept free at the right."""
GAP = 0.12
"""Between a bar and its number."""


class Bars(Instrument):
    """One bar a name; behind it, paler, the bar that it is a part of.

    Args:
        epochs: what the histories' first axis stands for, ascending, (E,).
        names: of the bars, top to bottom.
        values: lengths, (E, N); NaN where nothing is known yet, and nothing is drawn or written.
        size: width and height of the whole in units of the frame.
        most: the value that fills the width.
        colour: of the bars.
        whole: what the values are parts of, (E, N); none is drawn where None.
        written: how a value is written behind its bar.

    Example (kept as tests/golden/frames/pictures-bars.png):
        Bars(trials, classes, taken, (6, 4), most=5000, colour=theme().SUCCESS, whole=answers, written=whole).at(2500)
    """

    def __init__(
        self,
        epochs: np.ndarray,
        names: Sequence[str],
        values: np.ndarray,
        size: tuple[float, float],
        *,
        most: float,
        colour: str,
        whole: np.ndarray | None = None,
        written: Callable[[float], str],
    ) -> None:
        super().__init__(epochs)
        self.values, self.written, self.most = np.asarray(values, float), written, max(most, 1e-12)
        self.lengths = np.nan_to_num(self.values)
        self.whole = self.lengths if whole is None else np.asarray(whole, float)
        self.now, self.grown = float(self.epochs[0]), 1.0
        room = min(max(map(len, names)), 12)
        shown = tags([shortened(name, room) for name in names], colour=theme().MUTED, align=1)
        left = max([room * ADVANCE * SMALL, *(float(name.width) for name in shown)]) + 0.15
        self.width_of_bars = size[0] - left - GAP - ROOM_FOR_NUMBERS * ADVANCE * SMALL
        self.row = size[1] / len(names)
        self.parts = VMobject(stroke_width=0, fill_color=theme().GRID, fill_opacity=1)
        self.bars = VMobject(stroke_width=0, fill_color=colour, fill_opacity=1)
        # Keeps the place where bars begin, wherever the whole is moved, and with a strut the room that they may take.
        self.base = VMobject(stroke_color=theme().MUTED, stroke_width=1.5, fill_opacity=0)
        self.base.set_points_as_corners([[left, 0, 0], [left, -size[1], 0]])
        self.base.points = np.concatenate([self.base.points, np.tile([size[0], 0, 0], (4, 1))])
        self.add(self.base, self.parts, self.bars)
        self.readings = []
        for i, name in enumerate(shown):
            y = -(i + 0.5) * self.row
            self.add(name.move_to([left - GAP, y, 0], RIGHT))
            number = Numerals("0", SMALL, theme().TEXT).move_to([left, y, 0], LEFT)
            self.readings.append(Reading(number, names[i], self.epochs, self.values[:, i], self._in_digits))
            self.add(number)
        self.at(float(self.epochs[0]))

    def at(self, t: float) -> Self:
        self.now = t
        top = self.base.points[0]
        values, whole = (self.grown * self.stepped(lengths, t) for lengths in (self.lengths, self.whole))
        rows = top[1] - self.row * np.arange(len(values))
        low, high = rows - self.row * (1 + FILLED) / 2, rows - self.row * (1 - FILLED) / 2
        for bars, lengths in ((self.parts, whole), (self.bars, values)):
            ends = top[0] + self.width_of_bars * np.clip(lengths / self.most, 0, 1)
            bars.points = rectangles(np.full(len(ends), top[0]), ends, low, high)
        for reading, length in zip(self.readings, np.maximum(values, whole), strict=True):
            place = top[0] + self.width_of_bars * min(length / self.most, 1) + GAP
            reading.numerals.shift(RIGHT * (place - reading.numerals.points[0, 0]))
        return self.write(t)

    def grow(self, share: float) -> Self:
        """Draw the bars as they come in: from no length (0) to their whole length (1), each with its own number."""
        self.grown = float(np.clip(share, 0, 1))
        return self.at(self.now)

    def _in_digits(self, value: float) -> str:
        return "" if np.isnan(value) else self.written(float(value))
