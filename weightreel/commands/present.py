"""`weightreel present`: the lecture in a window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from weightreel.analysis.interrupts import heeding_termination
from weightreel.analysis.settings import current
from weightreel.arguments import DECK, PATH, QUALITY, STORES, drawn_with, of_a_store


@click.command(
    help="Show the lecture in a window of its own, where Qt is installed.\n\n"
    "Options of `manim-slides present` follow after --, as in `weightreel present STORE -- --full-screen`."
)
@STORES
@click.argument("player", nargs=-1, type=click.UNPROCESSED, metavar="[-- OPTIONS]")
@DECK
@QUALITY
@click.option("--out", type=PATH, metavar="FOLDER", help="Of its slides; default: media/slides.")
@drawn_with("runs", "layers", "language", "theme", "pace", "talk", "fonts")
def command(store: str | None, player: tuple[str, ...], deck: str, quality: str, out: Path | None) -> None:
    """Show a deck, and come back when its window is closed."""
    from weightreel.scenes.making.deck import show_deck

    with heeding_termination():
        show_deck(deck, replace(current(), store=of_a_store(store)), player, quality=quality, out=out)
