"""Look at films of a store one after the other, and say what was found as a table."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from manim import tempconfig
from rich.table import Table
from rich.text import Text

from weightreel.analysis.errors import NothingToShow
from weightreel.analysis.plain_text import visible
from weightreel.analysis.settings import Settings, holding
from weightreel.scenes.camera.configured import our_settings
from weightreel.scenes.making.in_process import class_of
from weightreel.scenes.making.orders import find_films, orders_of
from weightreel.scenes.making.talks import films_of
from weightreel.scenes.viewing.seen import Report
from weightreel.scenes.viewing.shown import Fault
from weightreel.scenes.viewing.stillness import Figures, clock
from weightreel.scenes.viewing.watch import check


def look_at(films: Sequence[str], settings: Settings) -> dict[str, Report]:
    """What a viewer would stumble over.

    Args:
        films: their names; none means those of the talk, and without one all for which the store holds something.
        settings: what they are drawn with; several stores are merged first.

    Returns:
        A report on each film, by name.

    Raises:
        WeightreelError: no such film, store or run, or the store holds nothing for a film that was named.
    """
    found = {}
    films = films or films_of(settings, find_films())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for order in orders_of(films or list(find_films()), replace(settings, slides=False, voice=""), "l", folder):
            try:
                with tempconfig(our_settings()), holding(order.settings):
                    found[order.film.name] = check(class_of(order.film), folder, order.film.name)
            except NothingToShow:
                if films:
                    raise
    return found


def table_of(faults: Sequence[Fault]) -> Table:
    """A row a fault."""
    table = Table("film", "beat", "fault", "what", "left, bottom – right, top")
    for fault in faults:
        left, bottom, right, top = fault.box
        place = f"{left:.2f}, {bottom:.2f} – {right:.2f}, {top:.2f}" if any(fault.box) else ""
        table.add_row(*map(_text, (fault.film, fault.beat, fault.kind, fault.what, place)))
    return table


def figures_of(reports: Mapping[str, Report]) -> Table:
    """A row a film: how long it is, how much of it stands still, how it begins, and how often its floor is empty."""
    table = Table("film", "length", "still", "longest still", "frame 0 lit", "floor empty")
    for name, report in reports.items():
        if (figures := report.figures) is not None:
            longest = f"{figures.longest:.1f} s" + _from(figures)
            shares = f"{figures.still:.0%}", longest, f"{figures.lit:.1%}", f"{figures.empty:.0%}"
            table.add_row(_text(name), f"{figures.seconds:.1f} s", *shares)
    return table


def _text(words: str) -> Text:
    return Text(visible(words))


def _from(figures: Figures) -> str:
    """From when the longest still stands, where there is one."""
    longest = max(figures.stills, key=lambda still: still.seconds, default=None)
    return f" from {clock(longest.start)}" if longest is not None else ""
