"""A small store, clean by `check`, that tests may spoil."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from analysis.store import Contents, Store, write
from tests.synthetic import synthetic_store


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six epochs of a narrow network; written once."""
    path = tmp_path_factory.mktemp("pristine") / "store.h5"
    synthetic_store(path, epochs=6, n_layers=4, models=("cnn",), trials=200, history_trials=50, sample=8)
    contents = made_consistent(path)
    write(path, contents)
    return path


def made_consistent(path: Path) -> Contents:
    """The made-up store with what its maker rounds made exact: confusion matrices, and the epochs that were planned."""
    with Store(path) as store:
        contents = store.contents()
    root = "/runs/cnn-s0"
    contents.describe(root, epochs_planned=5)
    for part, images in (("validation", 1000), ("test", 10_000)):
        confusion = np.zeros_like(contents.datasets[f"{root}/{part}/confusion"])
        confusion[..., range(10), range(10)] = images // 20
        confusion[..., range(10), range(-1, 9)] = images // 20
        contents.datasets[f"{root}/{part}/confusion"] = confusion
        contents.datasets[f"{root}/{part}/accuracy"] = confusion.trace(axis1=-2, axis2=-1) / images
    return contents


@pytest.fixture
def contents(pristine: Path) -> Contents:
    """The small store in memory."""
    with Store(pristine) as store:
        return store.contents()


Spoil = Callable[[h5py.File], None]


@pytest.fixture
def spoiled(pristine: Path, tmp_path: Path) -> Callable[[Spoil], Path]:
    """A copy of the small store after something was done to it, past the writer."""

    def make(spoil: Spoil) -> Path:
        path = tmp_path / "spoiled.h5"
        path.write_bytes(pristine.read_bytes())
        with h5py.File(path, "r+") as file:
            spoil(file)
        return path

    return make
