"""Intervals of alpha from eigenvalues alone: at one epoch, and at a few of a run's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.kinds import LayerInfo
from weightreel.analysis.maths.alpha_interval import alpha_interval
from weightreel.analysis.maths.spectrum import random_seed, weightwatcher_scale
from weightreel.analysis.measures.parameters import path_of_layer
from weightreel.analysis.measures.spectra import is_randomised
from weightreel.analysis.recipe.recipe import SpectraRecipe

Array = NDArray[Any]


def interval_of(eigenvalues: Array, kind: str, recipe: SpectraRecipe, layer: str) -> dict[str, float]:
    """What resamples say of a layer's power law, by path below its `spectrum/`.

    Args:
        eigenvalues: all of the layer, unscaled, shape (K,).
        kind: the layer's kind as the store names it; it decides the scale at which the tail is fitted.
        recipe: how many resamples, and the seed.
        layer: its name, of which each has draws of its own.

    Returns:
        `interval/alpha_low` and the others of `AlphaInterval`, eigenvalues unscaled; all NaN where there is none.
    """
    scale = weightwatcher_scale(kind)
    seed = random_seed(recipe.seed, layer)
    found = alpha_interval(eigenvalues.astype(np.float64) * scale, recipe.interval_resamples, seed)
    found = found._replace(xmin_low=found.xmin_low / scale, xmin_high=found.xmin_high / scale)
    return {f"interval/{key}": value for key, value in found._asdict().items()}


def chosen_epochs(measured: Sequence[int], most: int) -> list[int]:
    """Of the epochs whose spectra are measured those that have intervals: the last, and others evenly spread."""
    if most == 1:
        return list(measured[-1:])
    places = np.linspace(0, len(measured) - 1, min(len(measured), most)).round().astype(int)
    return [measured[place] for place in np.unique(places)]


def measure_intervals(
    layers: Sequence[LayerInfo],
    count: int,
    measured: Sequence[int],
    recipe: SpectraRecipe,
    read: Callable[[int], Mapping[str, Array]],
) -> dict[str, Array]:
    """Intervals of all layers at a few epochs.

    Args:
        layers: of the network; those without a matrix, or of which the largest eigenvalues alone are known, are passed
            over.
        count: of the run's records.
        measured: those whose spectra are measured, ascending.
        recipe: how many resamples, at how many epochs.
        read: the arrays of a record by path below the run, eigenvalues among them.

    Returns:
        Arrays (count,) by path below the run, NaN at other epochs; nothing where the recipe wants no resamples.
    """
    found: dict[str, Array] = {}
    if not recipe.interval_resamples:
        return found
    matrices = [layer for layer in layers if layer.has_spectrum and not is_randomised(layer.shape, recipe)]
    for epoch in chosen_epochs(measured, recipe.interval_epochs):
        record = read(epoch)
        for layer in matrices:
            root = f"{path_of_layer(layer)}/spectrum"
            if f"{root}/eigenvalues" not in record:
                continue
            for key, value in interval_of(record[f"{root}/eigenvalues"], layer.kind, recipe, layer.name).items():
                found.setdefault(f"{root}/{key}", np.full(count, np.nan, np.float32))[epoch] = value
    return found
