"""Time in films runs logarithmically where records do; between two records nothing is shown that was not measured."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weightreel.analysis.findings.time import EASING, ROUNDING, TimeScale, eased, held, last_record, stepped
from weightreel.scenes.instruments.axes.plane import time_ticks

VALUES = st.floats(-1e6, 1e6) | st.sampled_from([np.nan, np.inf, -np.inf])


@st.composite
def histories(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Epochs (E,), evenly or unevenly apart, and a history (E, 2), some of it not finite."""
    gaps = draw(st.lists(st.sampled_from([0.25, 1.0, 3.0, 500.0]), max_size=6))
    epochs = np.cumsum([draw(st.sampled_from([0.0, 3.0])), *gaps])
    rows = st.lists(st.tuples(VALUES, VALUES), min_size=len(epochs), max_size=len(epochs))
    return epochs, np.array(draw(rows))


LOGARITHMIC = np.array([0, 1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 32, 40, 50, 63, 79, 100, 200, 500, 1000])


@pytest.mark.parametrize(
    ("epochs", "is_logarithmic"),
    [(np.arange(51), False), (LOGARITHMIC, True), (np.array([0, 1, 2, 50]), False), (np.array([3]), False),
     (np.array([0, 1, 2, 3, 4, 100, 101, 102, 103, 104]), False), (np.arange(0, 5000, 100), False)],
)  # fmt: skip
def test_which_records_are_spaced_logarithmically(epochs: np.ndarray, is_logarithmic: bool) -> None:
    assert TimeScale(epochs).logarithmic == is_logarithmic


@given(st.floats(0, 1), st.sampled_from([np.arange(51), LOGARITHMIC]))
def test_time_and_share_are_inverse(share: float, epochs: np.ndarray) -> None:
    scale = TimeScale(epochs)
    assert float(scale.share(scale.time(share))) == pytest.approx(share, abs=1e-9)


def test_ticks_are_powers_of_ten() -> None:
    assert time_ticks(TimeScale(LOGARITHMIC), 5, 6) == [0, 1, 10, 100, 1000]
    assert time_ticks(TimeScale(np.arange(51)), 5, 6) == [0, 10, 20, 30, 40, 50]


@given(histories(), st.floats(-10, 4000))
def test_what_is_held_is_the_last_record_and_nothing_else(found: tuple[np.ndarray, np.ndarray], t: float) -> None:
    epochs, history = found
    row = held(epochs, history, t)
    index = last_record(epochs, t)
    np.testing.assert_array_equal(row, history[index])
    assert index == 0 or epochs[index] <= t + ROUNDING
    assert index == len(epochs) - 1 or epochs[index + 1] > t


@given(histories())
def test_at_every_record_its_own_value_stands(found: tuple[np.ndarray, np.ndarray]) -> None:
    epochs, history = found
    for epoch, row in zip(epochs, history, strict=True):
        for t in (epoch, epoch - ROUNDING / 4, epoch + ROUNDING / 4):
            np.testing.assert_array_equal(held(epochs, history, t), row)
            np.testing.assert_allclose(stepped(epochs, history, t), row, atol=1e-3)


@given(histories(), st.floats(0, 1), st.integers(0, 5))
def test_a_step_stands_then_eases_between_its_records(
    found: tuple[np.ndarray, np.ndarray], share: float, index: int
) -> None:
    epochs, history = found
    if len(epochs) < 2:
        return
    index %= len(epochs) - 1
    t = epochs[index] + share * (epochs[index + 1] - epochs[index])
    now, before, after = stepped(epochs, history, t), history[index], history[index + 1]
    if share < 1 - EASING - 1e-9:
        np.testing.assert_array_equal(now, before)
    if last_record(epochs, t) > index:
        np.testing.assert_array_equal(now, after)
    known = np.isfinite(before) & np.isfinite(after)
    low, high = np.minimum(before, after)[known], np.maximum(before, after)[known]
    assert ((now[known] >= low) & (now[known] <= high)).all()
    if last_record(epochs, t) == index:
        np.testing.assert_array_equal(now[~known], before[~known])


@given(st.floats(0, 1), st.floats(0, 1))
def test_easing_never_goes_back(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 <= eased(low) <= eased(high) <= 1
    assert eased(1 - EASING) == 0
    assert eased(1.0) == 1


def test_beyond_all_records_the_nearest_stands() -> None:
    epochs, history = np.array([2.0, 5.0]), np.array([1.0, np.nan])
    assert stepped(epochs, history, -7) == held(epochs, history, 1.9) == 1
    assert stepped(epochs, history, 4.9) == 1
    assert np.isnan(stepped(epochs, history, 5))
    assert held(epochs, np.array([3, 4]), 5).dtype == int
