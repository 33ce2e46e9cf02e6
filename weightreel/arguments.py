"""Options that several commands share, and the settings that films, decks and pages are drawn with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from weightreel.analysis.settings import current, holding

Callback = TypeVar("Callback", bound=Callable[..., Any])

PATH: click.Path = click.Path(path_type=Path)
POSITIVE = click.IntRange(min=1)

store = click.argument("store", type=PATH, metavar="STORE")
"""The file that a command reads."""
STORES = click.argument("store", metavar="STORE")
"""A store, or a comma list of several that are shown as one."""
FILMS = click.option(
    "--films",
    default="",
    metavar="FILMS",
    help="A comma list of names, and of files of your own (own/x.py); default: all for which it holds data.",
)
QUALITY = click.option(
    "--quality", default="m", metavar="QUALITY", help="l, m (default), h or k: 480p15, 720p30, 1080p60, 2160p60."
)
DECK = click.option("--deck", default="lecture", metavar="DECK", help="lecture (default), or the name of a film.")

DRAWING = {
    "runs": click.option("--runs", metavar="RUNS", help="A comma list; default: the lowest seed of each network."),
    "layers": click.option(
        "--layers", metavar="LAYERS", help="These alone: a comma list of names, or patterns ('features.*')."
    ),
    "language": click.option(
        "--lang",
        "--language",
        "language",
        metavar="CODE",
        help="en (default), hi, … or a catalogue of your own (mine.po, docs/words.md).",
    ),
    "theme": click.option("--theme", type=click.Choice(["dark", "light"]), help="Default: dark."),
    "fonts": click.option(
        "--fonts", metavar="FOLDER", help="With fonts of the language's script, where the system has none."
    ),
    "voice": click.option(
        "--voice", metavar="NAME", help="Speaks the captions: espeak, one of manim-voiceover's, or module:Class."
    ),
}
"""Options that become settings, by the settings' names."""


def overrides(text: str) -> Callable[[Callback], Callback]:
    """The option --set, which may be repeated."""
    return click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help=text)


def resume_or_force(again: str, anew: str) -> Callable[[Callback], Callback]:
    """The options --resume and --force, of which one is given at most."""

    def add(command: Callback) -> Callback:
        @wraps(command)
        def checked(*arguments: Any, resume: bool, force: bool, **given: Any) -> Any:
            if resume and force:
                raise click.UsageError("--resume and --force exclude each other", click.get_current_context())
            return command(*arguments, resume=resume, force=force, **given)

        with_force = click.option("--force", is_flag=True, help=anew)(checked)
        return click.option("--resume", is_flag=True, help=again)(with_force)  # type: ignore[return-value]

    return add


def drawn_with(*names: str) -> Callable[[Callback], Callback]:
    """Options of `DRAWING`; while the command runs, the settings are those that they name, else the environment's."""

    def add(command: Callback) -> Callback:
        @wraps(command)
        def held(*arguments: Any, **given: Any) -> Any:
            named = {name: value for name in names if (value := given.pop(name)) is not None}
            with holding(replace(current(), **named)):
                return command(*arguments, **given)

        found = held
        for name in reversed(names):
            found = DRAWING[name](found)
        return found  # type: ignore[return-value]

    return add


def listed(text: str) -> list[str]:
    """What a comma list names."""
    return [name for part in text.split(",") if (name := part.strip())]
