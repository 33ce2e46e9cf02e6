"""What scaling, rotating and sampling must and must not do to a spectrum."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weightreel.analysis.maths.field_measures import matrix_entropy
from weightreel.analysis.maths.marchenko_pastur import fit_bulk
from weightreel.analysis.maths.operator_norm import convolution_norm
from weightreel.analysis.maths.power_law import FIT_THRESHOLD, fit_power_law
from weightreel.analysis.maths.spectrum import layer_spectrum
from weightreel.analysis.measures.spectra import spectrum_by_path
from weightreel.analysis.store.schema.fields import FitStatus

SEEDS = st.integers(0, 2**32 - 1)
FEW = settings(max_examples=20, deadline=None)


def matrix(seed: int, n: int = 60, m: int = 80) -> np.ndarray:
    return np.random.default_rng(seed).standard_t(3, (n, m))


@FEW
@given(SEEDS, st.floats(0.1, 100))
def test_scale_moves_xmin_and_norms_and_leaves_alpha(seed: int, scale: float) -> None:
    weight = matrix(seed)
    spectrum = layer_spectrum(weight, "linear")
    assert spectrum.eigenvalues[0] * min(scale, 1) ** 2 > FIT_THRESHOLD  # else it would cut one and not the other
    one, scaled = spectrum_by_path(spectrum), spectrum_by_path(layer_spectrum(scale * weight, "linear"))
    for key in ("alpha", "alpha_error", "ks_distance", "n_tail", "stable_rank", "entropy"):
        assert scaled[key] == pytest.approx(one[key], rel=1e-6), key
    for key in ("xmin", "xmax", "lambda_max"):
        assert scaled[key] == pytest.approx(scale**2 * one[key], rel=1e-6), key
    for key in ("frobenius_norm", "sigma/slices", "marchenko_pastur/sigma"):
        assert scaled[key] == pytest.approx(scale * one[key], rel=1e-6), key


@FEW
@given(SEEDS)
def test_rotations_and_transposition_leave_everything(seed: int) -> None:
    weight = matrix(seed)
    rng = np.random.default_rng(seed + 1)
    left, right = (np.linalg.qr(rng.normal(size=(n, n)))[0] for n in weight.shape)
    one = spectrum_by_path(layer_spectrum(weight, "linear"))
    for other in (left @ weight @ right, weight.T):
        found = spectrum_by_path(layer_spectrum(other, "linear"))
        assert found.keys() == one.keys()
        for key, value in one.items():
            assert found[key] == pytest.approx(value, rel=1e-5), key


@FEW
@given(SEEDS)
def test_order_of_a_kernel_s_slices_is_nothing_to_the_pool(seed: int) -> None:
    weight = matrix(seed, 12, 10 * 9).reshape(12, 10, 3, 3)
    one, turned = layer_spectrum(weight, "conv2d"), layer_spectrum(np.rot90(weight, axes=(2, 3)), "conv2d")
    assert turned.eigenvalues == pytest.approx(one.eigenvalues, rel=1e-6)
    assert turned.tail.alpha == pytest.approx(one.tail.alpha, rel=1e-6)


@FEW
@given(SEEDS, st.floats(1.8, 5), st.floats(0.01, 10))
def test_samples_of_a_pareto_law_give_its_exponent_back(seed: int, alpha: float, xmin: float) -> None:
    """The whole sample is a tail; what the fitter chooses of it must hold the true exponent within five errors."""
    samples = xmin * np.random.default_rng(seed).uniform(size=800) ** (-1 / (alpha - 1))
    fit = fit_power_law(np.sort(samples))
    assert fit.status == FitStatus.OK
    assert abs(fit.alpha - alpha) < 5 * fit.alpha_error
    assert fit.ks_distance < 0.1 if fit.n_tail > 200 else fit.ks_distance < 0.35
    assert fit.xmin >= samples.min()
    assert fit.xmax == samples.max()
    assert fit.n_tail == np.count_nonzero(samples >= fit.xmin)


@FEW
@given(SEEDS, st.integers(1, 40), st.integers(1, 40))
def test_bounds_between_norms_and_ranks(seed: int, n: int, m: int) -> None:
    found = layer_spectrum(matrix(seed, n, m), "linear")
    rank = min(n, m)
    assert len(found.eigenvalues) == rank
    assert 1 - 1e-9 <= found.stable_rank <= rank + 1e-9
    assert 0 <= found.entropy <= 1 + 1e-9
    assert found.largest_sigma <= found.frobenius_norm * (1 + 1e-9)
    assert np.sum(found.eigenvalues, dtype=float) == pytest.approx(found.frobenius_norm**2, rel=1e-5)
    assert (found.tail.status == FitStatus.FAILED) == np.isnan(found.tail.alpha)


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=50).filter(any))
def test_entropy_is_a_share_and_ignores_order(values: list[float]) -> None:
    entropy = matrix_entropy(np.array(values))
    assert -1e-12 <= entropy <= 1 + 1e-9
    assert matrix_entropy(np.array(values[::-1])) == pytest.approx(entropy, abs=1e-12)


@settings(max_examples=8, deadline=None)
@given(SEEDS, st.floats(1.8, 5))
def test_pareto_tails_recover_alpha_within_three_standard_errors(seed: int, alpha: float) -> None:
    """At least 16 of 20 samples: choosing xmin as well makes the errors a tenth larger than those of a known one."""
    rng = np.random.default_rng(seed)
    fits = [fit_power_law(rng.uniform(size=600) ** (-1 / (alpha - 1))) for _ in range(20)]
    assert sum(abs(fit.alpha - alpha) < 3 * fit.alpha_error for fit in fits) >= 16


@FEW
@given(SEEDS, st.integers(80, 200), st.floats(1, 5), st.floats(1e-3, 10))
def test_random_matrices_seldom_have_spikes_and_have_their_own_sigma(
    seed: int, m: int, ratio: float, spread: float
) -> None:
    """One in a hundred has a spike, by the edge's level: four of eight would be one case in a million."""
    n, rng = round(m * ratio), np.random.default_rng(seed)
    with_spikes = 0
    for kind in ("linear", "conv2d") * 4:
        weight = spread * rng.normal(size=(m, n))
        found = layer_spectrum(weight if kind == "linear" else weight[:, :, None, None], kind)
        with_spikes += found.bulk.n_spikes > 0
        assert found.bulk.n_spikes <= 2
        assert found.bulk.sigma == pytest.approx(spread * n**0.5, rel=0.05)
        assert found.bulk.soft_rank == pytest.approx(1, abs=0.25)
    assert with_spikes <= 3


