"""The rule on losses, on curves whose phases are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.phases import LEARNT, RISEN, VALIDATION_RULE, validation_phases
from analysis.store import Phase

U, G, O = Phase.UNDER_FITTING, Phase.GENERALISING, Phase.OVER_FITTING  # noqa: E741


def curves(epochs: int = 51, turn: int = 20, rise: float = 0.04) -> tuple[np.ndarray, np.ndarray]:
    """Losses that fall together; from `turn` on the validation loss climbs by `rise` an epoch."""
    t = np.arange(epochs, dtype=float)
    train = 2.3 * np.exp(-t / 6)
    return train, train + 0.5 * (1 - np.exp(-t / 6)) + rise * np.maximum(t - turn, 0)


def test_the_three_phases_in_order() -> None:
    train, validation = curves()
    phases = validation_phases(train, validation)
    assert phases.dtype == np.uint8
    fall = validation[0] - validation.min()
    first = {phase: int(np.argmax(phases == phase)) for phase in (G, O)}
    assert set(phases) == {U, G, O}
    assert (np.diff(phases.astype(int)) >= 0).all()
    assert first[G] == np.argmax(validation <= validation[0] - LEARNT * fall)
    assert first[O] == np.argmax((np.arange(51) > validation.argmin()) & (validation > validation.min() + RISEN * fall))


def test_a_loss_that_stays_low_never_over_fits() -> None:
    train, validation = curves(rise=0)
    assert validation_phases(train, validation)[-1] == G


def test_a_rise_that_the_training_loss_shares_is_no_over_fitting() -> None:
    train, validation = curves()
    assert O not in validation_phases(train + 0.1 * np.maximum(np.arange(51) - 20, 0), validation)


def test_a_rise_that_does_not_stay_is_no_over_fitting() -> None:
    train, validation = curves(rise=0)
    validation[30:36] += 0.5
    assert O not in validation_phases(train, validation)


@pytest.mark.parametrize("spike", [5, 25, 50])
def test_one_bad_epoch_moves_nothing(spike: int) -> None:
    train, validation = curves(rise=0)
    calm = validation_phases(train, validation)
    validation[spike] = 4.0
    assert np.count_nonzero(validation_phases(train, validation) != calm) <= 1


def test_one_lucky_epoch_does_not_start_generalising() -> None:
    train, validation = curves()
    validation[2] = validation.min()
    assert validation_phases(train, validation)[2:4].tolist() == [U, U]


def test_noise_of_a_thousand_images_moves_the_borders_little() -> None:
    train, validation = curves()
    calm = validation_phases(train, validation)
    rng = np.random.default_rng(0)
    moved = [
        np.count_nonzero(validation_phases(train, validation + rng.normal(0, 0.03, 51)) != calm) for _ in range(50)
    ]
    assert max(moved) <= 6


@pytest.mark.parametrize("epochs", range(1, 8))
def test_partial_runs_begin_under_fitting(epochs: int) -> None:
    phases = validation_phases(*curves(epochs))
    assert len(phases) == epochs
    assert phases[0] == U
    assert O not in phases


def test_a_network_that_learns_nothing_is_under_fitting() -> None:
    assert validation_phases(np.full(5, 2.3), np.array([2.3, 2.4, 2.5, 2.4, 2.6])).tolist() == [U] * 5


def test_a_diverged_network_keeps_the_phase_it_had() -> None:
    train, validation = curves(30)
    phases = validation_phases(train, validation)
    broken = np.concatenate([validation, np.full(5, np.nan)])
    assert validation_phases(np.concatenate([train, np.full(5, np.inf)]), broken).tolist() == [
        *phases,
        *[phases[-1]] * 5,
    ]
    assert validation_phases(np.full(3, np.nan), np.full(3, np.nan)).tolist() == [U] * 3


def test_the_rule_names_its_numbers() -> None:
    assert f"{LEARNT:.0%}" in VALIDATION_RULE
    assert f"{RISEN:.0%}" in VALIDATION_RULE


LOSSES = st.floats(0, 10, width=32) | st.just(float("nan"))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(LOSSES, LOSSES), min_size=1, max_size=30))
def test_any_losses_give_contiguous_phases(losses: list[tuple[float, float]]) -> None:
    train, validation = np.array(losses).T
    phases = validation_phases(train, validation)
    assert phases.shape == train.shape
    assert (np.diff(phases.astype(int)) >= 0).all()
    assert phases.max() <= O
