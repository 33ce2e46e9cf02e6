"""Where the clock stands."""

from __future__ import annotations

from typing import Self

import numpy as np
from manim import VMobject

from weightreel.analysis.findings.time import TimeScale
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.palette import theme
from weightreel.scenes.kit.clock import Instrument
from weightreel.scenes.kit.paths import polyline
from weightreel.scenes.kit.reading import Reading
from weightreel.scenes.kit.tag import on_one_line, writable
from weightreel.scenes.kit.theme import BODY
from weightreel.scenes.kit.type import Numerals

GAP = 0.15
"""Between the name and the numbers where they are not written alike."""


class EpochDial(Instrument):
    """`epoch 12 / 50` above a bar that fills: the epoch recorded last, and how far the clock is.

    Args:
        epochs: (E,).
        width: of the bar, in units of the frame, at least; it is as wide as its longest text.
        bar: whether there is one; else the number stands alone.

    Example (kept as tests/golden/frames/ribbon-dial-readout.png):
        EpochDial(run.epochs).at(8.2)
    """

    def __init__(self, epochs: np.ndarray, width: float = 2.9, *, bar: bool = True) -> None:
        super().__init__(epochs)
        self.time = TimeScale(self.epochs)
        name = phrase("{clock}")
        # Before the numbers in their own characters, or in letters where those lack some.
        self.before = f"{name} " if writable([name]) else ""
        letters = [] if self.before else [on_one_line(name, BODY, theme().TEXT)]
        self.text = Numerals("", BODY)
        self.readings = [Reading(self.text, name, self.epochs, self.epochs, self._written)]
        self.text.show(self._written(self.epochs[-1]))
        for word in letters:
            word.shift([-word.get_left()[0], self.text.capital / 2, 0])
            self.text.shift([word.width + GAP, 0, 0])
        width = max(width, self.text.get_right()[0])
        self.line = VMobject(stroke_color=theme().GRID, stroke_width=5, fill_opacity=0)
        self.line.points = polyline(np.array([[0.0, 0, 0], [width, 0, 0]]))
        self.bar = VMobject(stroke_color=theme().TEXT, stroke_width=5, fill_opacity=0)
        for text in (self.text, *letters):
            text.shift(np.array([0.0, 0.16, 0]))
        self.add(*((self.line, self.bar) if bar else ()), self.text, *letters)
        self.at(float(self.epochs[0]))

    def at(self, t: float) -> Self:
        first, last = self.epochs[0], self.epochs[-1]
        share = float(np.clip(self.time.share(t), 0, 1)) if last > first else 1.0
        start, end = self.line.points[0], self.line.points[-1]
        self.bar.points = polyline(np.stack([start, start + share * (end - start)]))
        return self.write(t)

    def _written(self, now: float) -> str:
        return f"{self.before}{int(now)} / {int(self.epochs[-1])}"
