"""Descriptions in parts and merged, against NumPy and SciPy on the whole."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from weightreel.analysis.maths import description
from weightreel.analysis.maths.description import describe, quantiles_of
from weightreel.analysis.maths.histogram import dyadic_histogram

PROBABILITIES = (0.0, 0.001, 0.05, 0.5, 0.9, 1.0)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(description, "PART", 64)


def drawn(seed: int, size: int, spread: float, shift: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.standard_t(4, size) * spread + shift).astype(np.float32)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 99), st.integers(1, 400), st.floats(1e-3, 10), st.floats(-5, 5)), min_size=1),
)
def test_merged_is_as_concatenated(draws: list[tuple[int, int, float, float]]) -> None:
    arrays = [drawn(*draw) for draw in draws]
    whole = np.concatenate(arrays)
    found = describe(arrays[0])
    for array in arrays[1:]:
        found = found.merged(describe(array))
    exact = whole.astype(np.float64)
    moments = found.moments()
    assert moments["mean"] == pytest.approx(exact.mean(), rel=1e-9, abs=1e-9)
    assert moments["std"] == pytest.approx(exact.std(), rel=1e-5, abs=1e-9)
    if exact.std() > 1e-3 * abs(exact).max():
        assert moments["skewness"] == pytest.approx(scipy.stats.skew(exact), abs=1e-3)
        assert moments["kurtosis"] == pytest.approx(scipy.stats.kurtosis(exact), abs=1e-2)
    assert (moments["minimum"], moments["maximum"]) == (whole.min(), whole.max())
    nearest = np.sort(whole)[np.round(np.array(PROBABILITIES) * (len(whole) - 1)).astype(int)]
    assert np.array_equal(quantiles_of(found, arrays, PROBABILITIES), nearest)
    counted = dyadic_histogram(whole)
    assert (found.fine.exponent, found.fine.start) == (counted.exponent, counted.start)
    assert np.array_equal(found.fine.counts, counted.counts)


@pytest.mark.parametrize("value", [0.0, -0.0, 1e-42, -3e38, 0.1])
def test_of_equal_entries(value: float) -> None:
    values = np.full(300, value, np.float32)
    found = describe(values)
    assert found.moments()["std"] == 0
    assert np.array_equal(quantiles_of(found, [values], PROBABILITIES), np.full(6, value, np.float32))


def test_what_is_not_finite_is_counted_and_nowhere_else() -> None:
    values = drawn(0, 500, 1.0, 0.0)
    spoilt = np.insert(values, [0, 100, 499], [np.nan, np.inf, -np.inf]).reshape(-1)
    found, clean = describe(spoilt), describe(values)
    assert (found.count, found.n_not_finite) == (500, 3)
    assert found.moments() == pytest.approx(clean.moments(), rel=1e-6)
    assert np.array_equal(quantiles_of(found, [spoilt], PROBABILITIES), quantiles_of(clean, [values], PROBABILITIES))
    assert np.array_equal(found.fine.counts, clean.fine.counts)


def test_of_no_finite_entry() -> None:
    nothing, values = np.full(7, np.nan, np.float32), drawn(1, 90, 1.0, 0.0)
    found = describe(nothing)
    assert found.n_not_finite == 7
    assert np.isnan([*found.moments().values(), *quantiles_of(found, [nothing], PROBABILITIES)]).all()
    for together in (found.merged(describe(values)), describe(values).merged(found)):
        assert (together.count, together.n_not_finite) == (90, 7)
        assert together.moments() == describe(values).moments()
