"""Confusion matrices: what each class is taken for, as one picture whose cells change their colours."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from manim import (
    BLACK,
    DOWN,
    LEFT,
    ORIGIN,
    PI,
    RESAMPLING_ALGORITHMS,
    RIGHT,
    UP,
    WHITE,
    Group,
    ImageMobject,
    ManimColor,
    VMobject,
)

from weightreel.analysis.findings.words.language import phrase_n
from weightreel.analysis.findings.words.names import shortened
from weightreel.analysis.findings.words.numbers import points
from weightreel.analysis.palette import contrast, theme
from weightreel.scenes.kit.clock import Clocked
from weightreel.scenes.kit.paths import rectangles
from weightreel.scenes.kit.reading import Reading
from weightreel.scenes.kit.tag import apart, on_one_line
from weightreel.scenes.kit.theme import SMALL
from weightreel.scenes.kit.type import ADVANCE, Numerals, label

NAMED, MOST_NAMED, LETTERS = 0.28, 20, 12
"""Least height of a cell, in units of the frame, whose class can be named beside it, most classes and letters."""
NUMBERED = 0.36
"""Least side of a cell that two digits fit into."""
KEY = 0.16
"""Height of a key's colours."""


@dataclass(frozen=True)
class Ramp:
    """Values as colours.

    Attributes:
        stops: hexadecimal colours, evenly apart between the two limits.
        limits: the values at the first and the last of them; values beyond are drawn as these.
        power: how values are bent on their way: 1/2 lets small shares be seen beside large ones.
    """

    stops: tuple[str, ...]
    limits: tuple[float, float]
    power: float = 1.0

    @classmethod
    def of_shares(cls, colour: str) -> Ramp:
        """Shares 0 … 1 from the background to `colour`, bent so that one in a hundred is seen."""
        return cls((theme().BACKGROUND, colour), (0.0, 1.0), 0.5)

    @classmethod
    def of_differences(cls, less: str, more: str, most: float) -> Ramp:
        """Differences −most … most from one colour through the background to another."""
        return cls((less, theme().BACKGROUND, more), (-most, most))

    def colours(self, values: np.ndarray) -> np.ndarray:
        """uint8 colours (…, 3) of values (…); NaN is drawn as the background."""
        low, high = self.limits
        share = np.clip((np.asarray(values, float) - low) / (high - low), 0, 1) ** self.power
        stops = np.array([ManimColor(stop).to_rgb() for stop in self.stops])
        at = np.linspace(0, 1, len(stops))
        mixed = np.stack([np.interp(share, at, channel) for channel in stops.T], axis=-1)
        mixed[np.isnan(share)] = ManimColor(theme().BACKGROUND).to_rgb()
        return np.round(255 * mixed).astype(np.uint8)


