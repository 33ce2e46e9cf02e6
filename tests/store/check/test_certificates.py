"""Count certificates of randomised smoothing again from their votes, without SciPy."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from weightreel.analysis.store.check.certificates import tail


@given(st.integers(0, 400), st.integers(0, 400), st.floats(0, 1))
def test_the_tail_is_the_binomial_one(successes: int, n: int, p: float) -> None:
    expected = float(stats.binom.sf(successes - 1, n, p)) if successes <= n else 0.0
    if successes <= n:
        assert tail(successes, n, p) == pytest.approx(expected, rel=1e-8, abs=1e-290)


@pytest.mark.parametrize("n", [1000, 100_000])
def test_the_tail_stays_exact_for_the_paper_s_number_of_copies(n: int) -> None:
    for successes in (n, n - 3, 99 * n // 100, 6 * n // 10, n // 2 + 1):
        bound = stats.beta.ppf(0.001, successes, n - successes + 1)
        assert tail(successes, n, bound) == pytest.approx(0.001, rel=1e-6)
        assert tail(successes, n, 0.5) == pytest.approx(stats.binom.sf(successes - 1, n, 0.5), rel=1e-6, abs=1e-290)
    assert math.isclose(tail(0, n, 0.3), 1)
