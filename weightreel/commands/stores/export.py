"""`weightreel export`: a store in other formats."""

from __future__ import annotations

from pathlib import Path

import click

from weightreel.analysis.notices import tell
from weightreel.arguments import PATH, drawn_with, store


@click.command(help="Write the store as JSON, as CSV tables or as pictures.")
@store
@click.option(
    "--to",
    required=True,
    metavar="FORMAT",
    help="json: what the page shows; csv: tidy tables; png: the same as `weightreel figures`.",
)
@click.option("--out", type=PATH, metavar="FOLDER", help="Default: media/export/STORE.")
@click.option("--runs", default="", metavar="RUNS", help="A comma list; default: all.")
@drawn_with("language")
def command(store: Path, to: str, out: Path | None, runs: str) -> None:
    """Write a store for other programs."""
    from weightreel.analysis.export.formats import export
    from weightreel.analysis.store.belongings import claim, place_for
    from weightreel.analysis.store.reader import Store

    with Store(store) as opened:
        for path in export(opened, to, claim(out, store) if out else place_for(Path("media/export"), store), runs):
            tell(path)
