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
    correlation_time,
    mcnemar,
    reduction_interval,
    sign_flip_test,
    smallest_p,
    within_run_test,
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


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.9, 1.0])
def test_epochs_that_remember_each_other_do_not_make_p_small(memory: float) -> None:
    """Two trainings of one network whose difference wanders (autoregressive; at 1 a random walk)."""
    rng = np.random.default_rng(3)
    p = np.array([within_run_test(_wandering(rng, memory), 10) for _ in range(600)])
    for level in (0.05, 0.1):
        assert np.mean(p <= level) <= level + 3 * np.sqrt(level * (1 - level) / len(p))


def _wandering(rng: np.random.Generator, memory: float, epochs: int = 50) -> np.ndarray:
    steps, found = rng.normal(size=epochs), np.zeros(epochs)
    for epoch in range(epochs):
        found[epoch] = memory * found[epoch - 1] + steps[epoch] if epoch else steps[0]
    return found


def test_epochs_that_forget_can_tell_a_difference() -> None:
    rng = np.random.default_rng(4)
    p = [within_run_test(0.3 + rng.normal(0, 0.05, 50), 10) for _ in range(50)]
    assert np.median(p) <= 0.07


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.8])
def test_the_correlation_time_of_an_autoregression(memory: float) -> None:
    """(1 + ρ) / (1 − ρ) of a long one."""
    rng = np.random.default_rng(5)
    found = np.mean([correlation_time(_wandering(rng, memory, 3000)) for _ in range(10)])
    assert found == pytest.approx((1 + memory) / (1 - memory), rel=0.25, abs=1.0)


@given(st.lists(shares, min_size=1, max_size=30))
def test_a_correlation_time_lies_in_the_series(series: list[float]) -> None:
    assert 1 <= correlation_time(np.array(series)) <= len(series)
    assert correlation_time(np.full(len(series), series[0])) == len(series)


@given(st.integers(3, 12), st.integers(0, 2**31))
def test_the_interval_holds_the_reduction_of_equal_seeds(n: int, seed: int) -> None:
    first = np.random.default_rng(seed).uniform(0.1, 1, n)
    assert reduction_interval(first, first * 0.25) == pytest.approx((0.75,) * 3)
    value, low, high = reduction_interval(first, first[::-1] * 0.5)
    assert low <= value <= high
    assert value == pytest.approx(0.5)


def test_the_interval_covers_a_known_reduction() -> None:
    rng = np.random.default_rng(6)
    covered = []
    for _ in range(150):
        first = rng.gamma(4, 0.1, 25)
        second = 0.24 * rng.gamma(4, 0.1, 25)
        _, low, high = reduction_interval(first, second, seed=int(rng.integers(2**31)))
        covered.append(low <= 0.76 <= high)
    assert 0.85 <= np.mean(covered) <= 1  # a percentile bootstrap of 25 is a little too narrow


def test_no_reduction_without_a_rate_and_no_interval_of_two_seeds() -> None:
    assert np.isnan(reduction_interval(np.zeros(5), np.full(5, 0.1))).all()
    value, low, high = reduction_interval(np.array([0.4, 0.6]), np.array([0.1, 0.1]))
    assert value == pytest.approx(0.8)
    assert np.isnan([low, high]).all()
    value, low, high = reduction_interval(np.array([0.0, 0.0, 0.9]), np.array([0.1, 0.1, 0.1]))
    assert np.isfinite([value, low, high]).all(), "draws without any rate are left out"
