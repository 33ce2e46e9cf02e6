"""`weightreel attack`: run the attacks again."""

from __future__ import annotations

from pathlib import Path

import click

from weightreel.arguments import listed, overrides, store


@click.command(help="Run the attacks again, on the raw weights and the images.")
@store
@click.option(
    "--only",
    default="",
    metavar="KINDS",
    help="A comma list of noise, saliency, gradient, fooling, certificates; default: all.",
)
@overrides("Override a setting of what is measured, such as noise.trials=1000.")
def command(store: Path, only: str, overrides: tuple[str, ...]) -> None:
    """Replace what a store holds of attacks."""
    from weightreel.analysis.training.remeasure import remeasure_attacks

    remeasure_attacks(store, list(overrides), listed(only))
