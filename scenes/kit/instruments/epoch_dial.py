"""Where the clock stands."""

from __future__ import annotations

from typing import Self

import numpy as np
from manim import VMobject

from scenes.kit.instruments import Instrument
from scenes.kit.instruments.plane import polyline
from scenes.kit.theme import BODY, theme
from scenes.kit.type import Numerals


class EpochDial(Instrument):
    """`epoch 12 / 50` above a bar that fills.

    Args:
        epochs: (E,).
        width: of the bar, in units of the frame, at least; it is as wide as its longest text.

    Example (kept as tests/golden/frames/ribbon-dial-readout.png):
        EpochDial(run.epochs).at(8.2)
    """

    def __init__(self, epochs: np.ndarray, width: float = 2.9) -> None:
        super().__init__(epochs)
        self.text = Numerals("epoch", BODY)
        self.text.show(f"epoch {int(self.epochs[-1])} / {int(self.epochs[-1])}")
        width = max(width, self.text.width)
        self.line = VMobject(stroke_color=theme.GRID, stroke_width=5, fill_opacity=0)
        self.line.points = polyline(np.array([[0.0, 0, 0], [width, 0, 0]]))
        self.bar = VMobject(stroke_color=theme.TEXT, stroke_width=5, fill_opacity=0)
        self.text.shift(np.array([0.0, 0.16, 0]))
        self.add(self.line, self.bar, self.text)
        self.at(float(self.epochs[0]))

    def at(self, t: float) -> Self:
        first, last = self.epochs[0], self.epochs[-1]
        share = float(np.clip((t - first) / (last - first), 0, 1)) if last > first else 1.0
        start, end = self.line.points[0], self.line.points[-1]
        self.bar.points = polyline(np.stack([start, start + share * (end - start)]))
        # A small excess of rounding must not hold back the last epoch's number.
        now = int(np.floor(np.clip(t, first, last) + 1e-6))
        self.text.show(f"epoch {now} / {int(last)}")
        return self
