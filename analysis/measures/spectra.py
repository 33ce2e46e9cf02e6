"""Measure the spectra of a network at one epoch: every layer, on as many threads as there are."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from weightreel.analysis.kinds import LayerInfo
from weightreel.analysis.maths.alpha_interval import LEVEL as INTERVAL_LEVEL
from weightreel.analysis.maths.field_measures import clip_xmax
from weightreel.analysis.maths.fixed_aspect import fixed_aspect_alpha
from weightreel.analysis.maths.gram import is_measurable
from weightreel.analysis.maths.krylov import largest_eigenvalues
from weightreel.analysis.maths.operator_norm import SMALL_MAP, batchnorm_gain, convolution_norm, fold, zero_padded_norm
from weightreel.analysis.maths.power_law import fit_truncated, goodness_of_fit
from weightreel.analysis.maths.random_bulk import LEVEL
from weightreel.analysis.maths.spectrum import (
    LEADING,
    Shuffled,
    Spectrum,
    aspect_ratio,
    block_of,
    largest_singular_values,
    layer_spectrum,
    random_seed,
    replicas_of,
    reshaped,
    shuffled_spectrum,
    slices_of,
    top_spectrum,
    weightwatcher_scale,
)
from weightreel.analysis.measures.parameters import path_of_layer
from weightreel.analysis.recipe.recipe import SpectraRecipe
from weightreel.analysis.store.schema.fields import eigenvalue_count

Array = NDArray[Any]
Found = dict[str, Array | float | int]
"""By path below a layer's `spectrum/`."""

LARGE_SIDE, LARGE_SIZE = 2048, 2**23
"""A layer with a shorter side, or entries, above these gets all threads for itself: the library then uses them better
than we do, and one copy of its parts in float64 is enough."""


def measure_spectra(
    layers: Sequence[LayerInfo], state: Mapping[str, Array], recipe: SpectraRecipe, threads: int
) -> dict[str, Array]:
    """Everything that the store keeps of the spectra of one epoch, by path below the run.

    Args:
        layers: of the network; those without a matrix are passed over.
        state: effective parameters and buffers by `state_dict` name.
        recipe: what to measure.
        threads: how many to use.
    """
    return _measure((_densities, _norms), layers, state, recipe, threads)


def measure_densities(
    layers: Sequence[LayerInfo],
    state: Mapping[str, Array],
    recipe: SpectraRecipe,
    threads: int,
    *,
    baseline: bool = True,
) -> dict[str, Array]:
    """A part of `measure_spectra`: eigenvalues and their fits, and the shuffled baseline where `baseline` is wanted."""
    return _measure((_densities if baseline else _fits,), layers, state, recipe, threads)


Measure = Callable[[LayerInfo, Mapping[str, Array], SpectraRecipe], Found]


def _measure(
    measures: Sequence[Measure],
    layers: Sequence[LayerInfo],
    state: Mapping[str, Array],
    recipe: SpectraRecipe,
    threads: int,
) -> dict[str, Array]:
    matrices = [layer for layer in layers if layer.has_spectrum]
    large = [layer for layer in matrices if _is_large(layer)]
    small = [layer for layer in matrices if layer not in large]
    work = [(measure, layer) for layer in sorted(small, key=_cost, reverse=True) for measure in measures]
    with threadpool_limits(threads, user_api="blas"):
        found = [(layer, measure(layer, state, recipe)) for layer in large for measure in measures]
    # One thread a layer: a library's own threads gain next to nothing on matrices of this size.
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        done = pool.map(lambda job: job[0](job[1], state, recipe), work)
        found += [(layer, spectrum) for (_, layer), spectrum in zip(work, done, strict=True)]
    return {
        f"{path_of_layer(layer)}/spectrum/{key}": np.asarray(value)
        for layer, spectrum in found
        for key, value in spectrum.items()
    }


def measure_goodness(
    layers: Sequence[LayerInfo], state: Mapping[str, Array], recipe: SpectraRecipe, threads: int = 1
) -> dict[str, Array]:
    """What is measured at the last epoch alone, by path below the run: see `once_of_layer`."""
    found: dict[str, Array] = {}
    for layer in layers:
        if layer.has_spectrum:
            weight = state[f"{layer.name}.weight"]
            # Not all cores for eigenvalues: other trainings end at the same time, and small matrices gain nothing.
            with threadpool_limits(threads if _is_large(layer) else 1, user_api="blas"):
                once = once_of_layer(layer, weight, recipe)
            found |= {f"{path_of_layer(layer)}/spectrum/{key}": np.asarray(value) for key, value in once.items()}
    return found


