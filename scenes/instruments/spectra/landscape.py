"""A layer's ESDs of all epochs as a landscape in space, around which the eye walks while the clock runs."""

from __future__ import annotations

from typing import Self

import numpy as np
from manim import VMobject, interpolate_color
from manim.utils.color import ManimColor

from weightreel.analysis.findings.spectra import Array, Spectrum
from weightreel.analysis.findings.time import evenly_spaced
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.spectra.esd import limits
from weightreel.scenes.kit.clock import Instrument
from weightreel.scenes.kit.grammar.space import View, between
from weightreel.scenes.kit.grammar.zones import Zone
from weightreel.scenes.kit.paths import polyline

MOST_RIDGES = 34
WIDE, DEEP, HIGH = 4.2, 2.2, 1.0
"""Of the landscape, in units of space: along log λ, along the epochs, and the highest ridge."""
AROUND, ABOVE = 0.45, (0.4, 0.55)
"""How far to each side the eye walks, and between which elevations, in radians."""
BEFORE = 0.4
"""Decades that are shown before λ₊, where it is known: what leaves the bulk is the picture, not the bulk."""
FILL = 0.12
"""Share of the ESD's colour in a ridge; it must be opaque to hide the ridges behind it."""


class Landscape(Instrument):
    """Log density over log λ, one ridge an epoch from the back to the front; what lies beyond λ₊ is lit.

    A ridge stands once the clock has reached its epoch. An epoch without eigenvalues has none.

    Args:
        spectrum: what to draw.
        zone: which it fills from wherever the eye sees it.

    Example (kept as tests/golden/frames/landscape.png):
        Landscape(Spectrum.of(run, run.layer("classifier.0")), film.zones.stage).at(40)
    """

    def __init__(self, spectrum: Spectrum, zone: Zone) -> None:
        super().__init__(spectrum.epochs)
        self.shown = evenly_spaced(len(self.epochs), MOST_RIDGES)
        n = len(self.shown)
        (left, right), (floor, top) = limits([spectrum])
        edge = np.full(n, np.nan) if spectrum.bulk is None else np.log10(spectrum.bulk.edge[self.shown])
        if np.isfinite(edge).any():
            left = max(left, float(np.nanmedian(edge)) - BEFORE)
        density = spectrum.density[self.shown]
        heights = np.clip((np.nan_to_num(density, nan=floor, neginf=floor) - floor) / (top - floor), 0, 1)
        self.known = np.isfinite(density).any(1)
        middles = (spectrum.edges[1:] + spectrum.edges[:-1]) / 2
        inside = (middles >= left) & (middles <= right)
        # Down to the ground at both ends.
        places = np.concatenate([middles[inside][:1], middles[inside], middles[inside][-1:]])
        z = np.pad(heights[:, inside], ((0, 0), (1, 1))) * HIGH
        x = np.tile((places - left) / (right - left) * WIDE - WIDE / 2, (n, 1))
        y = np.repeat(DEEP / 2 - DEEP * np.arange(n)[:, None] / max(n - 1, 1), x.shape[1], 1)
        self.ridges_in_space = np.stack([x, y, z], -1)  # (n, corners, 3)
        self.beyond = places > np.nan_to_num(edge, nan=np.inf)[:, None]  # (n, corners)
        self.views = self._fitting(zone)
        fill = interpolate_color(ManimColor(theme().BACKGROUND), ManimColor(theme().ESD), FILL)
        self.ridges = [
            VMobject(stroke_color=theme().RANDOM, stroke_width=1.5, fill_color=fill, fill_opacity=1) for _ in range(n)
        ]
        self.lit = [VMobject(stroke_color=theme().ESD, stroke_width=3.5, fill_opacity=0) for _ in range(n)]
        for ridge, lit in zip(self.ridges, self.lit, strict=True):
            self.add(ridge, lit)
        self.at(float(self.epochs[0]))

    def _fitting(self, zone: Zone) -> tuple[View, View]:
        """Where the eye begins and ends, so near that the zone is filled and nothing leaves it on the way."""
        ends = [
            View(-np.pi / 2 + side * AROUND, above, distance=9.0) for side, above in zip((-1, 1), ABOVE, strict=True)
        ]
        seen = np.concatenate([between(*ends, share).project(self.ridges_in_space)[0] for share in (0, 0.5, 1)], 1)
        (low, high) = seen.reshape(-1, 3).min(0), seen.reshape(-1, 3).max(0)
        scale = min(zone.width / (high[0] - low[0]), zone.height / (high[1] - low[1]))
        x, y = (zone.centre - scale * (low + high) / 2)[:2]
        first, last = (View(v.azimuth, v.elevation, scale, v.distance, place=(x, y)) for v in ends)
        return first, last

    def peak(self, t: float) -> Array:
        """Where the front ridge's largest eigenvalue stands at epoch `t`, (3,); NaN where there is none."""
        row = self._row(t)
        high = np.flatnonzero(self.ridges_in_space[row, :, 2] > 0)
        if not len(high):
            return np.full(3, np.nan)
        return self._view(t).project(self.ridges_in_space[row, high[-1]])[0]

    def _row(self, t: float) -> int:
        return int(np.searchsorted(self.epochs[self.shown], t + 1e-6, side="right")) - 1

    def _view(self, t: float) -> View:
        span = max(float(self.epochs[-1] - self.epochs[0]), 1e-9)
        return between(*self.views, float(np.clip((t - self.epochs[0]) / span, 0, 1)))

    def at(self, t: float) -> Self:
        """Draw the ridges that have been reached, as the eye sees them at epoch `t`."""
        seen, _ = self._view(t).project(self.ridges_in_space)
        now = self._row(t)
        for row, (ridge, lit) in enumerate(zip(self.ridges, self.lit, strict=True)):
            if row > now or not self.known[row]:
                ridge.points, lit.points = np.empty((0, 3)), np.empty((0, 3))
                continue
            line = seen[row]
            ridge.points = polyline(np.concatenate([line, line[:1]]))
            high = self.ridges_in_space[row, :, 2] > 0
            high[:-1] |= high[1:]  # both slopes of a lone eigenvalue's peak
            high[1:] |= high[:-1]
            seen_beyond = self.beyond[row] & high
            lit.points = polyline(np.where(seen_beyond[:, None], line, np.nan))
        return self
