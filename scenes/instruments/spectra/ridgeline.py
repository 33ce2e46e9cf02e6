"""A layer's ESD at every epoch at once, a ridge each, with the edge of the random bulk drawn through them."""

from __future__ import annotations

from typing import Self

import numpy as np
from manim import LEFT, UP, VGroup, VMobject, interpolate_color
from manim.utils.color import ManimColor

from weightreel.analysis.findings.spectra import Array, Spectrum
from weightreel.analysis.findings.time import ROUNDING, TimeScale, eased, evenly_spaced
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.plane import Plane, time_ticks
from weightreel.scenes.instruments.spectra.esd import eigenvalue_letters, limits
from weightreel.scenes.kit.clock import Instrument
from weightreel.scenes.kit.paths import polyline
from weightreel.scenes.kit.theme import SMALL
from weightreel.scenes.kit.type import Numerals, formula, label

MOST_RIDGES = 26
"""Every second one of fifty epochs and the initialisation."""
OVERLAP = 3.0
"""How many rows the highest ridge covers."""
APART = 0.3
"""Least height between the numbers of two ticks, in units of the frame."""
FILL = 0.45
"""Share of the ESD's colour in a ridge; it must be opaque to hide the ridges behind it."""


class Ridgeline(Instrument):
    """Log density over log λ, one ridge an epoch, the first in front; ridges rise when the clock reaches them.

    An epoch without eigenvalues, or that is not measured, has none.

    Through them runs λ₊, the edge of the random bulk with its fluctuation, where the store holds it.

    Args:
        spectrum: what to draw.
        size: width and height of the axes, in units of the frame.
        most: ridges at most; of more epochs so many are shown, evenly spaced, the first and the last among them.

    Example (kept as tests/golden/frames/ridgeline.png):
        Ridgeline(Spectrum.of(run, run.layer("classifier.0")), (7, 4)).at(40)
    """

    def __init__(self, spectrum: Spectrum, size: tuple[float, float], most: int = MOST_RIDGES) -> None:
        super().__init__(spectrum.epochs)
        self.spectrum = spectrum
        self.shown = evenly_spaced(len(self.epochs), most)
        n = len(self.shown)
        x, (floor, top) = limits([spectrum])
        self.plane = Plane(x, (0.0, n - 1 + OVERLAP), size)
        heights = np.clip((np.nan_to_num(spectrum.density[self.shown], neginf=floor) - floor) / (top - floor), 0, 1)
        self.known = np.isfinite(spectrum.density[self.shown]).any(1)
        level = np.zeros((n, 1))
        self.heights = np.concatenate([level, heights, level], 1) * OVERLAP  # in rows, (n, B+2)
        middles = (spectrum.edges[1:] + spectrum.edges[:-1]) / 2
        self.places = np.concatenate([spectrum.edges[:1], middles, spectrum.edges[-1:]])
        fill = interpolate_color(ManimColor(theme().BACKGROUND), ManimColor(theme().ESD), FILL)
        self.ridges = [
            VMobject(stroke_color=theme().ESD, stroke_width=1.5, fill_color=fill, fill_opacity=1) for _ in self.shown
        ]
        self.edge = VMobject(stroke_color=theme().RANDOM, stroke_width=4, fill_opacity=0)
        self.add(self.plane, self._letters(), *reversed(self.ridges), self.edge)
        self.log_edges = np.empty(0)
        if spectrum.bulk is not None:
            self.log_edges = np.log10(spectrum.bulk.edge[self.shown])
            self._name_edge()
        self.at(float(self.epochs[0]))

    @property
    def choice(self) -> str:
        """Which epochs are shown, for people."""
        shown, n = self.epochs[self.shown], len(self.epochs)
        if len(shown) == n:
            return phrase("every {clock}")
        steps = np.unique(np.diff(shown))
        if len(steps) == 1:
            return phrase("every {ordinal} {clock}", ordinal=ordinal(int(steps[0])))
        return phrase("{shown} of {n} {clocks}", shown=len(shown), n=n)

    def row_of(self, epochs: Array) -> Array:
        """Heights of epochs on the vertical axis, in rows."""
        return np.interp(epochs, self.epochs[self.shown], np.arange(len(self.shown)))

    def _letters(self) -> VGroup:
        ticks = [round(tick) for tick in time_ticks(TimeScale(self.epochs), np.inf, 6)]
        left = self.plane.x_range[0]
        letters = eigenvalue_letters(self.plane)
        row_height = float(np.linalg.norm(self.plane.upwards)) / (self.plane.y_range[1] - self.plane.y_range[0])
        free = -np.inf  # where the next number may stand
        for tick, row in zip(ticks, self.row_of(np.array(ticks)), strict=True):
            if row < free:
                continue
            free = row + APART / row_height
            number = Numerals(str(tick), SMALL, theme().MUTED, align=1)
            letters.add(number.next_to(self.plane.point(left, row), LEFT, buff=0.14))
        return letters.add(label(phrase("{clock}")).next_to(self.plane.corner + self.plane.upwards, UP, buff=0.15))

    def _name_edge(self) -> None:
        known = self.log_edges[np.isfinite(self.log_edges)]
        low, high = self.plane.x_range
        if len(known) and low <= known[-1] <= high:
            above = self.plane.point(known[-1], self.plane.y_range[1])
            self.add(formula("lambda_+", SMALL, theme().RANDOM).next_to(above, UP, buff=0.1))

    def at(self, t: float) -> Self:
        """Draw the ridges up to epoch `t`; the next one comes up shortly before its epoch."""
        epochs = self.epochs[self.shown]
        before = np.append(epochs[0] - 1, self.epochs[self.shown[1:] - 1])
        risen = eased((t + ROUNDING - before) / (epochs - before))
        risen[0] = 1.0
        for row, (ridge, share) in enumerate(zip(self.ridges, risen, strict=True)):
            seen = share > 0 and self.known[row]
            drawn = self.plane.place(self.places, row + share * self.heights[row]) if seen else np.empty((0, 3))
            ridge.points = polyline(np.concatenate([drawn, drawn[:1]]))
        if len(self.log_edges):
            # A step a row, so that one epoch alone has an edge too; NaN corners lift the pen.
            rows = np.arange(len(epochs))
            low, high = self.plane.x_range
            inside = (self.log_edges >= low) & (self.log_edges <= high)
            x = np.where((risen >= 1) & inside, self.log_edges, np.nan)
            stairs = np.stack([rows, rows + 1], 1).ravel()
            self.edge.points = polyline(self.plane.place(np.repeat(x, 2), stairs))
        return self


def ordinal(n: int) -> str:
    """2nd, 3rd, 4th, 21st."""
    if n % 10 == 1 and n % 100 != 11:
        return phrase("{n}st", n=n)
    if n % 10 == 2 and n % 100 != 12:
        return phrase("{n}nd", n=n)
    if n % 10 == 3 and n % 100 != 13:
        return phrase("{n}rd", n=n)
    return phrase("{n}th", n=n)
