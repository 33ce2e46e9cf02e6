"""The clock of a film, as a line along the floor of the frame, with the learning rate's falls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from manim import LEFT, RIGHT, UP, Dot, VMobject

from weightreel.analysis.findings.learning_rate import MOST_FALLS
from weightreel.analysis.findings.time import TimeScale
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.numbers import count, plain
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.epoch_dial import EpochDial
from weightreel.scenes.instruments.axes.plane import Plane, time_ticks
from weightreel.scenes.kit.clock import Instrument
from weightreel.scenes.kit.grammar.zones import Zone
from weightreel.scenes.kit.paths import polyline
from weightreel.scenes.kit.theme import SMALL
from weightreel.scenes.kit.type import ADVANCE, Letters, label

DIAL = 3.1
"""Room for the epoch's number, at the left."""
LEAST_FALL = 1.5
"""Factor by which the learning rate falls where that is marked."""
ABOVE = 0.75
"""How far the number is above the line where it is not beside it, in units of the frame."""
HEAD = 0.08
"""Radius of the dot that runs."""
BAR = 12
"""Width of the bar that marks what is not known, as Manim counts strokes."""
MARK = 0.16
"""Height of a fall's mark above the line, in units of the frame."""


class Timeline(Instrument):
    """`epoch 12`, and a line on which a dot runs; where the learning rate fell stands a mark that then lights up.

    Args:
        epochs: (E,).
        falls: epochs after which the learning rate fell, and to what share of what it was.
        zone: where it lies: the frame's floor.
        unknown: records at which something is not known, (E,) bool: a bar along the line marks them.

    Example (kept as tests/golden/frames/timeline.png):
        Timeline(run.epochs, falls_of(run), film.zones.floor).at(21.5)
    """

    def __init__(
        self,
        epochs: np.ndarray,
        falls: Sequence[tuple[float, float]],
        zone: Zone,
        unknown: np.ndarray | None = None,
    ) -> None:
        super().__init__(epochs)
        time = TimeScale(self.epochs)
        first, last = float(self.epochs[0]), max(float(self.epochs[-1]), float(self.epochs[0]) + 1)
        self.dial = EpochDial(self.epochs, bar=False)
        # A narrow frame has no room for the number beside the line.
        beside = zone.width > 3 * DIAL
        left = zone.left + (DIAL if beside else 0.0)
        # The last tick's number stands around the line's end.
        width = zone.right - max(HEAD, len(count(last)) * ADVANCE * SMALL / 2) - left
        ticks = time_ticks(time, width, 6)
        self.plane = Plane((first, last), (0.0, 1.0), (width, 0.0), x_ticks=ticks, time=time)
        corner = np.array([left, zone.bottom + 0.62, 0.0])
        self.plane.shift(corner - self.plane.corner)
        self.dial.move_to([zone.left, corner[1], 0] if beside else [zone.left, corner[1] + ABOVE, 0], aligned_edge=LEFT)
        self.marks: list[tuple[float, VMobject, Letters | None]] = []
        self.passed = VMobject(stroke_color=theme().TEXT, stroke_width=4, fill_opacity=0)
        self.head = Dot(radius=HEAD, color=theme().TEXT)
        self.add(self.plane, self.dial)
        self._mark(falls if len(falls) <= MOST_FALLS else (), zone)
        if unknown is not None and unknown.any():
            self._mark_gaps(unknown)
        self.add(self.passed, self.head)
        self.at(first)

    def _mark_gaps(self, unknown: np.ndarray) -> None:
        """A bar over the line from the first to the last record of each gap, and what it is above the first."""
        where = np.flatnonzero(unknown)
        bars = VMobject(stroke_color=theme().DIVERGED, stroke_width=BAR, fill_opacity=0)
        parts = []
        for run in np.split(where, np.flatnonzero(np.diff(where) > 1) + 1):
            begin, end = (self.plane.point(float(self.epochs[i]), 0.0) for i in (run[0], run[-1]))
            parts.append(polyline(np.stack([begin + HEAD * LEFT, end + HEAD * RIGHT])))
        bars.points = np.concatenate(parts)
        said = label(phrase("not known"), theme().DIVERGED)
        said.next_to(self.plane.point(float(self.epochs[where[0]]), 0.0), UP, buff=MARK + 0.02)
        said.shift(min(float(self.plane.get_right()[0]) - float(said.get_right()[0]), 0.0) * RIGHT)
        self.add(bars, said)

    def _mark(self, falls: Sequence[tuple[float, float]], zone: Zone) -> None:
        free = -np.inf
        for epoch, share in falls:
            if share > 1 / LEAST_FALL:
                continue
            foot = self.plane.point(epoch, 0.0)
            mark = VMobject(stroke_color=theme().MUTED, stroke_width=3, fill_opacity=0)
            mark.points = polyline(np.stack([foot, foot + MARK * UP]))
            factor = count(round(1 / share)) if share <= 0.1 else plain(1 / share, 2)
            said: Letters | None = label(phrase("learning rate ÷ {factor}", factor=factor)).next_to(mark, UP, buff=0.08)
            said.shift(min(zone.right - said.get_right()[0], 0.0) * RIGHT)
            if said.get_left()[0] < free:
                said = None
            else:
                free = float(said.get_right()[0]) + 0.2
            self.add(mark, *([said] if said is not None else []))
            self.marks.append((epoch, mark, said))

    def at(self, t: float) -> Self:
        t = float(np.clip(t, self.epochs[0], self.epochs[-1]))
        self.dial.at(t)
        here = self.plane.point(t, 0.0)
        self.head.move_to(here)
        self.passed.points = polyline(np.stack([self.plane.corner, here])) if t > self.epochs[0] else np.empty((0, 3))
        for epoch, mark, said in self.marks:
            colour = theme().TEXT if t > epoch else theme().MUTED
            mark.set_stroke(color=colour)
            if said is not None:
                said.set_fill(color=colour)
        return self
