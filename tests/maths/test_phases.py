"""Both rules of phases, on curves whose phases are known."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weightreel.analysis.maths.phases import (
    BY_HEART,
    LEARNT,
    RISEN,
    SOMETHING,
    USEFUL,
    VALIDATION_RULE,
    WINDOW,
    validation_phases,
)
from weightreel.analysis.store.schema.fields import Phase

U, G, O = Phase.UNDER_FITTING, Phase.GENERALISING, Phase.OVER_FITTING  # noqa: E741
M, N, D = Phase.MEMORISING, Phase.NOT_LEARNING, Phase.DIVERGED


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


@pytest.mark.parametrize(("length", "called"), [(WINDOW - 1, False), (6, True)])
def test_a_rise_that_does_not_stay_ends(length: int, *, called: bool) -> None:
    train, validation = curves(rise=0)
    validation[30 : 30 + length] += 0.5
    phases = validation_phases(train, validation)
    assert (O in phases) == called
    assert phases[-1] == G


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


def order(phases: np.ndarray) -> list[int]:
    """Phases in their order, each stretch once."""
    return [int(phase) for phase, _ in groupby(phases)]


def noisy(seed: int, *losses: np.ndarray, size: float = 0.01) -> list[np.ndarray]:
    """Losses with the wobble of a finite sample: relative noise, and never below 0."""
    rng = np.random.default_rng(seed)
    return [np.abs(loss * (1 + rng.normal(0, size, len(loss)))) for loss in losses]


def sigmoid(t: np.ndarray, middle: float, width: float) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-(t - middle) / width)))


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("epochs", [12, 60, 300])
def test_a_network_that_never_learns_says_so(epochs: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    train, validation = 2.30 + rng.normal(0, 0.01, (2, epochs))
    assert order(validation_phases(train, validation, 10)) == [U, N]
    train[0] = validation[0] = 4.1  # an initialisation that is surer than it has reason to be, put right and no more
    assert order(validation_phases(train, validation, 10)) == [U, N]


@pytest.mark.parametrize("seed", range(20))
def test_a_plateau_at_the_start_ends_when_it_ends(seed: int) -> None:
    t = np.arange(80.0)
    train = 2.3 - 2.2 * sigmoid(t, 40, 2)
    train, validation = noisy(seed, train, train + 0.1 * sigmoid(t, 40, 2), size=0.004)
    phases = validation_phases(train, validation, 10)
    assert order(phases) == [U, N, U, G]
    assert 30 <= np.argmax(phases == G) <= 46


@pytest.mark.parametrize("seed", range(20))
def test_what_is_learnt_by_heart_is_memorising(seed: int) -> None:
    """Labels that mean nothing: the training loss goes to 0, the validation loss only rises."""
    t = np.arange(120.0)
    train, validation = noisy(seed, 2.31 * np.exp(-((t / 25) ** 1.5)), 2.31 + 0.06 * t, size=0.02)
    phases = validation_phases(train, validation, 10)
    assert order(phases) in ([U, M], [U, N, U, M])
    assert phases[40:].tolist() == [M] * 80


@pytest.mark.parametrize("dip", [0.0, 0.04])
@pytest.mark.parametrize("seed", range(20))
def test_grokking_is_memorising_and_then_generalising(seed: int, dip: float) -> None:
    """The plateau before it is no under-fitting: the training images are known by heart all along."""
    t = np.arange(400.0)
    train = 4.6 * np.exp(-t / 15)
    validation = 4.6 * (1 - dip * np.exp(-(((t - 4) / 2) ** 2))) + 6 * (1 - np.exp(-t / 30))
    validation = validation * (1 - sigmoid(t, 280, 10)) + 0.03
    phases = validation_phases(*noisy(seed, train, validation, size=0.01), 97)
    assert order(phases)[-2:] == [M, G]
    assert (phases[40:240] == M).all()
    assert (phases[330:] == G).all()


@pytest.mark.parametrize("second", [0.4, 0.9, 1.25])
@pytest.mark.parametrize("seed", range(20))
def test_double_descent_over_fits_and_generalises_again(seed: int, second: float) -> None:
    t = np.arange(300.0)
    train = 2.3 * np.exp(-t / 40) + 0.01
    bump = 0.9 * np.exp(-(((t - 110) / 35) ** 2))
    validation = second + (2.3 - second) * np.exp(-t / 12) + bump
    phases = validation_phases(*noisy(seed, train, validation, size=0.01), 10)
    assert order(phases) == [U, G, O, G]
    assert (phases[90:120] == O).all()
    assert (phases[175:] == G).all()


@pytest.mark.parametrize("value", [np.inf, np.nan, 40.0, 2.31])
def test_a_network_that_has_lost_what_it_learnt_has_diverged(value: float) -> None:
    train, validation = curves(30)
    phases = validation_phases(train, validation, 10)
    ends = [np.concatenate([loss, np.full(6, value)]) for loss in (train, validation)]
    broken = validation_phases(*ends, 10)
    assert broken[:29].tolist() == phases[:29].tolist()
    assert broken[31:].tolist() == [D] * 5


def test_a_network_that_explodes_at_once_has_diverged() -> None:
    rising = 2.3 * np.exp(np.arange(20) / 3)
    assert order(validation_phases(rising, rising, 10)) == [U, D]
    assert validation_phases(np.full(3, np.nan), np.full(3, np.nan)).tolist() == [D] * 3


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("over", [False, True])
def test_a_learning_rate_that_falls_ends_no_learning(seed: int, *, over: bool) -> None:
    """Losses on a plateau of a large step fall again once it shrinks; whether they then rise decides."""
    t = np.arange(90.0)
    fell = t >= 45
    train = np.where(fell, 0.15 + 0.35 * np.exp(-(t - 45) / 4), 0.5 + 1.8 * np.exp(-t / 5))
    validation = np.where(fell, 0.45 + 0.25 * np.exp(-(t - 45) / 3), 0.7 + 1.6 * np.exp(-t / 5))
    validation = validation + over * np.maximum(t - 55, 0) * 0.02
    phases = validation_phases(*noisy(seed, train, validation, size=0.02), 10)
    assert order(phases) == [U, G, O] if over else [U, G]
    assert not over or 55 < np.argmax(phases == O) < 72


def test_likelihoods_below_nothing_are_counted_in_their_range() -> None:
    """The logarithm of a density has no floor."""
    train, validation = curves()
    assert order(validation_phases(train - 3, validation - 3)) == order(validation_phases(train, validation))


def test_the_rule_names_its_numbers() -> None:
    for threshold in (LEARNT, RISEN, SOMETHING, USEFUL, BY_HEART):
        assert f"{threshold:.0%}" in VALIDATION_RULE
    assert f"{WINDOW} epochs" in VALIDATION_RULE


LOSSES = st.floats(0, 10, width=32) | st.just(float("nan"))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(LOSSES, LOSSES), min_size=1, max_size=30), st.sampled_from([None, 2, 10]))
def test_any_losses_give_phases_of_the_rule(losses: list[tuple[float, float]], classes: int | None) -> None:
    train, validation = np.array(losses).T
    phases = validation_phases(train, validation, classes)
    assert phases.shape == train.shape
    assert set(phases) <= {U, G, O, M, N, D}
    assert ((phases == D) | np.isfinite(train + validation)).all()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 5), st.floats(0, 5)), min_size=1, max_size=30), st.floats(0.01, 100))
def test_the_unit_of_the_losses_does_not_matter(losses: list[tuple[float, float]], unit: float) -> None:
    train, validation = np.array(losses).T
    phases = validation_phases(train, validation)
    again = validation_phases(train * unit, validation * unit)
    assert np.count_nonzero(phases != again) == 0 or np.min(train + validation) < 1e-6
