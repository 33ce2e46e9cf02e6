"""Type set by Typst, as mobjects."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from manim import ORIGIN, PI, RIGHT, MathTypst, Typst, VMobject
from manim.constants import SCALE_FACTOR_PER_FONT_POINT
from manim.utils.space_ops import rotation_matrix
from manim.utils.typst_file_writing import TYPST_COMPILATION_FONT_SIZE, TYPST_TEMPLATE

from weightreel.scenes.kit.fonts import MONO, SERIF, face
from weightreel.scenes.kit.letters.copies import PlainCopies, plainly_copied
from weightreel.scenes.kit.letters.outlines import outlines_of

EM = 96.0
"""Manim's font size of type whose em is one unit of the frame."""
CAPITAL = {SERIF: 0.649, MONO: 0.729}
"""Height of a capital, in em."""
_OF_A_PATH = ("points", "path_obj", "long_lines", "should_subdivide_sharp_curves", "should_remove_null_curves")
"""What of a letter is its own, or of the path that Manim parsed it from."""


class Letter(PlainCopies, VMobject):
    """One letter."""


class Letters(PlainCopies, Typst):
    """Type set by Typst, which knows what it says and how large it is, so that the layout check can tell.

    Plain letters are made from Typst's outlines, with points and colours as Manim's parser of SVGs would leave them, in
    a tenth of the time; formulae with lines, and whatever else is more than letters, that parser reads.

    Args:
        source: in Typst's notation.
        said: the words that a viewer reads.
        size: em, in units of the frame.
        preamble: Typst's settings.
        colour: of the letters.
        fonts: folders beside the bundled ones; by default those of the language.
    """

    said: str
    _capital: float
    _first: np.ndarray

    def __init__(
        self,
        source: str,
        said: str,
        size: float,
        *,
        preamble: str = "",
        colour: str | None = None,
        fonts: tuple[Path, ...] | None = None,
    ) -> None:
        folders = face().folders if fonts is None else fonts
        body = self._markup(source)
        letters = None
        if body is not None:
            whole = TYPST_TEMPLATE.format(text_size=TYPST_COMPILATION_FONT_SIZE, preamble=preamble, body=body)
            letters = outlines_of(whole, folders)
        if body is None or letters is None:
            super().__init__(
                source, font_size=size * EM, font_paths=list(folders), typst_preamble=preamble, color=colour
            )
        else:
            self._take(body, preamble, size, colour, letters)
        self.said, self._capital = said, size * CAPITAL[SERIF]
        self._first = self._outline()

    def _markup(self, source: str) -> str | None:
        """What Typst is given; None where Manim alone knows."""
        return source

    def _take(self, source: str, preamble: str, size: float, colour: str | None, letters: Sequence[np.ndarray]) -> None:
        """Become what Manim's Typst would be: with all that one of its own has, and other points."""
        whole, one = _pattern(type(self), colour)
        self.__dict__.update(plainly_copied(whole, {}))
        self.typst_code, self.typst_preamble, self._font_size = source, preamble, size * EM
        points, self.initial_height = _in_place(letters, size * EM)
        for part in points:
            letter = Letter.__new__(Letter)
            letter.__dict__.update(plainly_copied(one, {}))
            letter.points = part
            self.submobjects.append(letter)

    def get_mob_from_shape_element(self, *arguments: Any) -> VMobject | None:
        """One letter, without its parsed SVG: every FadeIn would copy it, at ten times the letter's cost."""
        letter = super().get_mob_from_shape_element(*arguments)
        if letter is not None:
            letter.path_obj = None
        return letter

    def without_strut(self, n: int) -> Letters:
        """Drop the first `n` letters, which only kept the height of the line."""
        self._capital = self.capital
        self.remove(*self.submobjects[:n])
        self.said = self.said[n:]
        self._first = self._outline()
        return self

    def _outline(self) -> np.ndarray:
        """Points of the first letter, (n, 2), by which a change of size is seen."""
        return self.submobjects[0].points[:, :2].copy() if self.submobjects else np.empty((0, 2))

    @property
    def capital(self) -> float:
        """Height of a capital in units of the frame, however the letters have been moved, turned and scaled."""
        now = self._outline()
        if not len(now) or now.shape != self._first.shape:
            return self._capital
        change = np.linalg.lstsq(self._first - self._first.mean(0), now - now.mean(0), rcond=None)[0]  # (2, 2)
        return self._capital * float(np.linalg.svd(change, compute_uv=False).min())


class Formula(Letters, MathTypst):
    """Mathematics set by Typst."""

    def _markup(self, source: str) -> str | None:
        return None if "{{" in source else f"$ {source} $"


@cache
def _pattern(kind: type[Letters], colour: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """What Manim's Typst of a colour has, but for its letters, and what one letter has, but for its outline."""
    whole = kind.__new__(kind)
    super(Letters, whole).__init__("x", color=colour)
    (letter,) = whole.submobjects
    whole.submobjects, whole.id_to_vgroup_dict, whole.file_name = [], {}, None
    one = {name: value for name, value in vars(letter).items() if name not in _OF_A_PATH}
    return vars(whole), one | {"name": Letter.__name__}


def _in_place(letters: Sequence[np.ndarray], font_size: float) -> tuple[list[np.ndarray], float]:
    """Outlines turned up, centred and scaled as Manim's SVGs and then its Typst are, and their height before that."""
    if not letters:
        return [], 0.0
    points = np.concatenate(letters)
    ends = np.arange(len(points)) % 4 % 3 == 0
    middle = _middle(points[ends])
    points = (points - middle) @ rotation_matrix(PI, RIGHT).T + middle
    points += ORIGIN - _middle(points[ends])
    height = float(np.ptp(points[:, 1]))
    if height > 0:
        now = height / height / SCALE_FACTOR_PER_FONT_POINT
        middle = _middle(points[ends])
        points = font_size / now * (points - middle) + middle
    return np.split(points, np.cumsum([len(letter) for letter in letters])[:-1]), height


def _middle(points: np.ndarray) -> np.ndarray:
    """The middle of the box around points, (3,)."""
    middle: np.ndarray = (points.min(0) + points.max(0)) / 2
    return middle
