"""Intervals of alpha: that they hold the exponent, are of the data alone, and choose xmin as the full search does."""

from __future__ import annotations

import numpy as np
import pytest

from weightreel.analysis.maths.alpha_interval import NO_INTERVAL, UNSTABLE, alpha_interval, bias_corrected, refit
from weightreel.analysis.maths.power_law import SMALL_SAMPLE, fit_power_law


def pareto(rng: np.random.Generator, count: int, exponent: float = 2.5) -> np.ndarray:
    return np.sort((1 - rng.random(count)) ** (-1 / (exponent - 1)))


def test_they_hold_the_exponent_of_a_power_law_as_often_as_they_say() -> None:
    """400 intervals: a share of 0.95 has a standard error of 0.011."""
    rng = np.random.default_rng(7)
    held = []
    for number in range(400):
        data = pareto(rng, 128)
        found = alpha_interval(data, 200, (number,))
        held.append(found.alpha_low <= 2.5 <= found.alpha_high)
    assert 0.915 <= np.mean(held) <= 0.985


def test_most_hold_the_fit_itself_and_all_are_ordered() -> None:
    rng = np.random.default_rng(3)
    inside = []
    for number in range(100):
        matrix = rng.standard_t(3, (60, 120))
        data = np.linalg.eigvalsh(matrix @ matrix.T)
        fit, found = fit_power_law(data), alpha_interval(data, 100, (number,))
        assert 1 < found.alpha_low <= found.alpha_high
        assert found.xmin_low <= found.xmin_high
        assert 2 <= found.n_tail_low <= found.n_tail_high <= len(data)
        assert 0 <= found.stability <= 1
        inside.append(found.alpha_low <= fit.alpha <= found.alpha_high)
    assert np.mean(inside) > 0.95


def test_scaled_eigenvalues_have_the_same_interval() -> None:
    data = pareto(np.random.default_rng(5), 300)
    one, other = alpha_interval(data, 100, (1,)), alpha_interval(4 * data, 100, (1,))
    assert other[:2] == pytest.approx(one[:2], rel=1e-4)
    assert other.xmin_low == pytest.approx(4 * one.xmin_low, rel=1e-4)
    assert other[4:] == pytest.approx(one[4:])


def test_equal_seeds_give_equal_intervals_and_others_nearly_equal_ones() -> None:
    data = pareto(np.random.default_rng(6), 200)
    found = alpha_interval(data, 300, (1, 2))
    assert alpha_interval(data, 300, (1, 2)) == found
    assert alpha_interval(data[::-1].astype(np.float64), 300, (1, 2)) == found
    other = alpha_interval(data, 300, (1, 3))
    assert other != found
    assert other[:2] == pytest.approx(found[:2], rel=0.2)


@pytest.mark.parametrize("count", [60, 700])
def test_the_thinned_search_finds_what_the_full_one_finds(count: int) -> None:
    """Of 200 samples: medians and quartiles of both searches lie a tenth of their spread from each other."""
    rng = np.random.default_rng(count)
    samples = np.array([pareto(rng, count) for _ in range(200)])
    alphas, starts, sizes = refit(np.log(samples))
    fits = [fit_power_law(sample) for sample in samples]
    full = np.array([fit.alpha for fit in fits])
    quartiles = np.quantile(full, (0.25, 0.5, 0.75))
    assert np.quantile(alphas, (0.25, 0.5, 0.75)) == pytest.approx(quartiles, abs=0.15 * np.ptp(quartiles))
    assert np.median(np.abs(alphas - full)) < 0.25 * full.std()
    for sample, alpha, start, size in zip(samples, alphas, starts, sizes, strict=True):
        tail = sample[-size:]
        assert np.exp(start) == pytest.approx(tail[0])
        assert alpha == pytest.approx(
            1 + size / np.log(tail / tail[0]).sum(), rel=1e-6
        )  # the maximum of the likelihood


def test_xmin_that_stands_firmly_and_one_that_does_not() -> None:
    """A power law with a body far below it has one xmin; a uniform spectrum has none."""
    rng = np.random.default_rng(8)
    firm = np.concatenate([rng.uniform(0.01, 0.1, 300), pareto(rng, 300)])
    found = alpha_interval(firm, 200, (0,))
    assert found.stability > 0.9
    assert found.n_tail_high <= 330
    loose = alpha_interval(rng.uniform(1, 2, 600), 200, (0,))
    assert loose.stability < found.stability
    assert loose.n_tail_high / loose.n_tail_low > found.n_tail_high / found.n_tail_low
    assert 0 < UNSTABLE < 1


def test_bias_corrected_percentiles_move_with_what_was_found() -> None:
    resampled = np.arange(1001.0)
    low, high = bias_corrected(resampled, 500)
    assert (low, high) == pytest.approx((15, 985), abs=1)  # the middle 97 %
    assert bias_corrected(resampled, 700)[0] > 60
    assert bias_corrected(resampled, -5)[1] < 100


@pytest.mark.parametrize("data", [np.ones(50), np.full(40, np.nan), np.zeros(30), np.arange(1.0, SMALL_SAMPLE)])
def test_where_there_is_no_fit_there_is_no_interval(data: np.ndarray) -> None:
    assert np.isnan(alpha_interval(data, 50, (0,))).all()


def test_no_resamples_no_interval() -> None:
    assert alpha_interval(pareto(np.random.default_rng(0), 100), 0, (0,)) is NO_INTERVAL
