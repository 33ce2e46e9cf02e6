"""Short words among numbers: in characters of equal width where those can write them, else set by Typst."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from manim import DOWN, VGroup

from weightreel.analysis.findings.words.names import named, shortened
from weightreel.analysis.palette import theme
from weightreel.scenes.kit.theme import SMALL
from weightreel.scenes.kit.type import ADVANCE, Letters, Numerals, words

FEWEST = 3
"""Characters that are left of a name that is cut."""


def writable(texts: Sequence[str]) -> bool:
    """Whether `Numerals` have every character of these."""
    try:
        for text in texts:
            Numerals(text)
    except KeyError:
        return False
    return True


def tags(
    texts: Sequence[str], size: float = SMALL, colour: str | None = None, align: int = -1
) -> Sequence[Numerals | Letters]:
    """Texts of one kind, all written in the same way, so that none stands out; on one line each."""
    colour = colour or theme().TEXT
    if writable(texts):
        return [Numerals(text, size, colour, align=align) for text in texts]
    return [on_one_line(text, size, colour) for text in texts]


def short_tag(name: str, width: float) -> Numerals | Letters:
    """A name in pale characters of equal width where those can write it, cut so that it is no wider than `width`."""
    most = int(width / (ADVANCE * SMALL))
    short = shortened(named(name), most)
    if writable([short]):
        return Numerals(short, SMALL, theme().MUTED)
    tag = on_one_line(short)
    while tag.width > width and most > FEWEST:
        most -= 1
        tag = on_one_line(shortened(named(name), most))
    return tag


def on_one_line(name: str, size: float = SMALL, colour: str | None = None) -> Letters:
    """A name that lies around the origin's height by its line, so that descenders do not lift it."""
    colour = colour or theme().MUTED
    word = words("lp" + name, size, colour)
    middle = VGroup(*word.submobjects[:2]).get_y()
    return word.without_strut(2).shift(middle * DOWN)


def apart(names: Sequence[Letters], along: np.ndarray, gap: float = 0.016) -> Sequence[Letters]:
    """Nudge names that follow each other until none reaches into the next: some scripts write far above their line.

    Args:
        names: in their order.
        along: from one to the next, a unit vector (3,).
        gap: least distance, in units of the frame.
    """
    for _ in names:
        for one, other in itertools.pairwise(names):
            missing = float((one.get_critical_point(along) - other.get_critical_point(-along)) @ along) + gap
            if missing > 0:
                one.shift(-missing / 2 * along)
                other.shift(missing / 2 * along)
    return names


def changing(texts: Sequence[str], size: float = SMALL, colour: str | None = None) -> Numerals:
    """An empty line for numbers, and for these words in their stead."""
    colour = colour or theme().TEXT
    if writable(texts):
        return Numerals("", size, colour)
    line = OneOf(texts, size, colour)
    line.show("")
    return line


class OneOf(Numerals):
    """One of a few words at a time, drawn as one path as `Numerals` are, so that `show` costs as little.

    Args:
        texts: all words that are ever shown, at least one; the first is shown first.
        size: em, in units of the frame.
        colour: of the letters.
    """

    def __init__(self, texts: Sequence[str], size: float, colour: str | None = None) -> None:
        colour = colour or theme().TEXT
        self.outlines = {}
        for text in texts:
            word = on_one_line(text, size)
            drawn = np.concatenate([letter.points for letter in word.submobjects])
            # In units of a capital's height, from the left end of the line.
            self.outlines[text] = (drawn - [word.get_left()[0], 0, 0]) / word.capital + [0, 0.5, 0]
        super().__init__(texts[0], size, colour)

    def show(self, text: str) -> OneOf:
        """Show another of the words, or a line of numbers; a character that neither has raises KeyError."""
        if text not in self.outlines:
            super().show(text)
            return self
        struts, outline = self.points[:8], self.outlines[text]
        self.text = text
        self.points = np.concatenate([struts, outline * (struts[4, 1] - struts[0, 1]) + struts[0]])
        return self
