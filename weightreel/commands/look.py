"""`python -m weightreel.commands.look [FILM…] --store STORE`: what a viewer would stumble over, as a table.

Exit codes: 0 nothing found, 1 faults, 2 bad input.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.settings import read_settings
from weightreel.scenes.viewing.look import look_at, table_of


def main(arguments: list[str] | None = None) -> int:
    """Look at the films named, or all; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m weightreel.commands.look", description="Check the layout of films."
    )
    parser.add_argument("films", nargs="*", metavar="FILM", help="names of films; none for all")
    parser.add_argument("--store", type=Path, default=Path(read_settings().store))
    options = parser.parse_args(arguments)
    try:
        reports = look_at(options.films, replace(read_settings(), store=str(options.store)))
    except WeightreelError as error:
        print(error, file=sys.stderr)
        return 2
    faults = [fault for report in reports.values() for fault in report.faults]
    beats = sum(len(report.beats) for report in reports.values())
    console = Console()
    if faults:
        console.print(table_of(faults))
    console.print(f"{len(reports)} films, {beats} beats: {len(faults) or 'no'} fault{'s' * (len(faults) != 1)}")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
