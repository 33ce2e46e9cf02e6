"""A talk: one file that says which films are shown, in which order, and in whose words; read from TOML, every key
checked.

What it says of store, language, theme and pace are settings (`weightreel.analysis.settings.of_talk`); everything else
is asked for here by who draws.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from weightreel.analysis.recipe.checked import checked
from weightreel.analysis.recipe.part import Part, Text
from weightreel.analysis.recipe.toml import read_toml
from weightreel.analysis.settings import FASTEST, SLOWEST, current

Pace = Annotated[float, Field(ge=SLOWEST, le=FASTEST)]
"""Below 1 slower."""
Said = Annotated[str, Field(min_length=1, max_length=2000)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Named = dict[Name, Name]
ENDING = ".toml"
EXAMPLE = "docs/talk.md has an example"


class ChapterTalk(Part):
    """A chapter of a film, told otherwise."""

    pace: Pace | None = None
    """Instead of the film's."""
    say: Said | None = None
    """Its caption: in subtitles, narration, notes, and on screen where it is written there."""
    notes: Said | None = None
    """The speaker's."""

    @field_validator("say", "notes", mode="before")
    @classmethod
    def _on_one_line(cls, value: object) -> object:
        return on_one_line(value)


class FilmTalk(Part):
    """A film, told otherwise."""

    pace: Pace | None = None
    """Instead of the talk's."""
    leave_out: tuple[Name, ...] = ()
    """Chapters, by their names."""
    chapter: dict[Name, ChapterTalk] = Field(default_factory=dict)
    """By their names."""

    @field_validator("leave_out", mode="before")
    @classmethod
    def _one_is_a_list_too(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value


class Names(Part):
    """What is called otherwise, by the names that the store has."""

    classes: Named = Field(default_factory=dict)
    layers: Named = Field(default_factory=dict)
    networks: Named = Field(default_factory=dict)

    @field_validator("*")
    @classmethod
    def _apart(cls, value: Named) -> Named:
        if twice := [name for name in value.values() if list(value.values()).count(name) > 1]:
            raise ValueError(f"two have the name {twice[0]!r}, and could not be told apart")
        return value


class Talk(Part):
    """A lecture of one's own."""

    title: Text = ""
    """Of deck, handout and page."""
    store: Text = ""
    """One, or a comma list of several; from the talk's folder."""
    films: tuple[Said, ...] = ()
    """In this order; by default as without a talk."""
    theme: Literal["dark", "light"] | None = None
    language: Name | None = None
    """A code, or a catalogue of one's own; from the talk's folder."""
    pace: Pace = 1.0
    shape: Literal["16:9"] = "16:9"
    names: Names = Names()
    words: dict[Said, Said] = Field(default_factory=dict)
    """Sentences and labels by their English words, as the catalogue has them."""
    film: dict[Name, FilmTalk] = Field(default_factory=dict)
    """What is told otherwise of a film, by its name."""

    @field_validator("words", mode="before")
    @classmethod
    def _on_one_line(cls, value: object) -> object:
        return {key: on_one_line(said) for key, said in value.items()} if isinstance(value, dict) else value

    @field_validator("films", mode="before")
    @classmethod
    def _films_are_listed(cls, value: object) -> object:
        if isinstance(value, dict):
            raise ValueError('lists films, as in films = ["esd"]; what is told otherwise of one stands in [film.esd]')
        return (value,) if isinstance(value, str) else value

    @field_validator("films")
    @classmethod
    def _no_film_twice(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if twice := [name for i, name in enumerate(value) if name in value[:i]]:
            raise ValueError(f"{twice[0]!r} stands there twice")
        return value

    @property
    def renames(self) -> bool:
        """Whether it names a class, a layer or a network otherwise."""
        return self.names != Names()

    def of_film(self, name: str) -> FilmTalk:
        """What is told otherwise of a film: by its name, or by the path that the talk names it by."""
        return next((told for key, told in self.film.items() if film_key(key) == name), FilmTalk())

    def concerning(self, film: str, texts: Iterable[str], *, titled: bool = False) -> str:
        """All in it that changes a film, as a text that differs where that does.

        Args:
            film: its name.
            texts: that stand in the film's sources.
            titled: whether the film shows the title.
        """
        there = self.words.keys() & set(texts) if self.words else set()
        return json.dumps(
            {
                "title": self.title if titled else "",
                "names": self.names.model_dump(),
                "words": {key: self.words[key] for key in sorted(there)},
                "film": self.of_film(film).model_dump(),
            },
            sort_keys=True,
        )


def on_one_line(value: object) -> object:
    """A text whose lines, as in TOML's three quotes, are joined; what is no text stays."""
    return " ".join(value.split()) if isinstance(value, str) else value


def film_key(name: str) -> str:
    """What a talk knows a film by: its name, or of one of somebody's own that of its file, `x` of `own/x.py:Class`."""
    file, ending, _ = name.partition(".py")
    return Path(file).name if ending else name


def is_talk(named: str) -> bool:
    """Whether what stands in the place of a store names a talk."""
    return named.casefold().endswith(ENDING)


def current_talk() -> Talk:
    """The talk that the current settings name; an empty one where they name none. Raises as `read_talk`."""
    named = current().talk
    return read_talk(Path(named)) if named else NOTHING


def read_talk(path: Path) -> Talk:
    """Read a talk.

    Raises:
        WeightreelError: it is missing or no TOML, or a key is unknown or out of range; file and key are named.
    """
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        changed = 0  # what is wrong is said when it is read
    return _read(path, changed)


@cache
def _read(path: Path, changed: int) -> Talk:
    table: Mapping[str, Any] = read_toml(path, "talk", EXAMPLE, EXAMPLE)
    return checked(Talk, dict(table), str(path), "the talk", "docs/talk.md lists every key")


NOTHING = Talk()
