"""A file of raw weights that somebody else made reaches no other file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.runs.folder import ExperimentFiles
from weightreel.analysis.runs.raw_weights import stored_weights


def outside(file: h5py.File) -> None:
    shape = (1, 2, 2)
    file.create_dataset("runs/cnn-s0/b", shape, "f4", external=[("/dev/zero", 0, h5py.h5f.UNLIMITED)])


def elsewhere(file: h5py.File) -> None:
    file["runs/cnn-s0/b"] = h5py.ExternalLink("/etc/passwd", "/")


def around(file: h5py.File) -> None:
    file["runs/cnn-s0/b"] = file["runs"]


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (outside, "runs/cnn-s0/b: keeps its numbers in another file"),
        (elsewhere, "runs/cnn-s0/b: is a link to another file"),
        (around, "runs/cnn-s0/b: is /runs under another name"),
        (None, ""),
    ],
)
def test_it_is_one_file(tmp_path: Path, spoil: Callable[[h5py.File], None] | None, what: str) -> None:
    files = ExperimentFiles(tmp_path / "run.h5")
    with h5py.File(files.weights, "w") as file:
        file.create_dataset("runs/cnn-s0/a", data=np.ones((3, 2, 2), "f4"), chunks=(1, 2, 2))
        if spoil:
            spoil(file)
    if spoil:
        with pytest.raises(WeightreelError, match=f"run.weights.h5 is damaged or no file of raw weights: /{what}"):
            stored_weights(files, "cnn-s0", lambda _: {})
    else:
        assert stored_weights(files, "cnn-s0", lambda _: {})[0] == 3
