"""One noise image, asked again at every epoch: what it is taken for, and how surely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from weightreel.analysis.findings.attacks.noise import Array, answers_of, preview_pixels, whole_answers
from weightreel.analysis.findings.attacks.perturbation import confidence_in_words
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.store.nodes import Attack, Run

MUCH = 0.2
"""Range of a confidence over the epochs, from which it is said to swing."""


@dataclass(frozen=True)
class SameNoise:
    """The first of a run's noise images that ended surest, and all answers to it.

    Attributes:
        epochs: (E,).
        pixels: uint8, (H, W, 3).
        probabilities: of each answer at every epoch, (E, A).
        answers: names of the A answers.
    """

    epochs: Array
    pixels: Array
    probabilities: Array
    answers: tuple[str, ...]

    @classmethod
    def of(cls, run: Run, attack: Attack, classes: list[str]) -> Self | None:
        """Read the image; None where the store keeps none of the first ones.

        Args:
            run: whose answers.
            attack: the noise.
            classes: names of the data's classes.
        """
        pixels = preview_pixels(attack)
        if not len(pixels):
            return None
        probabilities = whole_answers(run, attack["preview/probabilities"])  # (E, n, A)
        i = int(probabilities[-1].max(1).argmax())
        answers = answers_of(run, classes)
        return cls(run.epochs.astype(float), pixels[i], probabilities[:, i], tuple(answers))

    @property
    def likeliest(self) -> Array:
        """The answer at every epoch, (E,)."""
        return np.asarray(self.probabilities.argmax(1))

    @property
    def confidence(self) -> Array:
        """The confidence in it, (E,)."""
        return np.asarray(self.probabilities.max(1))

    def said(self, record: int = -1) -> tuple[str, str]:
        """The answer at a record, and its confidence as people write it."""
        return self.answers[int(self.likeliest[record])], confidence_in_words(float(self.confidence[record]))


def answer_in_words(noise: SameNoise) -> str:
    """What a network says of the image at its last epoch."""
    answer, confidence = noise.said()
    return phrase(
        "A network that learned to name pictures says {answer}, with {confidence} confidence.",
        answer=answer,
        confidence=confidence,
    )


def course_in_words(noise: SameNoise) -> str:
    """How the answer to the same image, and its confidence, went over the epochs."""
    n, different = len(noise.epochs), len(np.unique(noise.likeliest))
    low, high = float(noise.confidence.min()), float(noise.confidence.max())
    values = {
        "n": n,
        "different": different,
        "low": confidence_in_words(low),
        "high": confidence_in_words(high),
        "answer": noise.said()[0],
    }
    if n == 1:
        return phrase("Only one {clock} is recorded: {answer}, {high}.", **values)
    if different > 1 and high - low >= MUCH:
        return phrase("The same noise: {different} different answers, confidence from {low} to {high}.", **values)
    if different > 1:
        return phrase("The same noise got {different} different answers in {n} {clocks}.", **values)
    if high - low >= MUCH:
        return phrase("The same noise is always {answer}; the confidence goes from {low} to {high}.", **values)
    return phrase("The same noise is {answer} at all {n} {clocks}, with about the same confidence.", **values)
