"""A layer's eigenvalues as lines over the epochs: those that chance makes as a band, those beyond it bright."""

from __future__ import annotations

from typing import Self

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, Animation, AnimationGroup, Transform, VGroup, VMobject

from weightreel.analysis.findings.spectral.escape import Escape, crossing_in_words
from weightreel.analysis.findings.time import TimeScale, evenly_spaced
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.numbers import compact, count, plain
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.plane import Plane, time_ticks
from weightreel.scenes.kit.clock import Instrument
from weightreel.scenes.kit.grammar.pointing import CLEAR, arrow
from weightreel.scenes.kit.grammar.zones import Zone
from weightreel.scenes.kit.paths import bends, polyline, rectangles
from weightreel.scenes.kit.reading import Reading
from weightreel.scenes.kit.tag import changing
from weightreel.scenes.kit.theme import SMALL
from weightreel.scenes.kit.type import Letters, Numerals, formula, label

MOST_LINES, MOST_SMALL, WITHOUT_EDGE = 64, 24, 5
"""Lines of a chart, of a small one, and of one where no edge is known: its largest eigenvalues."""
BELOW_EDGE, BELOW_LARGEST = 0.12, 0.03
"""Lower end of the axis, as a share of the lowest edge, or of the lowest largest eigenvalue where there is none."""
ABOVE = 1.25
"""Upper end, over the largest eigenvalue or edge."""
TICKS_AT = 1.05
"""Room for the numbers at the left, in units of the frame."""
LEAST_WRITTEN, MOST_WRITTEN = 0.01, 5000
"""Between these an axis' numbers are written out, beyond them as powers of ten."""
OVER, UNDER = 0.5, 0.5
"""Room for the axis' name above, and for the epochs below."""
BAND = 0.24
"""Opacity of the band."""
DASH = 0.14
END, SMALL_END = 0.2, 0.05
"""Room at the right for half of the last number and the markers, of a chart and of a small one."""
HEAD, SMALL_HEAD = 0.055, 0.022
"""Half the side of a marker at a line's end, in units of the frame."""
ASIDE, BELOW = 1.1, 0.6
"""How far the words stand beside the tip of their arrow and below the lowest edge, in units of the frame."""
POINTED = 2
"""Records for which the arrow stays at the one that left."""


def axis_of(escape: Escape) -> tuple[float, float]:
    """Range of log10 λ that shows what leaves, and of the rest the upper part."""
    largest, edge = escape.eigenvalues[:, 0], escape.edge[np.isfinite(escape.edge)]
    positive = largest[largest > 0]
    if not len(positive):
        return -1.0, 1.0
    low = BELOW_EDGE * float(edge.min()) if len(edge) else BELOW_LARGEST * float(positive.min())
    low = max(low, float(escape.eigenvalues.min()))
    high = ABOVE * max(float(positive.max()), float(edge.max(initial=0.0)))
    return float(np.log10(low)), float(np.log10(max(high, 1.5 * low)))


