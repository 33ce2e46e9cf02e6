"""The one road into a store: from records of a run, whoever made them, to the contents of a file.

Recipes, Recorder and import put their runs together here, and write while they go on at the same pace.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.measures.parameters import QUANTILES
from weightreel.analysis.recipe.recipe import Recipe
from weightreel.analysis.runs.folder import RunFolder, load_arrays
from weightreel.analysis.runs.phases import add_phases, has_losses
from weightreel.analysis.runs.stack import LARGE, stack_epochs, thin_saliency
from weightreel.analysis.store.writer import Contents

Array = NDArray[Any]

LICENCE = "CC BY 4.0"

WRITING = 0.1
"""Share of the time that writing the store may take while records come in: one of many runs takes seconds."""


class Pace:
    """When a store is written that records go on coming into.

    Args:
        free: seconds that writing may take with every record.
    """

    def __init__(self, free: float = 0.0) -> None:
        self._free, self._ended, self._took = free, 0.0, 0.0

    def due(self) -> bool:
        """Whether writing it now leaves the work its share of the time."""
        return self._took < self._free or time.monotonic() - self._ended >= self._took * (1 / WRITING - 1)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Take the time of a write."""
        started = time.monotonic()
        yield
        self._ended = time.monotonic()
        self._took = self._ended - started


def describe_experiment(contents: Contents, recipe: str, dataset: Mapping[str, Any], created: str) -> None:
    """Root and data set; `recipe` as JSON."""
    contents.describe(
        "/",
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
    root: str,
    records: list[dict[str, Array]],
    once: Iterable[Path],
    described: Mapping[str, Mapping[str, Any]],
    *,
    bins: int,
    saliency: int,
    whole: bool,
) -> None:
    """Add what was recorded of a run; its own attributes are described by the caller.

    Args:
        contents: what it is added to.
        root: the run's path.
        records: of its epochs, as `measures` give them.
        once: files of arrays that are measured once; those that are missing are passed over.
        described: attributes of groups, by path below the run.
        bins: most bins of a histogram.
        saliency: at how many records input gradients are kept.
        whole: whether eigenvalues, samples and filters are kept.
    """
    stacked = thin_saliency(stack_epochs(records, bins), saliency)
    stacked |= {key: value.astype(np.float32) for key, value in stacked.items() if key.startswith("metrics/")}
    left_out = () if whole else LARGE
    contents.add(root, {key: value for key, value in stacked.items() if not key.endswith(left_out)})
    for path in once:
        if path.is_file():
            contents.add(root, load_arrays(path))
    for key in {key.rsplit("/", 1)[0] for key in stacked if key.endswith("/quantiles")}:
        contents.describe(f"{root}/{key}", quantiles=np.array(QUANTILES))
    describe_groups(contents, root, described)
    if has_losses(stacked):
        add_phases(contents, root)


def add_recipe_run(
    contents: Contents,
    folder: RunFolder,
    recipe: Recipe,
    load: Callable[[Path], dict[str, Array]] = load_arrays,
    spectra: Callable[[int], Path] | None = None,
) -> bool:
    """Add a run of a recipe from its folder.

    Args:
        contents: what it is added to; an older state of the run is dropped.
        folder: its epochs.
        recipe: of the experiment.
        load: reads a file of arrays; it may remember those it has read.
        spectra: where another process puts the spectra of an epoch that it measures while the training goes on.

    Returns:
        False where not even epoch 0 is finished.
    """
    files = folder.recorded()
    if not files:
        return False
    about = json.loads(folder.about.read_text(encoding="utf-8"))
    root, complete = f"/runs/{about['name']}", folder.final.is_file()
    contents.drop(root)
    contents.describe(
        root,
        **{key: about[key] for key in ("title", "model", "seed", "pair", "order", "n_parameters", "device")},
        state="complete" if complete else "training",
        epochs_planned=recipe.training.epochs,
    )
    if about.get("defence"):
        contents.describe(root, defence=about["defence"])
    if about.get("stopped_by") and complete:
        contents.describe(root, stopped_by=about["stopped_by"])
    add_run(
        contents,
        root,
        [load(path) | _measured_beside(spectra, epoch, load) for epoch, path in enumerate(files)],
        (folder.fixed, folder.final),
        about["described"],
        bins=recipe.record.bins,
        saliency=recipe.gradient.saliency_epochs,
        whole=about["whole"],
    )
    return True


def _measured_beside(
    spectra: Callable[[int], Path] | None, epoch: int, load: Callable[[Path], dict[str, Array]]
) -> dict[str, Array]:
    """Spectra that another process measured of this epoch, empty where there are none yet."""
    return load(path) if spectra and (path := spectra(epoch)).is_file() else {}


def describe_groups(contents: Contents, root: str, described: Mapping[str, Mapping[str, Any]]) -> None:
    """Set attributes by path below a run; those of spectra, attacks and certificates only where there is one."""
    for path, attributes in described.items():
        full = f"{root}/{path}"
        there = full in contents.datasets or any(key.startswith(f"{full}/") for key in contents.datasets)
        if there or not ("/spectrum" in path or path.startswith(("attacks/", "certificates/"))):
            contents.describe(full, **{k: np.array(v) if isinstance(v, list) else v for k, v in attributes.items()})


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
