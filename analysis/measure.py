"""Measure a network's answers to noise at one epoch."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from analysis.attacks.noise import Answer, most_confident, noise_trials, outcome_of
from analysis.recipe_attacks import NoiseRecipe
from analysis.training import Normaliser, logits_of

Array = NDArray[Any]

NOISE = "uniform-noise"


def answering(model: nn.Module, normalise: Normaliser) -> Answer:
    """The network as a function from pixels (N, H, W, 3) to softmax probabilities (N, C) float32."""

    def answer(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        tensor = torch.from_numpy(pixels).permute(0, 3, 1, 2).to(normalise.mean.device)
        return logits_of(model, tensor, normalise).softmax(1).cpu().numpy()

    return answer


class NoiseAttack:
    """The report's noise attack on any network that answers pixels with probabilities."""

    def __init__(self, recipe: NoiseRecipe, size: int) -> None:
        self.recipe = recipe
        self.size = size
        self._history = noise_trials(recipe.seed, range(recipe.history), size)

    def fixed(self) -> dict[str, Array]:
        """What no epoch changes: the inputs of the first trials."""
        return {f"attacks/{NOISE}/preview/pixels": self._history[: self.recipe.preview]}

    def epoch(self, answer: Answer) -> dict[str, Array]:
        """Answers to the first trials, at one epoch."""
        probabilities = answer(self._history)
        outcome = outcome_of(probabilities)
        return {
            f"attacks/{NOISE}/history/prediction": outcome.prediction,
            f"attacks/{NOISE}/history/confidence": outcome.confidence,
            f"attacks/{NOISE}/preview/probabilities": probabilities[: self.recipe.preview],
        }

    def final(self, answer: Answer) -> dict[str, Array]:
        """Answers to all trials, and a gallery of the most confident successes."""
        probabilities = answer(noise_trials(self.recipe.seed, range(self.recipe.trials), self.size))
        outcome = outcome_of(probabilities)
        chosen = most_confident(outcome, self.recipe.threshold, self.recipe.gallery)
        pixels = [noise_trials(self.recipe.seed, range(int(i), int(i) + 1), self.size) for i in chosen]
        empty = np.zeros((0, self.size, self.size, 3), np.uint8)
        return {
            f"attacks/{NOISE}/prediction": outcome.prediction,
            f"attacks/{NOISE}/confidence": outcome.confidence,
            f"attacks/{NOISE}/gallery/pixels": np.concatenate([empty, *pixels]),
            f"attacks/{NOISE}/gallery/trial": chosen,
            f"attacks/{NOISE}/gallery/probabilities": probabilities[chosen],
        }
