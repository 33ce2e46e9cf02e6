"""How a network answers noise: its rates of sure answers, at one epoch and at every, and what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.statistics import Rate, rate_of
from weightreel.analysis.findings.time import last_epochs
from weightreel.analysis.findings.words.language import noted, phrase, translated
from weightreel.analysis.findings.words.names import names_of, title_of
from weightreel.analysis.findings.words.numbers import count, percent, plain
from weightreel.analysis.store.nodes import Attack, Run

Array = NDArray[Any]

UNIFORM = "uniform-noise"
"""The report's noise."""
NOTHING = noted("nothing")
"""What a network answers that may say that there is nothing to see."""
KINDS = {
    UNIFORM: noted("uniform"),
    "gaussian-noise": noted("Gaussian"),
    "rademacher-noise": "±1",
    "smooth-noise": noted("smooth"),
    "shuffled-pixels": noted("shuffled pixels"),
}
"""Names of the kinds of noise that come with the project."""
STEPS = 240
"""How finely a stream of trials is drawn: more would not be seen."""


def latest_answers(attack: Attack) -> tuple[Array, Array] | None:
    """Prediction and confidence of each trial at the last epoch, (T,) each; None where there are none yet.

    All trials count once the run is complete; until then those that are repeated at every epoch.
    """
    if attack.has("confidence"):
        return attack["prediction"], attack["confidence"]
    if attack.has("history/confidence"):
        return attack["history/prediction"][-1], attack["history/confidence"][-1]
    return None


def successes(attack: Attack, threshold: float | None = None) -> NDArray[np.bool_]:
    """Which trials of noise are answered with a class at `threshold` (default: the attack's) or above, in the end.

    Answering that there is nothing is never a success. Shape (T,), empty where nothing was answered yet.
    """
    answers = latest_answers(attack)
    if answers is None:
        return np.zeros(0, bool)
    prediction, confidence = answers
    limit = attack.threshold if threshold is None else threshold
    return np.asarray((confidence >= limit) & (prediction < attack.n_classes))


def history_successes(attack: Attack) -> NDArray[np.bool_]:
    """Which of the trials that are repeated at every epoch are successes there, (E, t); empty where none were kept."""
    if not attack.has("history/confidence"):
        return np.zeros((0, 0), bool)
    answered = attack["history/prediction"] < attack.n_classes
    return np.asarray((attack["history/confidence"] >= attack.threshold) & answered)


def success_history(attack: Attack) -> list[Rate]:
    """Success rate at every epoch over the trials that are repeated at each, (E,); empty where none were kept."""
    return [rate_of(row) for row in history_successes(attack)]


def rates_of(attack: Attack) -> Array:
    """Success rate of noise at every epoch (E,), over the trials that are repeated; empty where none were kept."""
    return np.array([rate.value for rate in success_history(attack)])


def late_rates(run: Run, attack: Attack) -> Array:
    """Success rates of noise at each of the run's last epochs; empty where none were kept."""
    rates = rates_of(attack)
    return rates[last_epochs(run.epochs[: len(rates)])]


def late_since(runs: Sequence[Run]) -> float | None:
    """The first of the last epochs of the longest run; None where every trained epoch is one of them."""
    longest = max(runs, key=lambda run: int(run.epochs[-1]))
    first = last_epochs(longest.epochs).start
    return float(longest.epochs[first]) if first > 1 else None


def success_by_class(attack: Attack) -> NDArray[np.intp]:
    """Successes at the last epoch counted by the class that was answered, (C,); all 0 where nothing was answered."""
    answers = latest_answers(attack)
    chosen = np.zeros(0, int) if answers is None else answers[0][successes(attack)]
    return np.bincount(chosen, minlength=attack.n_classes)


def outcomes(attack: Attack) -> tuple[Array, Array]:
    """Answer to each trial at the last epoch and confidence in its class, 0 where it was that there is nothing.

    Shape (T,) each, empty where nothing was answered yet.
    """
    prediction, confidence = latest_answers(attack) or (np.zeros(0, int), np.zeros(0))
    return prediction, np.where(prediction < attack.n_classes, confidence, 0.0)


def attack_of(run: Run) -> Attack | None:
    """The noise that films show: uniform, else the first that was answered; None where none was."""
    found = kinds_of(run)
    return found.get(UNIFORM) or next(iter(found.values()), None)


def uniform_of(run: Run) -> Attack | None:
    """The report's noise, where the run was put to it and has answered."""
    return kinds_of(run).get(UNIFORM)


def kinds_of(run: Run) -> dict[str, Attack]:
    """The kinds of noise that were answered, by name, the report's first."""
    return {name: attack for name, attack in run.noise_attacks.items() if latest_answers(attack) is not None}


