"""What a film says: its beats, as a script for who speaks it and as the chapters of its video."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.findings.words.language import phrase, translated
from weightreel.analysis.notices import say
from weightreel.analysis.plain_text import markdown
from weightreel.analysis.settings import Settings
from weightreel.analysis.talk.talk import ChapterTalk, FilmTalk, current_talk
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
class Telling:
    """How a talk wants a film to be told.

    Attributes:
        own: what it says of the film.
        pace: of the film, where a chapter has none of its own.
        told: names of the chapters that came, in order, those that are left out too.
    """

    own: FilmTalk
    pace: float = 1.0
    told: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, film: str, settings: Settings) -> Telling:
        """Of a film by its name, with these settings, which are current."""
        own = current_talk().of_film(film)
        return cls(own, own.pace or settings.pace)

    def begins(self, name: str, caption: str, notes: str) -> tuple[str, str]:
        """A chapter's caption and notes, as the talk has them."""
        self.told.append(name)
        said = self.said(name, caption)
        own = self.chapter(name).notes or (notes.replace(caption, said, 1) if notes else "")
        return said, own or said

    def said(self, name: str, sentence: str) -> str:
        """What a chapter says in the place of a sentence."""
        return self.chapter(name).say or sentence

    def pace_of(self, name: str) -> float:
        """How fast a chapter is told."""
        return self.chapter(name).pace or self.pace

    def leaves_out(self, name: str) -> bool:
        """Whether a chapter is left out."""
        return any(name in (key, translated(key)) for key in self.own.leave_out)

    def chapter(self, name: str) -> ChapterTalk:
        """What the talk says of a chapter, by its name in the language or in English."""
        return next((own for key, own in self.own.chapter.items() if name in (key, translated(key))), ChapterTalk())

    def ends(self, film: str, settings: Settings) -> None:
        """Say which chapters the talk names that the film did not tell of its store.

        Raises:
            WeightreelError: the talk leaves out all that it told.
        """
        told = ", ".join(dict.fromkeys(self.told))
        if self.told and all(map(self.leaves_out, self.told)):
            raise WeightreelError(
                f"{settings.talk}: film.{film}.leave_out leaves nothing of {film}, whose chapters are: {told}; keep "
                f"one, or take {film} out of films."
            )
        for name in dict.fromkeys((*self.own.leave_out, *self.own.chapter)):
            if not {name, translated(name)} & set(self.told):
                say(f"{settings.talk}: film.{film}: {settings.store} has nothing for {name!r}; {film} tells: {told}.")


@dataclass
class OpenBeat:
    """A beat that is being told.

    Attributes:
        name, caption, notes: as `Film.beat` has them.
        start: in seconds.
        small_print: characters in smaller letters.
        speech: the caption as it is being spoken, where there is a voice.
        loop: its slide repeats itself.
        pace: how fast it is told; 1 as films are.
        left_out: it is played so that the stage is as the next one expects, and neither shown nor told.
    """

    name: str
    caption: str
    notes: str
    start: float
    small_print: int = 0
    speech: Speech | None = None
    loop: bool = False
    pace: float = 1.0
    left_out: bool = False

    @property
    def needed(self) -> float:
        """Seconds until it has been heard, or read, with its small print: never fewer, more where it is told slowly."""
        slower = min(self.pace, 1.0)
        if self.speech is None:
            return seconds_to_read(self.caption, self.small_print) / slower
        return self.speech.seconds + BREATH + self.small_print / SMALL_PRINT / slower

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
