"""`weightreel spectra`: measure spectra again."""

from __future__ import annotations

from pathlib import Path

import click

from weightreel.arguments import POSITIVE, overrides, store


@click.command(help="Measure the spectra again from the raw weights.")
@store
@click.option("--jobs", type=POSITIVE, default=1, metavar="N", help="Epochs measured side by side.")
@click.option("--dask", default="", metavar="ADDRESS", help="A Dask scheduler, such as tcp://host:8786, to measure on.")
@overrides("Override a setting of what is measured, such as spectra.resamples=0.")
def command(store: Path, jobs: int, dask: str, overrides: tuple[str, ...]) -> None:
    """Replace what a store holds of spectra."""
    from weightreel.analysis.training.remeasure import remeasure_spectra

    remeasure_spectra(store, jobs, dask, list(overrides))
