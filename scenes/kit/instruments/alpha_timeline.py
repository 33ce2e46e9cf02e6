"""Alpha of every layer over the epochs, above the ranges that two readings give names to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from manim import DOWN, LEFT, VGroup, VMobject

from analysis.store.readings import AUTHORS, REPORT
from scenes.kit.instruments import Instrument
from scenes.kit.instruments.paths import rectangles
from scenes.kit.instruments.plane import Plane, nice_ticks, polyline, ticks_along
from scenes.kit.theme import theme
from scenes.kit.type import label

LOWEST = 1.0
"""No density has a smaller exponent."""
STRIP = 0.14
"""Width of the report's strips in units of the frame."""
SHADED = AUTHORS.bands[1]
"""The authors' reading of a network that was trained well."""


class AlphaTimeline(Instrument):
    """One line a layer; layers of too few eigenvalues are pale, one layer may be singled out.

    The authors' range of a well-trained network is shaded; the report's two ranges are strips at the right end.

    Args:
        epochs: (E,).
        alphas: (E, L); NaN where a fit failed.
        trusted: whether a layer has eigenvalues enough, (L,).
        size: width and height of the axes in units of the frame.
        top: upper end of the axis; higher alphas are drawn on it.
        colour: of the lines.
        main: index of the layer to single out; None for none.
    """

    def __init__(
        self, epochs: np.ndarray, alphas: np.ndarray, trusted: np.ndarray, size: tuple[float, float], *, top: float,
        colour: str, main: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__(epochs)
        first, last = float(self.epochs[0]), max(float(self.epochs[-1]), float(self.epochs[0]) + 1)
        ticks = [t for t in ticks_along(first, last, size[0], 5) if t == round(t)]
        self.plane = Plane(
            (first, last), (LOWEST, top), size, x_ticks=ticks, y_ticks=nice_ticks(LOWEST, top, 6), x_name="epoch",
            y_name="alpha",
        )  # fmt: skip
        others = np.arange(alphas.shape[1]) != main
        groups = ((others & ~trusted, 1.5, 0.35), (others & trusted, 2.0, 0.65), (~others, 5.0, 1.0))
        self.histories = [alphas[:, chosen] for chosen, _, _ in groups]
        self.lines = [
            VMobject(stroke_color=colour, stroke_width=width, stroke_opacity=opacity, fill_opacity=0)
            for _, width, opacity in groups
        ]
        self.add(*self._bands(top), self.plane, *self.lines)
        self.at(first)

    def _bands(self, top: float) -> list[VMobject]:
        shade = VMobject(stroke_width=0, fill_color=theme.GRID, fill_opacity=0.55)
        low, high = self.plane.point(0, SHADED.low), self.plane.point(0, min(SHADED.high, top))
        left, right = self.plane.corner[0], (self.plane.corner + self.plane.across)[0]
        shade.points = rectangles(*(np.array([x]) for x in (left, right, low[1], high[1])))
        strips = VMobject(stroke_width=0, fill_color=theme.TAIL, fill_opacity=0.8)
        ends = [(self.plane.point(0, band.low)[1], self.plane.point(0, band.high)[1]) for band in REPORT.bands]
        bottoms, tops = np.array(ends).T
        strips.points = rectangles(np.full(len(ends), right), np.full(len(ends), right + STRIP), bottoms, tops)
        return [shade, strips]

    def at(self, t: float) -> Self:
        t = float(np.clip(t, self.epochs[0], self.epochs[-1]))
        before = self.epochs < t
        x = np.append(self.epochs[before], t)
        for history, line in zip(self.histories, self.lines, strict=True):
            values = np.concatenate([history[before], self.between(history, t)[None]])
            paths = [polyline(self.plane.place(x, column)) for column in values.T]
            line.points = np.concatenate([np.empty((0, 3)), *paths])
        return self


def key_of_readings() -> VGroup:
    """What shade and strips stand for, a line a reading, in its source's name."""
    spans = [f"{band.low:g}–{band.high:g} {band.words}" for band in REPORT.bands]
    texts = [
        (
            theme.GRID,
            f"{AUTHORS.source}: {SHADED.low:g}–{SHADED.high:g} {SHADED.words}, below over-, above under-trained",
        ),
        (theme.TAIL, f"{REPORT.source}: {', '.join(spans)}"),
    ]
    return VGroup(*(_entry(colour, text) for colour, text in texts)).arrange(DOWN, buff=0.12, aligned_edge=LEFT)


def _entry(colour: str, text: str) -> VGroup:
    swatch = VMobject(stroke_width=0, fill_color=colour, fill_opacity=1)
    swatch.points = rectangles(*(np.array([x]) for x in (0.0, 0.3, 0.0, 0.2)))
    return VGroup(swatch, label(text).next_to(swatch, buff=0.15))


def top_of_axis(alphas: Sequence[np.ndarray]) -> float:
    """An upper end that holds nearly all alphas: fits of a random matrix can give any, and would flatten the rest.

    Args:
        alphas: of the layers with eigenvalues enough, any shapes.
    """
    known = np.concatenate([np.ravel(a)[np.isfinite(np.ravel(a))] for a in alphas]) if alphas else np.empty(0)
    return float(np.clip(np.ceil(np.quantile(known, 0.95)), 7, 14)) if known.size else 7.0
