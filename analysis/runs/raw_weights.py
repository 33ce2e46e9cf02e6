"""Raw weights of runs: of each epoch as a single file while a training goes on, then all in one, epoch first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.files import replacing
from weightreel.analysis.runs.folder import ExperimentFiles, RunFolder, load_arrays
from weightreel.analysis.runs.same_weights import Record, refuse_other_weights
from weightreel.analysis.store.guard.process import strange_in
from weightreel.analysis.store.hdf5 import new_file

Array = NDArray[Any]


def merge_weights(files: ExperimentFiles, runs: list[str], keep: bool) -> None:
    """Move the raw weights of `runs` from the parts into one file, epoch first.

    Args:
        files: the experiment's files.
        runs: runs whose weights lie in the parts; those without any are passed over.
        keep: keep the other runs of an existing weights file.
    """
    folders = {run: files.run(run) for run in runs if files.run(run).weights(0).is_file()}
    if not folders:
        return
    with replacing(files.weights) as temporary, new_file(temporary) as target:
        if keep and files.weights.is_file():
            with h5py.File(files.weights, "r", locking=False) as old:
                for run in set(old["runs"]) - set(folders):
                    old.copy(f"runs/{run}", target.require_group("runs"))
        for run, folder in folders.items():
            _write_weights(target.require_group(f"runs/{run}"), folder)


def _write_weights(group: h5py.Group, folder: RunFolder) -> None:
    epochs = len(folder.recorded())
    for epoch in range(epochs):
        for entry, value in load_arrays(folder.weights(epoch)).items():
            if epoch == 0:
                chunks = (1, *value.shape) if value.size else None
                group.create_dataset(entry, (epochs, *value.shape), value.dtype, chunks=chunks)
            group[entry][epoch] = value


def stored_weights(
    files: ExperimentFiles, run: str, recorded: Callable[[int], Record]
) -> tuple[int, Callable[[int], dict[str, Array]]]:
    """Where to read the raw weights of a run.

    Args:
        files: the experiment's files.
        run: its name.
        recorded: gives what the run recorded of its parameters, by an epoch's position: weights that are others are
            refused when they are read, since whatever reads them is about to say something of this run.

    Returns:
        The number of epochs, and a function from an epoch's position to the effective state of the network, which
        raises a WeightreelError where the weights are not those that the run was measured on.

    Raises:
        WeightreelError: the raw weights were not kept or are gone.
    """
    folder = files.run(run)
    if folder.weights(0).is_file():

        def read_part(epoch: int) -> dict[str, Array]:
            state = load_arrays(folder.weights(epoch))
            refuse_other_weights(state, recorded(epoch), folder.weights(epoch), run, epoch)
            return state

        return len(folder.recorded()), read_part
    if files.weights.is_file() and (found := strange_in(files.weights)):
        raise WeightreelError(
            f"{files.weights} is damaged or no file of raw weights: {': '.join(found[0])}; copy it again, or make the "
            "store with record.weights = true."
        )
    try:
        with h5py.File(files.weights, "r", locking=False) as file:
            group = file[f"runs/{run}"]
            entries: list[str] = []
            group.visititems(lambda name, item: entries.append(name) if isinstance(item, h5py.Dataset) else None)
            epochs = len(group[entries[0]])
    except (OSError, KeyError, IndexError) as error:
        raise WeightreelError(
            f"the raw weights of {run} are not in {files.weights}; make the store with record.weights = true."
        ) from error

    def read(epoch: int) -> dict[str, Array]:
        with h5py.File(files.weights, "r", locking=False) as file:
            state = {entry: np.asarray(file[f"runs/{run}/{entry}"][epoch]) for entry in entries}
        refuse_other_weights(state, recorded(epoch), files.weights, run, epoch)
        return state

    return epochs, read
