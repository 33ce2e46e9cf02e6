"""Wilson's interval, for any outcome."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from weightreel.analysis.findings.statistics import rate_of, wilson


@st.composite
def outcomes(draw: st.DrawFn) -> tuple[int, int]:
    trials = draw(st.integers(1, 100_000))
    return draw(st.integers(0, trials)), trials


@given(outcomes())
def test_the_interval_holds_the_rate_and_stays_in_bounds(outcome: tuple[int, int]) -> None:
    successes, trials = outcome
    low, high = wilson(successes, trials)
    assert 0 <= low <= successes / trials <= high <= 1
    assert low < high


@given(outcomes())
def test_failures_mirror_successes(outcome: tuple[int, int]) -> None:
    successes, trials = outcome
    low, high = wilson(successes, trials)
    assert wilson(trials - successes, trials) == pytest.approx((1 - high, 1 - low), abs=1e-12)


@given(outcomes())
def test_bounds_solve_the_score_equation(outcome: tuple[int, int]) -> None:
    """By definition |share - p| = z √(p (1 - p) / n) at both bounds p, unless a bound is 0 or 1."""
    successes, trials = outcome
    for bound in wilson(successes, trials, z=2.0):
        assert abs(successes / trials - bound) == pytest.approx(2 * (bound * (1 - bound) / trials) ** 0.5, abs=1e-7)


@given(outcomes())
def test_ten_times_the_trials_narrow_the_interval(outcome: tuple[int, int]) -> None:
    successes, trials = outcome
    few, many = wilson(successes, trials), wilson(10 * successes, 10 * trials)
    assert many[1] - many[0] < few[1] - few[0]


@given(outcomes(), st.integers(1, 1000))
def test_more_successes_move_both_bounds_up(outcome: tuple[int, int], more: int) -> None:
    successes, trials = outcome
    better = min(successes + more, trials)
    assert all(a <= b for a, b in zip(wilson(successes, trials), wilson(better, trials), strict=True))


@given(outcomes())
def test_the_interval_is_scipys(outcome: tuple[int, int]) -> None:
    expected = stats.binomtest(*outcome).proportion_ci(method="wilson")
    assert wilson(*outcome) == pytest.approx(tuple(expected), abs=1e-13)


def test_known_values() -> None:
    assert wilson(703, 10_000) == pytest.approx((0.06545, 0.07548), abs=1e-5)
    assert wilson(0, 0) == (0, 1)
    assert np.isnan(rate_of(np.zeros(0, bool)).value)
    with pytest.raises(ValueError, match="successes"):
        wilson(3, 2)
