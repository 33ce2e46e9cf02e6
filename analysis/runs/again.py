"""Measure spectra again from raw weights, without training, or beside a training that goes on."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.interrupts import stop_if_interrupted
from weightreel.analysis.kinds import LayerInfo
from weightreel.analysis.measures.intervals import measure_intervals
from weightreel.analysis.measures.parameters import path_of_layer
from weightreel.analysis.measures.spectra import layer_attributes, measure_spectra, once_of_layer
from weightreel.analysis.recipe.recipe import Recipe, SpectraRecipe, parse_recipe
from weightreel.analysis.recipe.toml import override
from weightreel.analysis.runs.assembly import describe_groups
from weightreel.analysis.runs.epochs import Epochs, Measure, State, with_index, workers
from weightreel.analysis.runs.folder import ExperimentFiles, load_arrays
from weightreel.analysis.runs.phases import add_phases
from weightreel.analysis.runs.raw_weights import stored_weights
from weightreel.analysis.runs.same_weights import Recorded
from weightreel.analysis.runs.stack import LARGE
from weightreel.analysis.store.nodes import Run
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import AttackKind
from weightreel.analysis.store.writer import Contents, write

Array = NDArray[Any]
Known = Callable[[Recipe, str, int], list[LayerInfo]]

FOLLOW_EVERY = 2.0
"""Seconds between looks at a training that goes on."""


def remeasure_spectra(path: Path, known: Known, jobs: int = 1, dask: str = "", overrides: Iterable[str] = ()) -> None:
    """Measure the spectra of every run and epoch from the raw weights.

    While a training without measurement (`weightreel train`) writes the store its epochs are measured as they are
    finished, and stand in the store from the next epoch on; the rest follows when it ends.

    Args:
        path: the store.
        known: the layers of one of a recipe's networks, by recipe, model and number of classes, with feature maps and
            the BatchNorms that follow: what weights alone do not tell.
        jobs: epochs measured side by side, in processes of their own by joblib.
        dask: address of a Dask scheduler on whose workers to measure instead; they need Weightreel, not the files.
        overrides: settings of the spectra that replace the store's recipe, such as `spectra.truncated=true`.

    Raises:
        WeightreelError: a setting is not one of `spectra`, the store is unreadable, its raw weights were not kept or
            are not those that it was measured on, another process measures its spectra, or the scheduler cannot be
            reached.
    """
    files = ExperimentFiles(path)
    overrides = list(overrides)
    with Epochs(files, "spectra", "\n".join(overrides)) as epochs, workers(jobs, dask) as parallel:
        _follow(files, known, epochs, parallel, jobs)
        with files.writing(), Store(path) as store:
            recipe = with_overrides(store, path, overrides, "spectra")
            contents = store.contents()
            contents.describe("/", recipe=recipe.to_json())
            for run in epochs.over(store.runs.values()):
                own = _layers_of_run(run, known, recipe, len(store.classes))
                stacked = epochs.measure(run, _spectra_of(own, recipe, jobs), parallel)
                whole = recipe.keeps_whole(run.model, run.seed)
                for layer in own:
                    contents.drop(f"{run.path}/{path_of_layer(layer)}/spectrum")
                contents.add(run.path, {k: v for k, v in stacked.items() if whole or not k.endswith(LARGE)})
                if run.complete:
                    _add_last(contents, files, run, own, recipe.spectra, parallel)
                    contents.add(run.path, _intervals(own, stacked, len(run.epochs), recipe.spectra))
                describe_groups(contents, run.path, layer_attributes(own, recipe.spectra))
                add_phases(contents, run.path)
            write(path, contents)


def _spectra_of(layers: list[LayerInfo], recipe: Recipe, jobs: int) -> Measure:
    """A function that can be sent to another process."""
    threads = max(1, (os.cpu_count() or 1) // jobs)
    return functools.partial(_measure_spectra, layers, recipe.spectra, threads)


def _measure_spectra(layers: list[LayerInfo], recipe: SpectraRecipe, threads: int, state: State) -> dict[str, Array]:
    return measure_spectra(layers, state, recipe, threads)


def _layers_of_run(run: Run, known: Known, recipe: Recipe, classes: int) -> list[LayerInfo]:
    """Layers of a run; those of a network that the recipe does not describe without feature maps."""
    described = known(recipe, run.model, classes) if run.model in recipe.models else []
    return [layer for layer in described if layer.name in run.layers] or [
        LayerInfo(layer.name, layer.layer_id, layer.kind, layer.shape) for layer in run.layers.values()
    ]


def _add_last(
    contents: Contents,
    files: ExperimentFiles,
    run: Run,
    layers: list[LayerInfo],
    recipe: SpectraRecipe,
    parallel: Parallel,
) -> None:
    """What is measured at the last epoch alone, a layer a task."""
    _, read = stored_weights(files, run.name, Recorded(run))
    state = read(len(run.epochs) - 1)
    matrices = [layer for layer in layers if layer.has_spectrum]
    tasks = (delayed(once_of_layer)(layer, state[f"{layer.name}.weight"], recipe) for layer in matrices)
    for place, value in parallel(with_index(tasks)):
        contents.add(
            f"{run.path}/{path_of_layer(matrices[place])}/spectrum", {k: np.asarray(v) for k, v in value.items()}
        )


def _intervals(
    layers: list[LayerInfo], stacked: dict[str, Array], epochs: int, recipe: SpectraRecipe
) -> dict[str, Array]:
    """Intervals of alpha, from the eigenvalues of all epochs."""

    def read(epoch: int) -> dict[str, Array]:
        return {key: values[epoch] for key, values in stacked.items() if key.endswith("/spectrum/eigenvalues")}

    return measure_intervals(layers, epochs, range(epochs), recipe, read)


def with_overrides(store: Store, path: Path, overrides: Iterable[str], *parts: str) -> Recipe:
    """The store's recipe with other settings of some parts.

    Raises:
        WeightreelError: a setting belongs to another part, or is out of range, or no recipe made the store.
    """
    if "source" in store.recipe or any("source" in run.attributes for run in store.runs.values()):
        raise WeightreelError(
            f"{path} was made by no recipe of ours, whose raw weights could be measured again; measure its checkpoints "
            "with `weightreel import` (spectra.* as --set; --model and --dataset to attack), or the stores that it was "
            "merged from."
        )
    table = json.loads(json.dumps(store.recipe))
    table.setdefault("spectra", {}).setdefault("square_law", "weightwatcher")  # what it was before it could be told
    for text in overrides:
        if text.partition(".")[0] not in parts:
            raise WeightreelError(f"--set {text!r}: this command can only change settings of {', '.join(parts)}.")
        override(table, text)
    return parse_recipe(table, f"the recipe in {path}")


def _follow(files: ExperimentFiles, known: Known, epochs: Epochs, parallel: Parallel, jobs: int) -> None:
    """While a training writes the store, measure each epoch that it finishes.

    Raises:
        WeightreelError: the training measures its spectra itself, or keeps no weights; or something else than a
            training writes the store.
    """
    followed = False
    while files.being_written():
        if not (followed or files.experiment.is_file()):
            with files.writing():  # says that another process writes it
                return
        with contextlib.suppress(FileNotFoundError):  # a training that has just ended moves its files
            _measure_finished(files, known, epochs, parallel, jobs)
        followed = True
        stop_if_interrupted()
        time.sleep(FOLLOW_EVERY)


def _measure_finished(files: ExperimentFiles, known: Known, epochs: Epochs, parallel: Parallel, jobs: int) -> None:
    """Measure the epochs that a training has finished."""
    about = json.loads(files.experiment.read_text(encoding="utf-8"))
    recipe = parse_recipe(about["recipe"], str(files.experiment))
    for name, model, _ in recipe.runs():
        if not files.run(name).recorded():
            continue
        if any("/spectrum/" in key for key in load_arrays(files.run(name).epoch(0))):
            raise WeightreelError(
                f"the training that writes {files.store} measures its spectra itself, after every epoch; "
                "run `spectra` once it has ended."
            )
        count, read = stored_weights(files, name, files.run(name).record)
        layers = known(recipe, model, len(about["dataset"]["classes"]))
        epochs.measure_new(name, count, read, _spectra_of(layers, recipe, jobs), parallel)


def answers_of_attacks(run: Run, stale: Sequence[str]) -> dict[str, Array]:
    """What the store holds of attacks on images, by path below the run, without those that are measured again."""
    return {
        f"attacks/{name}/{key}": attack[key]
        for name, attack in run.attacks_of(AttackKind.GRADIENT).items()
        for key in ("image", "prediction", "distance")
        if f"attacks/{name}" not in stale and attack.has(key)
    }
