"""Alpha of every layer over the epochs, above the ranges that two readings give names to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from manim import DOWN, LEFT, VGroup, VMobject

from weightreel.analysis.findings.alpha import AUTHORS_READING, REPORT_READING, Band
from weightreel.analysis.findings.time import TimeScale
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import named
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.plane import Plane, time_ticks
from weightreel.scenes.kit.clock import Instrument
from weightreel.scenes.kit.paths import bends, polyline, rectangles
from weightreel.scenes.kit.theme import SMALL
from weightreel.scenes.kit.type import Numerals, label

LOWEST, HIGHEST = 1.0, 10.0
"""No density has a smaller exponent; above the other every reading says the same."""
TINT = 0.3
"""Opacity of the authors' bands, which fill the axes; lines must stand out."""
HATCH = 0.16
"""Distance of the lines that hatch the report's bands, in units of the frame."""
HEAD = 0.055
"""Half the side of the marker at a line's end, which is all of a line at the first epoch."""
COLOURS = {
    "over-trained": "OVER_FITTING",
    "over-fitting": "OVER_FITTING",
    "well trained": "GENERALISING",
    "well regularised": "GENERALISING",
    "under-trained": "UNDER_FITTING",
}
"""Concepts whose colours the verdicts have, the same whoever gives them."""


def colour_of_verdict(words: str) -> str:
    """The colour of what a reading says of an alpha."""
    return str(getattr(theme(), COLOURS[words]))


class AlphaTimeline(Instrument):
    """One line a layer; layers of too few eigenvalues are pale, one layer may be singled out.

    Two readings lie behind them: the authors' bands are tinted, the report's hatched, in the colours of their verdicts.

    Args:
        epochs: (E,).
        alphas: (E, L); NaN where a fit failed.
        trusted: whether a layer has eigenvalues enough, (L,).
        size: width and height of the axes in units of the frame.
        top: upper end of the axis; higher alphas are drawn on it.
        colour: of the lines.
        main: index of the layer to single out; None for none.
        lettered: whether the vertical axis has its name and numbers.
        along: epochs of the horizontal axis, where it is one with others'; by default `epochs`.

    Example (kept as tests/golden/frames/alpha-timeline.png):
        AlphaTimeline(run.epochs, alphas, trusted, (9, 4.5), top=8, colour=theme().CNN, main=0).at(40)
    """

    def __init__(
        self,
        epochs: np.ndarray,
        alphas: np.ndarray,
        trusted: np.ndarray,
        size: tuple[float, float],
        *,
        top: float,
        colour: str,
        main: int | None = None,
        lettered: bool = True,
        along: np.ndarray | None = None,
    ) -> None:
        super().__init__(epochs)
        axis = self.epochs if along is None else np.asarray(along, float)
        first, last = float(axis[0]), max(float(axis[-1]), float(axis[0]) + 1)
        time = TimeScale(axis)
        ticks = time_ticks(time, size[0], 5)
        beyond = bool((alphas > top).any())
        self.plane = Plane(
            (first, last),
            (LOWEST, top),
            size,
            x_ticks=ticks,
            y_ticks=np.arange(2.0, top - 1.2 * beyond, 2.0) if lettered else (),
            x_name=phrase("{clock}"),
            y_name=phrase("alpha") if lettered else "",
            time=time,
        )
        others = np.arange(alphas.shape[1]) != main
        groups = ((others & ~trusted, 1.5, 0.35), (others & trusted, 2.0, 0.75), (~others, 5.0, 1.0))
        self.histories = [alphas[:, chosen] for chosen, _, _ in groups]
        self.lines = [
            VMobject(stroke_color=colour, stroke_width=width, stroke_opacity=opacity, fill_opacity=0)
            for _, width, opacity in groups
        ]
        self.heads = [VMobject(stroke_width=0, fill_color=colour, fill_opacity=opacity) for _, _, opacity in groups]
        self.add(*self._bands(top), self.plane, *self.lines, *self.heads)
        if beyond and lettered:
            most = Numerals(f"≥{top:g}", SMALL, theme().MUTED, align=1)
            self.add(most.next_to(self.plane.point(first, top), LEFT, buff=0.14))
        self.at(first)

    def _bands(self, top: float) -> list[VMobject]:
        """The authors' bands filled and the report's hatched, as far as they lie within the axes."""
        left, right = self.plane.corner[0], (self.plane.corner + self.plane.across)[0]
        drawn = []
        for reading, draw in ((AUTHORS_READING, tinted), (REPORT_READING, hatched)):
            for band in reading.bands:
                low, high = (self.plane.point(0, float(np.clip(end, LOWEST, top)))[1] for end in (band.low, band.high))
                if high > low:
                    drawn.append(draw(colour_of_verdict(band.words), left, right, low, high))
        return drawn

    def at(self, t: float) -> Self:
        t = float(np.clip(t, self.epochs[0], self.epochs[-1]))
        for history, line, head in zip(self.histories, self.lines, self.heads, strict=True):
            bent = bends(history)
            before = bent[self.epochs[bent] < t]
            now = self.between(history, t)
            values = np.concatenate([history[before], now[None]])
            line.points = self.plane.threads(np.append(self.epochs[before], t), values)
            ends = self.plane.place(np.full(len(now), t), now)[np.isfinite(now)]
            head.points = rectangles(ends[:, 0] - HEAD, ends[:, 0] + HEAD, ends[:, 1] - HEAD, ends[:, 1] + HEAD)
        return self


