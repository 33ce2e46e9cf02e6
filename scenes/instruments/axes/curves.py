"""Histories as curves that grow with the clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from manim import RIGHT, Dot, Line, VGroup, VMobject

from weightreel.analysis.findings.time import TimeScale
from weightreel.analysis.findings.words.language import phrase
from weightreel.scenes.instruments.axes.fitting import cut_until
from weightreel.scenes.instruments.axes.plane import Plane, nice_ticks, time_ticks
from weightreel.scenes.kit.clock import Instrument
from weightreel.scenes.kit.paths import bends
from weightreel.scenes.kit.theme import SAFE_LEFT, SAFE_RIGHT
from weightreel.scenes.kit.type import label

HEAD = 0.06
"""Radius of the dot at a curve's end."""
MOST_TRIES = 4
"""Widths that are tried until axes fit."""


@dataclass(frozen=True)
class Series:
    """One curve, or a bundle drawn as one path.

    Attributes:
        name: for the key; curves without a name are not in it.
        values: (E,), or (E, N) for a bundle of N; NaN where nothing was measured.
        colour: hexadecimal.
        width: of the line, in Manim's stroke units.
        opacity: of the line.
    """

    name: str
    values: np.ndarray
    colour: str
    width: float = 3
    opacity: float = 1


class Curves(Instrument):
    """Curves over the epochs, drawn up to the clock's epoch; a single curve ends in a dot.

    Args:
        epochs: (E,).
        series: what to draw.
        size: width and height of the axes in units of the frame.
        y: range of the vertical axis; None takes that of all values.
        y_name: name of the vertical axis.
        x_name: name of the horizontal axis; None says what the clock counts.
        ticks: how many ticks at most, horizontally and vertically.

    Example (kept as tests/golden/frames/curves.png):
        Curves(run.epochs, [Series("loss", run["train/loss"], theme().CNN)], size=(8, 4.5)).at(7.5)
    """

    def __init__(
        self,
        epochs: np.ndarray,
        series: Sequence[Series],
        *,
        size: tuple[float, float],
        y: tuple[float, float] | None = None,
        y_name: str = "",
        x_name: str | None = None,
        ticks: tuple[int, int] = (6, 4),
    ) -> None:
        super().__init__(epochs)
        self.histories = [np.asarray(s.values, float) for s in series]
        self.bends = [bends(history) for history in self.histories]
        first, last = float(self.epochs[0]), max(float(self.epochs[-1]), float(self.epochs[0]) + 1)
        time = TimeScale(self.epochs)
        low, high = y or span(self.histories)
        self.plane = Plane(
            (first, last),
            (low, high),
            size,
            x_name=phrase("{clock}") if x_name is None else x_name,
            y_name=y_name,
            x_ticks=time_ticks(time, size[0], ticks[0]),
            y_ticks=nice_ticks(low, high, ticks[1]),
            time=time,
        )
        self.lines = [
            VMobject(stroke_color=s.colour, stroke_width=s.width, stroke_opacity=s.opacity, fill_opacity=0)
            for s in series
        ]
        self.heads = [
            Dot(radius=HEAD, color=s.colour) if h.ndim == 1 else None
            for s, h in zip(series, self.histories, strict=True)
        ]
        heads = [head for head in self.heads if head is not None]
        self.add(self.plane, *self.lines, *heads)
        if heads:
            # Draws nothing, and keeps the room that the heads take at the end of their way.
            room = VMobject(stroke_width=0, fill_opacity=0)
            room.points = np.tile(self.plane.corner + self.plane.across + HEAD * RIGHT, (4, 1))
            self.add(room)
        named = [(s.name, s.colour) for s in series if s.name]
        if named:
            self.add(self.plane.key(named))
        self.at(first)

    def at(self, t: float) -> Self:
        t = float(np.clip(t, self.epochs[0], self.epochs[-1]))
        for history, bent, line, head in zip(self.histories, self.bends, self.lines, self.heads, strict=True):
            before = bent[self.epochs[bent] < t]
            now = self.between(history, t)
            values = np.concatenate([history[before], now[None]])  # (n,) or (n, N)
            line.points = self.plane.threads(np.append(self.epochs[before], t), values.reshape(len(values), -1))
            if head is not None:
                self._move_head(head, t, float(now))
        return self

    def _move_head(self, head: Dot, t: float, value: float) -> None:
        known = np.isfinite(value)
        head.set_opacity(1.0 if known else 0.0)
        if known:
            head.move_to(self.plane.place(np.array([t]), np.array([value]))[0])


def fitting(width_of: Callable[[float], float], axes: float, room: float) -> float:
    """How wide axes can be, at most `axes`, so that with everything lettered they take no more than `room`.

    Args:
        width_of: how wide all is with axes of this width.
        axes, room: in units of the frame.
    """
    # Narrower axes may have other numbers, and so need other room.
    for _ in range(MOST_TRIES):
        over = width_of(axes) - room
        if over <= 0:
            break
        axes -= over
    return axes


def span(histories: Sequence[np.ndarray], room: float = 0.06) -> tuple[float, float]:
    """Range of all finite values with some room; of none, or of one value, a range around it."""
    finite = np.concatenate([h[np.isfinite(h)].ravel() for h in histories]) if histories else np.empty(0)
    if not finite.size:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    pad = room * (high - low) or 0.1 * max(abs(high), 0.1)
    return low - pad, high + pad


def legend_of(entries: list[tuple[str, str]], width: float = SAFE_RIGHT - SAFE_LEFT) -> VGroup:
    """Names behind short lines in their colours, three in a row, cut where they would be wider than `width`."""
    colours = [colour for _, colour in entries]

    def legend(names: Sequence[str]) -> VGroup:
        return _grid_of_keys(list(zip(names, colours, strict=True)))

    return legend(cut_until([name for name, _ in entries], lambda names: legend(names).width <= width))


def _grid_of_keys(entries: list[tuple[str, str]]) -> VGroup:
    keys = [
        VGroup(Line([0, 0, 0], [0.45, 0, 0], color=colour, stroke_width=4), label(name, colour)).arrange(
            RIGHT, buff=0.12
        )
        for name, colour in entries
    ]
    return VGroup(*keys).arrange_in_grid(
        cols=min(len(keys), 3), buff=(0.45, 0.12), col_alignments="l" * min(len(keys), 3)
    )
