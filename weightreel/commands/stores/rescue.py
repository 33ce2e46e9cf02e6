"""`weightreel rescue`: what can still be read of a damaged store."""

from __future__ import annotations

from pathlib import Path

import click

from weightreel.analysis.notices import tell
from weightreel.arguments import PATH, store


@click.command(help="Write what can still be read of a damaged store, and say what was left out.")
@store
@click.option("--out", type=PATH, required=True, metavar="NEW", help="The new store.")
def command(store: Path, out: Path) -> None:
    """Write a store that is clean, and print what it lacks."""
    from weightreel.analysis.store.guard.rescue import rescue

    left_out = rescue(store, out)
    for place, what in left_out:
        tell(f"left out {place}: {what}")
    tell(f"{out} holds what can be read of {store}" + (f"; {len(left_out)} left out." if left_out else ": all of it."))
