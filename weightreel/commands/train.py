"""`weightreel train`: as `weightreel run`, without spectra and attacks."""

from __future__ import annotations

from typing import Any

import click

from weightreel.commands import run


@click.command(
    help="Train only; keeps weights and their distributions.\n\nRECIPE is a TOML file, such as data/digits.toml.",
    params=run.command.params,
)
def command(**given: Any) -> None:
    """Make a store by a recipe; `spectra` and `attack` measure it later."""
    run.make(**given, measure=False)
