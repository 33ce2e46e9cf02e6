"""`weightreel figures`: a store as pictures."""

from __future__ import annotations

from pathlib import Path

import click

from weightreel.analysis.notices import tell
from weightreel.analysis.settings import Settings, current
from weightreel.arguments import PATH, drawn_with, of_a_store, store_or_talk


@click.command(help="Draw the store as PNG and SVG pictures.")
@store_or_talk
@click.option("--out", type=PATH, metavar="FOLDER", help="Default: media/figures/STORE.")
@drawn_with("language", "talk")
def command(store: Path | None, out: Path | None) -> None:
    """Draw all figures that the store holds something for."""
    from weightreel.analysis.findings.words.own import in_own_words
    from weightreel.analysis.places import variant
    from weightreel.analysis.stills.draw import figures
    from weightreel.analysis.store.belongings import claim, place_for
    from weightreel.analysis.store.reader import Store

    asked, found = current(), of_a_store(store)
    drawn = variant(Settings(language=asked.language))  # stills are light, and do not move
    place = claim(out, found, asked.talk) if out else place_for(Path("media/figures"), found, asked.talk)
    with Store(found) as opened:
        for path in figures(in_own_words(opened), place if out else place / drawn.removeprefix(".")):
            tell(path)
