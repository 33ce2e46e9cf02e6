"""A run's answers to noise, ready to be drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.store import Attack, Run, latest_answers, success_rate
from scenes.kit.noise_claims import Answered

Array = NDArray[Any]

STEPS = 240
"""How finely a stream of trials is drawn: more would not be seen."""


def attack_of(run: Run) -> Attack | None:
    """The attack that films show: uniform noise, else the first that was answered; None where none was."""
    found = {name: attack for name, attack in run.attacks.items() if latest_answers(attack) is not None}
    return found.get("uniform-noise") or next(iter(found.values()), None)


def answered(run: Run, attack: Attack) -> Answered:
    """The run's rate at its last epoch."""
    _, confidence = latest_answers(attack)
    rate = success_rate(confidence, attack.threshold)
    return Answered(run.title, run.model, run.seed, int(run.epochs[-1]), rate)


@dataclass(frozen=True)
class Stream:
    """Trials as they come in, counted after some of them.

    Attributes:
        trials: how many have been answered, ascending from 0, (S,).
        successes: how many of them are successes, (S,).
        answers: how often each class was answered, (S, C).
        taken: how often each was answered with confidence at or above the threshold, (S, C).
    """

    trials: Array
    successes: Array
    answers: Array
    taken: Array

    @classmethod
    def of(cls, prediction: Array, confidence: Array, threshold: float, n_classes: int) -> Stream:
        """Count trials in their order; prediction and confidence (T,)."""
        trials = np.unique(np.linspace(0, len(prediction), STEPS).round().astype(int))
        success = confidence >= threshold
        one_hot = np.eye(n_classes, dtype=int)[prediction]  # (T, C)

        def after(counts: Array) -> Array:
            total = np.concatenate([np.zeros((1, *counts.shape[1:]), int), counts.cumsum(0)])
            return np.asarray(total[trials])

        return cls(trials, after(success), after(one_hot), after(one_hot * success[:, None]))

    @property
    def rate(self) -> Array:
        """Share of successes so far, (S,); NaN before the first trial."""
        return np.where(self.trials > 0, self.successes / np.maximum(self.trials, 1), np.nan)


def favourites(taken: Array, classes: list[str], most: int = 3) -> str:
    """The classes most often taken for and their shares of all successes, `frog 98.1 %, deer 1.9 %`; empty if none."""
    total = int(taken.sum())
    order = [i for i in np.argsort(-taken, kind="stable")[:most] if taken[i] > 0]
    return ", ".join(f"{classes[i]} {100 * taken[i] / total:.1f}\u202f%" for i in order)
