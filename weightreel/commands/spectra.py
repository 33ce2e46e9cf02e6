"""`weightreel spectra`: measure spectra again."""

from __future__ import annotations

from pathlib import Path

import click

from weightreel.analysis.notices import tell
from weightreel.arguments import POSITIVE, overrides, store


@click.command(help="Measure the spectra again from the raw weights, or from the store's eigenvalues.")
@store
@click.option(
    "--from-eigenvalues", is_flag=True, help="Measure what eigenvalues alone give; what needs weights stays as it was."
)
@click.option("--jobs", type=POSITIVE, default=1, metavar="N", help="Epochs measured side by side.")
@click.option("--dask", default="", metavar="ADDRESS", help="A Dask scheduler, such as tcp://host:8786, to measure on.")
@overrides("Override a setting of what is measured, such as spectra.resamples=0.")
def command(store: Path, from_eigenvalues: bool, jobs: int, dask: str, overrides: tuple[str, ...]) -> None:
    """Replace what a store holds of spectra."""
    if from_eigenvalues:
        if jobs > 1 or dask:
            raise click.UsageError("--jobs and --dask are for weights; --from-eigenvalues takes seconds without them.")
        from weightreel.analysis.runs.from_eigenvalues import remeasure_from_eigenvalues

        without = remeasure_from_eigenvalues(store, overrides)
        if without:
            tell(f"{', '.join(without)}: the store holds no eigenvalues of these runs; they stay as they were.")
        return
    from weightreel.analysis.training.remeasure import remeasure_spectra

    remeasure_spectra(store, jobs, dask, list(overrides))
