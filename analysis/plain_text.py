"""Names are text everywhere: one function for each place in which a name could be read as something else.

A store may come from anybody, and any name in it may hold anything: tags, formulas, escapes of a terminal, marks of
Markdown. `visible` is for all places and is applied where a store is read; the others are each for one place, and are
applied where that is written. Nothing else writes names there.
"""

from __future__ import annotations

import re
from typing import Any
from unicodedata import category

LONGEST = 4000
"""Characters that are read of a text in a store."""
LONGEST_NAME = 200
"""Characters of a name that faces show; a longer one is cut in its middle."""
MOST_MARKS = 6
"""Marks that may stand on one letter: more than any script sets, fewer than would reach into other lines."""

_BREAKS = re.compile("[\t-\r\x1c-\x1f\x85\u2028\u2029]+")
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # controls, the terminal's among them
    "\u2028\u2029\u202a-\u202e\u2066-\u2069"  # ends of lines; what turns the order of what follows
    "\u00ad\u180e\u2060-\u2065\u206a-\u206f\u115f\u1160\u3164\uffa0\ufeff\ufff9-\ufffb"  # what is not seen
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\U000e0000-\U000e007f]"  # what is no character
    # Joiners are letters' own in many scripts and in emoji, and nothing but hidden behind plain ones.
    "|(?<![^\x00-\x7f\u200b-\u200d])[\u200b-\u200d]"
)


def visible(text: str) -> str:
    r"""A text in which nothing is hidden: controls, overrides of direction, lone surrogates stand as `\x1b`, `\u202e`.

    A text that is so already stays as it is. Marks beyond MOST_MARKS on one letter are left out.
    """
    if text.isprintable() and text.isascii():
        return text
    shown = text
    for _ in range(2):  # a joiner may stand behind what is written out
        shown = _HIDDEN.sub(lambda found: _escape(found[0]), shown)
    return shown if shown.isascii() else _without_piles(shown)


def visible_lines(text: str) -> str:
    """A text of our own with names in it, of which line feeds alone keep their meaning: else as `visible`."""
    return "\n".join(map(visible, text.split("\n")))


def one_line(text: str, longest: int = LONGEST) -> str:
    """A text of a store as it is shown: `visible`, its lines joined by spaces, and cut where it is very long."""
    return cut(visible(_BREAKS.sub(" ", text[: 2 * longest] if len(text) > 2 * longest else text)), longest)


def cut(text: str, longest: int = LONGEST_NAME) -> str:
    """A text in at most `longest` characters, without its middle: names of one study begin alike, and end apart."""
    if len(text) <= longest:
        return text
    tail = longest // 3
    return f"{text[: longest - tail - 1]}…{text[-tail:]}"


def all_visible(value: Any) -> Any:
    """A value with every text in it, in lists and objects too, as `one_line` gives it."""
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, dict):
        return {all_visible(key): all_visible(part) for key, part in value.items()}
    if isinstance(value, list):
        return [all_visible(part) for part in value]
    return value


def _escape(character: str) -> str:
    number = ord(character)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _without_piles(text: str) -> str:
    kept, marks = [], 0
    for character in text:
        marks = marks + 1 if category(character) in ("Mn", "Me") else 0
        if marks <= MOST_MARKS:
            kept.append(character)
        elif marks == MOST_MARKS + 1:
            kept.append("…")
    return "".join(kept)


_MARKDOWN = re.compile(
    r"[`*|$~]"  # code, emphasis, cells, formulas, strokes
    r"|\\(?=[!-/:-@\[-`{-~]|$)"  # what would be an escape
    r"|(?<![^\W_])_|_(?![^\W_])"  # emphasis, which does not begin within a word
    r"|\](?=[(\[:])"  # a link, a picture, or where one leads to
    r"|<(?=[A-Za-z/!?])|&(?=#|[A-Za-z])"  # a tag, a character by its name
    r"|:(?=//)|(?i:(?<=www)\.(?=\w))"  # an address, of which some programs make a link
    r"|@(?=\w)"  # a person, who would be told
    r"|^(?:[>#+\-=]|\[(?=[ xX]\]))"  # a quotation, a heading, an item or a box to tick
)
_NUMBERED = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")


def markdown(text: str) -> str:
    """A text on one line of Markdown or in a cell of one of its tables, which shows it as it stands."""
    line = " ".join(visible(_BREAKS.sub(" ", text)).split())
    return _NUMBERED.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\g<0>", line))


_FORMULA = re.compile(r"'*[\s\u200b\ufeff]*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")


def csv_cell(value: Any) -> Any:
    """A cell of a CSV file: what a spreadsheet would take for a formula gets an apostrophe before it.

    Numbers stay numbers. `of_csv_cell` takes it away again.
    """
    if not isinstance(value, str):
        return value
    text = visible(value)
    return f"'{text}" if _FORMULA.match(text) else text


def of_csv_cell(text: str) -> str:
    """The text that `csv_cell` wrote."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


_IN_SUBTITLES = re.compile(r"<(?=[A-Za-z/!])|\{(?=\\)")
_JOINER = "\u2060"
"""Has no width, and parts what would be a tag."""


def subtitle(text: str) -> str:
    """A text in an .srt file, which has tags but no way to write a `<`: none of it is one."""
    return _IN_SUBTITLES.sub(lambda found: found[0] + _JOINER, text)


def of_subtitle(text: str) -> str:
    """The text that `subtitle` wrote."""
    return text.replace(_JOINER, "")


def typst_string(text: str) -> str:
    """A text as a string of Typst's language, with its quotes; its lines stay lines."""
    escaped = visible_lines(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def in_json(text: str) -> str:
    """JSON in which what is hidden of a text is visible, as in `visible`; controls have escapes of JSON there."""
    return _HIDDEN.sub(lambda found: "\\" + _escape(found[0]), text)
