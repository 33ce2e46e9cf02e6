"""Noise of five kinds: the report's images and others, one for each (seed, trial), whatever the batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from tests.made.recipe import tiny_recipe
from weightreel.analysis.measures.attacks.noise import (
    CUTOFF,
    MEAN,
    METHODS,
    NAMES,
    PARAMETERS,
    STD,
    NoiseProbe,
    most_confident,
    noise_trials,
    outcome_of,
)
from weightreel.analysis.measures.attacks.probe import Targets
from weightreel.analysis.networks.pixels import Network, Normaliser
from weightreel.analysis.recipe.attacks import KINDS, NoiseKind

SOURCE = np.random.default_rng(5).integers(0, 256, (7, 16, 16, 3), dtype=np.uint8)


def drawn(kind: NoiseKind, trials: range, seed: int = 0, size: int = 16) -> np.ndarray:
    return noise_trials(seed, trials, size, kind, SOURCE[:, :size, :size])


@given(st.sampled_from(KINDS), st.integers(0, 2**31), st.integers(0, 500), st.integers(1, 5))
def test_a_trial_depends_on_kind_seed_and_number_alone(kind: NoiseKind, seed: int, first: int, n: int) -> None:
    batch = drawn(kind, range(first, first + n), seed, 4)
    alone = drawn(kind, range(first + n - 1, first + n), seed, 4)
    assert np.array_equal(batch[-1], alone[0])


@given(st.integers(0, 2**31), st.integers(0, 500))
def test_uniform_noise_stays_what_stores_hold(seed: int, trial: int) -> None:
    """One Philox stream for each (seed, trial), floats of 32 bit, truncated: stores name trials by number alone."""
    generator = np.random.Generator(np.random.Philox(key=np.array([seed, trial], np.uint64)))
    expected = (generator.random((8, 8, 3), dtype=np.float32) * np.float32(255)).astype(np.uint8)
    assert np.array_equal(noise_trials(seed, range(trial, trial + 1), 8)[0], expected)


def test_uniform_noise_is_the_reports() -> None:
    pixels = noise_trials(0, range(200), 32)
    assert pixels.dtype == np.uint8
    assert pixels.max() == 254  # truncation never reaches 255
    counts = np.bincount(pixels.ravel(), minlength=256)[:255]
    expected = pixels.size / 255
    chi_squared = ((counts - expected) ** 2 / expected).sum()
    assert chi_squared < 254 + 6 * np.sqrt(2 * 254)  # six standard deviations of χ² with 254 degrees of freedom


def test_gaussian_noise_is_a_clipped_bell() -> None:
    values = drawn("gaussian", range(400)) / 255
    n = values.size
    inside = values[(values > 0) & (values < 1)]
    # Of a standard normal, within two standard deviations: variance 0.7737, and 2.275 % beyond either side.
    assert values.mean() == pytest.approx(MEAN, abs=6 * STD / np.sqrt(n))
    assert inside.std() == pytest.approx(STD * np.sqrt(0.7737), abs=2e-3)
    assert np.mean(values == 0) == pytest.approx(0.0233, abs=2e-3)  # rounding brings half a step of 1/255 to either end
    assert np.mean(values == 1) == pytest.approx(0.0233, abs=2e-3)


def test_rademacher_noise_is_black_and_white_in_equal_parts() -> None:
    pixels = drawn("rademacher", range(400))
    assert set(np.unique(pixels)) == {0, 255}
    assert np.mean(pixels == 255) == pytest.approx(0.5, abs=3 / np.sqrt(pixels.size))
    neighbours = (pixels[:, :, :-1] == pixels[:, :, 1:]).mean()
    assert neighbours == pytest.approx(0.5, abs=3 / np.sqrt(pixels.size))


def test_smooth_noise_has_long_waves_only() -> None:
    values = drawn("smooth", range(200), size=16) / 255
    assert values.mean((1, 2)) == pytest.approx(MEAN, abs=0.05)  # clipping moves a picture's mean a little
    assert 0.85 * STD < values.std((1, 2)).mean() <= STD
    power = np.abs(np.fft.fft2(values - values.mean((1, 2), keepdims=True), axes=(1, 2))) ** 2
    waves = np.fft.fftfreq(16, 1 / 16)
    high = np.hypot(waves[:, None], waves[None]) > CUTOFF
    assert power[:, high].sum() / power.sum() < 0.03  # clipping alone puts any there
    assert power[:, high].sum() / power.sum() < 0.1 * high.mean()


def test_shuffled_pixels_are_those_of_a_test_image() -> None:
    for trial, picture in enumerate(drawn("shuffled", range(10))):
        whole = SOURCE[trial % len(SOURCE)]
        assert sorted(map(tuple, picture.reshape(-1, 3))) == sorted(map(tuple, whole.reshape(-1, 3)))
        assert not np.array_equal(picture, whole)
    again, other = drawn("shuffled", range(3, 11, 7))
    assert not np.array_equal(again, other), "the same image is shuffled anew"


def test_there_must_be_pixels_to_shuffle() -> None:
    for source in (None, SOURCE[:0]):
        with pytest.raises(ValueError, match="need images"):
            noise_trials(0, range(1), 16, "shuffled", source)


@pytest.mark.parametrize("kind", KINDS)
def test_trials_and_seeds_differ(kind: NoiseKind) -> None:
    a, b = drawn(kind, range(0, 8, 7))
    assert not np.array_equal(a, b)
    assert not np.array_equal(a, drawn(kind, range(1), seed=1)[0])


def test_every_kind_is_described() -> None:
    assert set(NAMES) == set(METHODS) == set(PARAMETERS) == set(KINDS)
    assert NAMES["uniform"] == "uniform-noise"
    assert PARAMETERS["gaussian"].items() >= {"mean": MEAN, "std": STD}.items()
    assert PARAMETERS["smooth"]["cutoff"] == CUTOFF


def test_outcome_and_gallery() -> None:
    probabilities = np.array([[0.1, 0.9], [0.6, 0.4], [0.05, 0.95], [0.1, 0.9]], np.float32)
    outcome = outcome_of(probabilities)
    assert outcome.prediction.tolist() == [1, 0, 1, 1]
    assert outcome.confidence.tolist() == pytest.approx([0.9, 0.6, 0.95, 0.9])
    assert most_confident(outcome, 0.9, 10, 2).tolist() == [2, 0, 3]
    assert most_confident(outcome, 0.9, 1, 2).tolist() == [2]
    assert most_confident(outcome, 0.99, 5, 2).tolist() == []
    assert most_confident(outcome, 0.5, 5, 1).tolist() == [1], "an answer beyond the classes is no success"


class Brightness(nn.Module):
    """Answers by how bright an image is: logits of two classes, and of one answer more where there is one."""

    def __init__(self, answers: int) -> None:
        super().__init__()
        self.answers = answers

    def forward(self, x: Tensor) -> Tensor:
        mean = 40 * (x.mean((1, 2, 3)) - 0.497)
        return torch.stack([mean, -mean, 0.5 * mean.abs() + 0.05], 1)[:, : self.answers]


def network(answers: int = 2) -> Network:
    return Network(Brightness(answers), Normaliser(torch.zeros(3, 1, 1), torch.ones(3, 1, 1)), 2)


def attacks(**noise: Any) -> NoiseProbe:
    labels = np.zeros(len(SOURCE), np.int64)
    recipe = tiny_recipe(noise={"threshold": 0.5, **noise}, fooling={"classes": []})
    return NoiseProbe(recipe, Targets(("dark", "bright"), *[(SOURCE, labels)] * 3))


@pytest.mark.parametrize("kind", KINDS)
def test_history_is_the_beginning_of_the_final_trials(kind: NoiseKind) -> None:
    about = attacks(trials=50, history=20, history_of_others=10, preview=3, gallery=2)
    kept = 20 if kind == "uniform" else 10
    epoch, final = about.epoch(network()), about.final()[NAMES[kind]](network())
    root = f"attacks/{NAMES[kind]}"
    assert np.array_equal(epoch[f"{root}/history/confidence"], final[f"{root}/confidence"][:kept])
    assert np.array_equal(epoch[f"{root}/history/prediction"], final[f"{root}/prediction"][:kept])
    assert epoch[f"{root}/preview/probabilities"].shape == (3, 2)
    pictures = final[f"{root}/gallery/pixels"]
    assert network().answer(pictures) == pytest.approx(final[f"{root}/gallery/probabilities"], abs=1e-5)
    assert np.array_equal(pictures[0], drawn_for(about, kind, int(final[f"{root}/gallery/trial"][0])))
    assert final[f"{root}/confidence"][final[f"{root}/gallery/trial"][0]] == final[f"{root}/confidence"].max()
    assert np.array_equal(about.fixed()[f"{root}/preview/pixels"][1], drawn_for(about, kind, 1))


def drawn_for(about: NoiseProbe, kind: NoiseKind, trial: int) -> np.ndarray:
    return noise_trials(about.recipe.noise.seed, range(trial, trial + 1), about.recipe.dataset.size, kind, SOURCE)[0]


def test_answering_that_there_is_nothing_is_no_success() -> None:
    final = attacks(trials=50, gallery=50).final()["uniform-noise"](network(3))
    prediction, trial = (final[f"attacks/uniform-noise/{key}"] for key in ("prediction", "gallery/trial"))
    assert (prediction == 2).any(), "this network does answer it"
    assert (prediction[trial] < 2).all()
    assert final["attacks/uniform-noise/gallery/probabilities"].shape == (len(trial), 2)


def test_no_success_leaves_an_empty_gallery() -> None:
    final = attacks(trials=10, history=5, preview=1, threshold=1.0).final()["uniform-noise"](network())
    assert final["attacks/uniform-noise/gallery/pixels"].shape == (0, 16, 16, 3)
