"""Shares that pass a threshold of confidence, against the threshold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from manim import DOWN, VMobject

from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.numbers import points
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.curves import Series
from weightreel.scenes.instruments.axes.plane import Plane
from weightreel.scenes.kit.clock import Instrument
from weightreel.scenes.kit.paths import polyline
from weightreel.scenes.kit.type import Numerals, label

TICKS = (0.5, 0.8, 0.9, 0.95, 0.99, 0.999)


def nines(threshold: np.ndarray | float) -> np.ndarray:
    """Where thresholds lie on the axis: −log₁₀(1 − threshold), so that 0.9, 0.99 and 0.999 are evenly apart."""
    return -np.log10(1 - np.asarray(threshold, float))


class ThresholdCurves(Instrument):
    """Curves that are drawn as a clock raises the threshold; the clock counts nines, as `nines` does.

    Args:
        thresholds: ascending, in [0, 1), (N,).
        series: shares 0 … 1 at each of them, (N,); names are not shown.
        size: width and height of the axes in units of the frame.
        y_name: name of the vertical axis.

    Example (kept as tests/golden/frames/threshold-curves.png):
        ThresholdCurves(thresholds, series, (7, 3), "share that passes, %").at(0.97)
    """

    def __init__(
        self, thresholds: np.ndarray, series: Sequence[Series], size: tuple[float, float], y_name: str
    ) -> None:
        super().__init__(nines(thresholds))
        self.histories = [100 * np.asarray(s.values, float) for s in series]
        low, high = float(self.epochs[0]), float(self.epochs[-1])
        self.plane = Plane((low, high), (0, 100), size, y_ticks=(0, 25, 50, 75, 100), y_name=y_name)
        self.add(self.plane)
        for tick in (t for t in TICKS if low - 1e-9 <= nines(t) <= high + 1e-9):
            at = self.plane.point(float(nines(tick)), 0)
            number = Numerals(points(tick, 0 if tick <= 0.99 else 1), colour=theme().MUTED, align=0)
            self.add(number.next_to(at, DOWN, buff=0.14))
            self.plane.lines.points = np.concatenate(
                [self.plane.lines.points, polyline(np.stack([at, at + 0.08 * DOWN]))]
            )
        name = label(phrase("confidence of at least, %")).next_to(self.plane, DOWN, buff=0.45)
        self.add(name.set_x((self.plane.corner + self.plane.across / 2)[0]))
        self.lines = [
            VMobject(stroke_color=s.colour, stroke_width=s.width, stroke_opacity=s.opacity, fill_opacity=0)
            for s in series
        ]
        self.add(*self.lines)
        self.at(low)

    def at(self, t: float) -> Self:
        t = float(np.clip(t, self.epochs[0], self.epochs[-1]))
        before = self.epochs < t
        x = np.append(self.epochs[before], t)
        for history, line in zip(self.histories, self.lines, strict=True):
            values = np.append(history[before], self.between(history, t))
            line.points = polyline(self.plane.place(x, values))
        return self
