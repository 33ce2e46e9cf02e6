"""A layer's ESD on log–log axes with its fitted tail, and the fit's numbers."""

from __future__ import annotations

from typing import Self

import numpy as np
from manim import DOWN, LEFT, UP, VGroup, VMobject

from analysis.store import FitStatus
from analysis.store.readings import warning
from scenes.kit.instruments import Instrument
from scenes.kit.instruments.plane import Plane, nice_ticks, polyline
from scenes.kit.instruments.small_multiples import shortened
from scenes.kit.spectrum import Array, Spectrum, log_tail
from scenes.kit.theme import BODY, SMALL, theme
from scenes.kit.type import Numerals, formula, label, words

Ranges = tuple[tuple[float, float], tuple[float, float]]
"""Of log10 λ and of log10 density."""

DASHES = 24
UNTRUSTED = 0.5
"""Opacity of a fitted line that rests on too few eigenvalues."""


def limits(spectra: list[Spectrum]) -> Ranges:
    """Ranges that hold all of `spectra` at every epoch."""
    finite = np.concatenate([s.density[np.isfinite(s.density)] for s in spectra])
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (-1.0, 1.0)
    x = min(float(s.edges[0]) for s in spectra), max(float(s.edges[-1]) for s in spectra)
    # The floor lies half a decade below the emptiest bin, so that a single eigenvalue is still seen.
    return x, (low - 0.5, high + 0.3)


class EsdPlot(Instrument):
    """Histogram of one layer's eigenvalues, the fitted tail as a line, and where it starts.

    Args:
        spectrum: what to draw.
        size: width and height of the axes, in units of the frame.
        ranges: by default the layer's own.
        compact: a small multiple: its name and alpha above, no ticks.
    """

    def __init__(
        self, spectrum: Spectrum, size: tuple[float, float], ranges: Ranges | None = None, *, compact: bool = False
    ) -> None:
        super().__init__(spectrum.epochs)
        self.spectrum, self.compact = spectrum, compact
        x, y = ranges or limits([spectrum])
        self.plane = Plane(x, y, size)
        self.heights = np.maximum(np.nan_to_num(spectrum.density, neginf=y[0]), y[0])
        self.edges = np.repeat(spectrum.edges, 2)
        self.bars = VMobject(fill_color=theme.ESD, fill_opacity=0.75, stroke_width=0)
        self.line = VMobject(stroke_color=theme.TAIL, stroke_width=4 if compact else 6, fill_opacity=0)
        self.start = VMobject(stroke_color=theme.TAIL, stroke_width=2, fill_opacity=0)
        self.add(self.plane, self.bars)
        if compact:
            corner = self.plane.corner + self.plane.upwards
            self.number = Numerals("", SMALL, theme.TAIL).move_to(corner + 0.1 * UP, aligned_edge=DOWN + LEFT)
            name = Numerals(shortened(spectrum.name, int(size[0] / (0.602 * SMALL))), SMALL, theme.MUTED)
            self.add(self.line, self.number, name.next_to(self.number, UP, buff=0.1, aligned_edge=LEFT))
        else:
            self.mark = formula("x_min", SMALL, theme.TAIL)
            self.add(log_letters(self.plane), self.start, self.line, self.mark)
        self.at(float(self.epochs[0]))

    def skyline(self, t: float) -> Array:
        """Corners around the bars at epoch `t`, (2B+4, 2), log10 λ and log10 density; heights move in log density."""
        floor = self.plane.y_range[0]
        y = np.concatenate([[floor], np.repeat(self.between(self.heights, t), 2), [floor]])
        return np.stack([self.edges, y], 1)

    def tail(self, fit: Array) -> Array:
        """The part of a fitted line (see `Spectrum.fit_at`) within the axes: two points of log10 λ and log10 density,
        (2, 2), or (0, 2) where none is.
        """
        alpha, _, log_xmin, _, n_tail, log_max = fit
        if not log_max > log_xmin:
            return np.empty((0, 2))
        start, _ = log_tail(alpha, log_xmin, log_max, n_tail / self.spectrum.n_eigenvalues)
        floor, top = self.plane.y_range
        low, high = max(log_xmin, self.plane.x_range[0]), min(log_max, self.plane.x_range[1])
        if alpha > 0:  # the line falls: it enters at the top and leaves at the floor
            low, high = max(low, log_xmin + (start - top) / alpha), min(high, log_xmin + (start - floor) / alpha)
        seen = np.array([low, high])
        return np.stack([seen, start - alpha * (seen - log_xmin)], 1) if high > low else np.empty((0, 2))

    def at(self, t: float) -> Self:
        """Draw the ESD and its fit at epoch `t`; the line fades towards an epoch without a fit."""
        self.bars.points = polyline(self.plane.place(*self.skyline(t).T))
        strength, fit = self.spectrum.fit_at(t)
        trust = 1.0 if self.spectrum.status_at(t) != FitStatus.FEW_EIGENVALUES else UNTRUSTED
        self.line.points = polyline(self.plane.place(*self.tail(fit).T)) if strength else np.empty((0, 3))
        self.line.set_stroke(opacity=strength * trust)
        if self.compact:
            self.number.show(f"α {fit[0]:.2f}" if strength > 0.5 else "fit failed")
        else:
            self._mark_start(strength * trust, float(fit[2]))
        return self

    def _mark_start(self, opacity: float, log_xmin: float) -> None:
        low, high = self.plane.x_range
        if opacity == 0 or not low <= log_xmin <= high:
            self.start.points = np.empty((0, 3))
            self.mark.set_opacity(0)
            return
        foot = self.plane.point(log_xmin, self.plane.y_range[0])
        share = np.linspace(0, 1, 2 * DASHES)[:, None]
        # Every second piece is a dash: NaN corners lift the pen.
        dashes = (foot + share * self.plane.upwards).reshape(DASHES, 2, 3)
        lifted = np.concatenate([dashes, np.full((DASHES, 1, 3), np.nan)], 1).reshape(-1, 3)
        self.start.points = polyline(lifted)
        self.start.set_stroke(opacity=opacity)
        self.mark.set_opacity(opacity)
        self.mark.next_to(foot + self.plane.upwards, UP, buff=0.08)


