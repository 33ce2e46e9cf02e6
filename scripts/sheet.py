"""All films at a glance and the trailer as a moving picture, for the README: `python -m scripts.sheet STORE`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.settings import current
from weightreel.arguments import PATH, QUALITY, STORES, drawn_with, of_a_store
from weightreel.scenes.making.sheet import make_sheet


@click.command()
@STORES
@QUALITY
@click.option("--films", type=PATH, default=Path("media/films"), help="The folder that they were rendered to.")
@drawn_with("language", "theme", "pace", "talk")
def main(store: str, quality: str, films: Path) -> None:
    """Write docs/sheet.png and docs/trailer.webp."""
    try:
        for line in make_sheet(replace(current(), store=of_a_store(store)), quality=quality, films=films):
            print(line)
    except WeightreelError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
