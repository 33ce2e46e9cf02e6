"""Histograms with bins fixed in hindsight: nothing is lost, nothing lands in a wrong bin."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from weightreel.analysis.maths.histogram import FINE_BINS, common_bins, dyadic_histogram

floats = st.floats(-1e6, 1e6, width=32, allow_subnormal=False)
arrays = hnp.arrays(np.float32, st.integers(1, 200), elements=floats)


@given(st.lists(arrays, min_size=1, max_size=5), st.integers(16, 300))
def test_every_entry_is_counted_in_its_bin(histories: list[np.ndarray], most: int) -> None:
    edges, counts = common_bins([dyadic_histogram(a) for a in histories], most)
    assert counts.shape == (len(histories), len(edges) - 1)
    assert counts.shape[1] <= most
    for values, row in zip(histories, counts, strict=True):
        assert row.sum() == len(values)
        # The edges are float32 multiples of a power of two, so np.histogram must agree but for its closed last bin.
        inside = values.astype(np.float64)
        expected = np.bincount(np.searchsorted(edges.astype(np.float64), inside, side="right") - 1, minlength=len(row))
        assert np.array_equal(row, expected[: len(row)])


@given(arrays)
def test_fine_grid_is_fine_enough_and_small(values: np.ndarray) -> None:
    fine = dyadic_histogram(values)
    assert fine.counts.sum() == len(values)
    assert len(fine.counts) <= FINE_BINS + 2
    span = float(values.max()) - float(values.min())
    if span > max(float(np.abs(values).max()) / 100, 1e-9):  # the finest bins are 2^-53 wide
        assert len(fine.counts) >= FINE_BINS // 2


@given(arrays, st.integers(0, 6))
def test_coarsening_twice_is_coarsening_once(values: np.ndarray, steps: int) -> None:
    fine = dyadic_histogram(values)
    once = fine.coarsened(fine.exponent + steps)
    twice = fine.coarsened(fine.exponent + steps // 2).coarsened(fine.exponent + steps)
    assert once.start == twice.start
    assert np.array_equal(once.counts, twice.counts)


def test_entries_that_are_not_finite_are_left_out() -> None:
    fine = dyadic_histogram(np.array([1.0, np.nan, np.inf, 2.0], np.float32))
    assert fine.counts.sum() == 2


def test_no_entries_and_equal_entries() -> None:
    assert dyadic_histogram(np.array([], np.float32)).counts.sum() == 0
    assert dyadic_histogram(np.full(7, 0.25, np.float32)).counts.sum() == 7
    assert dyadic_histogram(np.zeros(7, np.float32)).counts.sum() == 7


def test_refining_is_refused() -> None:
    fine = dyadic_histogram(np.array([0.0, 1.0], np.float32))
    with pytest.raises(ValueError, match="cannot refine"):
        fine.coarsened(fine.exponent - 1)
