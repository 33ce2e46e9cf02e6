"""Both rules of phases, on curves whose phases are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weightreel.analysis.maths.phases import (
    LEARNT,
    LEFT_RANDOM,
    OVER_TRAINED,
    RISEN,
    RULES,
    SPECTRAL_RULE,
    STILL,
    UNDER_TRAINED,
    VALIDATION_RULE,
    WINDOW,
    SpectralCues,
    Stop,
    agreement,
    spectral_phases,
    stop_of,
    validation_phases,
)
from weightreel.analysis.store.schema.fields import Phase

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


def cues(epochs: int = 40, crossing: int = 10, freeze: int = 25, lowest: float = 4.0) -> SpectralCues:
    """Spectra that leave random, pass the authors' 6 at `crossing`, and stand still from `freeze` on."""
    t = np.minimum(np.arange(epochs, dtype=float), freeze)
    alpha = np.maximum(6 + 0.4 * (crossing - t), lowest)
    return SpectralCues(alpha, -0.02 * t, 0.01 + 0.01 * t)


def test_the_rule_on_spectra_goes_through_its_phases() -> None:
    phases = spectral_phases(cues())
    assert (np.diff(phases.astype(int)) >= 0).all()
    # The median of three epochs passes 6 an epoch after alpha does; the last three must all stand still.
    assert int(np.argmax(phases == G)) == 11
    assert int(np.argmax(phases == O)) == 25 + WINDOW


def test_spectra_that_never_leave_random_are_under_fitting() -> None:
    """Alphas of few eigenvalues look healthy at the initialisation; the distance to random does not."""
    found = cues()._replace(alpha=np.full(40, 3.0), distance=np.full(40, 0.01))
    assert set(spectral_phases(found)) == {U}


def test_alphas_below_the_authors_two_are_over_fitting() -> None:
    found = cues(freeze=39, lowest=1.5)
    phases = spectral_phases(found)
    smooth = np.array([np.median(found.alpha[max(0, i - 2) : i + 1]) for i in range(40)])
    assert int(np.argmax(phases == O)) == int(np.argmax(smooth < 2))


def test_later_epochs_change_nothing_about_earlier_ones() -> None:
    whole = cues()
    for end in range(1, 40):
        part = SpectralCues(*(history[:end] for history in whole))
        assert spectral_phases(part).tolist() == spectral_phases(whole)[:end].tolist()


def test_epochs_that_tell_nothing_keep_their_phase() -> None:
    found = cues()
    for history in found:
        history[[5, 15, 30]] = np.nan
    phases = spectral_phases(found)
    assert (np.diff(phases.astype(int)) >= 0).all()
    assert phases[15] == phases[14]


def test_agreement_is_the_share_and_cohen_s_kappa() -> None:
    one, other = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 1, 1, 2, 2])
    share, kappa = agreement(one, other)
    assert share == pytest.approx(5 / 6)
    by_chance = (2 * 1 + 2 * 3 + 2 * 2) / 36
    assert kappa == pytest.approx((5 / 6 - by_chance) / (1 - by_chance))
    assert np.isnan(agreement(np.zeros(4), np.zeros(4))[1])


@pytest.mark.parametrize("rule", RULES)
def test_a_stop_is_judged_by_the_epochs_until_then_and_costs_what_follows(rule: str) -> None:
    train, validation = curves(epochs=40)
    accuracy = np.linspace(0.1, 0.8, 40)
    stop = stop_of(rule, train, validation, accuracy, cues())
    seen = slice(0, stop.epoch + 1)
    if rule == "validation":
        assert validation_phases(train[seen], validation[seen])[-1] == O
        before = slice(0, stop.epoch)
        assert validation_phases(train[before], validation[before])[-1] != O
    else:
        assert stop.epoch == 28
    assert stop.accuracy == pytest.approx(accuracy[stop.epoch])
    assert stop.cost == pytest.approx(0.8 - accuracy[stop.epoch])


def test_a_rule_that_never_stops_leaves_the_last_network() -> None:
    train, validation = curves(rise=0)
    accuracy = np.append(np.linspace(0.1, 0.7, 50), 0.6)
    for rule, found in (("validation", None), ("spectral", None), ("spectral", cues(51, freeze=51))):
        assert stop_of(rule, train, validation, accuracy, found) == pytest.approx(Stop(-1, 0.6, 0.1))


def test_the_spectral_rule_in_words_names_its_thresholds() -> None:
    for threshold in (
        f"{UNDER_TRAINED:g}",
        f"{OVER_TRAINED:g}",
        f"{LEFT_RANDOM:g}",
        f"{STILL:.0%}",
        f"{WINDOW} epochs",
    ):
        assert threshold in SPECTRAL_RULE