def once_of_layer(layer: LayerInfo, weight: Array, recipe: SpectraRecipe) -> Found:
    """What takes longer than the rest of an epoch, of one layer, by path below its `spectrum/`.

    The p-value where the recipe wants resamples, alpha at a fixed aspect ratio, and alpha with its fingers clipped.
    """
    found: Found = {"p_value": goodness_of_layer(layer, weight, recipe)} if recipe.resamples else {}
    if is_randomised(layer.shape, recipe):
        return found
    eigenvalues = layer_spectrum(weight, layer.kind, recipe.square_law).eigenvalues.astype(np.float64)
    clipped = clip_xmax(eigenvalues * weightwatcher_scale(layer.kind))
    small = layer.feature_map is not None and max(layer.feature_map) <= SMALL_MAP
    if layer.zero_padded and layer.feature_map and small:
        found["sigma/operator_zero_padded"] = zero_padded_norm(weight, layer.feature_map)
    return {
        **found,
        "fixed_aspect/alpha": fixed_aspect_alpha(slices_of(weight)),
        "clipped/alpha": clipped.alpha,
        "clipped/n_fingers": clipped.n_fingers,
    }


def goodness_of_layer(layer: LayerInfo, weight: Array, recipe: SpectraRecipe) -> float:
    """p-value of the power law of one layer, from its effective weight; NaN where only its tail is measured."""
    if is_randomised(layer.shape, recipe):
        return math.nan
    eigenvalues = layer_spectrum(weight, layer.kind).eigenvalues.astype(np.float64)
    scale = weightwatcher_scale(layer.kind)
    return goodness_of_fit(eigenvalues * scale, recipe.resamples, random_seed(recipe.seed, layer.name))


def is_randomised(shape: tuple[int, ...], recipe: SpectraRecipe) -> bool:
    """Whether of a weight (out, in, *kernel) only the largest eigenvalues are measured, by a randomised method."""
    return 0 < recipe.randomised_above < min(shape[:2])


def layer_attributes(layers: Sequence[LayerInfo], recipe: SpectraRecipe) -> dict[str, dict[str, Any]]:
    """Attributes of the layers' groups, by path below the run. Those below `spectrum` count once it is measured."""
    found: dict[str, dict[str, Any]] = {}
    for order, layer in enumerate(layers):
        root = path_of_layer(layer)
        found[root] = {"layer_id": layer.layer_id, "kind": layer.kind, "shape": list(layer.shape), "order": order}
        if layer.feature_map:
            found[root]["feature_map"] = list(layer.feature_map)
        if layer.batchnorm:
            found[root]["batchnorm"] = layer.batchnorm
        if layer.tied:
            found[root]["tied"] = layer.tied
        if layer.has_spectrum:
            out, fan = layer.shape[:2]
            method: dict[str, Any] = {}
            if is_randomised(layer.shape, recipe):
                method = {"method": "randomised", "top": min(recipe.top, eigenvalue_count(layer.shape))}
            found |= {
                f"{root}/spectrum": {"weightwatcher_scale": weightwatcher_scale(layer.kind), **method},
                f"{root}/spectrum/random": {
                    "seed": recipe.seed,
                    "replicas": replicas_of(out, fan),
                    "side": min(block_of(out, fan)),
                    "traps_of": "one" if recipe.square_law == "scaled" else "all",
                },
                f"{root}/spectrum/marchenko_pastur": {"Q": aspect_ratio(out, fan), **law_attributes(recipe.square_law)},
                f"{root}/spectrum/p_value": {"resamples": recipe.resamples, "seed": recipe.seed},
                f"{root}/spectrum/interval": interval_attributes(recipe),
            }
    return found


def law_attributes(square_law: str) -> dict[str, Any]:
    """Attributes that say by which law and which edge a bulk was found."""
    if square_law == "scaled":
        return {"square_law": square_law, "edge": "tracy-widom", "level": LEVEL}
    return {"square_law": square_law, "edge": "weightwatcher"}


def interval_attributes(recipe: SpectraRecipe) -> dict[str, Any]:
    """What a store says of how alpha's intervals were made."""
    return {"resamples": recipe.interval_resamples, "seed": recipe.seed, "level": INTERVAL_LEVEL}


def _is_large(layer: LayerInfo) -> bool:
    return min(layer.shape[:2]) > LARGE_SIDE or math.prod(layer.shape) > LARGE_SIZE


def _cost(layer: LayerInfo) -> float:
    """Grows as the arithmetic of a layer's eigenvalues does."""
    return math.prod(layer.shape) * min(layer.shape[:2])


