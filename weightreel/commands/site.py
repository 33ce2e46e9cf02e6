"""`weightreel site`: an explorable article on a store, one HTML file that needs no network."""

from __future__ import annotations

from pathlib import Path

import click

from weightreel.analysis.notices import tell
from weightreel.arguments import PATH, drawn_with, of_a_store, store_or_talk


@click.command(help="Make an explorable article on the store, one HTML file that needs no network.")
@store_or_talk
@click.option("--runs", default="", metavar="RUNS", help="A comma list; default: all.")
@click.option(
    "--films",
    type=PATH,
    default=Path("media/films"),
    metavar="FOLDER",
    help="With rendered films, which the page links; default: media/films.",
)
@click.option("--quality", default="", help="Of the films that are shown; default: the best there is.")
@click.option("--out", type=PATH, metavar="FILE", help="Default: media/site/STORE/index.html.")
@click.option("--echarts", type=PATH, metavar="FOLDER", help="An unpacked npm package of Apache ECharts.")
@drawn_with("language", "theme", "pace", "talk")
def command(store: Path | None, runs: str, films: Path, quality: str, out: Path | None, echarts: Path | None) -> None:
    """Make the page."""
    from weightreel.page.build import make_page

    page = make_page(of_a_store(store), out, runs=runs, films=films, quality=quality, echarts=echarts)
    tell(f"{page.path}: {page.size / 1e6:.1f} MB, {page.films} films beside it")