def tinted(colour: str, left: float, right: float, low: float, high: float) -> VMobject:
    """A filled rectangle."""
    fill = VMobject(stroke_width=0, fill_color=colour, fill_opacity=TINT)
    fill.points = rectangles(*(np.array([side]) for side in (left, right, low, high)))
    return fill


def hatched(colour: str, left: float, right: float, low: float, high: float) -> VMobject:
    """A rectangle of slanting lines, as one path."""
    lines = VMobject(stroke_color=colour, stroke_width=1.5, stroke_opacity=0.75, fill_opacity=0)
    feet = np.arange(left - (high - low), right, HATCH)  # at 45 degrees, cut off at the sides
    start, end = np.maximum(feet, left), np.minimum(feet + high - low, right)
    corners = np.full((len(feet), 3, 3), np.nan)  # NaN corners lift the pen
    corners[:, 0] = np.stack([start, low + start - feet, np.zeros_like(feet)], 1)
    corners[:, 1] = np.stack([end, low + end - feet, np.zeros_like(feet)], 1)
    lines.points = polyline(corners.reshape(-1, 3))
    return lines


def key_of_readings() -> VGroup:
    """Both readings, a line each: its source, then every band with its swatch."""
    rows = []
    for reading, draw in ((AUTHORS_READING, tinted), (REPORT_READING, hatched)):
        entries = [
            _entry(draw(colour_of_verdict(band.words), 0.0, 0.5, 0.0, 0.24), _in_words(band)) for band in reading.bands
        ]
        rows.append(
            VGroup(label(phrase("{source}:", source=named(reading.source)), theme().TEXT), *entries).arrange(buff=0.35)
        )
    return VGroup(*rows).arrange(DOWN, buff=0.12, aligned_edge=LEFT)


def _entry(swatch: VMobject, text: str) -> VGroup:
    return VGroup(swatch.set_opacity(0.9), label(text).next_to(swatch, buff=0.12))


def _in_words(band: Band) -> str:
    if np.isinf(band.low):
        return phrase("below {high} {verdict}", high=f"{band.high:g}", verdict=named(band.words))
    if np.isinf(band.high):
        return phrase("from {low} {verdict}", low=f"{band.low:g}", verdict=named(band.words))
    return phrase("{low}–{high} {verdict}", low=f"{band.low:g}", high=f"{band.high:g}", verdict=named(band.words))


def top_of_axis(alphas: Sequence[np.ndarray]) -> float:
    """An upper end that holds nearly all alphas: fits of a random matrix can give any, and would flatten the rest.

    Args:
        alphas: of the layers with eigenvalues enough, any shapes.
    """
    known = np.concatenate([np.ravel(a)[np.isfinite(np.ravel(a))] for a in alphas]) if alphas else np.empty(0)
    return float(np.clip(np.ceil(np.quantile(known, 0.95)), 7, HIGHEST)) if known.size else 7.0
