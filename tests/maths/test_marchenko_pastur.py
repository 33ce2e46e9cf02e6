"""The Marchenko–Pastur fit against WeightWatcher's own, and the law against its integral."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate

from weightreel.analysis.maths.marchenko_pastur import density, edges_of, fit_bulk
from weightreel.analysis.store.schema.fields import FitStatus


def eigenvalues(rng: np.random.Generator, n: int, m: int, spikes: int = 0, slices: int = 1) -> np.ndarray:
    """Eigenvalues of `slices` random matrices n × m whose first `spikes` directions are strengthened."""
    found = []
    for _ in range(slices):
        matrix = 0.02 * rng.normal(size=(n, m))
        for _ in range(spikes):
            u, v = rng.normal(size=n), rng.normal(size=m)
            strength = 0.02 * rng.uniform(2, 4) * max(n, m) ** 0.5
            matrix += strength * np.outer(u / np.linalg.norm(u), v / np.linalg.norm(v))
        found.append(np.linalg.svd(matrix, compute_uv=False) ** 2)
    return np.sort(np.concatenate(found))


def theirs(values: np.ndarray, n: int, m: int) -> tuple[int, float, float, float, float, float]:
    """n_spikes, sigma and soft rank of `mp_fit`, its bulk's edges unscaled, and its scale."""
    import weightwatcher

    watcher = weightwatcher.WeightWatcher()
    arguments = (values, max(n, m), min(n, m), 1, "", 0, 0, False, False, "", "", 0.5, True, values)
    spikes, sigma, soft_rank, low, high, scale = watcher.mp_fit(*arguments)
    return spikes, sigma, soft_rank, low, high, scale


@pytest.mark.parametrize(
    ("n", "m", "spikes", "slices"), [(200, 100, 0, 1), (150, 150, 3, 1), (64, 256, 5, 1), (40, 40, 2, 9)]
)
def test_is_weightwatcher_s_fit(n: int, m: int, spikes: int, slices: int) -> None:
    values = eigenvalues(np.random.default_rng(n + m), n, m, spikes, slices)
    bulk = fit_bulk(values, max(n, m) / min(n, m), max(n, m))
    n_spikes, sigma, soft_rank, low, high, scale = theirs(values, n, m)
    assert bulk.n_spikes == n_spikes
    assert bulk.sigma * scale == pytest.approx(sigma, rel=1e-5)
    assert (bulk.lambda_minus, bulk.lambda_plus, bulk.soft_rank) == pytest.approx((low, high, soft_rank), rel=1e-5)
    assert bulk.status == FitStatus.OK


@pytest.mark.parametrize("q", [1.0, 1.5, 20.0])
def test_the_density_integrates_to_one_and_has_the_known_mean(q: float) -> None:
    low, high = edges_of(0.7, q)
    mass, _ = integrate.quad(lambda x: float(density(np.array(x), 0.7, q)), low, high, limit=200)
    mean, _ = integrate.quad(lambda x: x * float(density(np.array(x), 0.7, q)), low, high, limit=200)
    assert mass == pytest.approx(1, abs=1e-4)
    assert mean == pytest.approx(0.49, abs=1e-4)  # σ²: the mean of the law, in these units
    assert density(np.array([low / 2, high * 1.01]), 0.7, q) == pytest.approx([0.0, 0.0])


def test_a_square_law_that_moves_finds_the_bulk_beside_a_tail() -> None:
    """Half of the norm is a tail: WeightWatcher's square law stays at the sigma of all of it."""
    rng = np.random.default_rng(0)
    values = eigenvalues(rng, 300, 300, spikes=25)
    fixed, scaled = fit_bulk(values, 1.0, 300), fit_bulk(values, 1.0, 300, scaled_square=True)
    entries = 0.02 * 300**0.5
    assert scaled.sigma == pytest.approx(entries, rel=0.03)
    assert fixed.sigma > 1.1 * entries
    assert scaled.n_spikes == 25 > fixed.n_spikes


def test_what_has_no_bulk_has_a_status() -> None:
    assert fit_bulk(np.zeros(80), 2.0, 100).status == FitStatus.FAILED
    assert fit_bulk(np.full(80, np.nan), 2.0, 100).status == FitStatus.FAILED
    assert fit_bulk(np.array([3.0]), 2.0, 100).status == FitStatus.FAILED
    rng = np.random.default_rng(0)
    assert fit_bulk(eigenvalues(rng, 30, 60), 2.0, 60).status == FitStatus.FEW_EIGENVALUES
    # One eigenvalue is all of the norm: the others lie within one step of the search, and no law covers them.
    lost = fit_bulk(np.append(np.full(99, 1e-12), 1.0), 2.0, 200)
    assert lost.status == FitStatus.FAILED
    assert np.isnan(lost.sigma)
    assert lost.n_spikes == 0
