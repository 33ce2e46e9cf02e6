"""One noise image asked again: its course, in sentences that say no more than the numbers."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from weightreel.analysis.findings.attacks.noise import attack_of
from weightreel.analysis.findings.attacks.same_noise import SameNoise, answer_in_words, course_in_words
from weightreel.analysis.store.reader import Store

ANSWERS = ("cat", "frog", "ship")


def noise_of(*rows: tuple[float, float, float]) -> SameNoise:
    """Of these probabilities, a row an epoch."""
    return SameNoise(np.arange(float(len(rows))), np.zeros((2, 2, 3), np.uint8), np.array(rows), ANSWERS)


def test_the_image_is_the_one_that_ended_surest(small_store: Path) -> None:
    with Store(small_store) as store:
        run = store.runs["cnn-s0"]
        attack = attack_of(run)
        assert attack is not None
        noise = SameNoise.of(run, attack, store.classes)
    assert noise is not None
    with h5py.File(small_store) as file:
        held = file["runs/cnn-s0/attacks/uniform-noise/preview/probabilities"][()]
        pixels = file["runs/cnn-s0/attacks/uniform-noise/preview/pixels"][()]
    i = int(held[-1].max(1).argmax())
    np.testing.assert_array_equal(noise.probabilities, held[:, i])
    np.testing.assert_array_equal(noise.pixels, pixels[i])
    assert noise.said()[0] == store.classes[int(held[-1, i].argmax())]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            [(0.4, 0.3, 0.3), (0.01, 0.98, 0.01), (0.3, 0.2, 0.5)],
            "The same noise: 3 different answers, confidence from 40 % to 98 %.",
        ),
        ([(0.5, 0.4, 0.1), (0.4, 0.5, 0.1)], "The same noise got 2 different answers in 2 epochs."),
        ([(0.2, 0.5, 0.3), (0.0, 1.0, 0.0)], "The same noise is always frog; the confidence goes from 50 % to 100 %."),
        ([(0.2, 0.5, 0.3), (0.2, 0.6, 0.2)], "The same noise is frog at all 2 epochs, with about the same confidence."),
        ([(0.2, 0.5, 0.3)], "Only one epoch is recorded: frog, 50 %."),
    ],
)
def test_the_course_is_what_was_measured(rows: list[tuple[float, float, float]], said: str) -> None:
    assert course_in_words(noise_of(*rows)) == said


def test_the_answer_is_the_last_one() -> None:
    said = answer_in_words(noise_of((0.9, 0.1, 0.0), (0.1, 0.2, 0.7)))
    assert "ship, with 70 % confidence" in said
