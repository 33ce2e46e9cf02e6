"""What a layer makes of the unit circle in the plane of the two directions that it stretches most."""

from __future__ import annotations

from typing import Self

import numpy as np
from manim import DOWN, LEFT, PI, RIGHT, UP, Circle, VGroup, VMobject, smooth

from weightreel.analysis.findings.words.numbers import compact, fixed, significant
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.fitting import label_within
from weightreel.scenes.instruments.axes.plane import nice_ticks
from weightreel.scenes.kit.clock import Instrument
from weightreel.scenes.kit.paths import polyline, rectangles
from weightreel.scenes.kit.reading import Reading
from weightreel.scenes.kit.theme import BODY, SMALL
from weightreel.scenes.kit.type import Numerals, words

ROOM = 1.06
"""The axes reach that much further than the longest semi-axis."""
GAP = 0.34
"""Between neighbouring rings at least, so that their numbers keep apart."""
PATCH = np.array([0.04, 0.04, 0])
"""By how much the patch below a number is larger."""
ABOVE = 1.05
"""Height kept above the picture for its name and numbers."""
ZOOM = 0.35
"""Share of folding in which the axes grow, before the ellipse does."""
DIAGONAL = np.array([np.cos(PI / 4), -np.sin(PI / 4), 0])


class UnitBall(Instrument):
    """An ellipse whose semi-axes are the two largest singular values, among rings of equal length.

    The directions turn from epoch to epoch; the longest is always drawn horizontally. The ellipse moves as singular
    values do, the numbers above it are an epoch's.

    Args:
        epochs: (E,).
        name: above the picture.
        leading: the two largest singular values, descending, (E, 2).
        colour: of the ellipse.
        side: of the picture, in units of the frame.
        reach: half the range of the axes; by default what holds `leading`.
        folded: as `leading`, with BatchNorm folded in; NaN or None where there is none.
        folded_reach: half the range of the axes once it is folded in.

    Example (kept as tests/golden/frames/unit-ball.png):
        UnitBall(run.epochs, "CNN", leading, theme().CNN, 4.4).at(50)
    """

    def __init__(
        self,
        epochs: np.ndarray,
        name: str,
        leading: np.ndarray,
        colour: str,
        side: float,
        *,
        reach: float | None = None,
        folded: np.ndarray | None = None,
        folded_reach: float | None = None,
    ) -> None:
        super().__init__(epochs)
        self.leading = np.asarray(leading, float)
        self.folded = np.full_like(self.leading, np.nan) if folded is None else np.asarray(folded, float)
        first = reach or reach_of(self.leading)
        self.reaches = first, folded_reach or max(first, reach_of(self.folded))
        self.time, self.share = float(self.epochs[0]), 0.0
        self.circle = Circle(radius=1).points  # (P, 3)
        half = side / 2
        self.axes = VMobject(stroke_color=theme().GRID, stroke_width=1.5, fill_opacity=0)
        self.axes.points = polyline(np.array([[-half, 0, 0], [half, 0, 0], [np.nan] * 3, [0, -half, 0], [0, half, 0]]))
        self.lengths = rings_of(*self.reaches)
        self.rings = VMobject(stroke_color=theme().GRID, stroke_width=1.5, fill_opacity=0)
        self.unit = VMobject(stroke_color=theme().TEXT, stroke_width=3, fill_opacity=0)
        self.before = VMobject(stroke_color=colour, stroke_width=2, stroke_opacity=0.8, fill_opacity=0)
        self.image = VMobject(stroke_color=colour, stroke_width=4, fill_color=colour, fill_opacity=0.22)
        self.semi_axes = VMobject(stroke_color=colour, stroke_width=4, fill_opacity=0)
        self.written = [Numerals(text, SMALL, theme().MUTED, align=0) for text in compact(self.lengths)]
        # Ellipses pass below the rings' numbers: they are written on patches of the background.
        self.patches = VMobject(stroke_width=0, fill_color=theme().BACKGROUND, fill_opacity=1)
        self.numbers = [Numerals("", BODY, colour) for _ in range(2)]
        self.add(self.axes, self.rings, self.image, self.before, self.semi_axes, self.unit, self.patches)
        self.add(*self.written)
        self.add(*self._letters(name, colour, half))
        names = ("σ₁", "σ₂")
        self.of_trained, self.of_folded = (
            [
                Reading(number, name, self.epochs, history[:, i], length_in_digits)
                for i, (number, name) in enumerate(zip(self.numbers, names, strict=True))
            ]
            for history in (self.leading, self.folded)
        )
        self.at(self.time)

    def _letters(self, name: str, colour: str, half: float) -> VGroup:
        top = label_within(name, 2 * half, colour).move_to([-half, half + ABOVE, 0], UP + LEFT)
        letters = VGroup(top)
        for i, (symbol, number) in enumerate(zip(("σ₁", "σ₂"), self.numbers, strict=True)):
            left = -half + i * 1.75
            symbols = words(symbol, BODY, theme().MUTED).move_to([left, half + 0.3, 0], DOWN + LEFT)
            letters.add(symbols, number.move_to([left + 0.5, half + 0.36, 0], DOWN + LEFT))
        return letters

    @property
    def corner(self) -> np.ndarray:
        """Upper left end of name and picture, (3,)."""
        half = (self.axes.points[3] - self.axes.points[0])[0] / 2
        return self.centre + np.array([-half, half + ABOVE, 0])

    @property
    def centre(self) -> np.ndarray:
        """Where the origin is drawn, (3,)."""
        return (self.axes.points[0] + self.axes.points[3]) / 2

    def at(self, t: float) -> Self:
        self.time = t
        return self._draw()

    def fold(self, share: float) -> Self:
        """Fold BatchNorm in, from not at all (0) to wholly (1): first the axes make room, then the ellipse changes.

        The numbers stay those as trained until it is folded in wholly.
        """
        self.share = float(np.clip(share, 0, 1))
        return self._draw()

    def semi_axes_at(self, t: float) -> np.ndarray:
        """Lengths of the ellipse's semi-axes at epoch `t`, so far as BatchNorm is folded in, (2,)."""
        trained, folded = self.between(self.leading, t), self.between(self.folded, t)
        grown = smooth(max(self.share - ZOOM, 0) / (1 - ZOOM))
        return trained if grown == 0 else trained + grown * (folded - trained)

    def _draw(self) -> Self:
        now, trained = self.semi_axes_at(self.time), self.between(self.leading, self.time)
        zoomed = smooth(min(self.share / ZOOM, 1.0))
        reach = self.reaches[0] + zoomed * (self.reaches[1] - self.reaches[0])
        unit = (self.axes.points[3] - self.centre)[0] / reach
        self._draw_rings(reach, unit)
        self.unit.points = self.centre + unit * self.circle
        self.image.points = self._ellipse(now, unit)
        self.before.points = self._ellipse(trained, unit) if self.share > 0 else np.empty((0, 3))
        ends = self.centre + unit * np.array([[now[0], 0, 0], [np.nan] * 3, [0, now[1], 0]])
        self.semi_axes.points = polyline(np.insert(ends, [0, 2], self.centre, axis=0))
        self.readings = self.of_folded if self.share == 1 else self.of_trained
        return self.write(self.time)

    def _ellipse(self, semi_axes: np.ndarray, unit: float) -> np.ndarray:
        """Points (P, 3) of an ellipse; none where an axis is not known."""
        if not np.isfinite(semi_axes).all():
            return np.empty((0, 3))
        return self.centre + unit * self.circle * np.array([*semi_axes, 0])

    def _draw_rings(self, reach: float, unit: float) -> None:
        drawn, patches, last = [], [], 0.0
        for length, number in zip(self.lengths, self.written, strict=True):
            apart = min(length - last, abs(length - 1)) * unit
            seen = length <= reach and (length == 1 or apart >= GAP)
            number.set_opacity(1.0 if seen else 0.0)
            if seen:
                last = length
                drawn.append(self.centre + unit * length * self.circle)
                number.move_to(self.centre + (unit * length + 0.16) * DIAGONAL)
                patches.append([number.get_corner(DOWN + LEFT) - PATCH, number.get_corner(UP + RIGHT) + PATCH])
        self.rings.points = np.concatenate(drawn)
        low, high = np.array(patches).swapaxes(0, 1)  # (rings, 3) each
        self.patches.points = rectangles(low[:, 0], high[:, 0], low[:, 1], high[:, 1])


def length_in_digits(value: float) -> str:
    """Two decimals, which do not jump as a number passes 1, unless it is too small or too large for them."""
    return fixed(value) if 0.1 <= value < 100 else significant(value)


def rings_of(*reaches: float) -> list[float]:
    """Round lengths within each of these reaches, and 1, ascending."""
    return sorted({1.0, *(round(tick, 6) for reach in reaches for tick in nice_ticks(0, reach, 3) if tick > 0)})


def reach_of(*leading: np.ndarray) -> float:
    """Half the range of axes that hold the unit circle and every ellipse of these semi-axes (…, 2)."""
    known = np.concatenate([np.ravel(a)[np.isfinite(np.ravel(a))] for a in leading])
    return ROOM * max(1.0, float(known.max()) if len(known) else 1.0)


def side_by_side(balls: list[UnitBall], corner: np.ndarray, apart: float) -> list[UnitBall]:
    """Move each ball `apart` to the right of the one before, the first below and right of `corner` (3,)."""
    for i, ball in enumerate(balls):
        ball.shift(corner + i * apart * RIGHT - ball.corner)
    return balls
