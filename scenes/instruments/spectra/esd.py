"""A layer's ESD on log–log axes with its fitted tail."""

from __future__ import annotations

from typing import Self

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, VGroup, VMobject

from weightreel.analysis.findings.spectra import Array, Spectrum, log_tail
from weightreel.analysis.findings.spectral.alpha import warning
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.numbers import count, fixed
from weightreel.analysis.palette import theme
from weightreel.analysis.store.schema.fields import FitStatus
from weightreel.scenes.instruments.axes.fitting import label_within
from weightreel.scenes.instruments.axes.plane import Plane, nice_ticks
from weightreel.scenes.kit.clock import Instrument
from weightreel.scenes.kit.paths import polyline
from weightreel.scenes.kit.reading import Reading
from weightreel.scenes.kit.tag import changing, short_tag
from weightreel.scenes.kit.theme import SMALL
from weightreel.scenes.kit.type import formula, label

Ranges = tuple[tuple[float, float], tuple[float, float]]
"""Lowest and highest log10 λ, and lowest and highest log10 density."""

DASHES = 24
NEAR = 0.7
"""Lines nearer to each other than this, in units of the frame, put their symbols on their outer sides."""
UNTRUSTED = 0.5
"""Opacity of a fitted line that rests on too few eigenvalues."""


def limits(spectra: list[Spectrum]) -> Ranges:
    """Ranges that hold all of `spectra` at every epoch."""
    finite = np.concatenate([s.density[np.isfinite(s.density)] for s in spectra])
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (-1.0, 1.0)
    random = [s.baseline.density for s in spectra if s.baseline is not None]
    high = max([high, *(float(d[np.isfinite(d)].max(initial=high)) for d in random)])
    x = min(float(s.edges[0]) for s in spectra), max(float(s.edges[-1]) for s in spectra)
    # The floor lies half a decade below the emptiest bin, so that a single eigenvalue is still seen.
    return x, (low - 0.5, high + 0.3)


class Upright(VGroup):
    """A dashed upright line through a plane, with a symbol above it.

    Args:
        symbol: in Typst's mathematical notation.
        colour: of line and symbol.
    """

    def __init__(self, symbol: str, colour: str) -> None:
        super().__init__()
        self.line = VMobject(stroke_color=colour, stroke_width=2.5, fill_opacity=0)
        self.symbol = formula(symbol, SMALL, colour)
        self.add(self.line, self.symbol)

    def stand(self, plane: Plane, x: float, opacity: float, beside: float) -> None:
        """Stand at `x`, if it is within the axes; NaN is not.

        Args:
            opacity: of the line; a symbol is there to be read, and never pale.
            beside: where another such line stands: the symbols keep to the outer sides; NaN for none.
        """
        low, high = plane.x_range
        if not low <= x <= high:
            self.line.points = np.empty((0, 3))
            self.symbol.set_opacity(0)
            return
        foot = plane.point(x, plane.y_range[0])
        self.line.points = dashes(foot, foot + plane.upwards)
        self.line.set_stroke(opacity=opacity)
        self.symbol.set_opacity(1).next_to(foot + plane.upwards, UP, buff=0.08)
        if abs(x - beside) / (high - low) * float(np.linalg.norm(plane.across)) < NEAR:
            aside = self.symbol.width / 2 + 0.05
            self.symbol.shift(aside * (RIGHT if x > beside else LEFT))


