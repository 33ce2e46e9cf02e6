"""A small store, clean by `check`, that tests may spoil."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import h5py
import pytest

from tests.edited import edited
from tests.made.store import synthetic_store
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.writer import Contents


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six epochs of a narrow network; written once."""
    path = tmp_path_factory.mktemp("pristine") / "store.h5"
    synthetic_store(path, epochs=6, n_layers=4, models=("cnn",), trials=200, history_trials=50, sample=8)
    return path


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
        with edited(pristine, path) as file:
            spoil(file)
        return path

    return make
