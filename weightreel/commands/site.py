"""`python -m weightreel.commands.site`: an explorable article on a store, one HTML file that needs no network."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.settings import read_settings
from weightreel.analysis.store.reader import Store
from weightreel.page.build import ECHARTS, build, read_charts
from weightreel.page.films import find_films


def main(arguments: list[str] | None = None) -> int:
    """Make the page; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m weightreel.commands.site", description="Make an explorable article on a store."
    )
    parser.add_argument("--store", type=Path, default=Path(read_settings().store))
    parser.add_argument("--runs", default=read_settings().runs, help="a comma list; default: all")
    parser.add_argument("--films", type=Path, default=Path("media/films"), help="default: media/films")
    parser.add_argument("--quality", default="", help="of the films that are shown; default: the best there is")
    parser.add_argument("--out", type=Path, default=Path("media/site/index.html"))
    parser.add_argument("--echarts", type=Path, default=ECHARTS, help="unpacked npm package of Apache ECharts")
    options = parser.parse_args(arguments)
    try:
        charts = read_charts(options.echarts)
        with Store(options.store) as store:
            films = find_films(options.films, options.store.stem, options.quality)
            size = build(store, films, charts, options.out, options.runs)
    except WeightreelError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{options.out}: {size / 1e6:.1f} MB, {len(films)} films beside it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