def name_of_kind(name: str) -> str:
    """`uniform` of uniform-noise, `±1` of rademacher-noise, `shuffled pixels` of shuffled-pixels."""
    return translated(KINDS.get(name, name.removesuffix("-noise").replace("-", " ")))


def in_colours(pixels: Array) -> Array:
    """Pictures (…, H, W, 3) of those of three colours, and of grey ones (…, H, W, 1), as all faces draw them."""
    return pixels if pixels.shape[-1] != 1 else np.repeat(pixels, 3, -1)


def answers_of(run: Run, classes: list[str]) -> list[str]:
    """Names of all answers that a run can give, for people."""
    return [*names_of(classes), phrase(NOTHING)] if run.can_answer_nothing else names_of(classes)


def whole_answers(run: Run, probabilities: Array) -> Array:
    """Probabilities (…, C) of the classes, and behind them that of `nothing` where a run can answer it."""
    if not run.can_answer_nothing:
        return probabilities
    return np.concatenate([probabilities, np.clip(1 - probabilities.sum(-1, keepdims=True), 0, 1)], axis=-1)


def preview_pixels(attack: Attack) -> Array:
    """The first noise images, uint8 (n, H, W, 3); n is 0 where none are kept."""
    return in_colours(attack["preview/pixels"]) if attack.has("preview/pixels") else np.zeros((0, 1, 1, 3), np.uint8)


def preview_answers(run: Run, attack: Attack) -> Array:
    """Probabilities of each answer to the first noise images at the last epoch, (n, answers)."""
    return whole_answers(run, attack["preview/probabilities"][-1])


@dataclass(frozen=True)
class Gallery:
    """The noise images that were answered most surely, the surest first.

    Attributes:
        pixels: uint8 (n, H, W, 3).
        answers: the class of each (n,).
        confidence: in it (n,).
    """

    pixels: Array
    answers: Array
    confidence: Array


def gallery_of(attack: Attack) -> Gallery | None:
    """The images that are kept of the surest answers; None where none are."""
    if not attack.has("gallery/pixels") or not attack.has("gallery/probabilities") or not len(attack["gallery/pixels"]):
        return None
    probabilities = attack["gallery/probabilities"]  # (n, C)
    return Gallery(in_colours(attack["gallery/pixels"]), probabilities.argmax(1), probabilities.max(1))


def rates_by_kind(runs: Sequence[Run], kinds: Sequence[str], epochs: Array) -> Array:
    """Value and interval of every rate, (3, E, K, R); NaN where a run has not answered a kind.

    Args:
        runs: R of them.
        kinds: names of K attacks.
        epochs: ascending; at each run's last epoch all of its trials count, before it those repeated at every epoch.
    """
    found = np.full((3, len(epochs), len(kinds), len(runs)), np.nan)
    for j, run in enumerate(runs):
        at, answered = np.searchsorted(epochs, run.epochs), kinds_of(run)
        for i, kind in enumerate(kinds):
            if kind not in answered:
                continue
            for epoch, rate in zip(at, success_history(answered[kind]), strict=False):
                found[:, epoch, i, j] = rate.value, rate.low, rate.high
            last = rate_of(successes(answered[kind]))
            found[:, at[-1] :, i, j] = np.array([[last.value], [last.low], [last.high]])
    return found


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
        """Count trials in their order; prediction and confidence (T,) of `n_classes` answers."""
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


def favourites(taken: Array, classes: Sequence[str], most: int = 3) -> str:
    """The classes most often taken for and their shares of all successes, `frog 98.1 %, deer 1.9 %`; empty if none."""
    total = int(taken.sum())
    order = [i for i in np.argsort(-taken, kind="stable")[:most] if taken[i] > 0]
    return ", ".join(f"{classes[i]} {percent(taken[i] / total)}" for i in order)


def taken_for_in_words(run: Run, classes: Sequence[str]) -> str:
    """How much uniform noise a run is sure of at its last epoch, and what it takes most of that for."""
    attack = uniform_of(run)
    if attack is None:
        return phrase("{title}: no noise was answered yet.", title=title_of(run))
    taken = success_by_class(attack)
    values = {
        "title": title_of(run),
        "successes": count(int(taken.sum())),
        "trials": count(len(successes(attack))),
        "threshold": plain(attack.threshold),
    }
    if not taken.any():
        return phrase("{title}: {successes} of {trials} answered with confidence ≥ {threshold}.", **values)
    return phrase(
        "{title}: {successes} of {trials} answered with confidence ≥ {threshold}, most of these as {classes}.",
        classes=favourites(taken, names_of(classes), 1),
        **values,
    )
