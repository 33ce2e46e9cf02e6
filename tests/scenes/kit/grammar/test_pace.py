"""Seconds go where something changes."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from weightreel.scenes.kit.clock import EpochClock
from weightreel.scenes.kit.grammar.pace import (
    AGAIN,
    LEAST,
    LONGEST,
    SHORTEST,
    changes_of,
    passed_at,
    seconds_for,
    weights_of,
)

HISTORIES = arrays(
    np.float64, st.tuples(st.integers(2, 30), st.integers(1, 4)), elements=st.integers(-50, 50).map(float)
)


@given(HISTORIES)
def test_time_runs_forward_and_every_step_gets_some(history: np.ndarray) -> None:
    passed = passed_at(history)
    assert passed[0] == 0
    assert np.isclose(passed[-1], 1)
    steps = np.diff(passed)
    assert (steps > 0).all()
    assert steps.max() <= steps.min() / LEAST * (1 + 1e-9)


@given(HISTORIES, st.floats(0.1, 100), st.floats(-5, 5))
def test_the_pace_does_not_depend_on_units(history: np.ndarray, factor: float, shift: float) -> None:
    np.testing.assert_allclose(changes_of(factor * history + shift), changes_of(history), atol=1e-6)


def test_where_nothing_changes_a_step_gets_the_least() -> None:
    history = np.array([0.0, 1.0, 1.0, 1.0, np.nan])
    np.testing.assert_allclose(weights_of(history), [1, LEAST, LEAST, LEAST])


def test_sweeps_last_as_long_as_there_is_change_and_repeats_are_short() -> None:
    early = np.concatenate([np.linspace(0, 1, 10), np.ones(200)])
    assert SHORTEST <= seconds_for(early) <= LONGEST
    assert seconds_for(np.linspace(0, 1, 400)) == LONGEST
    assert seconds_for(np.linspace(0, 1, 400), again=True) == AGAIN


def test_the_clock_is_slow_where_much_changes() -> None:
    epochs = np.arange(11.0)
    history = np.minimum(epochs, 2)  # all of it in two epochs
    clock = EpochClock(epochs)
    sweep = clock.paced(passed_at(history), 4.0)
    sweep.begin()
    sweep.interpolate(1 / (2 + 8 * LEAST))
    assert np.isclose(clock.epoch, 1)
    sweep.interpolate(1)
    assert clock.epoch == 10


def test_a_part_of_a_sweep_ends_where_it_shall() -> None:
    clock = EpochClock(np.arange(11.0))
    passed = passed_at(np.arange(11.0))
    for target in (3.0, 7.0):
        part = clock.paced(passed, 1.0, to=target)
        part.begin()
        part.interpolate(0.5)
        assert clock.epoch < target
        part.interpolate(1)
        assert clock.epoch == target
