"""Options that several commands share, and the settings that films, decks and pages are drawn with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.settings import FASTEST, SLOWEST, current, holding, of_talk

Callback = TypeVar("Callback", bound=Callable[..., Any])

PATH: click.Path = click.Path(path_type=Path)
POSITIVE = click.IntRange(min=1)

store = click.argument("store", type=PATH, metavar="STORE")
"""The file that a command reads."""
store_or_talk = click.argument("store", required=False, type=PATH, metavar="STORE|TALK")
"""The file that a command draws, or a talk that names it."""
STORES = click.argument("store", required=False, metavar="STORE|TALK")
"""A store, or a comma list of several that are shown as one; or a talk, which names one."""
FILMS = click.option(
    "--films",
    default="",
    metavar="FILMS",
    help="A comma list of names, and of files of your own (own/x.py); default: all for which it holds data.",
)
QUALITY = click.option(
    "--quality", default="m", metavar="QUALITY", help="l, m (default), h or k: 480p15, 720p30, 1080p60, 2160p60."
)
DECK = click.option(
    "--deck", default="lecture", metavar="DECK", help="lecture (default; the talk's films), or films: esd,noise."
)

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
    "pace": click.option(
        "--pace",
        type=click.FloatRange(SLOWEST, FASTEST),
        metavar="NUMBER",
        help="Of films: 1 (default) is their own, 0.7 is slower. What is said stays until it can have been read.",
    ),
    "talk": click.option(
        "--talk", metavar="TALK", help="Films, names, words and pace of a talk of your own: talk.toml."
    ),
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
    """Options of `DRAWING`; while the command runs, the settings are those that they name, else the environment's.

    Where a talk is among them, what it says comes after what options say, and before the environment; the command's
    `store` may name it, and where that is left out the talk's store is taken.
    """

    def add(command: Callback) -> Callback:
        @wraps(command)
        def held(*arguments: Any, **given: Any) -> Any:
            named = {name: value for name in names if (value := given.pop(name)) is not None}
            if "talk" in names:
                named = _with_talk(named, given)
            with holding(replace(current(), **named)):
                return command(*arguments, **given)

        found = held
        for name in reversed(names):
            found = DRAWING[name](found)
        return found  # type: ignore[return-value]

    return add


def _with_talk(named: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Settings that options name, with those of the talk below them; the command's store is put in its place."""
    from weightreel.analysis.talk.talk import is_talk, read_talk

    store = given.get("store")
    if store is not None and is_talk(str(store)):
        if "talk" in named:
            raise WeightreelError(f"{store} and --talk {named['talk']} are two talks; name one.")
        named, store = named | {"talk": str(store)}, None
    talk = named.get("talk", "")
    if talk:
        read_talk(Path(talk))
    named = {**of_talk(talk), **named}
    if store is None and (talk or current().talk):
        store = named.get("store", current().store)
    if "store" in given:
        given["store"] = store
    named.pop("store", None)
    return named


def of_a_store(store: Any) -> Any:
    """The store that a command was given.

    Raises:
        WeightreelError: it was given none.
    """
    if store is None:
        command = click.get_current_context().info_name
        raise WeightreelError(
            f"name a store, as in `weightreel {command} data/digits.h5`, or a talk; `weightreel run` makes a store."
        )
    return store


def listed(text: str) -> list[str]:
    """What a comma list names."""
    return [name for part in text.split(",") if (name := part.strip())]
