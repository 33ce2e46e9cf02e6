"""From epochs that lie as single files to the contents of a store."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.histogram import DyadicHistogram, common_bins
from analysis.phases import VALIDATION_RULE, validation_phases
from analysis.recipe import Recipe
from analysis.recorder import QUANTILES
from analysis.store.schema import SCHEMA, SCHEMA_VERSION
from analysis.store.writer import Contents, replacing

Array = NDArray[Any]

LICENCE = "CC BY 4.0"

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
    """Root and data set."""
    contents.describe(
        "/",
        schema=SCHEMA,
        schema_version=SCHEMA_VERSION,
        recipe=recipe.to_json(),
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
    contents: Contents, folder: RunFolder, recipe: Recipe, load: Callable[[Path], dict[str, Array]] | None = None
) -> bool:
    """Add a run from its folder; False where not even epoch 0 is finished. `load` may remember epochs it has read."""
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
    for order, layer in enumerate(about["layers"]):
        contents.describe(
            f"{root}/layers/{layer['name']}",
            layer_id=layer["layer_id"],
            kind=layer["kind"],
            shape=np.array(layer["shape"], np.int64),
            order=order,
        )
        if "weightwatcher_scale" in layer:
            contents.describe(
                f"{root}/layers/{layer['name']}/spectrum", weightwatcher_scale=layer["weightwatcher_scale"]
            )
    for name, attributes in about["attacks"].items():
        contents.describe(f"{root}/attacks/{name}", **attributes)
    skipped = () if about["whole"] else ("/spectrum/eigenvalues", "/sample", "/filters")
    stacked = stack_epochs([load(path) for path in files], recipe.record.bins)
    contents.add(root, {key: value for key, value in stacked.items() if not key.endswith(skipped)})
    for path in (folder.fixed, folder.final):
        if path.is_file():
            contents.add(root, load_arrays(path))
    for key in {key.rsplit("/", 1)[0] for key in stacked if key.endswith("/quantiles")}:
        contents.describe(f"{root}/{key}", quantiles=np.array(QUANTILES))
    phases = validation_phases(stacked["train/loss"], stacked["validation/loss"])
    contents.datasets[f"{root}/phase/validation"] = phases
    contents.describe(f"{root}/phase/validation", rule=VALIDATION_RULE)
    return True


def stack_epochs(records: list[dict[str, Array]], bins: int) -> dict[str, Array]:
    """Stack records of epochs, epoch first, and bring their histograms to common bins."""
    columns: dict[str, list[Array]] = defaultdict(list)
    for record in records:
        for key, value in record.items():
            columns[key].append(value)
    stacked: dict[str, Array] = {}
    for key, column in columns.items():
        root, _, last = key.rpartition("/fine/")
        if not root:
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


def software() -> dict[str, str]:
    """Versions of what measures, by package."""
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for package in ("weightreel", "torch", "numpy", "scipy", "weightwatcher", "h5py"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
