"""The noise attack: the report's images, one for each (seed, trial), whatever the batch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.attacks.noise import most_confident, noise_trials, outcome_of
from analysis.measure import NOISE, NoiseAttack
from analysis.recipe import NoiseRecipe


@given(st.integers(0, 2**31), st.integers(0, 500), st.integers(1, 5))
def test_a_trial_depends_on_seed_and_number_alone(seed: int, first: int, n: int) -> None:
    batch = noise_trials(seed, range(first, first + n), 4)
    alone = noise_trials(seed, range(first + n - 1, first + n), 4)
    assert np.array_equal(batch[-1], alone[0])


def test_noise_is_the_reports() -> None:
    pixels = noise_trials(0, range(200), 32)
    assert pixels.dtype == np.uint8
    assert pixels.max() == 254  # truncation never reaches 255
    counts = np.bincount(pixels.ravel(), minlength=256)[:255]
    expected = pixels.size / 255
    chi_squared = ((counts - expected) ** 2 / expected).sum()
    assert chi_squared < 254 + 6 * np.sqrt(2 * 254)  # six standard deviations of χ² with 254 degrees of freedom


def test_trials_and_seeds_differ() -> None:
    a, b = noise_trials(0, range(2), 8)
    assert not np.array_equal(a, b)
    assert not np.array_equal(a, noise_trials(1, range(1), 8)[0])


def test_outcome_and_gallery() -> None:
    probabilities = np.array([[0.1, 0.9], [0.6, 0.4], [0.05, 0.95], [0.1, 0.9]], np.float32)
    outcome = outcome_of(probabilities)
    assert outcome.prediction.tolist() == [1, 0, 1, 1]
    assert outcome.confidence.tolist() == pytest.approx([0.9, 0.6, 0.95, 0.9])
    assert most_confident(outcome, 0.9, 10).tolist() == [2, 0, 3]
    assert most_confident(outcome, 0.9, 1).tolist() == [2]
    assert most_confident(outcome, 0.99, 5).tolist() == []


def brightness(pixels: np.ndarray) -> np.ndarray:
    """A network of two classes that answers by the mean pixel."""
    mean = pixels.mean((1, 2, 3), dtype=np.float64) / 254
    return np.stack([mean, 1 - mean], 1).astype(np.float32)


def test_history_is_the_beginning_of_the_final_trials() -> None:
    attack = NoiseAttack(NoiseRecipe(trials=50, history=20, preview=3, gallery=2, threshold=0.5), size=6)
    epoch, final = attack.epoch(brightness), attack.final(brightness)
    root = f"attacks/{NOISE}"
    assert np.array_equal(epoch[f"{root}/history/confidence"], final[f"{root}/confidence"][:20])
    assert epoch[f"{root}/preview/probabilities"].shape == (3, 2)
    trials = final[f"{root}/gallery/trial"]
    assert np.array_equal(brightness(final[f"{root}/gallery/pixels"]), final[f"{root}/gallery/probabilities"])
    assert final[f"{root}/confidence"][trials[0]] == final[f"{root}/confidence"].max()


def test_no_success_leaves_an_empty_gallery() -> None:
    attack = NoiseAttack(NoiseRecipe(trials=10, history=5, preview=1, threshold=1.0), size=4)
    final = attack.final(brightness)
    assert final[f"attacks/{NOISE}/gallery/pixels"].shape == (0, 4, 4, 3)