class EsdPlot(Instrument):
    """Histogram of one layer's eigenvalues, the fitted tail as a line, and where it starts; beside it what is random.

    The outline is the ESD of the same entries, permuted, and λ₊ the edge of the layer's random bulk with its
    fluctuation; they are left out where the store holds none. `key` names the colours.

    Args:
        spectrum: what to draw.
        size: width and height of the axes, in units of the frame.
        ranges: by default the layer's own.
        compact: a small multiple: its name and alpha above, no ticks, no edge.
        title: of the network, in its colour, instead of a compact one's name.

    Example (kept as tests/golden/frames/esd.png):
        EsdPlot(Spectrum.of(run, run.layer("classifier.0")), (6.5, 4)).at(12.5)
    """

    def __init__(
        self,
        spectrum: Spectrum,
        size: tuple[float, float],
        ranges: Ranges | None = None,
        *,
        compact: bool = False,
        title: tuple[str, str] | None = None,
    ) -> None:
        super().__init__(spectrum.epochs)
        self.spectrum, self.compact = spectrum, compact
        x, y = ranges or limits([spectrum])
        self.plane = Plane(x, y, size)
        self.heights = np.maximum(np.nan_to_num(spectrum.density, neginf=y[0]), y[0])
        self.edges = np.repeat(spectrum.edges, 2)
        self.bars = VMobject(fill_color=theme().ESD, fill_opacity=0.75, stroke_width=0)
        self.line = VMobject(stroke_color=theme().TAIL, stroke_width=4 if compact else 6, fill_opacity=0)
        self.outline = VMobject(stroke_color=theme().RANDOM, stroke_width=2 if compact else 3, fill_opacity=0)
        self.start, self.edge = Upright("x_min", theme().TAIL), Upright("lambda_+", theme().RANDOM)
        self.add(self.plane, self.bars, self.outline, self.line)
        self._keep_baseline()
        if compact:
            corner = self.plane.corner + self.plane.upwards
            self.number = changing(doubts(spectrum), SMALL, theme().TAIL).move_to(
                corner + 0.1 * UP, aligned_edge=DOWN + LEFT
            )
            name = short_tag(spectrum.name, size[0]) if title is None else label_within(title[0], size[0], title[1])
            self.add(self.number, name.next_to(self.number, UP, buff=0.1, aligned_edge=LEFT))
            history = np.stack([spectrum.fits[:, 0], spectrum.doubted], 1)
            self.readings = [Reading(self.number, "alpha", self.epochs, history, self._alpha_or_doubt)]
        else:
            self.add(log_letters(self.plane), self.start, self.edge)
        self.at(float(self.epochs[0]))

    def _keep_baseline(self) -> None:
        """Sides and heights (E, B') of the baseline's bins that lie within the axes."""
        baseline, (low, high), floor = self.spectrum.baseline, self.plane.x_range, self.plane.y_range[0]
        self.random_edges, self.random_heights = np.empty(0), np.empty((len(self.epochs), 0))
        if baseline is not None:
            seen = (baseline.edges[1:] > low) & (baseline.edges[:-1] < high)  # neighbours all
            sides = np.append(baseline.edges[:-1][seen], baseline.edges[1:][seen][-1:])
            self.random_edges = np.repeat(np.clip(sides, low, high), 2)
            self.random_heights = np.maximum(np.nan_to_num(baseline.density[:, seen], nan=np.nan, neginf=floor), floor)

    def key(self) -> VGroup:
        """What is drawn in which colour, in a line."""
        name = self.spectrum.name
        if self.spectrum.n_unknown:
            name = phrase("{layer}, its {n} largest eigenvalues", layer=name, n=count(self.spectrum.n_eigenvalues))
        entries = [(name, theme().ESD)]
        if len(self.random_edges):
            entries.append((phrase("the same entries, permuted"), theme().RANDOM))
        entries.append((phrase("fitted power law"), theme().TAIL))
        return VGroup(*(label(text, colour) for text, colour in entries)).arrange(buff=0.45)

    def skyline(self, t: float) -> Array:
        """Corners around the bars at epoch `t`, (2B+2, 2), log10 λ and log10 density; heights step in log density."""
        return self._corners(self.edges, self.stepped(self.heights, t))

    def _corners(self, edges: Array, heights: Array) -> Array:
        floor = self.plane.y_range[0]
        return np.stack([edges, np.concatenate([[floor], np.repeat(heights, 2), [floor]])], 1)

    def tail(self, fit: Array) -> Array:
        """The part of a fitted line (a row of `Spectrum.fits`) within the axes: two points of log10 λ and log10
        density, (2, 2), or (0, 2) where none is.
        """
        alpha, _, log_xmin, _, n_tail, log_max = fit
        if not log_max > log_xmin:
            return np.empty((0, 2))
        start, _ = log_tail(alpha, log_xmin, log_max, n_tail / self.spectrum.n_all)
        floor, top = self.plane.y_range
        low, high = max(log_xmin, self.plane.x_range[0]), min(log_max, self.plane.x_range[1])
        if alpha > 0:  # the line falls: it enters at the top and leaves at the floor
            low, high = max(low, log_xmin + (start - top) / alpha), min(high, log_xmin + (start - floor) / alpha)
        seen = np.array([low, high])
        return np.stack([seen, start - alpha * (seen - log_xmin)], 1) if high > low else np.empty((0, 2))

    def at(self, t: float) -> Self:
        """Draw the ESD at epoch `t`, and the fit of the last epoch recorded, if there is one."""
        self.bars.points = polyline(self.plane.place(*self.skyline(t).T))
        if len(self.random_edges):
            corners = self._corners(self.random_edges, self.stepped(self.random_heights, t))
            self.outline.points = polyline(self.plane.place(*corners.T))
        fit, status = self.held(self.spectrum.fits, t), self.held(self.spectrum.status, t)
        trust = 1.0 if status != FitStatus.FEW_EIGENVALUES else UNTRUSTED
        self.line.points = polyline(self.plane.place(*self.tail(fit).T))
        self.line.set_stroke(opacity=trust)
        if not self.compact:
            log_xmin, log_edge = float(fit[2]), self._log_edge(t)
            self.start.stand(self.plane, log_xmin, trust, log_edge)
            self.edge.stand(self.plane, log_edge, 1.0, log_xmin)
        return self.write(t)

    def _log_edge(self, t: float) -> float:
        """log10 λ₊ of the last epoch recorded at or before `t`; NaN where there is none."""
        bulk = self.spectrum.bulk
        return np.nan if bulk is None else float(np.log10(self.held(bulk.edge, t)))

    def _alpha_or_doubt(self, fit: Array) -> str:
        """An epoch's alpha, or why there is none."""
        alpha, status = fit
        return f"α {fixed(alpha)}" if np.isfinite(alpha) else warning(int(status), self.spectrum.n_eigenvalues)


