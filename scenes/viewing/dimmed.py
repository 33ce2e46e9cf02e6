"""What has been readable so far: a veil may dim it later, so that something else is followed."""

from __future__ import annotations

from manim import Mobject

from weightreel.scenes.viewing.shown import Found, Shown, Text


class Known:
    """Texts that a look found readable, and pictures that one found visible, by what they say and by themselves.

    A text is the same if it says the same, as transforms put others in its place, or if it is the same mobject, as
    numerals say something else while a clock runs.
    """

    def __init__(self) -> None:
        self._words: dict[int, Mobject] = {}  # holds them, so that no id is used twice
        self._said: set[str] = set()
        self._pictures: set[str] = set()

    def read(self, text: Text) -> None:
        """Remember a text that could be read."""
        self._words[id(text.words)] = text.words
        self._said.add(text.words.said)

    def saw(self, picture: str) -> None:
        """Remember a picture that could be seen, by its name."""
        self._pictures.add(picture)

    def has_seen(self, picture: str) -> bool:
        """Whether a picture of this name could be seen before."""
        return picture in self._pictures

    def dimmed(self, text: Text) -> list[Found]:
        """What is wrong with a text that lies under a veil: nobody has read it."""
        if id(text.words) in self._words or text.words.said in self._said:
            return []
        return [Found("never readable", f"{text.name} before it was dimmed", text.box)]


def lie_under_a_veil(parts: list[Mobject], stage: Shown) -> bool:
    """Whether all of these are dimmed."""
    return bool(parts) and {id(part) for part in parts} <= stage.veiled
