"""`weightreel look`: what a viewer of the films would stumble over."""

from __future__ import annotations

from dataclasses import replace

import click

from weightreel.analysis.settings import current
from weightreel.arguments import FILMS, STORES, drawn_with, listed, of_a_store


@click.command(
    help="Look at every beat of the films as a viewer would: what is hidden, too small, too pale or cut off,\n"
    "how much of it stands still, and whether it begins with a picture.\n\n"
    "STORE is an .h5 file, or a comma list of several; TALK a .toml file that names it."
)
@STORES
@FILMS
@drawn_with("layers", "runs", "language", "theme", "pace", "talk", "fonts")
def command(store: str | None, films: str) -> int:
    """Print each fault as a row of a table, and each film's figures as one of another; 1 where there is a fault."""
    from rich.console import Console

    from weightreel.scenes.viewing import look

    reports = look.look_at(listed(films), replace(current(), store=of_a_store(store)))
    faults = [fault for report in reports.values() for fault in report.faults]
    beats = sum(len(report.beats) for report in reports.values())
    console = Console()
    if faults:
        console.print(look.table_of(faults))
    console.print(look.figures_of(reports))
    console.print(f"{len(reports)} films, {beats} beats: {len(faults) or 'no'} fault{'s' * (len(faults) != 1)}")
    return int(bool(faults))
