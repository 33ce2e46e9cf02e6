"""Look at films of a store one after the other, and say what was found as a table."""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.settings import Settings, holding
from weightreel.analysis.store.merge import one_store
from weightreel.analysis.store.reader import Store
from weightreel.scenes.kit.settings import PASSED_OVER
from weightreel.scenes.making.orders import find_films
from weightreel.scenes.viewing.stage import Fault
from weightreel.scenes.viewing.watch import Report, check


def look_at(names: Sequence[str], settings: Settings) -> dict[str, Report]:
    """Reports on films by name; a film that the store holds nothing for is passed over if all are asked for.

    Args:
        names: of films; none for all.
        settings: what they are drawn with; their store may be a comma list of several.

    Raises:
        WeightreelError: there is no such film or store.
        SystemExit: the store holds nothing for a film that was asked for by name, which it has said.
    """
    films = find_films()
    for name in names:
        if name not in films:
            raise WeightreelError(f"there is no film {name!r}; there are: {', '.join(films)}.")
    reports = {}
    with tempfile.TemporaryDirectory() as folder:
        store = one_store(settings.store, Path(folder))
        Store(store).close()
        with holding(replace(settings, store=str(store), if_possible=settings.if_possible or not names)):
            for name in names or films:
                module = importlib.import_module(f"weightreel.scenes.{name}")
                try:
                    reports[name] = check(getattr(module, films[name].scene), Path(folder), name)
                except SystemExit as left:
                    if left.code != PASSED_OVER:
                        raise
    return reports


def table_of(faults: Sequence[Fault]) -> Table:
    """A row a fault."""
    table = Table("film", "beat", "fault", "what", "left, bottom – right, top")
    for fault in faults:
        left, bottom, right, top = fault.box
        place = f"{left:.2f}, {bottom:.2f} – {right:.2f}, {top:.2f}" if any(fault.box) else ""
        table.add_row(*map(escape, (fault.film, fault.beat, fault.kind, fault.what, place)))
    return table
