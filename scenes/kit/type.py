"""Type: words set by Typst, and numerals that change at every frame."""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
from manim import RIGHT, UP, Mobject, VMobject

from weightreel.analysis.findings.words.language import language
from weightreel.analysis.palette import theme
from weightreel.analysis.plain_text import typst_string
from weightreel.scenes.kit.fonts import MONO, SERIF, face
from weightreel.scenes.kit.glyphs import drawable
from weightreel.scenes.kit.letters.copies import PlainCopies
from weightreel.scenes.kit.letters.letters import CAPITAL, Formula
from weightreel.scenes.kit.letters.letters import Letters as Letters
from weightreel.scenes.kit.theme import BODY, SMALL, SMALLEST, TITLE

ADVANCE = 0.602
"""Width of every character of MONO, in em."""
_CHARACTERS = "".join(map(chr, range(33, 127))) + "−±×≥≤·–—…αλσ²°→½₊₋⁰¹³⁴⁵⁶⁷⁸⁹⁻’"


def words(
    text: str,
    size: float = BODY,
    colour: str | None = None,
    *,
    weight: str = "regular",
    width: float | None = None,
    centred: bool = False,
) -> Letters:
    """Plain words, in one line or wrapped.

    Args:
        text: shown as it is; nothing in it is read as markup.
        size: em, in units of the frame.
        colour: of the letters.
        weight: regular, semibold or bold.
        width: wrap lines at this many units of the frame.
        centred: whether wrapped lines are.

    Raises:
        ValueError: capitals would be lower than 1/45 of the frame's height.
    """
    colour = colour or theme().TEXT
    _refuse_small(size, SERIF)
    text = drawable(text)
    body = _literal(text)
    if centred:
        body = f"#align(center)[{body}]"
    # Typst sets at 10 pt, and Manim scales: a width of the frame is so many em of that.
    block = f"#block(width: {width / size:.3f}em)[{body}]" if width else body
    preamble = f'#set text({_font()}, weight: "{weight}", ligatures: false)\n#set par(leading: 0.62em)'
    return Letters(block, text, size, preamble=preamble, colour=colour)


def _font() -> str:
    """Typst's settings of the family, with that of the language's script for the letters which SERIF lacks."""
    other = face().family
    return f'font: ("{SERIF}", "{other}"), lang: "{language().partition("-")[0]}"' if other else f'font: "{SERIF}"'


def title(text: str) -> Letters:
    """The name of a film or chapter."""
    return words(text, TITLE, weight="semibold")


def label(text: str, colour: str | None = None) -> Letters:
    """The name of an axis, a curve or a panel, in the smallest type."""
    colour = colour or theme().MUTED
    return words(text, SMALL, colour)


def stand_over(text: Letters, picture: Mobject, gap: float = 0.16) -> Letters:
    """Move a text so that its baseline lies above a picture: neighbours stand on one line whatever they say."""
    text.next_to(picture, UP, buff=0)
    return on_line(text, float(picture.get_top()[1]) + gap)


def on_line(text: Letters, height: float) -> Letters:
    """Move a text up or down until its baseline lies at a height: neighbours stand on one line whatever they say."""
    baseline = float(np.median([glyph.get_bottom()[1] for glyph in text.submobjects]))
    return text.shift(UP * (height - baseline))


def claim(text: str, width: float | None = None) -> Letters:
    """The sentence that a film shows, and the take-away; wrapped into lines of about equal length."""
    wide = words(text, BODY, width=width)
    if width is None:
        return wide
    lines = _ends_of_lines(wide)
    if len(lines) < 2:
        return wide
    even = words(text, BODY, width=min(sum(lines) / len(lines) + 2 * BODY, width))
    return even if len(_ends_of_lines(even)) == len(lines) else wide


def _ends_of_lines(text: Letters) -> list[float]:
    """How long each line of wrapped words is, in units of the frame."""
    rights = [float(letter.get_right()[0]) for letter in text.submobjects]
    start = float(text.get_left()[0])
    # A letter that lies left of the one before begins a line.
    ends = [a for a, b in itertools.pairwise(rights) if b < a - BODY]
    return [end - start for end in (*ends, rights[-1])] if rights else []


def formula(source: str, size: float = BODY, colour: str | None = None) -> Formula:
    """Mathematics in Typst's notation.

    Raises:
        ValueError: as `words`.
    """
    colour = colour or theme().TEXT
    _refuse_small(size, SERIF)
    return Formula(source, source, size, colour=colour)


def _literal(text: str) -> str:
    return f"#text({typst_string(text)})"


def _refuse_small(size: float, font: str) -> None:
    if size * CAPITAL[font] < SMALLEST:
        raise ValueError(f"type of {size} em is below 1/45 of the frame's height; use SMALL or larger")


@cache
def _glyphs() -> dict[str, np.ndarray]:
    """Curves of each character of MONO, origin at the left end of its baseline, 1 em = 1; each (4n, 3)."""
    source = f'#set text(font: "{MONO}", ligatures: false)\n{_literal(_CHARACTERS)}'
    line = Letters(source, _CHARACTERS, 1, fonts=())
    zero = line.submobjects[_CHARACTERS.index("H")]
    origin = np.array([0.0, zero.get_bottom()[1], 0.0])
    # In MONO, H is drawn symmetrically in its cell.
    left = zero.get_center()[0] - (_CHARACTERS.index("H") + 0.5) * ADVANCE
    return {
        character: glyph.points - origin - RIGHT * (left + i * ADVANCE)
        for i, (character, glyph) in enumerate(zip(_CHARACTERS, line.submobjects, strict=True))
    }


class Numerals(PlainCopies, VMobject):
    """A line of characters of equal width, drawn as one path: `show` costs microseconds where Typst needs 0.1 s.

    Two struts without area keep its height, and its place when it is moved or scaled.

    Args:
        text: the first line shown.
        size: em, in units of the frame.
        colour: of the characters.
        align: -1 grows to the right of its place, 0 both ways, 1 to the left.

    Raises:
        ValueError: capitals would be lower than 1/45 of the frame's height.
    """

    def __init__(self, text: str = "", size: float = SMALL, colour: str | None = None, align: int = -1) -> None:
        colour = colour or theme().TEXT
        _refuse_small(size, MONO)
        super().__init__(stroke_width=0, fill_color=colour, fill_opacity=1)
        self.align = align
        self.text: str | None = None
        top = np.array([0.0, size * CAPITAL[MONO], 0.0])
        self.points = np.concatenate([np.zeros((4, 3)), np.tile(top, (4, 1))])
        self.show(text)

    @property
    def said(self) -> str:
        """The characters shown."""
        return self.text or ""

    @property
    def capital(self) -> float:
        """Height of a capital in units of the frame."""
        return float(np.linalg.norm(self.points[4] - self.points[0]))

    def show(self, text: str) -> Numerals:
        """Show another line; a character that is not known raises KeyError."""
        if text == self.text:
            return self
        self.text = text
        struts = self.points[:8]
        place, em = struts[0], (struts[4, 1] - struts[0, 1]) / CAPITAL[MONO]
        start = -(1 + self.align) / 2 * len(text) * ADVANCE
        glyphs = _glyphs()
        parts = [
            glyphs[character] + np.array([start + i * ADVANCE, 0, 0])
            for i, character in enumerate(text)
            if not character.isspace()
        ]
        drawn = np.concatenate(parts) * em + place if parts else np.empty((0, 3))
        self.points = np.concatenate([struts, drawn])
        return self
