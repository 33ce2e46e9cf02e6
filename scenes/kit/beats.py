"""What a film says: its beats, as a script for who speaks it and as the chapters of its video."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.plain_text import markdown
from weightreel.scenes.kit.voice import Speech

READING_SPEED = 17.0
"""Characters of a caption that a viewer reads in a second, while the picture is looked at too."""
SMALL_PRINT = 34.0
"""Characters of details in smaller letters that are counted a second: most viewers only glance at them."""
BREATH = 0.4
"""Seconds of silence that a voice leaves after a sentence."""
MILLISECOND = Fraction(1, 1000)


@dataclass(frozen=True)
class Beat:
    """A chapter of a film.

    Attributes:
        name: of the chapter.
        caption: its subtitle, which is the sentence to speak.
        notes: for the speaker of a lecture; the caption where there are no others.
        start, end: in seconds.
    """

    name: str
    caption: str
    notes: str
    start: float
    end: float


def seconds_to_read(caption: str, small_print: int = 0) -> float:
    """How long a caption must be there, with so many characters of small print."""
    return len(caption) / READING_SPEED + small_print / SMALL_PRINT


@dataclass
class OpenBeat:
    """A beat that is being told.

    Attributes:
        name, caption, notes: as `Film.beat` has them.
        start: in seconds.
        small_print: characters in smaller letters.
        speech: the caption as it is being spoken, where there is a voice.
        loop: its slide repeats itself.
    """

    name: str
    caption: str
    notes: str
    start: float
    small_print: int = 0
    speech: Speech | None = None
    loop: bool = False

    @property
    def needed(self) -> float:
        """Seconds until it has been heard, or read, with its small print."""
        if self.speech is None:
            return seconds_to_read(self.caption, self.small_print)
        return self.speech.seconds + BREATH + self.small_print / SMALL_PRINT

    def closed(self, end: float) -> Beat:
        """The beat when it is over."""
        return Beat(self.name, self.caption, self.notes, self.start, end)


def script_of(title: str, beats: Sequence[Beat]) -> str:
    """The narration in Markdown: for every beat its time, its name, the sentence to speak, and notes that say more."""
    parts = [f"# {markdown(title)}"]
    if beats:
        parts.append(phrase("Narration of a film of {length}.", length=_clock(beats[-1].end)))
    for beat in beats:
        parts += [f"## {_clock(beat.start)}–{_clock(beat.end)} {markdown(beat.name)}", markdown(beat.caption)]
        if more := beat.notes.removeprefix(beat.caption).strip():
            parts.append("> " + phrase("Notes: {notes}", notes=markdown(more)))
    return "\n\n".join(parts) + "\n"


def chapters_of(beats: Sequence[Beat]) -> list[dict[str, Any]]:
    """The beats as PyAV takes chapters."""
    return [
        {
            "id": number,
            "start": round(beat.start / MILLISECOND),
            "end": round(beat.end / MILLISECOND),
            "time_base": MILLISECOND,
            "metadata": {"title": beat.name},
        }
        for number, beat in enumerate(beats)
    ]


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
