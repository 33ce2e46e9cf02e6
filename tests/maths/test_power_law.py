"""The fast fit against WeightWatcher's, the bootstrap against laws that are and are not power laws."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest

from weightreel.analysis.maths.power_law import FIT_THRESHOLD, fit_power_law, fit_truncated, goodness_of_fit
from weightreel.analysis.store.schema.fields import FitStatus

WORDS = ("alpha", "sigma", "xmin", "D")


def theirs(data: np.ndarray) -> tuple[float, ...]:
    from weightwatcher.WW_powerlaw import WWFit

    with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
        fit = WWFit(data)
    found = {word: float(getattr(fit, word)) for word in WORDS}
    if found["sigma"] <= 0:  # of an exponent 0 that it did not fit
        found["sigma"] = np.nan
    return tuple(found.values())


def wishart(rng: np.random.Generator, n: int, m: int, degrees: float) -> np.ndarray:
    """Eigenvalues of a random matrix, of heavy-tailed entries where the degrees of freedom are few."""
    matrix = rng.standard_t(degrees, (n, m))
    return np.linalg.eigvalsh(matrix @ matrix.T)


@pytest.mark.parametrize("n", [2, 5, 19, 20, 49, 50, 300, 1500])
@pytest.mark.parametrize("degrees", [2.5, 100])
def test_is_weightwatcher_s_fit(n: int, degrees: float) -> None:
    data = wishart(np.random.default_rng(n), n, 2 * n, degrees)
    fit = fit_power_law(data)
    assert (fit.alpha, fit.alpha_error, fit.xmin, fit.ks_distance) == pytest.approx(theirs(data), rel=1e-9, nan_ok=True)
    assert fit.n_tail == np.count_nonzero(data >= fit.xmin)


def test_is_weightwatcher_s_fit_on_mixtures_with_repeated_values() -> None:
    """Repeated values make distances of several tails equal, or tails that cannot be fitted."""
    rng = np.random.default_rng(1)
    for _ in range(200):
        size = int(rng.integers(20, 120))
        data = np.sort(np.round(rng.pareto(rng.uniform(0.5, 4), size) + 0.1, int(rng.integers(0, 3))))
        data = data[data > FIT_THRESHOLD]
        fit = fit_power_law(data)
        expected = theirs(data)
        if fit.status == FitStatus.FAILED:
            assert not np.isfinite(expected[0]) or data[-1] == expected[2], expected
        else:
            assert (fit.alpha, fit.alpha_error, fit.xmin, fit.ks_distance) == pytest.approx(
                expected, rel=1e-9, nan_ok=True
            )


@pytest.mark.parametrize("n", range(2, 12))
def test_no_error_is_negative(n: int) -> None:
    """WeightWatcher's is -1 / √K below 8 eigenvalues."""
    fit = fit_power_law(wishart(np.random.default_rng(n), n, 2 * n, 100))
    assert fit.alpha_error > 0 if n >= 8 else np.isnan(fit.alpha_error)


def test_the_bootstrap_believes_true_power_laws_and_says_equal_chances() -> None:
    """A tenth of true power laws has p below 0.1: the p-value is uniform but for its 1/50 steps."""
    rng = np.random.default_rng(3)
    values = [goodness_of_fit(rng.pareto(1.8, 150) + 1, 50, (3, i)) for i in range(60)]
    assert 0 <= np.mean(np.array(values) < 0.1) <= 0.25
    assert 0.35 < np.mean(values) < 0.75


def test_the_bootstrap_doubts_a_uniform_law() -> None:
    data = np.random.default_rng(4).uniform(1, 2, 2000)
    assert goodness_of_fit(data, 50, (0,)) < 0.1


def test_the_bootstrap_is_seeded_and_says_nothing_of_failed_fits() -> None:
    data = np.random.default_rng(5).pareto(2, 200) + 1
    assert goodness_of_fit(data, 40, (1, 2)) == goodness_of_fit(data, 40, (1, 2))
    assert np.isnan(goodness_of_fit(np.ones(100), 10, (0,)))
    assert np.isnan(goodness_of_fit(data, 0, (0,)))


@pytest.mark.parametrize(("alpha", "rate"), [(2.0, 0.05), (3.5, 0.2), (1.5, 0.5)])
def test_a_truncated_power_law_gives_its_parameters_back(alpha: float, rate: float) -> None:
    """Samples by rejection from a plain power law; alpha beyond 3, where the package alone would stop."""
    rng = np.random.default_rng(6)
    plain = rng.uniform(size=400_000) ** (-1 / (alpha - 1))
    samples = plain[rng.uniform(size=len(plain)) < np.exp(-rate * (plain - 1))][:4000]
    law = fit_truncated(samples, 1.0)
    assert law.alpha == pytest.approx(alpha, abs=0.2)
    assert law.rate == pytest.approx(rate, abs=0.35 * rate)
    assert law.log_likelihood_ratio > 0
    assert law.p_value < 0.05


def test_a_plain_power_law_needs_no_truncation() -> None:
    law = fit_truncated(np.random.default_rng(7).uniform(size=2000) ** (-1 / 1.5), 1.0)
    assert law.alpha == pytest.approx(2.5, abs=0.15)
    assert law.p_value > 0.05


def test_a_truncated_law_of_nothing_is_nothing() -> None:
    assert all(np.isnan(value) for value in fit_truncated(np.ones(10), np.nan))
    assert all(np.isnan(value) for value in fit_truncated(np.array([1.0, 2.0]), 1.0))
