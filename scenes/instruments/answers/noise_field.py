"""Many pictures as a field of small squares, each in the colour of its answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from manim import VMobject, interpolate_color
from manim.utils.color import ManimColor

from weightreel.analysis.palette import theme
from weightreel.scenes.kit.clock import EpochClock, Instrument
from weightreel.scenes.kit.grammar.zones import Zone
from weightreel.scenes.kit.paths import polyline, rectangles

LEVELS = 6
"""Steps of brightness."""
DIMMEST = 0.16
"""Share of a colour's contrast that the least sure answers keep."""
STEEP = 3
"""Power of the confidence that brightness follows, so that 90 % is told from 60 %."""
FILLED = 0.86
"""Share of a cell's side that its square fills."""
AROUND = 1.5
"""Side of the frame around a followed picture, in sides of a cell."""


class NoiseField(Instrument):
    """A field of squares, one a picture: its colour is the answer, and it is bright where the network is sure.

    The first picture stands in the middle and the others in rings around it, so that an eye that draws back from it
    sees the first few, then a hundred, then all. Every square holds what the network answers at the clock's epoch and
    changes to the next at once.

    Args:
        epochs: (E,).
        answers: index of each picture's answer, (E, T).
        confidence: in it, (E, T).
        colours: of the answers, hexadecimal.
        zone: which the field fills as far as square cells allow.
        followed: the picture that has a frame around it; none where None.

    Example (kept as tests/golden/frames/noise-field.png):
        NoiseField(run.epochs, taken.answers, taken.confidence, colours, film.zones.stage, followed=0).at(3)
    """

    def __init__(
        self,
        epochs: np.ndarray,
        answers: np.ndarray,
        confidence: np.ndarray,
        colours: Sequence[str],
        zone: Zone,
        *,
        followed: int | None = None,
    ) -> None:
        super().__init__(epochs)
        # Which path each square belongs to, (E, T).
        self.kinds = np.asarray(answers, int) * LEVELS + brightness(confidence)
        self.followed = followed
        self.rows, self.columns, self.order = rings(self.kinds.shape[1], zone.width / zone.height)
        side = min(zone.width / self.columns, zone.height / self.rows)
        half = np.array([self.columns, self.rows]) * side / 2
        # Without area: keeps where the field lies, however it is moved and scaled.
        self.corners = VMobject(stroke_width=0, fill_opacity=0)
        self.corners.points = zone.centre + np.array([[*(sign * half), 0.0] for sign in (-1, -1, 1, 1)])
        self.paths = {}
        for kind in map(int, np.unique(self.kinds)):
            colour = shade(colours[kind // LEVELS], kind % LEVELS)
            self.paths[kind] = VMobject(stroke_width=0, fill_opacity=1, fill_color=colour)
        self.frame = VMobject(stroke_color=theme().TEXT, stroke_width=3, fill_opacity=0)
        self.add(self.corners, *self.paths.values(), self.frame)
        self.known = self.kinds.shape[1]
        self.shown: tuple[int, int, bytes] | None = None
        self.at(float(self.epochs[0]))

    def reveal(self, pictures: int) -> Self:
        """Draw the first so many pictures only, those around the middle."""
        self.known = int(np.clip(pictures, 0, self.kinds.shape[1]))
        return self.at(self.now)

    def grows_with(self, clock: EpochClock) -> Self:
        """Reveal pictures with a clock that counts them, until updaters are cleared."""
        self.add_updater(lambda field: field.reveal(round(clock.epoch)))
        return self.reveal(round(clock.epoch))

    @property
    def side(self) -> float:
        """Of a cell, in units of the frame, as the field stands now."""
        return float(self.corners.points[-1, 0] - self.corners.points[0, 0]) / self.columns

    def places(self) -> np.ndarray:
        """Centres of the pictures' cells as the field stands now, (T, 2)."""
        left, top = self.corners.points[0, 0], self.corners.points[-1, 1]
        row, column = np.divmod(self.order, self.columns)
        return np.stack([left + (column + 0.5) * self.side, top - (row + 0.5) * self.side], 1)

    def cell(self, picture: int) -> Zone:
        """Where a picture's square stands now."""
        (x, y), half = self.places()[picture], FILLED * self.side / 2
        return Zone(float(x - half), float(y - half), float(x + half), float(y + half))

    def at(self, t: float) -> Self:
        held = int(self.held(np.arange(len(self.epochs)), t))
        self.now = float(t)
        now = held, self.known, self.corners.points.tobytes()
        if now == self.shown:
            return self
        self.shown = now
        places, half = self.places(), FILLED * self.side / 2
        drawn = self.kinds[held, : self.known]
        for kind, path in self.paths.items():
            x, y = places[: self.known][drawn == kind].T
            path.points = rectangles(x - half, x + half, y - half, y + half)
        if self.followed is not None:
            known = self.followed < self.known
            self.frame.points = square(places[self.followed], AROUND * self.side) if known else np.empty((0, 3))
        return self


def shade(colour: str, level: int) -> ManimColor:
    """A colour as bright as one of the LEVELS of confidence."""
    share = DIMMEST + (1 - DIMMEST) * level / (LEVELS - 1)
    return interpolate_color(ManimColor(theme().BACKGROUND), ManimColor(colour), share)


def brightness(confidence: np.ndarray) -> np.ndarray:
    """The level of each confidence, 0 … LEVELS - 1, of any shape; the lowest where it is not known."""
    known = np.nan_to_num(np.asarray(confidence, float))
    return np.clip(np.round(known**STEEP * (LEVELS - 1)), 0, LEVELS - 1).astype(int)


def square(centre: np.ndarray, side: float) -> np.ndarray:
    """Points of a square's outline around a centre (2,)."""
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]) * side / 2 + centre
    return polyline(np.concatenate([corners, np.zeros((5, 1))], 1))


def rings(n: int, aspect: float) -> tuple[int, int, np.ndarray]:
    """Rows and columns of a field of `n` cells, and which cell each picture has, from the middle outwards.

    Args:
        n: pictures, at least 1.
        aspect: width over height of the whole.

    Returns:
        Rows, columns, and the cells' numbers row by row from the top, (n,).
    """
    columns = max(int(np.ceil(np.sqrt(n * aspect))), 1)
    rows = -(-n // columns)
    row, column = np.divmod(np.arange(rows * columns), columns)
    down, across = row - (rows - 1) // 2, column - (columns - 1) // 2
    ring = np.maximum(np.abs(down), np.abs(across))
    turn = np.arctan2(down, across)
    return rows, columns, np.lexsort((turn, ring))[:n]
