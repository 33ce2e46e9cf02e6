"""Rates with their intervals, one row a network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import LEFT, UP, VGroup, VMobject

from weightreel.analysis.findings.statistics import Rate
from weightreel.analysis.findings.words.numbers import percent
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.fitting import label_within
from weightreel.scenes.instruments.axes.plane import Plane, nice_ticks
from weightreel.scenes.kit.paths import polyline, rectangles
from weightreel.scenes.kit.theme import BODY
from weightreel.scenes.kit.type import Numerals

ROW = 1.25
"""Height of one network's row in units of the frame."""


class Intervals(VGroup):
    """A bar for each rate with its interval as a whisker, on one axis in percent that begins at 0.

    Args:
        rows: name, colour and rate of each, top to bottom.
        width: in units of the frame.
        x_name: name of the axis.

    Example (kept as tests/golden/frames/intervals.png):
        Intervals([("CNN, seed 0", theme().CNN, rate)], 10, "success rate, %")
    """

    def __init__(self, rows: Sequence[tuple[str, str, Rate]], width: float, x_name: str) -> None:
        super().__init__()
        top = 100 * max(max(rate.high for _, _, rate in rows), 0.001)
        height = ROW * len(rows)
        self.plane = Plane((0, top), (0, height), (width, height), x_ticks=nice_ticks(0, top, 6), x_name=x_name)
        self.add(self.plane)
        for i, (name, colour, rate) in enumerate(rows):
            self.add(*self._row(height - (i + 0.5) * ROW, name, colour, rate))

    def _row(self, y: float, name: str, colour: str, rate: Rate) -> list[VMobject]:
        low, value, high = (100 * share for share in (rate.low, rate.value, rate.high))
        start, end = self.plane.point(0, y - 0.26), self.plane.point(value, y + 0.06)
        bar = VMobject(stroke_width=0, fill_color=colour, fill_opacity=0.85)
        bar.points = rectangles(*(np.array([x]) for x in (start[0], end[0], start[1], end[1])))
        whisker = VMobject(stroke_color=theme().TEXT, stroke_width=3, fill_opacity=0)
        ends = self.plane.place(np.array([low, high]), np.array([y - 0.1, y - 0.1]))
        caps = [np.stack([at - 0.12 * UP, at + 0.12 * UP]) for at in ends]
        whisker.points = np.concatenate([polyline(ends), *(polyline(cap) for cap in caps)])
        text = f"{percent(rate.value, 2)}  [{percent(rate.low, 2)}, {percent(rate.high, 2)}]"
        number = Numerals(text, BODY, theme().TEXT)
        room = float(self.plane.across[0]) - float(number.width) - 0.5
        title = label_within(name, room, colour)
        title.move_to(self.plane.point(0, y + 0.36) + 0.1 * np.array([1, 0, 0]), LEFT)
        number.next_to(title, buff=0.4)
        return [bar, whisker, title, number]