def _spectrum_of(layer: LayerInfo, weight: Array, recipe: SpectraRecipe) -> Spectrum:
    """Eigenvalues and what is fitted to them."""
    if is_randomised(layer.shape, recipe):
        return top_spectrum(weight, layer.kind, recipe.top, random_seed(recipe.seed, layer.name))
    return layer_spectrum(weight, layer.kind, recipe.square_law)


def spectrum_by_path(spectrum: Spectrum) -> Found:
    """A layer's spectrum, by path below `spectrum/`."""
    bulk = spectrum.bulk._asdict() | {"status": int(spectrum.bulk.status)}
    return {
        "eigenvalues": spectrum.eigenvalues,
        **spectrum.tail._asdict(),
        "status": int(spectrum.tail.status),
        "lambda_max": spectrum.lambda_max,
        "frobenius_norm": spectrum.frobenius_norm,
        "stable_rank": spectrum.stable_rank,
        "entropy": spectrum.entropy,
        "sigma/slices": spectrum.largest_sigma,
        **{f"marchenko_pastur/{key}": value for key, value in bulk.items()},
        "marchenko_pastur/slice_sigma": spectrum.slice_sigma,
        "marchenko_pastur/n_slice_spikes": spectrum.n_slice_spikes,
        **{f"field/{key}": value for key, value in spectrum.field._asdict().items()},
        "field/rank_loss": spectrum.rank_loss,
    }


def shuffled_by_path(shuffled: Shuffled) -> Found:
    """The spectrum of a layer's shuffled entries, by path below `spectrum/`."""
    return {f"random/{key}": value for key, value in shuffled._asdict().items()}


def _fits(layer: LayerInfo, state: Mapping[str, Array], recipe: SpectraRecipe) -> Found:
    """Eigenvalues and what is fitted to them."""
    return spectrum_by_path(_spectrum_of(layer, state[f"{layer.name}.weight"], recipe))


def _densities(layer: LayerInfo, state: Mapping[str, Array], recipe: SpectraRecipe) -> Found:
    """Eigenvalues and what is fitted to them, and the shuffled baseline."""
    weight = state[f"{layer.name}.weight"]
    spectrum = _spectrum_of(layer, weight, recipe)
    eigenvalues = spectrum.eigenvalues.astype(np.float64)
    seed = random_seed(recipe.seed, layer.name)
    found = spectrum_by_path(spectrum)
    found |= shuffled_by_path(shuffled_spectrum(weight, eigenvalues, seed, recipe.square_law))
    if recipe.truncated:
        scale = weightwatcher_scale(layer.kind)
        law = fit_truncated(eigenvalues * scale, spectrum.tail.xmin * scale)
        found |= {f"truncated/{key}": value for key, value in law._replace(rate=law.rate * scale)._asdict().items()}
    return found


def _norms(layer: LayerInfo, state: Mapping[str, Array], recipe: SpectraRecipe) -> Found:
    """Largest singular values by every reading, without and with the BatchNorm that follows."""
    weight = state[f"{layer.name}.weight"]
    found = _sigmas(layer, weight, recipe)
    if layer.batchnorm:
        scale, variance = state[f"{layer.batchnorm}.weight"], state[f"{layer.batchnorm}.running_var"]
        folded = fold(weight, batchnorm_gain(scale, variance, layer.batchnorm_eps))
        found |= {f"folded/{key}": value for key, value in _sigmas(layer, folded, recipe).items()}
        found["folded/slices"] = max(_leading(layer, matrix, recipe, 1)[0] for matrix in slices_of(folded))
    return {f"sigma/{key}": value for key, value in found.items()}


def _sigmas(layer: LayerInfo, weight: Array, recipe: SpectraRecipe) -> Found:
    """Largest singular values of the reshaped matrix, and of the layer as it acts on its feature map."""
    leading = _leading(layer, reshaped(weight), recipe)
    if layer.kind in ("linear", "embedding"):
        operator = float(leading[0])
    else:
        operator = convolution_norm(weight, layer.feature_map) if layer.feature_map else math.nan
    return {"leading": leading, "reshaped": float(leading[0]), "operator": operator}


def _leading(layer: LayerInfo, matrix: Array, recipe: SpectraRecipe, count: int = LEADING) -> Array:
    """The largest singular values of a matrix of a layer, descending."""
    if is_randomised(layer.shape, recipe) and is_measurable(matrix):
        seed = random_seed(recipe.seed, layer.name)
        found: Array = np.sqrt(largest_eigenvalues(matrix, count, seed)[::-1])
        return found
    return largest_singular_values(matrix, count)
