"""`weightreel import`: checkpoints that other code wrote become a store."""

from __future__ import annotations

from pathlib import Path

import click

from weightreel.analysis.errors import WeightreelError
from weightreel.arguments import PATH, POSITIVE, overrides, resume_or_force


@click.command(
    "import",
    help="Make a store of checkpoints that other code wrote; no model's code is needed.\n\nCHECKPOINTS are files "
    "(.pt, .pth, .ckpt, .bin, .safetensors, .npz), folders of them, or patterns in quotes.",
)
@click.argument("checkpoints", nargs=-1, required=True, metavar="CHECKPOINTS...")
@click.option("--out", type=PATH, required=True, metavar="STORE", help="The store, such as run.h5.")
@click.option(
    "--order",
    default="",
    metavar="ORDER",
    help="name, step, epoch, time, or a file that lists the checkpoints; default: as their names tell.",
)
@click.option("--metrics", type=PATH, metavar="FILE", help="A CSV table or a folder of TensorBoard's logs.")
@click.option("--title", default="", metavar="TEXT", help="Name of the network, for people.")
@click.option("--dataset-name", default="", metavar="TEXT", help="What it was trained on, for people.")
@click.option("--jobs", type=POSITIVE, default=1, metavar="N", help="Layers measured side by side.")
@click.option("--dask", default="", metavar="ADDRESS", help="A Dask scheduler to measure spectra on.")
@click.option("--no-spectra", is_flag=True, help="Histograms and statistics only.")
@click.option(
    "--randomised-above",
    type=int,
    metavar="N",
    help="Shorter side of matrices of which the largest eigenvalues alone are measured; default 4096, 0 for never.",
)
@click.option("--model", default="", metavar="MODULE:FUNCTION", help="Gives the network, to attack it.")
@click.option("--dataset", type=click.Choice(["cifar10", "folder", "digits"]), help="Images that it is attacked with.")
@overrides(
    "A setting of dataset, noise, gradient, fooling, certificate, record or spectra, such as dataset.path=DIR; "
    "may be repeated."
)
@resume_or_force("Go on with what is there.", "Begin again, replacing what is there.")
def command(
    checkpoints: tuple[str, ...],
    out: Path,
    order: str,
    metrics: Path | None,
    title: str,
    dataset_name: str,
    jobs: int,
    dask: str,
    no_spectra: bool,
    randomised_above: int | None,
    model: str,
    dataset: str | None,
    overrides: tuple[str, ...],
    resume: bool,
    force: bool,
) -> None:
    """Measure checkpoints."""
    if jobs > 1 and dask:
        raise WeightreelError("--jobs and --dask exclude each other: layers are measured here or on the cluster.")
    if bool(model) != bool(dataset):
        raise WeightreelError("--model and --dataset belong together: attacks need the network's code and images.")
    if randomised_above is not None:
        overrides = (*overrides, f"spectra.randomised_above={randomised_above}")
    from weightreel.analysis.importing.options import Import
    from weightreel.analysis.importing.series import import_checkpoints

    import_checkpoints(
        Import(
            checkpoints=checkpoints,
            out=out,
            order=order,
            metrics=metrics,
            title=title,
            dataset_name=dataset_name,
            jobs=jobs,
            dask=dask,
            spectra=not no_spectra,
            model=model,
            dataset=dataset or "",
            overrides=overrides,
            resume=resume,
            force=force,
        )
    )
