"""What is measured of a checkpoint: its parameters one after the other, and their spectra, here or on workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from weightreel.analysis.interrupts import stop_if_interrupted
from weightreel.analysis.kinds import LayerInfo
from weightreel.analysis.measures.parameters import record_parameters
from weightreel.analysis.measures.spectra import measure_goodness, measure_spectra
from weightreel.analysis.networks.checkpoints.find import Checkpoint
from weightreel.analysis.networks.checkpoints.state import LazyState
from weightreel.analysis.networks.layers import Part
from weightreel.analysis.recipe.recipe import SpectraRecipe

Array = NDArray[Any]


@dataclass(frozen=True)
class Resources:
    """What spectra are measured with.

    Attributes:
        parallel: joblib's, whose results come as they are ready; None for this process, tensor after tensor.
        threads: of each task.
        sends: whether tensors are sent to the workers, which may not see the files; else they read them.
    """

    parallel: Parallel | None
    threads: int
    sends: bool = False


def measured_parameters(checkpoint: Checkpoint, parts: Mapping[str, Part], sample: int) -> dict[str, Array]:
    """Histograms, statistics and samples of every layer, by path below the run; one tensor is held at a time."""
    return record_parameters(layers_of_parts(parts), LazyState(checkpoint, parts), sample)


def measured_spectra(
    checkpoint: Checkpoint, parts: Mapping[str, Part], recipe: SpectraRecipe, resources: Resources
) -> Iterator[dict[str, Array]]:
    """Spectra layer by layer, as they are ready, by path below the run."""
    layers = [layer for layer in layers_of_parts(parts) if layer.has_spectrum]
    if resources.parallel is None:
        state = LazyState(checkpoint, parts)
        for layer in layers:
            name = f"{layer.name}.weight"
            yield measure_spectra([layer], {name: state[name]}, recipe, resources.threads)
            stop_if_interrupted()
        return
    tasks = (_sent if resources.sends else _read_there)(checkpoint, parts, layers, recipe, resources.threads)
    for found in resources.parallel(tasks):
        yield found
        stop_if_interrupted()


def goodness_tasks(
    checkpoint: Checkpoint, parts: Mapping[str, Part], recipe: SpectraRecipe
) -> dict[str, Callable[[], dict[str, Array]]]:
    """Works that give p-values of the power laws, a layer each, by name; none where the recipe wants no resamples."""
    if not recipe.resamples:
        return {}

    def task(layer: LayerInfo) -> dict[str, Array]:
        name = f"{layer.name}.weight"
        return measure_goodness([layer], {name: LazyState(checkpoint, parts)[name]}, recipe)

    layers = [layer for layer in layers_of_parts(parts) if layer.has_spectrum]
    return {f"goodness-{layer.layer_id}": partial(task, layer) for layer in layers}


def _read_there(
    checkpoint: Checkpoint, parts: Mapping[str, Part], layers: Sequence[LayerInfo], recipe: SpectraRecipe, threads: int
) -> Iterator[Any]:
    for layer in layers:
        yield delayed(_spectra_of)(checkpoint, {layer.name: parts[layer.name]}, layer, recipe, threads)


def _sent(
    checkpoint: Checkpoint, parts: Mapping[str, Part], layers: Sequence[LayerInfo], recipe: SpectraRecipe, threads: int
) -> Iterator[Any]:
    state = LazyState(checkpoint, parts)
    for layer in layers:
        name = f"{layer.name}.weight"
        yield delayed(measure_spectra)([layer], {name: np.array(state[name])}, recipe, threads)


def _spectra_of(
    checkpoint: Checkpoint, parts: Mapping[str, Part], layer: LayerInfo, recipe: SpectraRecipe, threads: int
) -> dict[str, Array]:
    """Those of one layer, read by the process that measures them."""
    name = f"{layer.name}.weight"
    return measure_spectra([layer], {name: LazyState(checkpoint, parts)[name]}, recipe, threads)


def layers_of_parts(parts: Mapping[str, Part]) -> list[LayerInfo]:
    """Layers as they are recorded; their numbers are their places, since what lies between them is not known."""
    return [
        LayerInfo(name, number, part.kind, part.shapes["weight"], tied=part.tied)
        for number, (name, part) in enumerate(parts.items())
    ]
