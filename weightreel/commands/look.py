"""`weightreel look`: what a viewer of the films would stumble over."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from weightreel.analysis.notices import tell
from weightreel.analysis.settings import current
from weightreel.arguments import FILMS, PATH, STORES, drawn_with, films_or_store, of_a_store


@click.command(
    help="Look at every beat of the films as a viewer would: what is hidden, too small, too pale or cut off,\n"
    "how much of it stands still, and whether it begins with a picture.\n\n"
    "With --beat a picture of one beat alone, soon after an edit.\n\n"
    "STORE is an .h5 file, or a comma list of several; TALK a .toml file that names it. A film in its place\n"
    "(own/x.py) is shown of the store that WEIGHTREEL_STORE names, by default data/cifar10.h5."
)
@STORES
@FILMS
@click.option(
    "--beat",
    metavar="NAME",
    help="Of one film: a still of this beat's end; NAME is how its name begins, or its number.",
)
@click.option("--moving", is_flag=True, help="The beat as a film (480p) instead of a still.")
@click.option(
    "--out",
    type=PATH,
    default=Path("media/beats"),
    metavar="FOLDER",
    help="Of the beat's picture: FOLDER/STORE/QUALITY/FILM-BEAT.png; default: media/beats.",
)
@drawn_with("layers", "runs", "language", "theme", "pace", "talk", "fonts")
def command(store: str | None, films: str, beat: str | None, moving: bool, out: Path) -> int:
    """Print each fault as a row of a table, and each film's figures as one of another; 1 where there is a fault."""
    store, films = films_or_store(store, films)
    if beat is not None:
        from weightreel.scenes.making.authored import films_listed
        from weightreel.scenes.viewing.glimpse import glimpse

        named = films_listed(films)
        if len(named) != 1:
            raise click.UsageError(
                f"--beat is of one film; name it with --films, such as --films {(named or ['esd'])[0]}"
            )
        tell(glimpse(named[0], beat, replace(current(), store=of_a_store(store)), out, moving=moving))
        return 0
    if moving:
        raise click.UsageError("--moving is of one beat; name it with --beat")
    from rich.console import Console

    from weightreel.scenes.making.authored import films_listed
    from weightreel.scenes.viewing import look

    reports = look.look_at(films_listed(films), replace(current(), store=of_a_store(store)))
    faults = [fault for report in reports.values() for fault in report.faults]
    beats = sum(len(report.beats) for report in reports.values())
    console = Console()
    if faults:
        console.print(look.table_of(faults))
    console.print(look.figures_of(reports))
    console.print(f"{len(reports)} films, {beats} beats: {len(faults) or 'no'} fault{'s' * (len(faults) != 1)}")
    return int(bool(faults))
