"""What is on stage at one moment: everything that draws, in its order, and the texts among it, with their boxes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from manim import Mobject, ValueTracker, VMobject
from manim.mobject.types.image_mobject import AbstractImageMobject
from manim.utils.family import extract_mobject_family_members

from weightreel.scenes.kit.grammar.follow import Veil
from weightreel.scenes.kit.type import Letters, Numerals

Words = Letters | Numerals
FAINT = 0.05
"""Opacity up to which something counts as not drawn."""


@dataclass(frozen=True)
class Fault:
    """One thing that a viewer would stumble over.

    Attributes:
        film: the film's name.
        beat: the beat in which it was seen.
        kind: what is wrong, in two or three words.
        what: the texts or pictures concerned, and by how much.
        box: left, bottom, right and top in units of the frame; zeros where the fault has no place.
    """

    film: str
    beat: str
    kind: str
    what: str
    box: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)

    def __str__(self) -> str:
        return f"{self.film}, “{self.beat}”: {self.kind}: {self.what}"


class Found:
    """A fault before it is known in which film and beat it was seen: its kind, what it concerns, and its box (2, 2)."""

    def __init__(self, kind: str, what: str, box: np.ndarray) -> None:
        self.kind, self.what = kind, what
        self.box = tuple(round(float(edge), 3) for edge in box.ravel())


def is_drawn(part: Mobject) -> bool:
    """Whether a mobject with points of its own leaves anything in the picture."""
    if isinstance(part, ValueTracker) or not len(part.points):
        return False
    if isinstance(part, AbstractImageMobject):
        return bool(part.get_pixel_array()[..., 3].any())
    if isinstance(part, VMobject):
        filled = part.get_fill_opacity() > FAINT
        return bool(filled or (part.get_stroke_width() > 0 and part.get_stroke_opacity() > FAINT))
    return True


def drawn_parts(mobjects: Iterable[Mobject]) -> list[Mobject]:
    """All parts of these that draw, in the order in which they are drawn."""
    members = extract_mobject_family_members(mobjects, use_z_index=True, only_those_with_points=True)
    return [part for part in members if is_drawn(part)]


def box_of(points: np.ndarray) -> np.ndarray:
    """Lower left and upper right corner of points (n, 3), as (2, 2)."""
    return np.stack([points[:, :2].min(0), points[:, :2].max(0)])


def strokes_reach(part: Mobject) -> float:
    """How far a stroke goes beyond its path, in units of the frame."""
    return part.get_stroke_width() / 200 if isinstance(part, VMobject) and part.get_stroke_opacity() > FAINT else 0.0


def quoted(said: str) -> str:
    """A text as faults name it, cut short."""
    return f"‘{said if len(said) <= 40 else said[:39] + '…'}’"


class Text:
    """One text on stage.

    Attributes:
        words: the mobject.
        parts: of it, those that draw.
        outlines: boxes of its outlines, a letter or a part of one each, (n, 2, 2).
        box: around all of them, (2, 2).
    """

    def __init__(self, words: Words, parts: list[Mobject]) -> None:
        self.words, self.parts = words, parts
        # A line of numerals is one path that begins with two struts, which keep its height and draw nothing.
        paths = [words.points[8:]] if isinstance(words, Numerals) else [part.points for part in parts]
        points = np.concatenate(paths)[:, :2]
        begins = np.ones(len(points) // 4, bool)
        begins[1:] = np.abs(points[4::4] - points[3:-1:4]).max(1) > 1e-6
        starts = 4 * np.flatnonzero(begins)
        self.outlines = np.stack([np.minimum.reduceat(points, starts), np.maximum.reduceat(points, starts)], 1)
        self.box = np.stack([self.outlines[:, 0].min(0), self.outlines[:, 1].max(0)])

    @property
    def size(self) -> np.ndarray:
        """Width and height, (2,)."""
        return self.box[1] - self.box[0]

    @property
    def name(self) -> str:
        """What it says, in quotation marks."""
        return quoted(self.words.said)


@dataclass(frozen=True)
class Shown:
    """Everything on stage.

    Attributes:
        mobjects: the scene's own, in its order.
        parts: of these, all that draw, in the order in which they are drawn.
    """

    mobjects: list[Mobject]
    parts: list[Mobject]

    @classmethod
    def of(cls, mobjects: Iterable[Mobject]) -> Shown:
        """The stage that these mobjects make."""
        mobjects = list(mobjects)
        return cls(mobjects, drawn_parts(mobjects))

    @cached_property
    def texts(self) -> list[Text]:
        """Every text of which something is drawn."""
        drawn = {id(part) for part in self.parts}
        found = []
        for words in self.members():
            if isinstance(words, Numerals):
                parts = [words] if id(words) in drawn and len(words.points) > 8 else []
            elif isinstance(words, Letters):
                parts = [part for part in words.family_members_with_points() if id(part) in drawn]
            else:
                continue
            if parts:
                found.append(Text(words, parts))
        return found

    @cached_property
    def boxes(self) -> np.ndarray:
        """Boxes of all parts with their strokes, (n, 2, 2)."""
        reach = np.array([[[-1.0, -1.0], [1.0, 1.0]]]) * np.array([strokes_reach(p) for p in self.parts])[:, None, None]
        return np.array([box_of(part.points) for part in self.parts]).reshape(-1, 2, 2) + reach

    @cached_property
    def veiled(self) -> set[int]:
        """Ids of all parts that lie under a veil."""
        veils = [i for i, part in enumerate(self.parts) if isinstance(part, Veil)]
        return {id(part) for part in self.parts[: veils[-1]]} if veils else set()

    def members(self) -> Iterator[Mobject]:
        """Every mobject on stage and all below it, each once."""
        seen: set[int] = set()
        for member in (m for mobject in self.mobjects for m in mobject.get_family()):
            if id(member) not in seen:
                seen.add(id(member))
                yield member