def dashes(start: Array, end: Array) -> Array:
    """Points of a dashed line between two points (3,)."""
    share = np.linspace(0, 1, 2 * DASHES)[:, None]
    # Every second piece is a dash: NaN corners lift the pen.
    pieces = (start + share * (end - start)).reshape(DASHES, 2, 3)
    return polyline(np.concatenate([pieces, np.full((DASHES, 1, 3), np.nan)], 1).reshape(-1, 3))


def doubts(spectrum: Spectrum) -> list[str]:
    """All warnings that a spectrum's fits can need."""
    return [said for status in FitStatus if (said := warning(status, spectrum.n_eigenvalues))]


def log_letters(plane: Plane, most: int = 7) -> VGroup:
    """Ticks at powers of ten, and the names of an ESD's axes."""
    left = plane.x_range[0]
    heights = [(plane.point(left, n), LEFT, n) for n in powers(*plane.y_range, most)]
    above = label(phrase("density of eigenvalues, logarithmic")).next_to(plane, UP, buff=0.4).align_to(plane, LEFT)
    return eigenvalue_letters(plane, most).add(*_powers_of_ten(heights), above)


def eigenvalue_letters(plane: Plane, most: int = 7) -> VGroup:
    """Powers of ten below an axis of log10 λ, and its name."""
    floor = plane.y_range[0]
    below = label(phrase("eigenvalue λ of WᵀW, logarithmic")).next_to(plane.corner + plane.across / 2, DOWN, buff=0.55)
    return VGroup(*_powers_of_ten([(plane.point(n, floor), DOWN, n) for n in powers(*plane.x_range, most)]), below)


def _powers_of_ten(ticks: list[tuple[Array, Array, int]]) -> list[VMobject]:
    """Their letters, and their marks as one path: where each is, towards which side, and its exponent."""
    letters = [formula(f"10^({n})", SMALL, theme().MUTED).next_to(at, side, buff=0.14) for at, side, n in ticks]
    marks = VMobject(stroke_color=theme().MUTED, stroke_width=1.5, fill_opacity=0)
    if ticks:
        marks.points = np.concatenate([polyline(np.stack([at, at + 0.08 * side])) for at, side, _ in ticks])
    return [*letters, marks]


def powers(low: float, high: float, most: int) -> list[int]:
    """Whole numbers from `low` to `high`, at most `most`, evenly apart."""
    return [round(n) for n in nice_ticks(low, high, most) if n == round(n)]
