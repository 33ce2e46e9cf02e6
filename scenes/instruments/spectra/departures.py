"""How far each layer's largest eigenvalue is from the random bulk, at the first epoch and now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from manim import LEFT, RIGHT, UP, VMobject

from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import shortened
from weightreel.analysis.findings.words.numbers import compact, significant
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.plane import Plane
from weightreel.scenes.kit.clock import Instrument
from weightreel.scenes.kit.paths import polyline, rectangles
from weightreel.scenes.kit.reading import Reading
from weightreel.scenes.kit.tag import changing
from weightreel.scenes.kit.theme import SMALL
from weightreel.scenes.kit.type import ADVANCE, Numerals

ROW = 0.43
"""Height of a layer's row in units of the frame."""
ROWS, COLUMNS = 8, 2
MOST_ROWS = ROWS * COLUMNS
"""Layers at most; more would not fit."""
NAME, NUMBER, TICKS = 2.6, 1.3, 0.4
"""Widths kept for a layer's name and for its number, and height for the ticks above."""
LEAST_GAP = 0.1
"""Between the numbers of neighbouring ticks."""
DOT = 0.075
"""Half a marker's side."""
ROUND = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 1000.0)


class Departures(Instrument):
    """One row a layer: a grey marker where it began, a bar to where it stands, on a logarithmic axis around the edge.

    Args:
        epochs: (E,).
        names: module paths of the layers.
        reach: largest eigenvalue over the edge of the random bulk, (E, L); NaN where no bulk was found.
        width: of the whole, in units of the frame.
        limits: range of the axis; by default what holds all.

    Example (kept as tests/golden/frames/departures.png):
        Departures(run.epochs, ["features.0", "classifier.0"], reach, 6.0).at(50)
    """

    def __init__(
        self,
        epochs: np.ndarray,
        names: Sequence[str],
        reach: np.ndarray,
        width: float,
        limits: tuple[float, float] | None = None,
    ) -> None:
        super().__init__(epochs)
        self.reach = np.log10(np.asarray(reach, float))
        low, high = np.log10(limits or range_of(reach))
        self.plane = Plane((low, high), (0.0, len(names)), (width - NAME - NUMBER, ROW * len(names)))
        self.rows = len(names) - 0.5 - np.arange(len(names))
        self.starts = VMobject(stroke_width=0, fill_color=theme().RANDOM, fill_opacity=1)
        self.ends = VMobject(stroke_width=0, fill_color=theme().ESD, fill_opacity=1)
        self.paths = VMobject(stroke_color=theme().ESD, stroke_width=4, stroke_opacity=0.6, fill_opacity=0)
        self.starts.points = self._markers(self.reach[0])
        edge = self.plane.mark(0.0, theme().TEXT) if low < 0 < high else VMobject()
        self.numbers = [changing([phrase("no bulk")], SMALL, theme().ESD) for _ in names]
        for name, number, row in zip(names, self.numbers, self.rows, strict=True):
            at = self.plane.point(low, row)
            letters = Numerals(shortened(name, int(NAME / (ADVANCE * SMALL)) - 1), SMALL, theme().MUTED, align=1)
            self.add(letters.move_to(at + 0.18 * LEFT, aligned_edge=RIGHT))
            number.move_to(at + self.plane.across + 0.15 * RIGHT, aligned_edge=LEFT)
        self.readings = [
            Reading(number, "over the edge", self.epochs, np.asarray(reach, float)[:, i], times)
            for i, number in enumerate(self.numbers)
        ]
        self.add(self.plane, edge, self.paths, self.starts, self.ends, *self.numbers, *self._ticks())
        self.at(float(self.epochs[0]))

    def _ticks(self) -> list[VMobject]:
        low, high = self.plane.x_range
        seen = [tick for tick in ROUND if low <= np.log10(tick) <= high]
        top = self.plane.y_range[1]
        letters: list[VMobject] = []
        # Powers of ten first, the edge before all; numbers that would meet one of those are left out.
        for tick in sorted(seen, key=lambda tick: (np.log10(tick) % 1 != 0, abs(np.log10(tick)))):
            at = self.plane.point(np.log10(tick), top)
            text = Numerals(f"×{compact([tick])[0]}", SMALL, theme().MUTED, align=0).next_to(at, UP, 0.12)
            apart = (abs(text.get_x() - other.get_x()) - (text.width + other.width) / 2 for other in letters)
            if min(apart, default=LEAST_GAP) >= LEAST_GAP:
                letters.append(text)
        return letters

    def _markers(self, x: np.ndarray) -> np.ndarray:
        """Squares at log10 of the reach (L,), as one path; none where it is NaN."""
        places = self.plane.place(x, self.rows)
        places = places[np.isfinite(places[:, 0])]
        return rectangles(places[:, 0] - DOT, places[:, 0] + DOT, places[:, 1] - DOT, places[:, 1] + DOT)

    def at(self, t: float) -> Self:
        now = self.stepped(self.reach, t)
        self.ends.points = self._markers(now)
        starts, ends = self.plane.place(self.reach[0], self.rows), self.plane.place(now, self.rows)
        gap = np.full_like(starts, np.nan)
        self.paths.points = polyline(np.stack([starts, ends, gap], 1).reshape(-1, 3))
        return self.write(t)


def times(factor: float) -> str:
    """How many times the edge; what to say where there is none."""
    return f"×{significant(float(factor))}" if np.isfinite(factor) else phrase("no bulk")


def in_columns(
    epochs: np.ndarray, names: Sequence[str], reach: np.ndarray, corner: np.ndarray, width: float, most: int = ROWS
) -> list[Departures]:
    """Departures in as many columns as the layers need, on equal axes, below and right of `corner` (3,).

    Args:
        epochs, names, reach: as for `Departures`; at most COLUMNS × `most` layers.
        width: of two columns.
        most: rows of a column.
    """
    columns = -(-len(names) // most)
    rows = -(-len(names) // columns)
    parts = [slice(i, i + rows) for i in range(0, len(names), rows)]
    each, limits = width / COLUMNS, range_of(reach)
    found = [Departures(epochs, names[part], reach[:, part], each, limits) for part in parts]
    for i, departures in enumerate(found):
        top_left = departures.plane.corner + departures.plane.upwards + np.array([-NAME, TICKS, 0])
        departures.shift(corner + np.array([i * each, 0, 0]) - top_left)
    return found


def range_of(reach: np.ndarray) -> tuple[float, float]:
    """A range of the axis that holds every finite value and 1, with some room."""
    known = reach[np.isfinite(reach) & (reach > 0)]
    low, high = (min(float(known.min()), 1.0), max(float(known.max()), 1.0)) if len(known) else (0.5, 2.0)
    return low / 1.15, high * 1.15
