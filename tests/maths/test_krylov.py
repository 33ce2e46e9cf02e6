"""The largest eigenvalues by the randomised method, against all of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weightreel.analysis.kinds import LayerInfo
from weightreel.analysis.maths.krylov import largest_eigenvalues
from weightreel.analysis.maths.spectrum import layer_spectrum, top_spectrum
from weightreel.analysis.measures.spectra import layer_attributes, measure_goodness, measure_spectra
from weightreel.analysis.recipe.recipe import SpectraRecipe
from weightreel.analysis.store.schema.fields import FitStatus


def heavy_tailed(seed: int, shape: tuple[int, ...], exponent: float = 2.5) -> np.ndarray:
    rng = np.random.default_rng(seed)
    out, fan = shape[:2]
    noise = rng.normal(size=shape) * 0.02
    scale = (1 - rng.random(min(out, fan))) ** (-1 / (2 * (exponent - 1)))
    left = np.linalg.qr(rng.normal(size=(out, len(scale))))[0]
    right = np.linalg.qr(rng.normal(size=(fan, len(scale))))[0]
    matrix = (left * scale) @ right.T
    return (noise + matrix.reshape(out, fan, *[1] * (len(shape) - 2))).astype(np.float32)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.integers(30, 160), st.integers(30, 200), st.sampled_from(["normal", "t", "power"]))
def test_the_largest_eigenvalues_are_those_of_the_exact_decomposition(seed: int, out: int, fan: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    draws = {"normal": rng.standard_normal, "t": lambda size: rng.standard_t(2, size)}
    weight = (draws[kind]((out, fan)) if kind in draws else heavy_tailed(seed, (out, fan))).astype(np.float32)
    top = max(1, min(out, fan) // 8)
    exact = np.asarray(layer_spectrum(weight, "linear").eigenvalues)[-top:]
    found = largest_eigenvalues(weight, top, (seed,))
    assert np.all(found <= exact * (1 + 1e-5))
    assert found == pytest.approx(exact, rel=3e-3)
    assert np.array_equal(found, largest_eigenvalues(weight, top, (seed,)))
    assert found == pytest.approx(largest_eigenvalues(weight.T, top, (seed,)), rel=3e-3)


@pytest.mark.parametrize(
    ("side", "top"),
    [(1024, 102), pytest.param(4096, 256, marks=pytest.mark.slow), pytest.param(4096, 128, marks=pytest.mark.slow)],
)
def test_the_promise_of_the_docs_is_kept_where_it_is_hardest(side: int, top: int) -> None:
    """Square random matrices, whose eigenvalues lie densest: docs/import.md promises a relative error of 1e-3."""
    weight = np.random.default_rng(0).standard_normal((side, side), np.float32)
    exact = np.asarray(layer_spectrum(weight, "linear").eigenvalues)[-top:]
    assert largest_eigenvalues(weight, top, (0,)) == pytest.approx(exact, rel=1e-4 if side < 2048 else 1e-3)


@pytest.mark.parametrize("rank", [0, 1, 5])
def test_of_a_matrix_without_full_rank(rank: int) -> None:
    rng = np.random.default_rng(rank)
    weight = (rng.normal(size=(300, rank)) @ rng.normal(size=(rank, 400))).astype(np.float32)
    exact = np.linalg.svd(weight, compute_uv=False)[:8][::-1].astype(float) ** 2
    assert largest_eigenvalues(weight, 8, (0,)) == pytest.approx(exact, rel=1e-4, abs=1e-6 * max(exact[-1], 1))


@pytest.mark.parametrize(("shape", "kind"), [((300, 500), "linear"), ((200, 160, 3, 3), "conv2d")])
def test_what_the_tail_tells_is_as_of_the_whole(shape: tuple[int, ...], kind: str) -> None:
    weight = heavy_tailed(3, shape)
    exact, found = layer_spectrum(weight, kind), top_spectrum(weight, kind, 150, (0,))
    for key in ("lambda_max", "frobenius_norm", "stable_rank", "largest_sigma"):
        assert getattr(found, key) == pytest.approx(getattr(exact, key), rel=1e-5)
    assert np.asarray(found.eigenvalues) == pytest.approx(np.asarray(exact.eigenvalues)[-150:], rel=3e-3)
    assert np.isnan(found.entropy)
    assert found.bulk.status == FitStatus.FAILED


def test_a_tail_within_the_top_has_its_exponent() -> None:
    rng = np.random.default_rng(0)
    tail = (1 - rng.random(60)) ** (-1 / 1.5) * 4
    values = np.sqrt(np.concatenate([tail, rng.uniform(0.5, 4, 540)]))
    left, right = (np.linalg.qr(rng.normal(size=(n, 600)))[0] for n in (600, 700))
    weight = ((left * values) @ right.T).astype(np.float32)
    exact, found = layer_spectrum(weight, "linear"), top_spectrum(weight, "linear", 200, (0,))
    assert found.tail.status == exact.tail.status == FitStatus.OK
    assert (found.tail.n_tail, found.tail.alpha) == (exact.tail.n_tail, pytest.approx(exact.tail.alpha, rel=1e-4))


def test_a_tail_that_may_begin_below_the_top_has_none() -> None:
    rng = np.random.default_rng(0)
    values = np.sqrt((1 - (np.arange(300) + 0.5) / 300) ** (-1 / 1.5))
    left, right = (np.linalg.qr(rng.normal(size=(n, 300)))[0] for n in (300, 300))
    found = top_spectrum(((left * values) @ right.T).astype(np.float32), "linear", 60, (0,))
    assert found.tail.status == FitStatus.FAILED
    assert np.isnan([found.tail.alpha, found.tail.xmin]).all() and found.tail.n_tail == 0


@pytest.mark.parametrize("spoilt", [False, True])
def test_a_layer_above_the_size_is_measured_so_and_says_so(spoilt: bool) -> None:
    recipe = SpectraRecipe(randomised_above=64, top=20)
    layers = [LayerInfo("large", 0, "linear", (100, 65)), LayerInfo("small", 1, "linear", (64, 90))]
    state = {f"{layer.name}.weight": heavy_tailed(1, layer.shape) for layer in layers}
    if spoilt:
        state["large.weight"][3, 3] = np.nan
    found = measure_spectra(layers, state, recipe, 1)
    like = measure_spectra(layers, {k: np.nan_to_num(v) for k, v in state.items()}, recipe, 1)
    assert {key: value.shape for key, value in found.items()} == {key: value.shape for key, value in like.items()}
    assert found["layers/large/spectrum/eigenvalues"].shape == (20,)
    assert found["layers/small/spectrum/eigenvalues"].shape == (64,)
    assert np.isnan(found["layers/large/spectrum/random/js_distance"])
    assert np.isfinite(found["layers/small/spectrum/random/js_distance"])
    assert np.isnan(found["layers/large/spectrum/sigma/reshaped"]) == spoilt
    described = layer_attributes(layers, recipe)
    assert (
        described["layers/large/spectrum"] | {"method": "randomised", "top": 20} == described["layers/large/spectrum"]
    )
    assert "method" not in described["layers/small/spectrum"]
    p_values = measure_goodness(layers, state, recipe)
    assert np.isnan(p_values["layers/large/spectrum/p_value"])
