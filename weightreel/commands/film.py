"""`weightreel film`: render films."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from weightreel.analysis.interrupts import heeding_termination
from weightreel.analysis.notices import tell
from weightreel.analysis.settings import current
from weightreel.arguments import (
    FILMS,
    PATH,
    POSITIVE,
    QUALITY,
    STORES,
    drawn_with,
    films_or_store,
    of_a_store,
)


@click.command(
    help="Render the films of what the store holds.\n\n"
    "STORE is an .h5 file, or a comma list of several; TALK a .toml file that names it."
)
@STORES
@FILMS
@QUALITY
@click.option(
    "--out",
    type=PATH,
    default=Path("media/films"),
    metavar="FOLDER",
    help="Films become FOLDER/STORE/QUALITY/FILM.mp4; default: media/films.",
)
@drawn_with("runs", "layers", "language", "theme", "pace", "talk", "fonts", "voice")
@click.option(
    "--jobs",
    type=POSITIVE,
    metavar="N",
    help="Processes that draw, films side by side or one film's animations; default: as many as there are idle cores.",
)
@click.option("--force", is_flag=True, help="Render although nothing changed.")
@click.option("--if-possible", is_flag=True, help="Pass over films named for which the store holds nothing.")
@click.option("--where", metavar="FILM", help="Print the path of a film's scene, for `manim`, and do no more.")
def command(
    store: str | None,
    films: str,
    quality: str,
    out: Path,
    jobs: int | None,
    force: bool,
    if_possible: bool,
    where: str | None,
) -> None:
    """Render the films that are asked for, or all that are possible."""
    if where is not None:
        from weightreel.scenes.making.orders import film_named

        tell(film_named(where).path)
        return
    store, films = films_or_store(store, films)
    settings = replace(current(), store=of_a_store(store))
    from weightreel.scenes.making import render
    from weightreel.scenes.making.authored import films_listed

    settings = replace(settings, if_possible=if_possible or settings.if_possible)
    with heeding_termination():
        render.render_films(films_listed(films), settings, quality=quality, out=out, force=force, jobs=jobs)
