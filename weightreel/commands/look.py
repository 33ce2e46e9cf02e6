"""`python -m weightreel.commands.look [FILM…] --store STORE`: what a viewer would stumble over, as a table.

Exit codes: 0 nothing found, 1 faults, 2 bad input.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.store.merge import one_store
from weightreel.analysis.store.reader import Store
from weightreel.scenes.kit.settings import PASSED_OVER
from weightreel.scenes.making.orders import find_films
from weightreel.scenes.viewing.stage import Fault
from weightreel.scenes.viewing.watch import Report, check


def look_at(names: list[str], store: Path) -> dict[str, Report]:
    """Reports on films by name; a film that the store holds nothing for is passed over if all are asked for.

    Raises:
        WeightreelError: there is no such film or store.
    """
    films = find_films()
    for name in names:
        if name not in films:
            raise WeightreelError(f"there is no film {name!r}; there are: {', '.join(films)}.")
    merged = tempfile.TemporaryDirectory()
    store = one_store(str(store), Path(merged.name))
    Store(store).close()
    os.environ["WEIGHTREEL_STORE"] = str(store)
    if not names:
        os.environ["WEIGHTREEL_IF_POSSIBLE"] = "1"
    reports = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in names or films:
            module = importlib.import_module(f"weightreel.scenes.{name}")
            try:
                reports[name] = check(getattr(module, films[name].scene), Path(folder), name)
            except SystemExit as left:
                if left.code != PASSED_OVER:
                    raise
    return reports


def table_of(faults: list[Fault]) -> Table:
    """A row a fault."""
    table = Table("film", "beat", "fault", "what", "left, bottom – right, top")
    for fault in faults:
        left, bottom, right, top = fault.box
        place = f"{left:.2f}, {bottom:.2f} – {right:.2f}, {top:.2f}" if any(fault.box) else ""
        table.add_row(*map(escape, (fault.film, fault.beat, fault.kind, fault.what, place)))
    return table


def main(arguments: list[str] | None = None) -> int:
    """Look at the films named, or all; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m weightreel.commands.look", description="Check the layout of films."
    )
    parser.add_argument("films", nargs="*", metavar="FILM", help="names of films; none for all")
    parser.add_argument("--store", type=Path, default=Path(os.environ.get("WEIGHTREEL_STORE", "data/cifar10.h5")))
    options = parser.parse_args(arguments)
    try:
        reports = look_at(options.films, options.store)
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
