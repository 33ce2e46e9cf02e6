"""How a language writes the digits of a number: its signs, and how it groups thousands, as Babel knows them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from weightreel.analysis.findings.words.language import ENGLISH, language


@dataclass(frozen=True)
class Digits:
    """Signs within numbers. Digits are Latin in every language, as on the axes of papers.

    Attributes:
        decimal: before the decimals.
        group: between groups of the whole part.
        sizes: digits of the last group, and of those before it: 12,34,567 in Hindi.
        percent_first: the sign of percent stands before the number, without a blank; else behind it with one, as
            ISO 80000 has it, whatever the language.
        between: two numbers, as the ends of an interval: where a comma stands before decimals, a semicolon.
    """

    decimal: str = "."
    group: str = ","
    sizes: tuple[int, int] = (3, 3)
    percent_first: bool = False
    between: str = ", "

    def written(self, text: str) -> str:
        """A number as the language writes it; `text` is as English does, with whatever sign, power or unit."""
        if "," in text and self.sizes[1] != 3:
            text = self._regrouped(text)
        return text.translate({44: self.group, 46: self.decimal})

    def _regrouped(self, text: str) -> str:
        start = text.index(",")
        while start and text[start - 1].isdigit():
            start -= 1
        end = start
        while end < len(text) and (text[end].isdigit() or text[end] == ","):
            end += 1
        last, others = self.sizes
        whole, size = text[start:end].replace(",", ""), last
        groups: list[str] = []
        while len(whole) > size:
            whole, group = whole[:-size], whole[-size:]
            groups.insert(0, group)
            size = others
        return text[:start] + ",".join([whole, *groups]) + text[end:]


PLAIN = Digits()
"""Of English, and of languages that Babel does not know."""


def digits() -> Digits:
    """Those of the language that is spoken now. Raises as `language`."""
    return _digits_of(language())


@cache
def _digits_of(code: str) -> Digits:
    if code == ENGLISH:
        return PLAIN
    from babel import Locale, UnknownLocaleError
    from babel.numbers import get_decimal_symbol, get_group_symbol

    try:
        locale = Locale.parse(code, sep="-")
    except (UnknownLocaleError, ValueError):
        return PLAIN
    # A blank that fonts have; and where a script has commas of its own beside Latin digits, ours.
    decimal = get_decimal_symbol(locale, numbering_system="latn")
    group = get_group_symbol(locale, numbering_system="latn").replace("\u202f", "\xa0")
    if decimal not in ".," or group not in ".,’\xa0":
        return PLAIN
    return Digits(
        decimal,
        group,
        (3, 2) if locale.decimal_formats[None].grouping == (3, 2) else (3, 3),
        locale.percent_formats[None].pattern.startswith("%"),
        "; " if decimal == "," else ", ",
    )
