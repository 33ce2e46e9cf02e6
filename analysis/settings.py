"""What a film, deck, page, table or still is drawn with: one frozen value, held while it is drawn.

The variables WEIGHTREEL_… are read here and nowhere else, and when they are asked for, never at import. They stay for
`manim -pqh scenes/esd.py`; whoever calls from Python holds settings of their own:

    with holding(Settings(store="data/digits.h5", theme="light")):
        ESD().render()
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, fields
from types import MappingProxyType
from typing import Any

from weightreel.analysis.errors import WeightreelError

VARIABLES: Mapping[str, str] = MappingProxyType(
    {
        "store": "WEIGHTREEL_STORE",
        "runs": "WEIGHTREEL_RUN",
        "layers": "WEIGHTREEL_LAYERS",
        "language": "WEIGHTREEL_LANG",
        "theme": "WEIGHTREEL_THEME",
        "fonts": "WEIGHTREEL_FONTS",
        "voice": "WEIGHTREEL_VOICE",
        "voice_folder": "WEIGHTREEL_VOICE_FOLDER",
        "slides": "WEIGHTREEL_SLIDES",
        "if_possible": "WEIGHTREEL_IF_POSSIBLE",
        "jobs": "WEIGHTREEL_JOBS",
    }
)
"""The variable of the environment that each field of `Settings` is read from."""


@dataclass(frozen=True)
class Settings:
    """What something is drawn with.

    Attributes:
        store: path of a store, or a comma list of several that are shown as one.
        runs: a comma list; empty means the lowest seed of each model.
        layers: a comma list of names or patterns; empty means all.
        language: a code such as `hi`, or the path of a catalogue of one's own that ends on `.po`.
        theme: dark or light.
        fonts: a folder that holds the fonts of the language's script; empty where npm's or the system's are taken.
        voice: speaks a film's captions, such as `espeak`; empty means none.
        voice_folder: keeps what was spoken; empty means media/voice, or beside the films that `make` renders.
        slides: films are drawn as slides of a lecture.
        if_possible: a film for which the store holds nothing is passed over.
        jobs: processes that draw one film side by side.
    """

    store: str = "data/cifar10.h5"
    runs: str = ""
    layers: str = ""
    language: str = "en"
    theme: str = "dark"
    fonts: str = ""
    voice: str = ""
    voice_folder: str = ""
    slides: bool = False
    if_possible: bool = False
    jobs: int = 1


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings that the variables of `environment`, by default this process's, name; unset or empty is default.

    Raises:
        WeightreelError: a variable that is 0 or 1, or a number, is something else.
    """
    found = os.environ if environment is None else environment
    return Settings(**{field.name: _value(field.name, field.default, found) for field in fields(Settings)})


def _value(name: str, default: Any, environment: Mapping[str, str]) -> Any:
    variable = VARIABLES[name]
    text = environment.get(variable) or ""
    if not text or isinstance(default, str):
        return text or default
    if not isinstance(default, bool):
        if not text.isascii() or not text.isdecimal() or not int(text):
            raise WeightreelError(f"{variable}={text} is not known; set it to a number from 1 on.")
        return int(text)
    if text not in ("0", "1"):
        raise WeightreelError(f"{variable}={text} is not known; set it to one of: 0, 1.")
    return text == "1"


def variables(settings: Settings) -> dict[str, str]:
    """The variables that name these settings to a child process; those that have their default are left out."""
    plain = Settings()
    return {
        VARIABLES[name]: str(int(value)) if isinstance(value, int) else value
        for name, value in asdict(settings).items()
        if value != getattr(plain, name)
    }


_held: ContextVar[Settings | None] = ContextVar("weightreel_settings", default=None)


def current() -> Settings:
    """The settings that are held, else those of the environment as it is now.

    Raises:
        WeightreelError: as `read_settings`.
    """
    return _held.get() or read_settings()


@contextmanager
def holding(settings: Settings) -> Iterator[Settings]:
    """Draw with these settings, whatever the environment says, until the block ends."""
    before = _held.set(settings)
    try:
        yield settings
    finally:
        _held.reset(before)
