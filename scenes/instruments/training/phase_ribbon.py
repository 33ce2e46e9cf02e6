"""Phases of training as a ribbon along the epochs."""

from __future__ import annotations

from typing import Self

import numpy as np
from manim import VMobject

from weightreel.analysis.findings.phases import name_of_phase
from weightreel.analysis.findings.time import TimeScale, last_record
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.palette import theme
from weightreel.analysis.store.schema.fields import Phase
from weightreel.scenes.kit.clock import Instrument
from weightreel.scenes.kit.paths import polyline
from weightreel.scenes.kit.tag import OneOf, writable
from weightreel.scenes.kit.theme import BODY, colour_of_phase
from weightreel.scenes.kit.type import Numerals


class PhaseRibbon(Instrument):
    """A ribbon that grows with the clock, each epoch in its phase's colour, and the present phase's name above it.

    Args:
        epochs: (E,).
        phase: phase of each epoch, (E,).
        width, height: of the ribbon, in units of the frame.

    Example (kept as tests/golden/frames/ribbon-dial-readout.png):
        PhaseRibbon(run.epochs, run["phase/validation"], 7).at(8.2)
    """

    def __init__(self, epochs: np.ndarray, phase: np.ndarray, width: float, height: float = 0.28) -> None:
        super().__init__(epochs)
        self.phase = np.asarray(phase, int)
        self.frame = VMobject(stroke_color=theme().GRID, stroke_width=1.5, fill_opacity=0)
        corners = np.array([[0.0, 0, 0], [width, 0, 0], [width, height, 0], [0, height, 0], [0, 0, 0]])
        self.frame.points = polyline(corners)
        self.parts = {
            phase: VMobject(stroke_width=0, fill_color=colour_of_phase(phase), fill_opacity=1) for phase in Phase
        }
        self.names = {phase: phrase(name_of_phase(phase)) for phase in Phase}
        said = list(self.names.values())
        self.name_ = Numerals("", BODY) if writable(said) else OneOf(said, BODY)
        self.name_.shift(np.array([0.0, height + 0.13, 0]))
        self.add(*self.parts.values(), self.frame, self.name_)
        self.at(float(self.epochs[0]))

    def at(self, t: float) -> Self:
        # An epoch's phase reaches half-way to its neighbours; that of the last epoch so far, to the clock.
        index = last_record(self.epochs, t)
        halfway = (self.epochs[1:] + self.epochs[:-1]) / 2
        starts = np.concatenate([self.epochs[:1], halfway])
        drawn = np.concatenate([halfway, self.epochs[-1:]])
        drawn[index:] = np.where(np.arange(index, len(drawn)) == index, min(t, self.epochs[-1]), starts[index:])
        for phase, part in self.parts.items():
            chosen = (self.phase == phase) & (drawn > starts)
            part.points = self._rectangles(starts[chosen], drawn[chosen])
        now = int(self.phase[index])
        self.name_.show(self.names[Phase(now)])
        self.name_.set_fill(colour_of_phase(now))
        return self

    def _rectangles(self, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """Points (16n, 3) of n rectangles between epochs."""
        origin, right, up = self.frame.points[0], self.frame.points[3], self.frame.points[7]
        time = TimeScale(self.epochs)
        rectangles = []
        for start, end in zip(time.share(starts), time.share(ends), strict=True):
            a, b = origin + start * (right - origin), origin + end * (right - origin)
            rectangles.append(polyline(np.stack([a, b, b + up - right, a + up - right, a])))
        return np.concatenate(rectangles) if rectangles else np.empty((0, 3))
