"""Single weights on their way through the epochs."""

from __future__ import annotations

from typing import Self

import numpy as np
from manim import RIGHT, UP, VGroup, VMobject

from weightreel.analysis.findings.parameters import changes_sign
from weightreel.analysis.findings.time import TimeScale
from weightreel.analysis.findings.words.language import phrase, phrase_n
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.plane import Plane, nice_ticks, time_ticks
from weightreel.scenes.kit.clock import Instrument
from weightreel.scenes.kit.paths import polyline, rectangles
from weightreel.scenes.kit.type import label

MOST_LINES = 64
"""More would be a smear."""
MOST_CORNERS = 51
"""Epochs at which a line bends; of more, so many are drawn, evenly spaced: a frame costs no more."""
BAND = 0.14
"""Opacity of the band behind the lines."""
HEAD = 0.035
"""Half a side of the square at a line's end, in units of the frame."""


class WeightFlow(Instrument):
    """Sampled entries of a weight at every epoch, as lines that grow with the clock; squares mark where they are now.

    Those whose sign at the last epoch is not that of the first are bright, the others pale.

    Args:
        epochs: (E,).
        sample: entries, (E, S).
        size: width and height of the axes, in units of the frame.
        colour: of the lines that change their sign.
        y_name: name of the vertical axis; weight by default.
        band: lower and upper end of a band behind the lines, (E, 2), such as quantiles of all entries.
        band_name: what it is, for the key.

    Example (kept as tests/golden/frames/weight-flow.png):
        WeightFlow(
            run.epochs, run.layer("classifier.0")["weight/sample"], (9, 5), band=quantiles, band_name="middle 90 %",
        ).at(14.5)
    """

    def __init__(
        self,
        epochs: np.ndarray,
        sample: np.ndarray,
        size: tuple[float, float],
        colour: str | None = None,
        y_name: str = "",
        band: np.ndarray | None = None,
        band_name: str = "",
    ) -> None:
        colour = colour or theme().WEIGHTS
        super().__init__(epochs)
        n = sample.shape[1]
        self.shown = np.unique(np.linspace(0, n - 1, min(n, MOST_LINES)).round().astype(int))
        self.n = n
        corners = np.unique(np.linspace(0, len(self.epochs) - 1, MOST_CORNERS).round().astype(int))
        self.history = np.asarray(sample, float)[:, self.shown]  # (E, lines)
        self.corners = self.epochs[corners]
        self.values = self.history[corners]
        self.ends = np.empty((len(self.epochs), 0)) if band is None else np.asarray(band, float)  # (E, 2)
        self.bent_ends = self.ends[corners]
        flips = changes_sign(self.history)
        most = float(np.nanmax(np.abs(np.hstack([self.history, self.ends])), initial=0.0)) * 1.05 or 1.0
        first, last = float(self.epochs[0]), max(float(self.epochs[-1]), float(self.epochs[0]) + 1)
        time = TimeScale(self.epochs)
        self.plane = Plane(
            (first, last),
            (-most, most),
            size,
            x_name=phrase("{clock}"),
            y_name=y_name or phrase("weight"),
            x_ticks=time_ticks(time, size[0], 6),
            y_ticks=nice_ticks(-most, most, 5),
            time=time,
        )
        self.groups = [
            (members, VMobject(stroke_color=drawn, stroke_width=width, stroke_opacity=opacity, fill_opacity=0),
             VMobject(stroke_width=0, fill_color=drawn, fill_opacity=min(opacity + 0.2, 1)))
            for members, drawn, width, opacity in ((~flips, theme().MUTED, 1.2, 0.5), (flips, colour, 2.0, 0.85))
        ]  # fmt: skip
        zero = VMobject(stroke_color=theme().GRID, stroke_width=1.5, fill_opacity=0)
        zero.points = polyline(self.plane.place(np.array([first, last]), np.zeros(2)))
        self.band = VMobject(stroke_width=0, fill_color=theme().MUTED, fill_opacity=BAND)
        self.add(self.band, zero, self.plane, *(part for _, line, heads in self.groups for part in (line, heads)))
        self.add(self._key(flips, colour, band_name))
        self.at(first)

    @property
    def choice(self) -> str:
        """Which entries are shown, for people."""
        return phrase_n("{n} entry", "{n} entries", len(self.shown))

    def _key(self, flips: np.ndarray, colour: str, band: str) -> VGroup:
        entries = [
            (phrase("changes its sign"), colour, flips.any()),
            (phrase("keeps it"), theme().MUTED, (~flips).any()),
        ]
        entries.append((phrase("band: {share}", share=band), theme().MUTED, bool(band)))
        names = VGroup(*(label(name, drawn) for name, drawn, there in entries if there)).arrange(RIGHT, buff=0.5)
        return names.next_to(self.plane.corner + self.plane.across + self.plane.upwards, UP, buff=0.1).align_to(
            self.plane.corner + self.plane.across, RIGHT
        )

    def at(self, t: float) -> Self:
        t = float(np.clip(t, self.epochs[0], self.epochs[-1]))
        before = self.corners < t
        x = np.append(self.corners[before], t)
        now = self.between(self.history, t)
        values = np.concatenate([self.values[before], now[None]])  # (corners, lines)
        for members, line, heads in self.groups:
            line.points = self._lines(x, values[:, members])
            heads.points = self._squares(t, now[members])
        if self.ends.size:
            self.band.points = self._area(x, np.vstack([self.bent_ends[before], self.between(self.ends, t)]))
        return self

    def _area(self, x: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """Between lower and upper ends (n, 2): there along the one, back along the other."""
        there = np.concatenate([x, x[::-1], x[:1]])
        return polyline(self.plane.place(there, np.concatenate([ends[:, 0], ends[::-1, 1], ends[:1, 0]])))

    def _lines(self, x: np.ndarray, values: np.ndarray) -> np.ndarray:
        """All lines as one path; a NaN after each lifts the pen."""
        lift = np.full((1, values.shape[1]), np.nan)
        y = np.concatenate([values, lift]).T.ravel()
        return polyline(self.plane.place(np.tile(np.append(x, x[-1]), values.shape[1]), y))

    def _squares(self, t: float, values: np.ndarray) -> np.ndarray:
        at = self.plane.place(np.full(len(values), t), values)[np.isfinite(values)]
        return rectangles(at[:, 0] - HEAD, at[:, 0] + HEAD, at[:, 1] - HEAD, at[:, 1] + HEAD)
