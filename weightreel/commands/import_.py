"""`weightreel import …`: its options."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from weightreel.analysis.errors import WeightreelError


def add_import(commands: Any, positive: Any) -> None:
    """Add the command to the parser's commands; `positive` reads a number above 0."""
    text = "make a store of checkpoints that other code wrote"
    sub = commands.add_parser("import", help=text, description=f"{text.capitalize()}; no model's code is needed.")
    sub.add_argument(
        "checkpoints", nargs="+", metavar="CHECKPOINTS",
        help="files (.pt, .pth, .ckpt, .bin, .safetensors, .npz), folders of them, or patterns in quotes",
    )  # fmt: skip
    sub.add_argument("--out", type=Path, required=True, metavar="STORE", help="the store, such as run.h5")
    sub.add_argument(
        "--order", default="", metavar="ORDER",
        help="name, step, epoch, time, or a file that lists the checkpoints; default: as their names tell",
    )  # fmt: skip
    sub.add_argument("--metrics", type=Path, metavar="FILE", help="a CSV table or a folder of TensorBoard's logs")
    sub.add_argument("--title", default="", metavar="TEXT", help="name of the network, for people")
    sub.add_argument("--dataset-name", default="", metavar="TEXT", help="what it was trained on, for people")
    where = sub.add_mutually_exclusive_group()
    where.add_argument("--jobs", type=positive, default=1, metavar="N", help="layers measured side by side")
    where.add_argument("--dask", default="", metavar="ADDRESS", help="a Dask scheduler to measure spectra on")
    sub.add_argument("--no-spectra", action="store_true", help="histograms and statistics only")
    sub.add_argument(
        "--randomised-above", type=int, metavar="N",
        help="shorter side of matrices of which the largest eigenvalues alone are measured; default 4096, 0 for never",
    )  # fmt: skip
    sub.add_argument("--model", default="", metavar="MODULE:FUNCTION", help="gives the network, to attack it")
    sub.add_argument("--dataset", choices=("cifar10", "folder", "digits"), help="images that it is attacked with")
    sub.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", dest="overrides",
        help="a setting of dataset, noise, gradient, fooling, certificate, record or spectra, such as dataset.path=DIR",
    )  # fmt: skip
    mode = sub.add_mutually_exclusive_group()
    mode.add_argument("--resume", action="store_true", help="go on with what is there")
    mode.add_argument("--force", action="store_true", help="begin again, replacing what is there")
    sub.set_defaults(command=_import)


def _import(options: argparse.Namespace) -> int:
    if bool(options.model) != bool(options.dataset):
        raise WeightreelError("--model and --dataset belong together: attacks need the network's code and images.")
    overrides = list(options.overrides)
    if options.randomised_above is not None:
        overrides.append(f"spectra.randomised_above={options.randomised_above}")
    from weightreel.analysis.importing.options import Import
    from weightreel.analysis.importing.run import import_checkpoints

    import_checkpoints(
        Import(
            checkpoints=tuple(options.checkpoints),
            out=options.out,
            order=options.order,
            metrics=options.metrics,
            title=options.title,
            dataset_name=options.dataset_name,
            jobs=options.jobs,
            dask=options.dask,
            spectra=not options.no_spectra,
            model=options.model,
            dataset=options.dataset or "",
            overrides=tuple(overrides),
            resume=options.resume,
            force=options.force,
        )
    )
    return 0
