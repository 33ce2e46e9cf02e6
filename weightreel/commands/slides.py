"""`weightreel slides`: a lecture of films."""

from __future__ import annotations

import os
from pathlib import Path

import click

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.settings import current, variables
from weightreel.options import DECK, PATH, QUALITY, STORES, drawn_with, listed

FORMATS = ("html", "pptx", "pdf")


@click.command(
    help="Make lecture slides of the films: one HTML file, PowerPoint and a PDF handout.\n\n"
    "STORE is an .h5 file, or a comma list of several."
)
@STORES
@DECK
@QUALITY
@click.option("--out", type=PATH, default=Path("media/slides"), metavar="FOLDER", help="Default: media/slides.")
@click.option("--formats", default=",".join(FORMATS), metavar="FORMATS", help="A comma list; default: html,pptx,pdf.")
@drawn_with("runs", "layers", "language", "theme", "fonts")
def command(store: str, deck: str, quality: str, out: Path, formats: str) -> int:
    """Write a deck."""
    asked = listed(formats)
    unknown = [name for name in asked if name not in FORMATS]
    if unknown:
        raise WeightreelError(f"--formats {unknown[0]}: there is no such format; there are: {', '.join(FORMATS)}.")
    os.environ.update(variables(current()))
    from weightreel.scenes.making.deck import main

    return main([deck, "--store", store, "--quality", quality, "--out", str(out), "--formats", *asked])
