"""`weightreel figures`: a store as pictures."""

from __future__ import annotations

from pathlib import Path

import click

from weightreel.analysis.notices import tell
from weightreel.arguments import PATH, drawn_with, store


@click.command(help="Draw the store as PNG and SVG pictures.")
@store
@click.option("--out", type=PATH, metavar="FOLDER", help="Default: media/figures/STORE.")
@drawn_with("language")
def command(store: Path, out: Path | None) -> None:
    """Draw all figures that the store holds something for."""
    from weightreel.analysis.stills.draw import figures
    from weightreel.analysis.store.belongings import claim, place_for
    from weightreel.analysis.store.reader import Store

    with Store(store) as opened:
        for path in figures(opened, claim(out, store) if out else place_for(Path("media/figures"), store)):
            tell(path)
