"""`weightreel slides`: a lecture of films."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.interrupts import heeding_termination
from weightreel.analysis.settings import current
from weightreel.arguments import DECK, PATH, QUALITY, STORES, drawn_with, listed, of_a_store


@click.command(
    help="Make lecture slides of the films: one HTML file, PowerPoint and a PDF handout.\n\n"
    "STORE is an .h5 file, or a comma list of several; TALK a .toml file that names it."
)
@STORES
@DECK
@QUALITY
@click.option("--out", type=PATH, metavar="FOLDER", help="Default: media/slides/STORE.")
@click.option("--formats", default="html,pptx,pdf", metavar="FORMATS", help="A comma list; default: html,pptx,pdf.")
@drawn_with("runs", "layers", "language", "theme", "pace", "talk", "fonts")
def command(store: str | None, deck: str, quality: str, out: Path | None, formats: str) -> None:
    """Write a deck."""
    from weightreel.scenes.making.deck import FORMATS, make_deck

    asked = listed(formats)
    unknown = [name for name in asked if name not in FORMATS]
    if unknown:
        raise WeightreelError(f"--formats {unknown[0]}: there is no such format; there are: {', '.join(FORMATS)}.")
    with heeding_termination():
        make_deck(deck, replace(current(), store=of_a_store(store)), quality=quality, out=out, formats=asked)
