"""Shares of images against the radius within which they are attacked or certified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from manim import LEFT, RIGHT, UP, VMobject

from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.plane import Plane, nice_ticks, ticks_along
from weightreel.scenes.kit.clock import Instrument
from weightreel.scenes.kit.paths import polyline, rectangles
from weightreel.scenes.kit.theme import SAFE_LEFT
from weightreel.scenes.kit.type import label

DODGE = 0.07
"""Between the marks of neighbouring networks at one radius, so that their whiskers stand apart."""
HALF_MARK = 0.055


@dataclass(frozen=True)
class Fall:
    """One network's curve.

    Attributes:
        x: radii, ascending from 0, (n,); a radius twice is a step.
        share: at each, 0 … 1, (n,).
        colour: hexadecimal.
        low, high: interval at each, (n,); None draws neither marks nor whiskers.
    """

    x: np.ndarray
    share: np.ndarray
    colour: str
    low: np.ndarray | None = None
    high: np.ndarray | None = None


class AccuracyCurves(Instrument):
    """Curves from the left, drawn as far as the clock, which runs from 0 to 1, has swept the horizontal axis.

    Args:
        falls: one a network.
        size: width and height of the axes in units of the frame.
        title: above the axes.
        most: right end of the horizontal axis.
        x_name: its name.
        x_ticks: where its numbers stand; round ones by default.
        named: whether the vertical axis has numbers and this name.
        limit: a radius marked by a broken line, if it is given.

    Example (kept as tests/golden/frames/accuracy-curves.png):
        AccuracyCurves(falls, (5, 3), title="PGD-40, L∞", most=8.0, x_name="ε in 1/255").at(1.0)
    """

    def __init__(
        self,
        falls: Sequence[Fall],
        size: tuple[float, float],
        *,
        title: str,
        most: float,
        x_name: str,
        x_ticks: Sequence[float] | None = None,
        named: str = "",
        limit: float | None = None,
    ) -> None:
        super().__init__(np.array([0.0, 1.0]))
        self.falls, self.most = list(falls), most
        self.plane = Plane(
            (0.0, most),
            (0.0, 100.0),
            size,
            x_name=x_name,
            y_name=named,
            x_ticks=ticks_along(0, most, size[0], 5) if x_ticks is None else x_ticks,
            y_ticks=nice_ticks(0, 100, 5) if named else (),
        )
        self.add(self.plane, *self._grid(), label(title, theme().TEXT).move_to(self._above(), LEFT))
        if limit is not None and limit < most:
            self.add(self._broken(limit))
        self.lines = [VMobject(stroke_color=f.colour, stroke_width=3.5, fill_opacity=0) for f in self.falls]
        self.marks = [VMobject(stroke_width=0, fill_color=f.colour, fill_opacity=1) for f in self.falls]
        self.whiskers = [VMobject(stroke_color=f.colour, stroke_width=2, fill_opacity=0) for f in self.falls]
        self.add(*self.whiskers, *self.lines, *self.marks)
        self.at(0.0)

    def _above(self) -> np.ndarray:
        return self.plane.corner + self.plane.upwards + 0.3 * UP

    def _grid(self) -> list[VMobject]:
        line = VMobject(stroke_color=theme().GRID, stroke_width=1, fill_opacity=0)
        ends = np.array([0.0, self.most])
        heights = nice_ticks(0, 100, 5)[1:]
        line.points = np.concatenate([polyline(self.plane.place(ends, np.full(2, y))) for y in heights])
        return [line]

    def _broken(self, x: float) -> VMobject:
        dashes = VMobject(stroke_color=theme().MUTED, stroke_width=2, fill_opacity=0)
        ends = np.linspace(0, 100, 25)[:-1].reshape(-1, 2)
        dashes.points = np.concatenate([polyline(self.plane.place(np.full(2, x), pair)) for pair in ends])
        return dashes

    def at(self, t: float) -> Self:
        reach = self.most * float(np.clip(t, 0, 1))
        for i, (fall, line, marks, whiskers) in enumerate(
            zip(self.falls, self.lines, self.marks, self.whiskers, strict=True)
        ):
            aside = (i - (len(self.falls) - 1) / 2) * DODGE * RIGHT if fall.low is not None else np.zeros(3)
            seen = fall.x <= reach + 1e-9
            x, share = fall.x[seen], fall.share[seen]
            points = self.plane.place(x, 100 * share) + aside
            if fall.x[-1] > reach:
                now = np.interp(reach, fall.x, fall.share)
                x, share = np.append(x, reach), np.append(share, now)
            line.points = polyline(self.plane.place(x, 100 * share) + aside)
            if fall.low is None or fall.high is None:
                continue
            marks.points = rectangles(
                points[:, 0] - HALF_MARK, points[:, 0] + HALF_MARK, points[:, 1] - HALF_MARK, points[:, 1] + HALF_MARK
            )
            low, high = (self.plane.place(fall.x[seen], 100 * bound[seen]) + aside for bound in (fall.low, fall.high))
            caps = 0.05 * RIGHT
            whiskers.points = np.concatenate(
                [
                    polyline(np.stack(ends))
                    for a, b in zip(low, high, strict=True)
                    for ends in ((a, b), (a - caps, a + caps), (b - caps, b + caps))
                ]
            )
        return self


def steps_of(values: np.ndarray, total: int, most: float) -> tuple[np.ndarray, np.ndarray]:
    """The share of `total` whose value is at least x, as corners of a falling staircase over 0 … `most`.

    Args:
        values: of those that count, ≥ 0, any order, (k,), k ≤ total.
        total: what the share is of, ≥ 1.
        most: right end.

    Returns:
        x and share, (n,) each; they end where the share comes to 0.
    """
    ordered = np.sort(np.minimum(np.asarray(values, float), most))
    left = np.concatenate([[0.0], ordered])
    share = (len(ordered) - np.arange(len(left))) / total
    x = np.repeat(np.append(left, most), 2)[1:-1]
    return x[:-1], np.repeat(share, 2)[:-1]


def row_of(panels: Sequence[AccuracyCurves], corner: np.ndarray, apart: float) -> list[AccuracyCurves]:
    """Move each panel's lower left corner `apart` to the right of the one before, the first to `corner` (3,).

    Where letters are so high that the first one's name would leave the safe area, all stand that much further right.
    """
    for i, panel in enumerate(panels):
        panel.shift(corner + i * apart * RIGHT - panel.plane.corner)
    outside = max(SAFE_LEFT - float(panels[0].get_left()[0]), 0.0) if panels else 0.0
    return [panel.shift(outside * RIGHT) for panel in panels]
