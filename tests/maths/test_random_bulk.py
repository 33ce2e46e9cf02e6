"""The random edge: false spikes of random layers, planted directions, slices that differ in variance."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.calibrate_edges import DRAWS, LAYERS, Layer, share_of
from weightreel.analysis.maths.random_bulk import LEVEL, pooled_bulk, random_bulk
from weightreel.analysis.maths.spectrum import layer_spectrum, shuffled_spectrum
from weightreel.analysis.store.schema.fields import FitStatus


def planted(rng: np.random.Generator, n: int, m: int, count: int) -> np.ndarray:
    """Noise of variance 1 and `count` directions well above its edge."""
    matrix = rng.normal(size=(n, m))
    for _ in range(count):
        u, v = rng.normal(size=n), rng.normal(size=m)
        matrix += rng.uniform(3, 12) * n**0.5 * np.outer(u / np.linalg.norm(u), v / np.linalg.norm(v))
    return matrix


def spectra_of(*matrices: np.ndarray) -> np.ndarray:
    return np.stack([np.sort(np.linalg.svd(matrix, compute_uv=False) ** 2) for matrix in matrices])


@pytest.mark.parametrize("layer", [Layer(16, 16), Layer(24, 16, (1.0, 1.5, 1.0)), Layer(8, 3, (1.0,) * 9)], ids=str)
def test_random_layers_have_a_spike_as_often_as_the_level_says(layer: Layer) -> None:
    found = share_of(layer, 3000)
    assert found.share == pytest.approx(LEVEL, abs=3.3 * found.error)


@pytest.mark.slow
@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_on_ten_thousand_layers_the_share_is_one_percent(layer: Layer) -> None:
    assert share_of(layer, DRAWS).share == pytest.approx(LEVEL, abs=0.003)


def test_a_wide_centre_tap_is_no_spike_and_no_trap() -> None:
    """Independent Gaussians, centre tap 1.5 or 2 times the others: one law for all taps finds tens of spikes."""
    rng = np.random.default_rng(0)
    for factor in (1.5, 2.0):
        weight = rng.normal(size=(128, 128, 3, 3))
        weight[:, :, 1, 1] *= factor
        found = layer_spectrum(weight, "conv2d")
        assert found.bulk.n_spikes == found.n_slice_spikes == 0
        assert found.bulk.sigma == pytest.approx(factor * 128**0.5, rel=0.02)
        assert found.slice_sigma[0] == pytest.approx(128**0.5, rel=0.02)
        shuffled = shuffled_spectrum(weight, found.eigenvalues.astype(float), (0,))
        assert shuffled.n_traps == 0
        by_weightwatcher = layer_spectrum(weight, "conv2d", "weightwatcher")
        assert by_weightwatcher.bulk.n_spikes > 10  # why this law is not the default


@pytest.mark.parametrize(("n", "m", "count"), [(200, 200, 12), (256, 128, 20), (64, 64, 3)])
def test_planted_directions_are_found_and_leave_the_noise_as_it_was(n: int, m: int, count: int) -> None:
    matrix = planted(np.random.default_rng(n + m), n, m, count)
    found = random_bulk(spectra_of(matrix), n, m)
    assert found.bulk.n_spikes == found.n_slice_spikes == count
    assert found.bulk.sigma == pytest.approx(n**0.5, rel=0.02)
    low, high = (n**0.5 - m**0.5) ** 2, (n**0.5 + m**0.5) ** 2
    assert found.bulk.lambda_plus == pytest.approx(high, rel=0.04)
    assert found.bulk.lambda_minus == pytest.approx(low, abs=0.04 * high)
    assert found.bulk.lambda_plus < found.bulk.spike_edge < 1.2 * found.bulk.lambda_plus


def test_a_direction_in_a_narrow_slice_counts_there_although_a_wide_one_hides_it() -> None:
    rng = np.random.default_rng(1)
    narrow, wide = planted(rng, 100, 100, 1) / 20, 2 * rng.normal(size=(100, 100))
    found = random_bulk(spectra_of(narrow, wide), 100, 100)
    assert found.bulk.n_spikes == 0
    assert found.n_slice_spikes == 1
    assert found.slice_sigma == pytest.approx([0.5, 20], rel=0.03)


def test_pooled_eigenvalues_of_slices_alike_give_nearly_the_same() -> None:
    rng = np.random.default_rng(2)
    by_slice = spectra_of(*(planted(rng, 90, 60, 2) for _ in range(4)))
    one, pooled = random_bulk(by_slice, 90, 60).bulk, pooled_bulk(np.sort(by_slice, axis=None), 90, 60, 4).bulk
    assert pooled.n_spikes == one.n_spikes == 8
    assert pooled.spike_edge == pytest.approx(one.spike_edge, rel=0.03)
    single = random_bulk(by_slice[:1], 90, 60).bulk
    assert pooled_bulk(by_slice[0], 90, 60, 1).bulk == single


def test_what_has_no_bulk_has_a_status() -> None:
    assert random_bulk(np.zeros((2, 40)), 50, 40).bulk.status == FitStatus.FAILED
    assert random_bulk(np.full((1, 60), np.nan), 60, 60).bulk.status == FitStatus.FAILED
    heavy = np.geomspace(1e-16, 1, 80)[None]  # no two eigenvalues of one scale
    assert random_bulk(heavy, 80, 80).bulk.status == FitStatus.FAILED
    small = random_bulk(spectra_of(np.random.default_rng(0).normal(size=(30, 20))), 30, 20).bulk
    assert small.status == FitStatus.FEW_EIGENVALUES
    # Slices of one eigenvalue each are their own variance, and a pruned slice has none.
    single = random_bulk(np.array([[1.0], [9.0]]), 30, 1)
    assert single.bulk.n_spikes == 0
    pruned = np.vstack([spectra_of(np.random.default_rng(0).normal(size=(40, 30))), np.zeros((1, 30))])
    assert random_bulk(pruned, 40, 30).bulk.n_spikes == 0


def test_a_mean_makes_a_trap_that_no_shuffle_removes() -> None:
    """The mean of N M entries is one direction of strength mean √(N M), whatever their order."""
    rng = np.random.default_rng(0)
    for mean, traps in ((0.0, 0), (0.1, 1)):
        weight = rng.normal(mean, 1, size=(300, 200))
        eigenvalues = layer_spectrum(weight, "linear").eigenvalues.astype(float)
        found = shuffled_spectrum(weight, eigenvalues, (0,))
        assert found.n_traps == traps
        if mean:
            assert found.lambda_max == pytest.approx(mean**2 * 300 * 200 + 300 + 200, rel=0.15)


@pytest.mark.parametrize(("freedom", "above"), [(3, True), (8, False)])
def test_heavy_entries_make_spikes_and_light_ones_do_not(freedom: int, above: bool) -> None:
    """The law needs a fourth moment: below 4 degrees of freedom single entries stand out by themselves."""
    rng = np.random.default_rng(freedom)
    counts = [
        random_bulk(spectra_of(rng.standard_t(freedom, size=(64, 64))), 64, 64).bulk.n_spikes > 0 for _ in range(60)
    ]
    assert (np.mean(counts) > 0.7) if above else (np.mean(counts) < 0.2)