class ConfusionMatrix(Clocked, Group):
    """One square a pair of classes, rows the true class and columns the answer, drawn as one image.

    Args:
        epochs: (E,).
        shares: shares of each true class, or differences of them, (E, C, C); NaN where there was no image.
        classes: names of the C classes.
        side: of the whole square, in units of the frame.
        ramp: how values are coloured.
        rows, columns: whether to name the classes at the left and below; never where cells are too low.
        numbers: whether to write the diagonal in percent into its cells, where they are large enough.

    Example (kept as tests/golden/frames/confusion-matrix.png):
        ConfusionMatrix(run.epochs, shares, classes, 5.5, Ramp.of_shares(theme().CNN)).at(12.5)
    """

    def __init__(
        self,
        epochs: np.ndarray,
        shares: np.ndarray,
        classes: Sequence[str],
        side: float,
        ramp: Ramp,
        *,
        rows: bool = True,
        columns: bool = True,
        numbers: bool = True,
    ) -> None:
        super().__init__()
        self.epochs = np.asarray(epochs, dtype=float)
        self.shares, self.ramp = np.asarray(shares, float), ramp
        n = len(classes)
        self.image = ImageMobject(np.full((n, n, 4), 255, np.uint8))
        self.image.set_resampling_algorithm(RESAMPLING_ALGORITHMS["nearest"])
        self.image.height = side
        self.frame = VMobject(stroke_color=theme().MUTED, stroke_width=1.5, fill_opacity=0)
        corner = side / 2
        self.frame.set_points_as_corners(
            [
                [-corner, corner, 0],
                [corner, corner, 0],
                [corner, -corner, 0],
                [-corner, -corner, 0],
                [-corner, corner, 0],
            ]
        )
        self.numbers: list[Numerals] = []
        if numbers and side / n >= NUMBERED:
            middles = (np.arange(n) + 0.5) * side / n - corner
            self.numbers = [Numerals("00", SMALL, align=0).move_to([x, -x, 0]) for x in middles]
        self.readings = [
            Reading(number, "diagonal", self.epochs, self.shares[:, i, i], percent_in_cell)
            for i, number in enumerate(self.numbers)
        ]
        self.add(self.image, self.frame, *self.numbers)
        self._name(classes, side / n, rows=rows, columns=columns)
        self.at(float(self.epochs[0]))

    def _name(self, classes: Sequence[str], cell: float, *, rows: bool, columns: bool) -> None:
        if cell < NAMED or len(classes) > MOST_NAMED:
            if rows:
                said = phrase_n("true class: {n} class", "true class: {n} classes", len(classes))
                self.add(label(said).rotate(PI / 2).next_to(self.frame, LEFT, buff=0.15))
            if columns:
                said = phrase_n("answer: {n} class", "answer: {n} classes", len(classes))
                self.add(label(said).next_to(self.frame, DOWN, buff=0.15))
            return
        left, top = self.frame.get_corner(UP + LEFT)[:2]
        classes = [shortened(name, LETTERS) for name in classes]
        flat = max(label(name).width for name in classes) <= cell - 0.08
        beside, below = [], []
        for i, name in enumerate(classes):
            middle = (i + 0.5) * cell
            if rows:
                word = on_one_line(name)
                beside.append(word.shift([left - 0.12 - word.get_right()[0], top - middle, 0]))
            if columns:
                word = on_one_line(name)
                word = word if flat else word.rotate(PI / 2, about_point=ORIGIN)
                across = -word.get_x() if flat else 0.0
                below.append(word.shift([left + middle + across, -top - 0.12 - word.get_top()[1], 0]))
        self.add(*(word for names in itertools.zip_longest(beside, below) for word in names if word is not None))
        apart(beside, DOWN)
        apart(below, RIGHT)

    def at(self, t: float) -> Self:
        shares = self.write(t).held(self.shares, t)
        self.image.pixel_array[..., :3] = self.ramp.colours(shares)
        for i, number in enumerate(self.numbers):
            cell = ManimColor(tuple(self.image.pixel_array[i, i, :3].tolist())).to_hex()
            # Of black and white at least one has a contrast of 4.58 to any colour; the theme's own letters may not.
            number.set_fill(max((BLACK, WHITE), key=lambda letters: contrast(letters.to_hex(), cell)))
        return self

    def outline(self, cells: Sequence[tuple[int, int]], colour: str | None = None) -> VMobject:
        """Frames around cells (row, column), where the matrix stands now, as one path."""
        colour = colour or theme().TEXT
        left, top = self.frame.get_corner(UP + LEFT)[:2]
        cell = self.frame.width / len(self.image.pixel_array)
        row, column = np.array(cells, float).reshape(-1, 2).T
        drawn = VMobject(stroke_color=colour, stroke_width=3, fill_opacity=0)
        drawn.points = rectangles(
            left + column * cell, left + (column + 1) * cell, top - (row + 1) * cell, top - row * cell
        )
        return drawn


def percent_in_cell(share: float) -> str:
    """A share in two digits; three do not fit, and a whole class recognised is told by its colour."""
    return "" if np.isnan(share) or share >= 0.995 else points(share, 0)


def key_of_ramp(ramp: Ramp, width: float, ticks: Sequence[float], written: Sequence[str]) -> Group:
    """A ramp's colours from left to right with numbers below.

    Args:
        width: of the colours, in units of the frame.
        ticks, written: values and how each is written.
    """
    low, high = ramp.limits
    steps = np.linspace(0, 1, 256)
    strip = ImageMobject(ramp.colours(low + (high - low) * steps ** (1 / ramp.power))[None].repeat(2, 0))
    strip.set_resampling_algorithm(RESAMPLING_ALGORITHMS["nearest"])
    strip.stretch_to_fit_width(width).stretch_to_fit_height(KEY)
    frame = VMobject(stroke_color=theme().MUTED, stroke_width=1, fill_opacity=0)
    frame.points = rectangles(*(np.array([x]) for x in (-width / 2, width / 2, -KEY / 2, KEY / 2)))
    key = Group(strip, frame)
    for tick, text in zip(ticks, written, strict=True):
        x = width * (((tick - low) / (high - low)) ** ramp.power - 0.5)
        # Numbers at the ends stay within the colours, so that a key is as wide as it says.
        room = max(width / 2 - len(text) * ADVANCE * SMALL / 2, 0)
        number = Numerals(text, colour=theme().MUTED, align=0)
        key.add(number.next_to([np.clip(x, -room, room), -KEY / 2, 0], DOWN, buff=0.1))
    return key
