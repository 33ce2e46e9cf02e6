"""`weightreel merge`: several stores become one."""

from __future__ import annotations

from pathlib import Path

import click

from weightreel.analysis.notices import tell
from weightreel.arguments import PATH


@click.command(help="Put the runs of several stores, at least two of the same data, into one.")
@click.argument("stores", type=PATH, nargs=-1, required=True, metavar="STORE...")
@click.option("--out", type=PATH, required=True, metavar="STORE", help="The new store.")
@click.option("--force", is_flag=True, help="Replace the store that is there.")
def command(stores: tuple[Path, ...], out: Path, force: bool) -> None:
    """Write a store that holds the runs of others."""
    from weightreel.analysis.store.merge import merge

    merge(stores, out, force=force)
    tell(f"{out} is complete.")
