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
    help="A comma list of noise, saliency, gradient, fooling, certificates, worst-case, masking; default: all.",
)
@click.option(
    "--weights",
    multiple=True,
    metavar="RUN=FILE",
    help="A checkpoint of a run's last epoch, where no raw weights were kept; can be repeated.",
)
@overrides("Override a setting of what is measured, such as noise.trials=1000.")
def command(store: Path, only: str, weights: tuple[str, ...], overrides: tuple[str, ...]) -> None:
    """Replace what a store holds of attacks."""
    from weightreel.analysis.errors import WeightreelError
    from weightreel.analysis.training.remeasure import remeasure_attacks

    for text in weights:
        if not all(text.partition("=")):
            raise WeightreelError(f"--weights {text}: write RUN=FILE, such as cnn-s0=checkpoint.pt.")
    files = {run: Path(file) for run, _, file in (text.partition("=") for text in weights)}
    remeasure_attacks(store, list(overrides), listed(only), files or None)
