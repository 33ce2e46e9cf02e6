"""What a film, deck, page, table or still is drawn with: one frozen value, held while it is drawn.

The variables WEIGHTREEL_… are read here and nowhere else, and when they are asked for, never at import. They stay for
`manim -pqh scenes/esd.py`; whoever calls from Python holds settings of their own:

    with holding(Settings(store="data/digits.h5", theme="light")):
        ESD().render()
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, fields
from pathlib import Path
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
        "pace": "WEIGHTREEL_PACE",
        "talk": "WEIGHTREEL_TALK",
        "fonts": "WEIGHTREEL_FONTS",
        "voice": "WEIGHTREEL_VOICE",
        "voice_folder": "WEIGHTREEL_VOICE_FOLDER",
        "slides": "WEIGHTREEL_SLIDES",
        "if_possible": "WEIGHTREEL_IF_POSSIBLE",
        "jobs": "WEIGHTREEL_JOBS",
    }
)
"""The variable of the environment that each field of `Settings` is read from."""
OF_A_TALK = ("store", "language", "theme", "pace")
"""Fields that a talk names too; what is asked for otherwise comes before it."""
SLOWEST, FASTEST = 0.25, 4.0
"""Paces that films may have."""


@dataclass(frozen=True)
class Settings:
    """What something is drawn with.

    Attributes:
        store: path of a store, or a comma list of several that are shown as one.
        runs: a comma list; empty means the lowest seed of each model.
        layers: a comma list of names or patterns; empty means all.
        language: a code such as `hi`, or the path of a catalogue of one's own that ends on `.po`.
        theme: dark or light.
        pace: of films, SLOWEST … FASTEST: 1 is their own, below it they are slower.
        talk: the file of a lecture of one's own (docs/talk.md); empty where there is none.
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
    pace: float = 1.0
    talk: str = ""
    fonts: str = ""
    voice: str = ""
    voice_folder: str = ""
    slides: bool = False
    if_possible: bool = False
    jobs: int = 1


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings that the variables of `environment`, by default this process's, name; unset or empty is default.

    What a talk that they name says comes after what the variables themselves say.

    Raises:
        WeightreelError: a variable that is 0 or 1, or a number, is something else.
    """
    found = os.environ if environment is None else environment
    named = {
        field.name: _value(field.name, field.default, text)
        for field in fields(Settings)
        if (text := found.get(VARIABLES[field.name]) or "")
    }
    return Settings(**{**of_talk(named.get("talk", "")), **named})


def _value(name: str, default: Any, text: str) -> Any:
    variable = VARIABLES[name]
    if isinstance(default, float):
        return read_pace(text, variable)
    if isinstance(default, str):
        return text
    if not isinstance(default, bool):
        if not text.isascii() or not text.isdecimal() or not int(text):
            raise WeightreelError(f"{variable}={text} is not known; set it to a number from 1 on.")
        return int(text)
    if text not in ("0", "1"):
        raise WeightreelError(f"{variable}={text} is not known; set it to one of: 0, 1.")
    return text == "1"


def read_pace(text: str, where: str) -> float:
    """A pace as people write it.

    Args:
        where: names what it is the value of, in the error.

    Raises:
        WeightreelError: it is no number from SLOWEST to FASTEST.
    """
    try:
        pace = float(text)
    except ValueError:
        pace = 0.0
    if not SLOWEST <= pace <= FASTEST:
        raise WeightreelError(
            f"{where}={text} is no pace; give a number from {SLOWEST:g} to {FASTEST:g}: below 1 is slower."
        )
    return pace


def of_talk(named: str) -> dict[str, Any]:
    """What a talk says of OF_A_TALK, by their names, paths made whole; what is wrong in it is said when it is read."""
    try:
        table = tomllib.loads(Path(named).read_text(encoding="utf-8-sig")) if named else {}
    except (OSError, ValueError, RecursionError):
        return {}
    texts = {key: table.get(key) for key in OF_A_TALK if key != "pace"}
    found: dict[str, Any] = {key: text for key, text in texts.items() if isinstance(text, str) and text}
    if isinstance(pace := table.get("pace"), int | float) and SLOWEST <= pace <= FASTEST:
        found["pace"] = float(pace)
    folder = Path(named).parent
    if "store" in found:
        found["store"] = ",".join(str(folder / path.strip()) for path in found["store"].split(","))
    if str(found.get("language", "")).endswith(".po"):
        found["language"] = str(folder / found["language"])
    return found


def variables(settings: Settings) -> dict[str, str]:
    """The variables that name these settings to a child process.

    Those that have their default are left out, unless a talk would take their place.
    """
    plain = Settings()
    return {
        VARIABLES[name]: ("1" if value else "0") if isinstance(value, bool) else str(value)
        for name, value in asdict(settings).items()
        if value != getattr(plain, name) or (settings.talk and name in OF_A_TALK)
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
