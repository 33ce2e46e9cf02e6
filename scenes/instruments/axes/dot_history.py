"""A share at every epoch: a bar for the present one, which leaves a dot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from manim import RIGHT, UP, VMobject

from weightreel.analysis.findings.time import TimeScale
from weightreel.analysis.findings.words.numbers import percent
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.plane import Plane, time_ticks
from weightreel.scenes.kit.clock import Instrument
from weightreel.scenes.kit.paths import polyline, rectangles
from weightreel.scenes.kit.reading import Reading
from weightreel.scenes.kit.theme import BODY
from weightreel.scenes.kit.type import Numerals

DOT, BAR = 0.085, 0.09
"""Half the side of a dot, and half the width of the bar at most, in units of the frame."""
PERCENT = (0, 25, 50, 75, 100)
ABOVE, ROOM = 0.16, 0.5
"""Between the axes' upper end and the number, and to that one's own."""


class DotHistory(Instrument):
    """Shares of a whole as dots, one an epoch, on an axis from 0 to 100 %; the present one is a bar with its number.

    Nothing is interpolated: until the clock reaches an epoch, what was measured at the one before stands.

    Args:
        epochs: (E,).
        shares: 0 … 1, (E,).
        colours: of each epoch's dot, hexadecimal, (E,).
        size: width and height of the axes in units of the frame.
        y_name: name of the vertical axis.

    Example (kept as tests/golden/frames/dot-history.png):
        DotHistory(run.epochs, taken.sure, colours, (6, 3), "answered surely, %").at(7)
    """

    def __init__(
        self, epochs: np.ndarray, shares: np.ndarray, colours: Sequence[str], size: tuple[float, float], y_name: str
    ) -> None:
        super().__init__(epochs)
        self.shares, self.colours = np.asarray(shares, float), list(colours)
        first, last = float(self.epochs[0]), max(float(self.epochs[-1]), float(self.epochs[0]) + 1)
        time = TimeScale(self.epochs)
        self.plane = Plane(
            (first, last), (0, 100), size, x_ticks=time_ticks(time, size[0], 6), y_ticks=PERCENT,
            y_name=y_name, time=time,
        )  # fmt: skip
        self.half = min(BAR, 0.4 * size[0] / max(len(self.epochs), 1))
        self.dots = {
            colour: VMobject(stroke_width=0, fill_color=colour, fill_opacity=1)
            for colour in dict.fromkeys(self.colours)
        }
        self.bar = VMobject(stroke_width=0, fill_opacity=1)
        self.number = Numerals("", BODY, theme().TEXT, align=0)
        self.readings = [Reading(self.number, y_name, self.epochs, self.shares, lambda share: percent(share, 0))]
        room = VMobject(stroke_width=0, fill_opacity=0)
        corner = self.plane.corner + self.plane.upwards + self.plane.across
        room.points = np.tile(corner + ROOM * UP + BAR * RIGHT, (4, 1))
        self.add(self.plane, room, *self.dots.values(), self.bar, self.number)
        self.at(first)

    def place_of(self, t: float) -> np.ndarray:
        """Where the dot of the epoch that is held at `t` stands, (3,)."""
        return self.plane.point(float(self.held(self.epochs, t)), 100 * float(self.held(self.shares, t)))

    def at(self, t: float) -> Self:
        held = int(self.held(np.arange(len(self.epochs)), t))
        passed = self.plane.place(self.epochs[: held + 1], 100 * self.shares[: held + 1])
        for colour, path in self.dots.items():
            mine = [i for i in range(held + 1) if self.colours[i] == colour]
            path.points = diamonds(passed[mine])
        foot, top = self.plane.point(float(self.epochs[held]), 0.0), passed[held]
        self.bar.set_fill(color=self.colours[held])
        self.bar.points = rectangles(
            *(np.array([side]) for side in (top[0] - self.half, top[0] + self.half, foot[1], top[1]))
        )
        self.write(t)
        # Above the axes, where no dot is, and no further out than they are.
        half = self.number.width / 2
        left, right = self.plane.corner[0] + half, (self.plane.corner + self.plane.across)[0] - half
        ceiling = (self.plane.corner + self.plane.upwards)[1] + ABOVE
        self.number.shift(np.array([np.clip(top[0], left, max(right, left)), ceiling, 0]) - self.number.points[0])
        return self


def diamonds(places: np.ndarray) -> np.ndarray:
    """Points of small diamonds around places (n, 3), as one path."""
    around = DOT * np.array([[1.0, 0, 0], [0, 1, 0], [-1, 0, 0], [0, -1, 0], [1, 0, 0]])
    parts = [polyline(place + around) for place in places]
    return np.concatenate(parts) if parts else np.empty((0, 3))
