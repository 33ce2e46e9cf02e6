"""Tests of two networks against SciPy's, and against what they promise where there is nothing to find."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from weightreel.analysis.findings.statistics import (
    DRAWS,
    EXACT_PAIRS,
    mcnemar,
    reduction_interval,
    sign_flip_test,
    smallest_p,
    standing_of,
    student_t,
)

shares = st.floats(0, 1, width=32)
pairs = st.lists(st.tuples(shares, shares), min_size=1, max_size=9).map(np.array)
outcomes = st.lists(st.tuples(st.booleans(), st.booleans()), max_size=60)


@given(pairs)
def test_networks_may_be_swapped(rates: np.ndarray) -> None:
    differences = rates[:, 0] - rates[:, 1]
    assert sign_flip_test(differences) == sign_flip_test(-differences)


@given(pairs, st.randoms())
def test_the_order_of_seeds_and_the_unit_do_not_matter(rates: np.ndarray, random: object) -> None:
    differences = rates[:, 0] - rates[:, 1]
    p = sign_flip_test(differences)
    assert sign_flip_test(np.sort(differences)) == p
    assert sign_flip_test(1024 * differences) == p


@given(pairs)
def test_p_is_between_the_least_and_one(rates: np.ndarray) -> None:
    p = sign_flip_test(rates[:, 0] - rates[:, 1])
    assert smallest_p(len(rates)) <= p <= 1


@pytest.mark.parametrize("n", [1, 5, EXACT_PAIRS, EXACT_PAIRS + 1, 40])
def test_the_least_p_is_reached_by_one_direction_throughout(n: int) -> None:
    p = sign_flip_test(np.full(n, 0.1))
    assert p == smallest_p(n) or (n > EXACT_PAIRS and 1 / DRAWS <= p <= 1 / DRAWS + 5 * 2 / 2**n)


@settings(max_examples=20, deadline=None)
@given(st.integers(5, 8), st.integers(0, 2**31), st.booleans())
def test_sign_flips_are_those_of_scipy(n: int, seed: int, tied: bool) -> None:
    rng = np.random.default_rng(seed)
    first, second = rng.integers(0, 4, (2, n)) / 8 if tied else rng.random((2, n))
    expected = stats.permutation_test(
        (first, second),
        lambda x, y, axis: np.mean(x - y, axis),
        permutation_type="samples",
        n_resamples=np.inf,
        vectorized=True,
    )
    assert sign_flip_test(first - second) == pytest.approx(expected.pvalue, abs=1e-12)


@pytest.mark.parametrize("n", [EXACT_PAIRS + 1, 18])
def test_drawn_flips_approach_the_exact_ones(n: int) -> None:
    rng = np.random.default_rng(n)
    differences = rng.normal(0.05, 1, n)
    signs = 1 - 2 * (np.arange(2**n)[:, None] >> np.arange(n) & 1)
    sums = np.abs(signs @ differences)
    exact = float(np.mean(sums >= sums[0] - 1e-9))
    assert 0.05 < exact < 0.95, "an example that says something"
    assert sign_flip_test(differences) == pytest.approx(exact, abs=5 * np.sqrt(exact * (1 - exact) / DRAWS))


def test_p_is_uniform_where_there_is_no_difference() -> None:
    """Over histories that wander from epoch to epoch, alike in both networks."""
    rng = np.random.default_rng(1)
    p = []
    for _ in range(1500):
        rates = rng.beta(0.3, 0.3, (2, 9, 1)) + np.cumsum(rng.normal(0, 0.1, (2, 9, 10)), 2)  # (2, S, E)
        p.append(sign_flip_test(np.diff(rates.mean(2), axis=0)[0]))
    assert stats.kstest(p, "uniform").pvalue > 0.01
    assert np.mean(np.array(p) <= 0.05) == pytest.approx(0.05, abs=0.02)


@given(outcomes)
def test_mcnemar_is_a_fair_coin_on_what_differs(trials: list[tuple[bool, bool]]) -> None:
    first, second = np.array(trials, bool).reshape(-1, 2).T
    only = int(np.sum(first & ~second)), int(np.sum(~first & second))
    expected = stats.binomtest(only[0], sum(only)).pvalue if sum(only) else 1.0
    assert mcnemar(first, second) == pytest.approx(expected, rel=1e-9)
    assert mcnemar(first, second) == mcnemar(second, first)


def test_mcnemar_of_thousands_of_trials() -> None:
    rng = np.random.default_rng(2)
    first, second = rng.random((2, 10_000)) < np.array([[0.52], [0.5]])
    only = int(np.sum(first & ~second)), int(np.sum(~first & second))
    assert mcnemar(first, second) == pytest.approx(stats.binomtest(only[0], sum(only)).pvalue, rel=1e-6)
    assert 0 < mcnemar(np.ones(10_000, bool), np.arange(10_000) < 9_500) < 1e-100


@given(st.integers(3, 12), st.integers(0, 2**31))
def test_the_interval_holds_the_reduction_of_equal_seeds(n: int, seed: int) -> None:
    first = np.random.default_rng(seed).uniform(0.1, 1, n)
    value, low, high = reduction_interval(first, first * 0.25)
    assert value == pytest.approx(0.75)
    assert (low, high) == pytest.approx((0.75, 0.75), abs=1e-6) or (low, high) == (-np.inf, 1)
    value, low, high = reduction_interval(first, first[::-1] * 0.5)
    assert low <= value <= high
    assert value == pytest.approx(0.5)


@given(st.integers(1, 60), st.floats(0.001, 0.5))
def test_student_s_t_is_scipy_s(freedom: int, level: float) -> None:
    assert student_t(freedom, level) == pytest.approx(stats.t.ppf(1 - level / 2, freedom), rel=1e-9)


@pytest.mark.parametrize("n", [2, 3, 10])
@pytest.mark.parametrize("together", [0.0, 0.8])
def test_the_interval_covers_a_known_reduction(n: int, together: float) -> None:
    """Of normal rates by seed, whether pairs are alike or not; 0.95 within four standard errors.

    Where two seeds exclude no ratio at all, their set of half-lines is given as everything: it covers more.
    """
    rng = np.random.default_rng(6)
    shared, own, other = rng.normal(size=(3, 4000, n))
    first = 0.6 + 0.1 * (together * shared + np.sqrt(1 - together**2) * own)
    second = 0.24 * (0.6 + 0.1 * (together * shared + np.sqrt(1 - together**2) * other))
    bounds = np.array([reduction_interval(*pair)[1:] for pair in zip(first, second, strict=True)])
    covered = np.mean((bounds[:, 0] <= 0.76) & (bounds[:, 1] >= 0.76))
    error = 4 * np.sqrt(0.95 * 0.05 / 4000)
    assert 0.95 - error <= covered <= (0.98 if n == 2 else 0.95 + error)


def test_rates_that_are_nearly_all_or_nothing_are_covered_too() -> None:
    """Rates of noise are far from normal: most seeds near 0 or 1. The interval errs by being wide."""
    rng = np.random.default_rng(7)
    first, second = rng.beta(0.3, 0.3, (2, 3000, 10))
    bounds = np.array([reduction_interval(*pair)[1:] for pair in zip(first, second, strict=True)])
    assert 0.92 <= np.mean((bounds[:, 0] <= 0) & (bounds[:, 1] >= 0)) <= 0.99


@given(st.integers(3, 12), st.integers(0, 2**31))
def test_the_interval_is_the_set_of_reductions_that_a_t_test_accepts(n: int, seed: int) -> None:
    first, second = np.random.default_rng(seed).uniform(0.2, 1, (2, n))
    _, low, high = reduction_interval(first, second)
    for bound in (low, high):
        if np.isfinite(bound) and bound < 1:
            p = stats.ttest_1samp(second - (1 - bound) * first, 0).pvalue
            assert p == pytest.approx(0.05, rel=1e-6)


def test_no_reduction_without_a_rate_and_no_interval_of_one_seed() -> None:
    assert np.isnan(reduction_interval(np.zeros(5), np.full(5, 0.1))).all()
    value, low, high = reduction_interval(np.array([0.4]), np.array([0.1]))
    assert value == pytest.approx(0.75)
    assert np.isnan([low, high]).all()
    assert reduction_interval(np.array([0.0, 0.0, 0.9]), np.full(3, 0.1))[1:] == (-np.inf, 1.0)


def test_claims_are_tested_as_claims() -> None:
    assert standing_of(0.76, -0.2, 0.2) == "excluded"
    assert standing_of(0.76, 0.5, 0.8) == "compatible"
    assert standing_of(0.76, -0.5, 0.8) == "undecided"
    assert standing_of(0.76, np.nan, np.nan) == "untested"
