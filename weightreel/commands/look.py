"""`weightreel look`: what a viewer of the films would stumble over."""

from __future__ import annotations

import os

import click

from weightreel.analysis.settings import current, variables
from weightreel.options import STORES, drawn_with, listed


@click.command(
    help="Look at every beat of the films as a viewer would: what is hidden, too small, too pale or cut off.\n\n"
    "STORE is an .h5 file, or a comma list of several."
)
@STORES
@click.option("--films", default="", metavar="FILMS", help="A comma list; default: all for which it holds data.")
@drawn_with("layers", "runs", "language", "theme", "fonts")
def command(store: str, films: str) -> int:
    """Print each fault as a row of a table; 1 where there is one."""
    os.environ.update(variables(current()))
    from weightreel.scenes.viewing.look import main

    return main([*listed(films), "--store", store])