def numbers_along(low: float, high: float, most: int = 7) -> list[float]:
    """Round numbers, 1, 2 and 5 times powers of ten, between powers `low` and `high` of ten; fewer where many."""
    whole = range(int(np.floor(low)), int(np.ceil(high)) + 1)
    written = np.log10(LEAST_WRITTEN) <= low + 1e-9 and high <= np.log10(MOST_WRITTEN)
    for steps in ((1, 2, 5), (1, 3), (1,)) if written else ((1,),):
        found = [m * 10.0**n for n in whole for m in steps if low <= np.log10(m * 10.0**n) <= high]
        if len(found) <= most:
            return found
    return found[:: -(-len(found) // most)]


class EscapeChart(Instrument):
    """Eigenvalues of one layer up to the clock's epoch, on a logarithmic axis, in four paths however many there are.

    The band holds those up to the edge of chance λ₊; each that is beyond is a line with a marker at its end, drawn
    from the record before it left. The edge is a line, which runs on dashed at its present height. Where no edge is
    known the band holds all, and the largest are lines.

    Attributes:
        ranks: of the eigenvalues that are lines, the largest is 0, (R,).
        left_out: how many others were outside at some record.

    Args:
        escape: what to draw.
        zone: which it fills, with its letters.
        compact: a small multiple: no letters.

    Example (kept as tests/golden/frames/escape-chart.png):
        EscapeChart(Escape.of(run, run.layer("classifier.0")), film.zones.stage).at(5.5)
    """

    def __init__(self, escape: Escape, zone: Zone, *, compact: bool = False) -> None:
        super().__init__(escape.epochs)
        self.escape = escape
        low, high = axis_of(escape)
        first, last = float(self.epochs[0]), max(float(self.epochs[-1]), float(self.epochs[0]) + 1)
        left, over, under = (0.0, 0.0, 0.0) if compact else (TICKS_AT, OVER, UNDER)
        size = zone.width - left - (SMALL_END if compact else END), zone.height - over - under
        self.plane = Plane((first, last), (low, high), size, time=TimeScale(self.epochs))
        self.plane.shift(np.array([zone.left + left, zone.bottom + under, 0]) - self.plane.corner)
        self.half = SMALL_HEAD if compact else HEAD
        self._keep(low, MOST_SMALL if compact else MOST_LINES)
        colour = theme().ESD
        self.band = VMobject(stroke_width=0, fill_color=colour, fill_opacity=BAND)
        self.lines = VMobject(stroke_color=colour, stroke_width=2 if compact else 3, fill_opacity=0)
        self.heads = VMobject(stroke_width=0, fill_color=theme().TEXT, fill_opacity=1)
        self.edge = VMobject(stroke_color=theme().RANDOM, stroke_width=2 if compact else 3, fill_opacity=0)
        self.drawn = VGroup(self.band, self.lines, self.edge, self.heads)
        self.numbers, self.clock_numbers, self.key = VGroup(), VGroup(), VGroup()
        self.add(self.plane, self.drawn)
        if not compact:
            self._letter()
            self.add(self.numbers, self.clock_numbers, self.key)
        self.at(first)

    def _keep(self, low: float, most: int) -> None:
        """What is drawn, as powers of ten: lines (E, R), the band's top (E,), the edge (E,)."""
        escape = self.escape
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.maximum(np.log10(escape.eigenvalues), low - 1)  # (E, K)
            self.log_edge = np.log10(escape.edge)
            outside = logs > self.log_edge[:, None]
        if np.isfinite(escape.edge).any():
            n = int(outside.any(0).sum())
            self.ranks = evenly_spaced(n, most) if n else np.empty(0, int)
            out = outside[:, self.ranks]
            near = out.copy()
            near[:-1] |= out[1:]
            near[1:] |= out[:-1]
            self.values = np.where(near, logs[:, self.ranks], np.nan)
            self.left_out = n - len(self.ranks)
        else:
            self.ranks = np.arange(min(WITHOUT_EDGE, logs.shape[1]))
            self.values, self.left_out = logs[:, self.ranks], 0
        self.top = np.where(outside, -np.inf, logs).max(1)
        self.top = np.maximum(self.top, low)

    def _letter(self) -> None:
        """Numbers at the left, epochs below, and above the axis its name and what the line of chance is."""
        low, high = self.plane.y_range
        first = self.plane.x_range[0]
        marks = VMobject(stroke_color=theme().MUTED, stroke_width=1.5, fill_opacity=0)
        pieces = []
        for value in numbers_along(low, high):
            at = self.plane.point(first, float(np.log10(value)))
            if LEAST_WRITTEN <= value <= MOST_WRITTEN:
                text = count(value) if value >= 1 else plain(value)
                number: Numerals | Letters = Numerals(text, SMALL, theme().MUTED, align=1)
            else:
                number = formula(f"10^({round(np.log10(value))})", SMALL, theme().MUTED)
            self.numbers.add(number.next_to(at, LEFT, buff=0.14))
            pieces.append(polyline(np.stack([at, at + 0.08 * LEFT])))
        marks.points = np.concatenate(pieces) if pieces else np.empty((0, 3))
        corner = self.plane.corner + self.plane.upwards
        self.name = label(phrase("eigenvalue")).move_to(corner + 0.12 * UP, aligned_edge=DOWN + LEFT)
        self.numbers.add(marks, self.name)
        ticks = time_ticks(TimeScale(self.epochs), float(self.plane.across[0]), 6)
        for tick, text in zip(ticks, compact(ticks), strict=True):
            foot = self.plane.point(tick, low)
            self.clock_numbers.add(Numerals(text, SMALL, theme().MUTED, align=0).next_to(foot, DOWN, buff=0.14))
        if np.isfinite(self.escape.edge).any():
            self.key.add(*self._named_edge(corner + self.plane.across + 0.12 * UP))

    def _named_edge(self, corner: np.ndarray) -> tuple[VMobject, Letters]:
        said = label(phrase("λ₊: as far as chance reaches"), theme().RANDOM)
        said.move_to(corner, aligned_edge=DOWN + RIGHT)
        swatch = VMobject(stroke_color=theme().RANDOM, stroke_width=3, fill_opacity=0)
        end = np.array([said.get_left()[0] - 0.12, said.get_y(), 0.0])
        swatch.points = dashed(end - 0.6 * RIGHT, end)
        return swatch, said

    @property
    def frame(self) -> Zone:
        """The box of the axes alone."""
        corner, end = self.plane.corner, self.plane.corner + self.plane.across + self.plane.upwards
        return Zone(*map(float, (corner[0], corner[1], end[0], end[1])))

    def height_of(self, eigenvalues: np.ndarray) -> np.ndarray:
        """Where eigenvalues lie on the vertical axis, in units of the frame; NaN below its lower end."""
        with np.errstate(divide="ignore"):
            logs = np.log10(np.asarray(eigenvalues, float))
        low, high = self.plane.y_range
        rise = np.where(logs >= low, (logs - low) / (high - low), np.nan)
        return np.asarray(self.plane.corner[1] + rise * self.plane.upwards[1])

    def end_of(self, rank: int, t: float) -> np.ndarray:
        """Where the eigenvalue of this rank, or the nearest that is drawn, is at epoch `t`, (3,); NaN in the band."""
        if not len(self.ranks):
            return np.full(3, np.nan)
        nearest = int(np.abs(self.ranks - rank).argmin())
        return self.plane.point(t, float(self.between(self.values, t)[nearest]))

    def at(self, t: float) -> Self:
        t = float(np.clip(t, self.epochs[0], self.epochs[-1]))
        bent = bends(self.values) if self.values.shape[1] else np.arange(len(self.epochs))
        before = bent[self.epochs[bent] < t]
        x = np.append(self.epochs[before], t)

        def until(history: np.ndarray) -> np.ndarray:
            return np.concatenate([history[before], self.between(history, t)[None]])

        values, edge = until(self.values), until(self.log_edge)
        top = self.plane.place(x, until(self.top))
        floor = self.plane.place(x, np.full(len(x), self.plane.y_range[0]))
        around = np.concatenate([floor[:1], top, floor[::-1]])
        self.band.points = polyline(around) if len(x) > 1 else np.empty((0, 3))
        self.lines.points = self.plane.threads(x, values) if len(x) > 1 and len(self.ranks) else np.empty((0, 3))
        now = values[-1]
        out = now > edge[-1] if np.isfinite(edge[-1]) else np.isfinite(now) & ~np.isfinite(self.log_edge).any()
        ends = self.plane.place(np.full(int(out.sum()), t), now[out])
        h = self.half
        self.heads.points = rectangles(ends[:, 0] - h, ends[:, 0] + h, ends[:, 1] - h, ends[:, 1] + h)
        here = self.plane.place(x, edge)
        ahead = np.empty((0, 3))
        if np.isfinite(edge[-1]):
            ahead = dashed(here[-1], np.array([(self.plane.corner + self.plane.across)[0], here[-1, 1], 0.0]))
        self.edge.points = np.concatenate([polyline(here), ahead])
        return self

    def into(self, other: EscapeChart, *, run_time: float = 1.6) -> Animation:
        """Let this chart shrink or grow to where another of the same layer stands, line by line."""
        pairs = zip((self.plane.lines, *self.drawn), (other.plane.lines, *other.drawn), strict=True)
        return AnimationGroup(*(Transform(mine, its) for mine, its in pairs), run_time=run_time)


def dashed(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Points of a dashed line between two points (3,), with dashes of one length."""
    n = int(np.linalg.norm(end - start) / (2 * DASH))
    if n < 1:
        return np.empty((0, 3))
    share = np.linspace(0, 1, 2 * n)[:, None]
    pieces = (start + share * (end - start)).reshape(n, 2, 3)
    return polyline(np.concatenate([pieces, np.full((n, 1, 3), np.nan)], 1).reshape(-1, 3))


class Leaving(Instrument):
    """An arrow to the eigenvalue that left last, with words that count it; a few records later it is gone.

    Words and arrow step from record to record; the arrow's tip keeps to the line.

    Args:
        chart: whose lines it points at.

    Example (kept as tests/golden/frames/escape-chart.png):
        Leaving(chart).at(5.5)
    """

    def __init__(self, chart: EscapeChart) -> None:
        super().__init__(chart.epochs)
        self.chart = chart
        counts = chart.escape.n_outside
        self.steps = np.full((len(counts), 2), np.nan)
        """How many were outside before and after the last departure that is pointed at, (E, 2); NaN where none is."""
        for i in range(1, len(counts)):
            if crossing_in_words(counts[i - 1], counts[i]):
                here = slice(i, i + POINTED + 1)
                still = counts[here] >= counts[i]
                self.steps[here] = np.where(still[:, None], [np.nan_to_num(counts[i - 1]), counts[i]], np.nan)
        said = [crossing_in_words(*step) for step in self.steps]
        self.words = changing([text for text in dict.fromkeys(said) if text] or ["–"], SMALL, theme().TEXT)
        self.readings = [
            Reading(self.words, "departure", self.epochs, self.steps, lambda step: crossing_in_words(*step))
        ]
        self.lowest = float(np.nanmin([chart.frame.top, *chart.height_of(chart.escape.edge)]))
        self.arrow = VMobject(stroke_color=theme().TEXT, stroke_width=3, fill_opacity=0)
        self.add(self.arrow, self.words)
        self.at(float(self.epochs[0]))

    def at(self, t: float) -> Self:
        self.write(t)
        after = float(self.held(self.steps, t)[1])
        tip = self.chart.end_of(int(after) - 1, t) if np.isfinite(after) else np.full(3, np.nan)
        if not np.isfinite(tip).all():
            self.arrow.points = np.empty((0, 3))
            return self
        frame = self.chart.frame
        wide = float(self.words.width)
        # Below every edge, so that no line runs through the words; right of the band, or else wholly on it.
        right = tip[0] + ASIDE + wide <= frame.right
        x = tip[0] + ASIDE if right else max(tip[0] - ASIDE - wide, frame.left + 0.1)
        y = max(self.lowest - BELOW, frame.bottom + 0.2)
        self.words.shift(np.array([x, y, 0]) - self.words.points[0])
        over = x + min(0.3, wide / 2) if right else x + wide - min(0.3, wide / 2)
        start = np.array([over, y + self.words.capital + CLEAR, 0.0])
        self.arrow.points = arrow(start, tip)
        return self