@FEW
@given(SEEDS, st.floats(1e-3, 1e3), st.integers(1, 60))
def test_the_bulk_scales_with_its_eigenvalues(seed: int, scale: float, longer: int) -> None:
    weight = matrix(seed, 60, 60 + longer)
    eigenvalues = np.linalg.eigvalsh(weight @ weight.T)
    q = (60 + longer) / 60
    one, scaled = fit_bulk(eigenvalues, q, 60 + longer), fit_bulk(scale * eigenvalues, q, 60 + longer)
    assert scaled.n_spikes == one.n_spikes
    assert scaled.soft_rank == pytest.approx(one.soft_rank, rel=1e-6)
    for key in ("lambda_minus", "lambda_plus", "spike_edge"):
        assert getattr(scaled, key) == pytest.approx(scale * getattr(one, key), rel=1e-6), key


@FEW
@given(SEEDS, st.integers(2, 6), st.integers(2, 6), st.integers(3, 9), st.integers(3, 9))
def test_the_norm_of_a_convolution_ignores_rolls_and_rotations_of_channels(
    seed: int, out: int, fan: int, rows: int, columns: int
) -> None:
    rng = np.random.default_rng(seed)
    kernel = rng.normal(size=(out, fan, 3, 3))
    rotation = np.linalg.qr(rng.normal(size=(out, out)))[0]
    norm = convolution_norm(kernel, (rows, columns))
    rotated = np.einsum("po,oihw->pihw", rotation, kernel)
    assert convolution_norm(rotated, (rows, columns)) == pytest.approx(norm, rel=1e-4)
    assert convolution_norm(kernel[:, :, ::-1, ::-1], (rows, columns)) == pytest.approx(norm, rel=1e-4)
    assert convolution_norm(kernel.transpose(0, 1, 3, 2), (columns, rows)) == pytest.approx(norm, rel=1e-4)
    assert convolution_norm(2 * kernel, (rows, columns)) == pytest.approx(2 * norm, rel=1e-4)
