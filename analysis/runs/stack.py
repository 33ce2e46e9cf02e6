"""From epochs that lie as single files to the contents of a store."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.maths.histogram import DyadicHistogram, common_bins, log_bins
from weightreel.analysis.maths.phases import (
    SPECTRAL_RULE,
    VALIDATION_RULE,
    SpectralCues,
    agreement,
    spectral_phases,
    stop_of,
    validation_phases,
)
from weightreel.analysis.measures.parameters import QUANTILES
from weightreel.analysis.recipe.recipe import Recipe
from weightreel.analysis.store.schema.fields import SCHEMA, SCHEMA_VERSION, FitStatus, Phase
from weightreel.analysis.store.writer import Contents, replacing

Array = NDArray[Any]

LICENCE = "CC BY 4.0"

LARGE = ("/spectrum/eigenvalues", "/random/eigenvalues", "/random/epoch", "/sample", "/filters")
"""What only the first seeds keep."""

_MAY_LACK = re.compile(
    r"/spectrum/|/n_not_finite$|^(metrics|train|validation)/|^(learning_rate|running_loss|seconds|step)$"
)
"""What an epoch need not have although others do."""

CUES = ("train/loss", "validation/loss", "/spectrum/alpha", "/status", "/stable_rank", "/random/js_distance")
"""What the rules of phases look at."""

WHOLE_EPOCHS = 3
"""Epochs whose shuffled eigenvalues are kept whole: the first, the middle, the last."""

GO_ON = "Earlier epochs are safe: free some disk space and go on with --resume."
"""What to do when a part of a training could not be written."""


@dataclass(frozen=True)
class RunFolder:
    """Where one run's epochs lie until they are merged. Every file is written beside and renamed."""

    path: Path

    @property
    def checkpoint(self) -> Path:
        """What the training needs to go on."""
        return self.path / "checkpoint.pt"

    def epoch(self, epoch: int) -> Path:
        """The record of one epoch."""
        return self.path / f"epoch-{epoch:06d}.npz"

    def weights(self, epoch: int) -> Path:
        """Raw weights of one epoch."""
        return self.path / f"weights-{epoch:06d}.npz"

    @property
    def final(self) -> Path:
        """What is measured once, at the last epoch."""
        return self.path / "final.npz"

    def part(self, name: str) -> Path:
        """One of the parts of `final`, which are measured one after the other."""
        return self.path / f"final-{name}.npz"

    @property
    def fixed(self) -> Path:
        """What is the same at every epoch."""
        return self.path / "fixed.npz"

    @property
    def about(self) -> Path:
        """The run's attributes as JSON."""
        return self.path / "run.json"

    def recorded(self) -> list[Path]:
        """Records of epochs 0, 1, … without a gap."""
        files: list[Path] = []
        while (path := self.epoch(len(files))).is_file():
            files.append(path)
        return files


