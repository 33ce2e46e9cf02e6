"""`weightreel show`: what a store holds, as tables."""

from __future__ import annotations

from pathlib import Path

import click

from weightreel.analysis.notices import tell
from weightreel.arguments import drawn_with, store


@click.command(help="Print what the store holds, beside the report's figures.")
@store
@click.option(
    "--markdown",
    is_flag=False,
    flag_value="report",
    type=click.Choice(["report", "defences", "seeds"]),
    metavar="[TABLE]",
    help="One table for a page: report (default, beside this store's figures), defences or seeds.",
)
@drawn_with("language")
def command(store: Path, markdown: str | None) -> None:
    """Print a store."""
    from weightreel.analysis.store.reader import Store
    from weightreel.analysis.tables.markdown import comparison, defences_markdown, seeds_markdown
    from weightreel.analysis.tables.overview import show

    with Store(store) as opened:
        if markdown:
            table = {"report": comparison, "defences": defences_markdown, "seeds": seeds_markdown}[markdown]
            tell(table(opened))
        else:
            from rich.console import Console

            show(opened, Console())
