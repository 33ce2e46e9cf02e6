"""Single entries as grains that wander: how far each goes from where it began, and how many cross zero."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from manim import DOWN, RIGHT, UP, VMobject
from numpy.typing import NDArray

from weightreel.analysis.findings.time import held
from weightreel.analysis.findings.words.gaps import ends_of
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.numbers import fixed
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.plane import Plane, nice_ticks
from weightreel.scenes.kit.clock import Instrument
from weightreel.scenes.kit.paths import polyline, rectangles
from weightreel.scenes.kit.reading import Reading
from weightreel.scenes.kit.theme import BODY
from weightreel.scenes.kit.type import Numerals, label

Array = NDArray[Any]

LARGEST, SHARE = 0.13, 0.72
"""Side of a grain in units of the frame at most, and of the room for one."""
TRAIL = 0.45
"""Opacity of the line from where a grain began."""


class Sand(Instrument):
    """Entries as grains, side by side in the order in which they began, which rise and sink with the clock.

    A pale line leads from where a grain began to where it is. Those that have crossed zero since are bright, and are
    counted.

    Args:
        epochs: (E,).
        sample: entries, (E, S).
        size: width and height of the axes, in units of the frame.
        colour: of the grains that have crossed.
        y_name: name of the vertical axis.

    Example (kept as tests/golden/frames/sand.png):
        Sand(run.epochs, run.layer("classifier.0")["weight/sample"], (9, 5), theme().WEIGHTS).at(14.5)
    """

    def __init__(
        self, epochs: Array, sample: Array, size: tuple[float, float], colour: str, *, y_name: str = ""
    ) -> None:
        super().__init__(epochs)
        sample = np.asarray(sample, float)
        self.first, self.last = ends_of(sample)
        self.order = np.argsort(sample[self.first], kind="stable")
        self.values = sample[:, self.order]  # (E, S)
        most = float(np.nanmax(np.abs(self.values), initial=0.0)) * 1.05 or 1.0
        n = self.values.shape[1]
        self.plane = Plane((-0.5, n - 0.5), (-most, most), size, y_name=y_name, y_ticks=nice_ticks(-most, most, 5))
        self.side = min(LARGEST, SHARE * size[0] / n)
        self.crossed = np.sign(self.values) * np.sign(self.values[self.first]) < 0  # (E, S)
        zero = VMobject(stroke_color=theme().MUTED, stroke_width=2, fill_opacity=0)
        zero.points = polyline(self.plane.place(np.array([-0.5, n - 0.5]), np.zeros(2)))
        self.trails = VMobject(stroke_color=theme().MUTED, stroke_width=1.5, stroke_opacity=TRAIL, fill_opacity=0)
        self.grains = [VMobject(stroke_width=0, fill_color=c, fill_opacity=1) for c in (theme().MUTED, colour)]
        said = label(phrase("of {n} have crossed zero", n=n), colour)
        self.count = Numerals("", BODY, colour, align=1)
        self.add(self.plane, zero, self.trails, *self.grains, self.count, said)
        said.move_to(self.plane.corner + self.plane.across + self.plane.upwards + 0.1 * UP, aligned_edge=DOWN + RIGHT)
        self.count.shift(
            [
                said.get_left()[0] - 0.15 - self.count.points[0][0],
                said.get_bottom()[1] + 0.02 - self.count.points[0][1],
                0,
            ]
        )
        flips = np.where(np.isfinite(self.values).any(1), self.crossed.sum(1), np.nan)
        self.readings = [Reading(self.count, "crossed", self.epochs, flips, _counted)]
        self.at(float(self.epochs[0]))

    def places(self, t: float) -> Array:
        """Where the grains are at epoch `t`, (S, 2), in the order of their beginnings."""
        now = self.between(self.values, t)
        return np.asarray(self.plane.place(np.arange(len(now)), now)[:, :2])

    def at(self, t: float) -> Self:
        places, half = self.places(t), self.side / 2
        crossed = held(self.epochs, self.crossed, t)
        known = np.isfinite(places).all(1)
        for there, path in zip((~crossed, crossed), self.grains, strict=True):
            x, y = places[there & known].T
            path.points = rectangles(x - half, x + half, y - half, y + half)
        began = self.places(float(self.epochs[self.first]))
        ends = np.full((3 * len(places), 3), np.nan)  # lifted after each
        ends[0::3], ends[1::3] = (np.column_stack([p, np.zeros(len(p))]) for p in (began, places))
        self.trails.points = polyline(ends)
        return self.write(t)


def _counted(crossed: float) -> str:
    return fixed(crossed, 0) if np.isfinite(crossed) else "–"
