"""`weightreel film`: render films."""

from __future__ import annotations

import os
from pathlib import Path

import click

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.settings import current, variables
from weightreel.options import FILMS, PATH, QUALITY, drawn_with, listed


@click.command(help="Render the films of what the store holds.\n\nSTORE is an .h5 file, or a comma list of several.")
@click.argument("store", required=False, metavar="STORE")
@FILMS
@QUALITY
@drawn_with("layers", "runs")
@click.option(
    "--out", type=PATH, default=Path("media/films"), metavar="FOLDER",
    help="Films become FOLDER/STORE/QUALITY/FILM.mp4; default: media/films.",
)  # fmt: skip
@drawn_with("language", "theme", "fonts", "voice")
@click.option("--force", is_flag=True, help="Render although nothing changed.")
@click.option("--where", metavar="FILM", help="Print the path of a film's scene, for `manim`, and do no more.")
def command(store: str | None, films: str, quality: str, out: Path, force: bool, where: str | None) -> int:
    """Render the films that are asked for, or all that are possible."""
    if where is not None:
        from weightreel.scenes.making.orders import find_films

        there = find_films()
        if where not in there:
            raise WeightreelError(f"there is no film {where!r}; there are: {', '.join(there)}.")
        print(there[where].path)
        return 0
    if store is None:
        raise WeightreelError("name a store, as in `weightreel film data/digits.h5`; `weightreel run` makes one.")
    os.environ.update(variables(current()))
    from weightreel.scenes.making.render import main

    names = listed(films)
    choice = ["--store", store, "--quality", quality, "--out", str(out)]
    return main([*names, *choice, *(["--force"] if force else []), *([] if names else ["--if-possible"])])
