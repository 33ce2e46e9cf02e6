"""The report's brute-force attack: uniform noise, and what the network takes it for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Answer = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""Takes pixels (N, H, W, 3), gives softmax probabilities (N, C)."""

METHOD = "uniform noise through uint8, as in the report: (rand · 255) truncated to 0 … 254"


@dataclass(frozen=True)
class Outcome:
    """Answers to trials: predicted class (T,) and its softmax probability (T,)."""

    prediction: NDArray[np.uint8]
    confidence: NDArray[np.float32]


def noise_trials(seed: int, trials: range, size: int) -> NDArray[np.uint8]:
    """Noise images as the report makes them: `(rand(H, W, 3) * 255).astype(uint8)`.

    Trial i depends on (seed, i) alone (a counter-based generator, Philox, keyed by both), so that every epoch and
    network answers the same images, in whatever batches.

    Returns:
        Pixels 0 … 254, shape (len(trials), size, size, 3).
    """
    pixels = np.empty((len(trials), size, size, 3), np.uint8)
    for row, trial in enumerate(trials):
        generator = np.random.Generator(np.random.Philox(key=np.array([seed, trial], np.uint64)))
        pixels[row] = generator.random((size, size, 3), dtype=np.float32) * np.float32(255)
    return pixels


def outcome_of(probabilities: NDArray[np.float32]) -> Outcome:
    """Predicted class and confidence of softmax probabilities (T, C)."""
    prediction = probabilities.argmax(1)
    confidence = np.take_along_axis(probabilities, prediction[:, None], 1)[:, 0]
    return Outcome(prediction.astype(np.uint8), confidence)


def most_confident(outcome: Outcome, threshold: float, n: int) -> NDArray[np.int64]:
    """Trial numbers of the n most confident successes, most confident first; fewer where there are fewer."""
    successes = np.flatnonzero(outcome.confidence >= threshold)
    return successes[np.argsort(-outcome.confidence[successes], kind="stable")][:n]
