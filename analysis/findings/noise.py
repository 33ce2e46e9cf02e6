"""A run's answers to noise, ready to be drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.noise_claims import Answered
from weightreel.analysis.findings.rates import latest_answers, rate_of, success_history, successes
from weightreel.analysis.findings.words.language import noted, phrase
from weightreel.analysis.findings.words.names import names_of
from weightreel.analysis.findings.words.numbers import percent
from weightreel.analysis.store.nodes import Attack, Run

Array = NDArray[Any]

NOTHING = noted("nothing")
"""What a network answers that may say that there is nothing to see."""
NAMES = {
    "uniform-noise": noted("uniform"),
    "gaussian-noise": noted("Gaussian"),
    "rademacher-noise": "±1",
    "smooth-noise": noted("smooth"),
    "shuffled-pixels": noted("shuffled pixels"),
}
STEPS = 240
"""How finely a stream of trials is drawn: more would not be seen."""


def attack_of(run: Run) -> Attack | None:
    """The noise that films show: uniform, else the first that was answered; None where none was."""
    found = kinds_of(run)
    return found.get("uniform-noise") or next(iter(found.values()), None)


def kinds_of(run: Run) -> dict[str, Attack]:
    """The kinds of noise that were answered, by name, the report's first."""
    return {name: attack for name, attack in run.noise_attacks.items() if latest_answers(attack) is not None}


def answers_of(run: Run, classes: list[str]) -> list[str]:
    """Names of all answers that a run can give, for people."""
    return [*names_of(classes), phrase(NOTHING)] if run.can_answer_nothing else names_of(classes)


def whole_answers(run: Run, probabilities: Array) -> Array:
    """Probabilities (n, C) of the classes, and behind them that of `nothing` where a run can answer it."""
    if not run.can_answer_nothing:
        return probabilities
    return np.concatenate([probabilities, 1 - probabilities.sum(1, keepdims=True)], axis=1)


def outcomes(attack: Attack) -> tuple[Array, Array]:
    """Answer to each trial at the last epoch and its confidence, 0 where it was that there is nothing; (T,) each."""
    prediction, confidence = latest_answers(attack)
    return prediction, np.where(prediction < attack.n_classes, confidence, 0.0)


def answered(run: Run, attack: Attack) -> Answered:
    """The run's rate at its last epoch."""
    return Answered(run.title, run.model, run.seed, int(run.epochs[-1]), rate_of(successes(attack)))


def share_above(sure: Array, thresholds: Array) -> Array:
    """Share of trials (T,) that are at least as sure as each threshold, (N,)."""
    ordered = np.sort(sure)
    return 1 - np.searchsorted(ordered, thresholds, side="left") / len(ordered)


def of_images(run: Run) -> Array | None:
    """Confidence of the answer to every test image, 0 where it was that there is nothing; None where none are kept."""
    if not run.has("test/confidence"):
        return None
    classes = run["test/confusion"].shape[-1]
    return np.where(run["test/prediction"] < classes, run["test/confidence"], 0.0)


def rates_by_kind(runs: list[Run], kinds: list[str], epochs: Array) -> Array:
    """Value and interval of every rate, (3, E, K, R); NaN where a run has not answered a kind.

    Args:
        kinds: names of K attacks.
        epochs: ascending; at each run's last epoch all of its trials count, before it those repeated at every epoch.
    """
    found = np.full((3, len(epochs), len(kinds), len(runs)), np.nan)
    for j, run in enumerate(runs):
        at, there = np.searchsorted(epochs, run.epochs), kinds_of(run)
        for i, kind in enumerate(kinds):
            if kind not in there:
                continue
            for epoch, rate in zip(at, success_history(there[kind]), strict=False):
                found[:, epoch, i, j] = rate.value, rate.low, rate.high
            last = answered(run, there[kind]).rate
            found[:, at[-1] :, i, j] = np.array([[last.value], [last.low], [last.high]])
    return found


def name_of_kind(name: str) -> str:
    """`uniform` of uniform-noise, `±1` of rademacher-noise, `shuffled pixels` of shuffled-pixels."""
    return phrase(NAMES.get(name, name.removesuffix("-noise").replace("-", " ")))


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
        """Count trials in their order; prediction and sureness (T,) of `n_classes` answers."""
        trials = np.unique(np.linspace(0, len(prediction), STEPS).round().astype(int))
        success = confidence >= threshold
        step = np.searchsorted(trials, np.arange(1, len(prediction) + 1))  # (T,): the first that counts each trial
        answers, taken = np.zeros((2, len(trials), n_classes), int)
        np.add.at(answers, (step, prediction), 1)
        np.add.at(taken, (step[success], prediction[success]), 1)
        answers, taken = answers.cumsum(0), taken.cumsum(0)
        return cls(trials, taken.sum(1), answers, taken)

    @property
    def rate(self) -> Array:
        """Share of successes so far, (S,); NaN before the first trial."""
        return np.where(self.trials > 0, self.successes / np.maximum(self.trials, 1), np.nan)


def favourites(taken: Array, classes: list[str], most: int = 3) -> str:
    """The classes most often taken for and their shares of all successes, `frog 98.1 %, deer 1.9 %`; empty if none."""
    total = int(taken.sum())
    order = [i for i in np.argsort(-taken, kind="stable")[:most] if taken[i] > 0]
    return ", ".join(f"{classes[i]} {percent(taken[i] / total)}" for i in order)
