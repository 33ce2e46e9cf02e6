"""`weightreel film …`: its options. The films stand above the analysis and are called by name, only when asked for."""

from __future__ import annotations

import argparse
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.interrupts import heeding_termination
from weightreel.analysis.settings import Settings, read_settings

SETTINGS = ("runs", "layers", "language", "theme")
"""Options that are settings of the films."""


def add_film(commands: Any) -> None:
    """Add the command to the parser's commands."""
    text = "render the films of what the store holds"
    sub = commands.add_parser("film", help=text, description=f"{text.capitalize()}.")
    sub.add_argument("store", type=Path, nargs="?", metavar="STORE", help="an .h5 file, or a comma list of several")
    sub.add_argument("--films", default="", metavar="FILMS", help="a comma list; default: all for which it holds data")
    sub.add_argument("--quality", default="m", help="l, m (default), h or k: 480p15, 720p30, 1080p60, 2160p60")
    sub.add_argument(
        "--layers", metavar="LAYERS", help="these alone: a comma list of names, or patterns ('features.*')"
    )
    sub.add_argument("--runs", metavar="RUNS", help="a comma list; default: the lowest seed of each network")
    sub.add_argument(
        "--out", type=Path, default=Path("media/films"), metavar="FOLDER",
        help="films become FOLDER/STORE/QUALITY/FILM.mp4; default: media/films",
    )  # fmt: skip
    sub.add_argument("--language", metavar="CODE", help="en (default), hi, or a catalogue of your own (mine.po)")
    sub.add_argument("--theme", choices=("dark", "light"), help="default: dark")
    sub.add_argument("--force", action="store_true", help="render although nothing changed")
    sub.add_argument("--where", metavar="FILM", help="print the path of a film's scene, for `manim`, and do no more")
    sub.set_defaults(command=_film)


def _film(options: argparse.Namespace) -> int:
    if options.where is not None:
        films = import_module("weightreel.scenes.making.orders").find_films()
        if options.where not in films:
            raise WeightreelError(f"there is no film {options.where!r}; there are: {', '.join(films)}.")
        print(films[options.where].path)
        return 0
    if options.store is None:
        raise WeightreelError("name a store, as in `weightreel film data/digits.h5`; `weightreel run` makes one.")
    films = [name for part in options.films.split(",") if (name := part.strip())]
    render = import_module("weightreel.scenes.making.render")
    with heeding_termination():
        render.render_films(films, settings_of(options), quality=options.quality, out=options.out, force=options.force)
    return 0


def settings_of(options: argparse.Namespace) -> Settings:
    """The settings of these options; one that is not given is as in the environment."""
    given = {name: value for name in SETTINGS if (value := getattr(options, name)) is not None}
    return replace(read_settings(), store=str(options.store), **given)
