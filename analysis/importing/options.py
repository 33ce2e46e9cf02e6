"""What an import is asked for, and the settings of what it measures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.recipe.recipe import Recipe, parse_recipe
from weightreel.analysis.recipe.toml import override

RANDOMISED_ABOVE = 4096
"""Shorter side of matrices of which an import measures the largest eigenvalues alone, unless it is told otherwise."""
SETTINGS = ("dataset", "noise", "gradient", "fooling", "certificate", "record", "spectra")
"""Parts of a recipe that an import has use for."""
IMAGES = {"digits": {"n_validation": 200}}
"""Settings of a data set that has fewer images than the usual ones take."""


@dataclass(frozen=True)
class Import:
    """What is imported, and how.

    Attributes:
        checkpoints: files, folders and patterns.
        out: the store.
        order: see `weightreel.analysis.networks.checkpoints.order.in_order`.
        metrics: a CSV table or a folder of TensorBoard's logs.
        title: of the run, for people; empty for one made of the checkpoints' names.
        dataset_name: what the network was trained on, for people.
        jobs: processes that measure spectra.
        dask: address of a scheduler on whose workers to measure them instead.
        spectra: whether to measure them.
        model: `module:function`, which gives the network, so that it can be attacked.
        dataset: kind of the images that it is attacked with.
        overrides: settings of a recipe's parts SETTINGS, such as `record.bins=64`.
        resume: go on with what is there.
        force: begin again.
    """

    checkpoints: tuple[str, ...]
    out: Path
    order: str = ""
    metrics: Path | None = None
    title: str = ""
    dataset_name: str = ""
    jobs: int = 1
    dask: str = ""
    spectra: bool = True
    model: str = ""
    dataset: str = ""
    overrides: tuple[str, ...] = ()
    resume: bool = False
    force: bool = False


def recipe_of(options: Import) -> Recipe:
    """The settings of what is measured; of a data set only where there is one."""
    table: dict[str, Any] = {
        "title": options.title,
        "dataset": {"kind": options.dataset or "digits"} | IMAGES.get(options.dataset, {}),
        "spectra": {"randomised_above": RANDOMISED_ABOVE, "resamples": 0},
    }
    for text in options.overrides:
        part = text.partition(".")[0]
        if part not in SETTINGS:
            raise WeightreelError(f"--set {text!r}: an import has settings of {', '.join(SETTINGS)} only.")
        override(table, text)
    return parse_recipe(table, "the import")
