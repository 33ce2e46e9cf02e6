"""Intervals of alpha from eigenvalues: at the epochs that a recipe names, unscaled, of whole spectra alone."""

from __future__ import annotations

import numpy as np
import pytest

from weightreel.analysis.kinds import LayerInfo
from weightreel.analysis.maths.alpha_interval import AlphaInterval, alpha_interval
from weightreel.analysis.maths.spectrum import random_seed
from weightreel.analysis.measures.intervals import chosen_epochs, interval_of, measure_intervals
from weightreel.analysis.recipe.recipe import SpectraRecipe

RECIPE = SpectraRecipe(interval_resamples=60, interval_epochs=3)
LAYERS = [
    LayerInfo("conv", 0, "conv2d", (8, 6, 3, 3)),
    LayerInfo("norm", 1, "batchnorm", (8,)),
    LayerInfo("fc", 2, "linear", (80, 64)),
]


def spectrum(seed: int, count: int) -> np.ndarray:
    return np.sort(np.random.default_rng(seed).pareto(2, count) + 0.01).astype(np.float32)


def records() -> list[dict[str, np.ndarray]]:
    return [
        {"layers/conv/spectrum/eigenvalues": spectrum(n, 54), "layers/fc/spectrum/eigenvalues": spectrum(10 + n, 64)}
        for n in range(6)
    ]


@pytest.mark.parametrize(
    ("measured", "most", "chosen"),
    [
        (range(51), 5, [0, 12, 25, 38, 50]), (range(51), 1, [50]), (range(51), 2, [0, 50]), (range(2), 5, [0, 1]),
        ([3, 6, 9], 2, [3, 9]), ([7], 5, [7]), ([], 5, []), ([], 1, []),
    ],
)  # fmt: skip
def test_the_last_epoch_and_others_evenly_spread(measured: list[int], most: int, chosen: list[int]) -> None:
    assert chosen_epochs(measured, most) == chosen


def test_eigenvalues_alone_give_the_interval_in_their_own_units() -> None:
    """WeightWatcher halves eigenvalues of convolutions; the store does not."""
    eigenvalues = spectrum(0, 54)
    found = interval_of(eigenvalues, "conv2d", RECIPE, "conv")
    assert list(found) == [f"interval/{key}" for key in AlphaInterval._fields]
    scaled = alpha_interval(eigenvalues.astype(float) / 2, 60, random_seed(0, "conv"))
    assert found["interval/alpha_low"] == scaled.alpha_low
    assert found["interval/xmin_low"] == pytest.approx(2 * scaled.xmin_low)
    assert found["interval/n_tail_high"] == scaled.n_tail_high
    assert interval_of(eigenvalues, "conv2d", RECIPE, "other") != found


def test_a_run_has_them_at_the_epochs_asked_for() -> None:
    there = records()
    found = measure_intervals(LAYERS, 6, range(6), RECIPE, there.__getitem__)
    assert {key.split("/")[1] for key in found} == {"conv", "fc"}
    for key, values in found.items():
        assert values.shape == (6,)
        assert np.flatnonzero(np.isfinite(values)).tolist() == [0, 2, 5], key
    last = interval_of(there[-1]["layers/fc/spectrum/eigenvalues"], "linear", RECIPE, "fc")
    assert found["layers/fc/spectrum/interval/alpha_high"][-1] == np.float32(last["interval/alpha_high"])


def test_what_is_not_there_has_none() -> None:
    there = records()
    del there[5]["layers/conv/spectrum/eigenvalues"]
    found = measure_intervals(LAYERS, 6, [1, 5], RECIPE, there.__getitem__)
    assert np.flatnonzero(np.isfinite(found["layers/conv/spectrum/interval/alpha_low"])).tolist() == [1]
    none = SpectraRecipe(interval_resamples=0)
    assert measure_intervals(LAYERS, 6, range(6), none, there.__getitem__) == {}
    top = SpectraRecipe(interval_resamples=60, randomised_above=7)
    assert {key.split("/")[1] for key in measure_intervals(LAYERS, 6, [0], top, there.__getitem__)} == {"conv"}
