"""Sentences with gaps, each kept once: a page says thousands that differ in their numbers alone."""

from __future__ import annotations

from string import Formatter
from typing import Any

from weightreel.analysis.findings.words.language import nouns, translated

Said = list[Any]
"""The number of a form, and what fills its gaps, in order: text, or the number of words that are said often."""


class Forms:
    """The sentences that a page can say, in the language.

    Attributes:
        texts: with gaps `{0}`, `{1}` … in the order in which they are filled.
        words: that fill gaps, such as names of networks and layers.
    """

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.words: dict[str, int] = {}
        self._known: dict[tuple[str, str], tuple[int, list[str]]] = {}

    def said(self, message: str, /, clock: str, **values: object) -> Said:
        """A sentence, as the page fills it in.

        Args:
            message: in English, as `phrase` takes it and as always written out where it is used.
            clock: what `{clock}` and its like in it stand for, as stores name it.
            values: what stands in the other braces, without formats.
        """
        number, names = self._known.get((message, clock)) or self._added(message, clock)
        return [number, *(self._gap(str(values[name])) for name in names)]

    def _gap(self, text: str) -> str | int:
        """Numbers as they are, since few come twice; words once."""
        if not any(map(str.isalpha, text)):
            return text
        return self.words.setdefault(text, len(self.words))

    def _added(self, message: str, clock: str) -> tuple[int, list[str]]:
        words, names, parts = nouns(clock), [], []
        for literal, name, spec, _ in Formatter().parse(translated(message)):
            parts.append(literal)
            if name in words:
                parts.append(format(words[name], spec or ""))
            elif name is not None:
                names.append(name)
                parts.append(f"{{{len(names) - 1}}}")
        self.texts.append("".join(parts))
        self._known[message, clock] = len(self.texts) - 1, names
        return self._known[message, clock]