def log_letters(plane: Plane, most: int = 7) -> VGroup:
    """Ticks at powers of ten, and the names of an ESD's axes."""
    letters = VGroup()
    marks = VMobject(stroke_color=theme.MUTED, stroke_width=1.5, fill_opacity=0)
    floor, left = plane.y_range[0], plane.x_range[0]
    ticks = [(plane.point(n, floor), DOWN, n) for n in powers(*plane.x_range, most)]
    ticks += [(plane.point(left, n), LEFT, n) for n in powers(*plane.y_range, most)]
    for at, side, n in ticks:
        letters.add(formula(f"10^({n})", SMALL, theme.MUTED).next_to(at, side, buff=0.14))
    if ticks:
        marks.points = np.concatenate([polyline(np.stack([at, at + 0.08 * side])) for at, side, _ in ticks])
    below = label("eigenvalue λ of WᵀW, logarithmic").next_to(plane, DOWN, buff=0.55)
    above = label("density of eigenvalues, logarithmic").next_to(plane, UP, buff=0.4).align_to(plane, LEFT)
    return letters.add(marks, below, above)


def powers(low: float, high: float, most: int) -> list[int]:
    """Whole numbers from `low` to `high`, at most `most`, evenly apart."""
    return [round(n) for n in nice_ticks(low, high, most) if n == round(n)]


class FitNumbers(Instrument):
    """alpha ± error, D, the number of eigenvalues in the tail and in all, and what to know before believing them.

    Args:
        spectrum: whose fit.
    """

    ROW = 0.98

    def __init__(self, spectrum: Spectrum) -> None:
        super().__init__(spectrum.epochs)
        self.spectrum = spectrum
        names = ("exponent of the tail", "distance D of the fit", "eigenvalues in the tail", "eigenvalues in all")
        self.rows = [Numerals("", BODY, theme.TEXT if i else theme.TAIL) for i in range(len(names))]
        for i, (name, row) in enumerate(zip(names, self.rows, strict=True)):
            self.add(words(name, SMALL, theme.MUTED).move_to([0, -i * self.ROW, 0], aligned_edge=UP + LEFT))
            self.add(row.shift(np.array([0, -i * self.ROW - 0.62, 0])))
        self.warning = Numerals("", SMALL, theme.OVER_FITTING).shift(np.array([0, -len(names) * self.ROW - 0.25, 0]))
        self.add(self.warning)
        self.rows[3].show(f"{spectrum.n_eigenvalues:,}")
        self.at(float(self.epochs[0]))

    def at(self, t: float) -> Self:
        """Write the numbers at epoch `t`; dashes where no fit stands."""
        strength, (alpha, error, _, distance, n_tail, _) = self.spectrum.fit_at(t)
        stands = strength > 0.5
        self.rows[0].show(f"α = {alpha:.2f} ± {error:.2f}" if stands else "α = –")
        self.rows[1].show(f"{distance:.3f}" if stands else "–")
        self.rows[2].show(f"{n_tail:,.0f}" if stands else "–")
        status = self.spectrum.status_at(t) if stands else FitStatus.FAILED
        self.warning.show(warning(status, self.spectrum.n_eigenvalues))
        return self
