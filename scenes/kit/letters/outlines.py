"""Letters as Typst draws them, read without an SVG parser: each letter's outline once, then only its place.

Of Typst's SVG only what plain text and mathematics without lines consist of is read here: glyphs in one colour, each
placed and none turned. For anything else `outlines_of` gives None, and Manim's parser reads it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import typst
from numpy.typing import NDArray

Array = NDArray[Any]

CURVE, QUADRATIC, LINE = 0, 1, 2
"""Kinds of segments: one whose handles are its own, one of one handle, and one without."""
APART = 1e-4
"""In Typst's points: an outline that ends farther from its beginning is closed by a line."""
_NUMBER = r"-?\d+(?:\.\d+)?"
_LINE_OF_TEXT = re.compile(rf'<g transform="matrix\(1 0 0 -1 ({_NUMBER}) ({_NUMBER})\)">((?:<use [^>]*/>)+)</g>')
_USE = re.compile(rf'<use xlink:href="#(\w+)" x="({_NUMBER})" y="({_NUMBER})" fill="#000000" fill-rule="nonzero"/>')
_SYMBOL = re.compile(r'<symbol id="(\w+)" overflow="visible"><path d="([^"]*)"/></symbol>')
_DRAWING = re.compile(
    r"<svg [^>]*>((?:<g>|</g>|<g transform=[^>]*>(?:<use [^>]*/>)+</g>)*)"
    r"<defs>((?:<symbol [^>]*><path [^>]*/></symbol>)*)</defs></svg>"
)
_EMPTY = re.compile(r'<g transform="[^"]*"/>')
"""Of a blank."""
_COMMAND = re.compile(rf"([A-Za-z])|({_NUMBER})|[\s,]+|(.)")


class Outline(NamedTuple):
    """What a letter consists of, in Typst's points.

    Attributes:
        curves: begin, handles and end of each segment, (n, 4, 2); a quadratic one has its handle twice.
        kinds: of each segment, (n,).
    """

    curves: Array
    kinds: Array


@cache
def compiler(fonts: tuple[Path, ...]) -> typst.Compiler:
    """Typst with the fonts in these folders; it keeps what it has read, where each call of its own reads fonts anew."""
    return typst.Compiler(font_paths=[str(folder) for folder in fonts])


def drawn(source: str, fonts: tuple[Path, ...] = ()) -> list[str]:
    """The pages of a document as SVG.

    Raises:
        TypstError: the source is wrong.
    """
    done = compiler(fonts).compile(source.encode(), format="svg")
    assert done is not None
    return [page.decode() for page in (done if isinstance(done, list) else [done])]


@lru_cache(maxsize=1024)
def outlines_of(source: str, fonts: tuple[Path, ...] = ()) -> tuple[Array, ...] | None:
    """Points of each letter of a document of one page, (4n, 3), as Manim's parser finds them before it turns them up.

    They must not be changed. None where the document holds more than letters.
    """
    page = _EMPTY.sub("", "".join(drawn(source, fonts)))
    whole = _DRAWING.fullmatch(page)
    if whole is None:
        return None
    known = {name: _outline(path) for name, path in _SYMBOL.findall(whole[2])}
    letters: list[Outline] = []
    places: list[tuple[float, float]] = []
    lines = _LINE_OF_TEXT.findall(whole[1])
    if len(lines) != whole[1].count("<g "):
        return None
    for x, y, line in lines:
        uses = _USE.findall(line)
        if len(uses) != line.count("<use "):
            return None
        for name, right, up in uses:
            outline = known.get(name)
            if outline is None:
                return None
            if len(outline.kinds):
                letters.append(outline)
                places.append((float(right) + float(x), -float(up) + float(y)))
    return tuple(_placed(letters, places))


def _placed(letters: list[Outline], places: list[tuple[float, float]]) -> Iterator[Array]:
    if not letters:
        return
    counts = [len(letter.kinds) for letter in letters]
    curves = np.concatenate([letter.curves for letter in letters])
    kinds = np.concatenate([letter.kinds for letter in letters])
    points = np.zeros((len(curves), 4, 3))
    points[..., :2] = curves * (1.0, -1.0) + np.repeat(places, counts, axis=0)[:, None]
    begin, first, _, end = points.transpose(1, 0, 2)
    line, one = kinds == LINE, kinds == QUADRATIC
    points[line, 1] = (begin[line] + begin[line] + end[line]) / 3
    points[line, 2] = (begin[line] + end[line] + end[line]) / 3
    handle = first[one].copy()
    points[one, 1] = (begin[one] + handle + handle) / 3
    points[one, 2] = (handle + handle + end[one]) / 3
    for part in np.split(points, np.cumsum(counts)[:-1]):
        part = part.reshape(-1, 3)
        part.flags.writeable = False
        yield part


@lru_cache(maxsize=4096)
def _outline(path: str) -> Outline | None:
    """An SVG path of the commands that Typst writes; None where there are others."""
    tokens: list[str | float] = []
    for command, number, other in _COMMAND.findall(path):
        if other:
            return None
        if command or number:
            tokens.append(command or float(number))
    pen = _Pen()
    commands: dict[str, tuple[int, Callable[..., None]]] = {
        "M": (2, pen.move_to),
        "m": (2, pen.move),
        "l": (2, pen.line),
        "h": (1, lambda x: pen.line(x, None)),
        "v": (1, lambda y: pen.line(None, y)),
        "q": (4, pen.quadratic),
        "c": (6, pen.curve),
        "Z": (0, pen.close),
    }
    at = 0
    while at < len(tokens):
        name = tokens[at]
        if name not in commands:  # a number too many counts too
            return None
        wanted, draw = commands[str(name)]
        given = tokens[at + 1 : at + 1 + wanted]
        if len(given) < wanted or any(isinstance(number, str) for number in given):
            return None
        draw(*given)
        at += 1 + wanted
    return Outline(np.array(pen.curves, float).reshape(-1, 4, 2), np.array(pen.kinds, int))


class _Pen:
    """Draws with the commands of an SVG path, small letters relative to where it stands."""

    def __init__(self) -> None:
        self.curves: list[tuple[tuple[float, float], ...]] = []
        self.kinds: list[int] = []
        self.at = self.begin = (0.0, 0.0)

    def _by(self, x: float | None, y: float | None) -> tuple[float, float]:
        return self.at[0] if x is None else self.at[0] + x, self.at[1] if y is None else self.at[1] + y

    def _draw(self, kind: int, *points: tuple[float, float]) -> None:
        self.curves.append((self.at, *points))
        self.kinds.append(kind)
        self.at = points[-1]

    def move_to(self, x: float, y: float) -> None:
        self.at = self.begin = (x, y)

    def move(self, x: float, y: float) -> None:
        self.move_to(*self._by(x, y))

    def line(self, x: float | None, y: float | None) -> None:
        end = self._by(x, y)
        self._draw(LINE, end, end, end)

    def quadratic(self, x: float, y: float, end_x: float, end_y: float) -> None:
        handle = self._by(x, y)
        self._draw(QUADRATIC, handle, handle, self._by(end_x, end_y))

    def curve(self, *numbers: float) -> None:
        self._draw(CURVE, *(self._by(x, y) for x, y in zip(numbers[::2], numbers[1::2], strict=True)))

    def close(self) -> None:
        if np.hypot(self.at[0] - self.begin[0], self.at[1] - self.begin[1]) > APART:
            self._draw(LINE, self.begin, self.begin, self.begin)
        self.at = self.begin
