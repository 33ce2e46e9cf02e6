"""The rule of phases that sees spectra and the training loss, on histories whose phases are known."""

from __future__ import annotations

import numpy as np

from weightreel.analysis.maths.phases import SOMETHING, WINDOW
from weightreel.analysis.maths.spectral_phases import (
    LEFT_RANDOM,
    MOVING,
    OVER_TRAINED,
    SPECTRAL_RULE,
    STILL,
    UNDER_TRAINED,
    SpectralCues,
    spectral_phases,
)
from weightreel.analysis.store.schema.fields import Phase

U, X = Phase.UNDER_FITTING, Phase.OVER_TRAINED
L, R, N, D = Phase.LEARNING, Phase.AT_REST, Phase.NOT_LEARNING, Phase.DIVERGED


def cues(epochs: int = 40, crossing: int = 10, freeze: int = 25, lowest: float = 4.0) -> SpectralCues:
    """Spectra that leave random, pass the authors' 6 at `crossing`, and stand still from `freeze` on."""
    t = np.minimum(np.arange(epochs, dtype=float), freeze)
    alpha = np.maximum(6 + 0.4 * (crossing - t), lowest)
    return SpectralCues(alpha, -0.02 * t, 0.01 + 0.01 * t)


def test_the_rule_on_spectra_goes_through_its_phases() -> None:
    phases = spectral_phases(cues())
    # The median of three epochs passes 6 an epoch after alpha does; the last three must all stand still.
    assert int(np.argmax(phases == L)) == 11
    assert int(np.argmax(phases == R)) == 25 + WINDOW
    assert set(phases[:11]) == {U}
    assert set(phases[28:]) == {R}


def test_spectra_that_never_leave_random_are_under_fitting() -> None:
    """Alphas of few eigenvalues look healthy at the initialisation; the distance to random does not."""
    found = cues()._replace(alpha=np.full(40, 3.0), distance=np.full(40, 0.01))
    assert set(spectral_phases(found)) == {U}


def test_alphas_below_weightwatcher_s_two_are_over_trained() -> None:
    found = cues(freeze=39, lowest=1.5)
    phases = spectral_phases(found)
    smooth = np.array([np.median(found.alpha[max(0, i - 2) : i + 1]) for i in range(40)])
    assert int(np.argmax(phases == X)) == int(np.argmax(smooth < 2))


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
    assert phases[15] == phases[14] == L
    assert phases[5] == U


def test_spectra_that_move_again_are_learning_again() -> None:
    """As before grokking: long at rest, then the weights move once more."""
    found = cues(epochs=80)
    moved = np.maximum(np.arange(80) - 50, 0)
    phases = spectral_phases(found._replace(distance=found.distance + 0.02 * np.minimum(moved, 15)))
    assert set(phases[28:51]) == {R}
    assert set(phases[53:65]) == {L}
    assert phases[-1] == R


def test_the_training_loss_tells_what_spectra_cannot() -> None:
    t = np.arange(40)
    assert set(spectral_phases(cues(), 2.3 + 0.01 * np.sin(t), 10)[3:]) == {N}
    lost = np.where(t < 20, 2.3 * np.exp(-t / 6), np.nan)
    assert set(spectral_phases(cues(), lost, 10)[20:]) == {D}
    collapsed = np.where(t < 20, 2.3 * np.exp(-t / 6), 2.31)
    assert set(spectral_phases(cues(), collapsed, 10)[22:]) == {D}
    sound = 2.3 * np.exp(-t / 6)
    assert spectral_phases(cues(), sound, 10).tolist() == spectral_phases(cues()).tolist()


def test_later_losses_change_nothing_about_earlier_epochs() -> None:
    rng = np.random.default_rng(0)
    loss = np.abs(2.3 * np.exp(-np.arange(40) / 6) + rng.normal(0, 0.8, 40))
    whole = spectral_phases(cues(), loss, 10)
    for end in range(1, 40):
        part = SpectralCues(*(history[:end] for history in cues()))
        assert spectral_phases(part, loss[:end], 10).tolist() == whole[:end].tolist()


def test_the_spectral_rule_in_words_names_its_thresholds() -> None:
    for threshold in (
        f"{UNDER_TRAINED:g}",
        f"{OVER_TRAINED:g}",
        f"{LEFT_RANDOM:g}",
        f"{STILL:.0%}",
        f"{MOVING:.0%}",
        f"{SOMETHING:.0%}",
        f"{WINDOW} epochs",
    ):
        assert threshold in SPECTRAL_RULE
