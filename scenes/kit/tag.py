"""Short words among numbers: in characters of equal width where those can write them, else set by Typst."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from manim import DOWN, VGroup

from scenes.kit.theme import SMALL, theme
from scenes.kit.type import Letters, Numerals, words


def writable(texts: Sequence[str]) -> bool:
    """Whether `Numerals` have every character of these."""
    try:
        for text in texts:
            Numerals(text)
    except KeyError:
        return False
    return True


def tags(
    texts: Sequence[str], size: float = SMALL, colour: str = theme.TEXT, align: int = -1
) -> Sequence[Numerals | Letters]:
    """Texts of one kind, all written in the same way, so that none stands out; on one line each."""
    if writable(texts):
        return [Numerals(text, size, colour, align=align) for text in texts]
    return [on_one_line(text, size, colour) for text in texts]


def on_one_line(name: str, size: float = SMALL, colour: str = theme.MUTED) -> Letters:
    """A name that lies around the origin's height by its line, so that descenders do not lift it."""
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


class OneOf(VGroup):
    """One of a few words at a time, as `Numerals` show one of all numbers.

    Two struts without area keep its place and its height.

    Args:
        texts: all that are ever shown, at least one.
        size: em, in units of the frame.
    """

    def __init__(self, texts: Sequence[str], size: float) -> None:
        super().__init__(stroke_width=0)
        self.text = ""
        self.letters = {text: on_one_line(text, size) for text in texts}
        height = next(iter(self.letters.values())).capital
        self.points = np.concatenate([np.zeros((4, 3)), np.tile([0.0, height, 0.0], (4, 1))])
        for word in self.letters.values():
            word.shift([-word.get_left()[0], height / 2, 0])
        # Only the word shown is moved along; each of the others knows where it was left.
        self.places = {text: np.zeros(3) for text in texts}

    def show(self, text: str) -> OneOf:
        """Show another of the words.

        Raises:
            KeyError: it is none of them.
        """
        if self.text:
            self.places[self.text] = self.points[0].copy()
        word = self.letters[text].shift(self.points[0] - self.places[text])
        self.text, self.submobjects = text, [word]
        return self