def save_arrays(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write an .npz file, all or nothing.

    Raises:
        WeightreelError: the file system refused.
    """
    with replacing(path, GO_ON) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def load_arrays(path: Path) -> dict[str, Array]:
    """Read an .npz file whole."""
    with np.load(path, allow_pickle=False) as file:
        return {key: file[key] for key in file.files}


def describe_experiment(contents: Contents, recipe: Recipe, dataset: Mapping[str, Any], created: str) -> None:
    """Root and data set of a recipe's experiment."""
    describe_experiment_of(contents, recipe.to_json(), dataset, created)


def describe_experiment_of(contents: Contents, recipe: str, dataset: Mapping[str, Any], created: str) -> None:
    """Root and data set; `recipe` as JSON."""
    contents.describe(
        "/",
        schema=SCHEMA,
        schema_version=SCHEMA_VERSION,
        recipe=recipe,
        software=json.dumps(software(), sort_keys=True),
        created=created,
        licence=LICENCE,
    )
    contents.describe(
        "/dataset", **{key: dataset[key] for key in ("name", "digest", "n_train", "n_validation", "n_test")}
    )
    contents.datasets["/dataset/classes"] = np.array(dataset["classes"], dtype=object)
    contents.datasets["/dataset/examples/pixels"] = np.asarray(dataset["example_pixels"])
    contents.datasets["/dataset/examples/label"] = np.asarray(dataset["example_labels"])


def add_run(
    contents: Contents,
    folder: RunFolder,
    recipe: Recipe,
    load: Callable[[Path], dict[str, Array]] | None = None,
    spectra: Callable[[int], Path] | None = None,
) -> bool:
    """Add a run from its folder.

    Args:
        contents: what it is added to; an older state of the run is dropped.
        folder: its epochs.
        recipe: of the experiment.
        load: reads a file of arrays; it may remember those it has read.
        spectra: where another process puts the spectra of an epoch that it measures while the training goes on.

    Returns:
        False where not even epoch 0 is finished.
    """
    load = load or load_arrays
    files = folder.recorded()
    if not files:
        return False
    about = json.loads(folder.about.read_text(encoding="utf-8"))
    root = f"/runs/{about['name']}"
    contents.drop(root)
    complete = folder.final.is_file()
    contents.describe(
        root,
        **{key: about[key] for key in ("title", "model", "seed", "pair", "order", "n_parameters", "device")},
        state="complete" if complete else "training",
        epochs_planned=recipe.training.epochs,
    )
    records = [load(path) | _measured_beside(spectra, epoch, load) for epoch, path in enumerate(files)]
    stacked = thin_saliency(stack_epochs(records, recipe.record.bins), recipe.gradient.saliency_epochs)
    skipped = () if about["whole"] else LARGE
    contents.add(root, {key: value for key, value in stacked.items() if not key.endswith(skipped)})
    for path in (folder.fixed, folder.final):
        if path.is_file():
            contents.add(root, load_arrays(path))
    for key in {key.rsplit("/", 1)[0] for key in stacked if key.endswith("/quantiles")}:
        contents.describe(f"{root}/{key}", quantiles=np.array(QUANTILES))
    describe_groups(contents, root, about["described"])
    if about.get("defence"):
        contents.describe(root, defence=about["defence"])
    if about.get("stopped_by") and complete:
        contents.describe(root, stopped_by=about["stopped_by"])
    add_phases(contents, root)
    return True


def describe_groups(contents: Contents, root: str, described: Mapping[str, Mapping[str, Any]]) -> None:
    """Set attributes by path below a run; those of spectra, attacks and certificates only where there is one."""
    for path, attributes in described.items():
        full = f"{root}/{path}"
        there = full in contents.datasets or any(key.startswith(f"{full}/") for key in contents.datasets)
        if there or not ("/spectrum" in path or path.startswith(("attacks/", "certificates/"))):
            contents.describe(full, **{k: np.array(v) if isinstance(v, list) else v for k, v in attributes.items()})


def add_phases(contents: Contents, root: str) -> None:
    """Both rules' phases of a run whose losses (and spectra, if any) are in `contents`, agreement and stops."""
    inside = f"{root}/"
    own = {key.removeprefix(inside): value for key, value in contents.datasets.items() if key.startswith(inside)}
    phases = {"validation": validation_phases(own["train/loss"], own["validation/loss"])}
    rules = {"validation": VALIDATION_RULE, "spectral": SPECTRAL_RULE}
    cues = SpectralCues.of(own)
    if cues is not None:
        phases["spectral"] = spectral_phases(cues)
    for name, found in phases.items():
        contents.datasets[f"{root}/phase/{name}"] = found
        contents.describe(f"{root}/phase/{name}", rule=rules[name])
        stop = stop_of(name, own["train/loss"], own["validation/loss"], own["validation/accuracy"], cues)
        contents.add(f"{root}/stop/{name}", {key: np.asarray(value) for key, value in stop._asdict().items()})
    if "spectral" in phases:
        share, kappa = agreement(phases["validation"], phases["spectral"])
        contents.describe(f"{root}/phase/spectral", agreement=share, kappa=kappa)


def stops(rule: str, records: list[dict[str, Array]]) -> bool:
    """Whether a rule of phases, seeing these epochs of a run, calls the last of them over-fitting."""
    keys = [key for key in records[0] if key.endswith(CUES)]
    own = {key: np.stack([record[key] for record in records]) for key in keys}
    if rule == "validation":
        phases = validation_phases(own["train/loss"], own["validation/loss"])
    else:
        cues = SpectralCues.of(own)
        if cues is None:
            return False
        phases = spectral_phases(cues)
    return bool(phases[-1] == Phase.OVER_FITTING)


def _measured_beside(
    spectra: Callable[[int], Path] | None, epoch: int, load: Callable[[Path], dict[str, Array]]
) -> dict[str, Array]:
    """Spectra that another process measured of this epoch, empty where there are none yet."""
    return load(path) if spectra and (path := spectra(epoch)).is_file() else {}


def stack_epochs(records: list[dict[str, Array]], bins: int) -> dict[str, Array]:
    """Stack records of epochs, epoch first, and bring their histograms to common bins.

    Where an epoch has no spectrum yet, and others have, its numbers are NaN, its counts 0 and its fits NOT_MEASURED. So
    are numbers that the code of a training hands over at some records only.
    """
    columns: dict[str, list[Array]] = defaultdict(list)
    known = {key: value for record in records for key, value in record.items()}
    for record in records:
        for key, like in known.items():
            value = record.get(key)
            if value is None and not _MAY_LACK.search(key):
                raise KeyError(key)
            columns[key].append(_not_measured(key, like) if value is None else value)
    stacked: dict[str, Array] = {}
    for key, column in columns.items():
        root, _, last = key.rpartition("/fine/")
        if not root and key.endswith("/spectrum/random/eigenvalues"):
            stacked |= _shuffled(key.removesuffix("/eigenvalues"), np.stack(column))
        elif not root:
            stacked[key] = np.stack(column)
        elif last == "grid":
            fine = [
                DyadicHistogram(int(grid[0]), int(grid[1]), counts)
                for grid, counts in zip(column, columns[f"{root}/fine/counts"], strict=True)
            ]
            # Layers of very different spread share these bins, and there are but two such histograms.
            most = 4 * bins if root.startswith("parameters/") else bins
            stacked[f"{root}/edges"], stacked[f"{root}/counts"] = common_bins(fine, most)
    return stacked


def thin_saliency(stacked: dict[str, Array], most: int) -> dict[str, Array]:
    """Keep input gradients, measured at every epoch, at `most` of them, evenly spread."""
    if "saliency/gradient" not in stacked:
        return stacked
    epochs = len(stacked["saliency/gradient"])
    kept = np.unique(np.linspace(0, epochs - 1, min(most, epochs)).round().astype(int))
    return stacked | {
        "saliency/epoch": kept,
        "saliency/gradient": stacked["saliency/gradient"][kept],
        "saliency/scale": stacked["saliency/scale"][kept],
    }


def _not_measured(key: str, like: Array) -> Array:
    if like.dtype.kind == "f":
        return np.full_like(like, np.nan)
    return np.full_like(like, FitStatus.NOT_MEASURED if key.endswith("/status") else 0)


def _shuffled(root: str, eigenvalues: Array) -> dict[str, Array]:
    """Densities of shuffled eigenvalues (E, K) on bins common to all epochs, and the eigenvalues of a few epochs."""
    edges = log_bins(eigenvalues)
    counts = np.stack([np.histogram(row[np.isfinite(row)], edges)[0] for row in eigenvalues])  # (E, B)
    measured = np.flatnonzero(np.isfinite(eigenvalues[:, -1]))
    density = counts / (eigenvalues.shape[1] * np.diff(edges))
    density[~np.isfinite(eigenvalues[:, -1])] = np.nan
    places = np.unique(np.linspace(0, len(measured) - 1, WHOLE_EPOCHS).round().astype(int))
    chosen = measured[places] if len(measured) else measured
    return {
        f"{root}/edges": edges,
        f"{root}/density": density,
        f"{root}/epoch": chosen,
        f"{root}/eigenvalues": eigenvalues[chosen],
    }


def software() -> dict[str, str]:
    """Versions of what measures, by package."""
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for package in ("weightreel", "torch", "numpy", "scipy", "weightwatcher", "powerlaw", "foolbox", "h5py"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
