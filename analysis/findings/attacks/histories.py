"""Rates of sure answers to noise of two networks, epoch by epoch and seed by seed.

The rate of noise success swings from epoch to epoch and from seed to seed, so a difference at one epoch says little.
Histories are compared instead: the mean over the last epochs, with seeds as what is exchanged.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.attacks.noise import UNIFORM, rates_of, success_history, successes
from weightreel.analysis.findings.report import REPORTED_MODELS
from weightreel.analysis.findings.statistics import mcnemar
from weightreel.analysis.findings.time import LAST_EPOCHS, clock_of_records, last_epochs
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.numbers import percent
from weightreel.analysis.store.nodes import Run

Array = NDArray[Any]


Models = tuple[str, str]

AT_A_STANDSTILL = 0.01
"""Share of its highest at which a learning rate leaves a network nearly where it is."""


@dataclass(frozen=True)
class Histories:
    """Success rates of two networks at every epoch, in pairs that differ in the network alone.

    Attributes:
        titles: names of both for people.
        seeds: of the pairs (S,).
        epochs: that all of them have (E,).
        rates: (2, S, E).
        trials: noise images at every epoch.
        paired: p of McNemar's test on the same noise at the last epoch, by pair (S,); NaN where the noise differs.
        unfinished: names of their runs whose training is not over.
        clock: what `epochs` are in words, see `clock_of_records`.
        pace: the highest learning rate of the last epochs over that of the whole training, the largest of all runs;
            NaN where no store says.
    """

    titles: tuple[str, str]
    seeds: tuple[int, ...]
    epochs: Array
    rates: Array
    trials: int
    paired: Array
    unfinished: tuple[str, ...] = ()
    clock: str = "epoch"
    pace: float = math.nan

    @property
    def at_a_standstill(self) -> bool:
        """Whether all trainings had as good as stopped over the last epochs, so that steady rates show nothing."""
        return self.pace < AT_A_STANDSTILL

    @property
    def last(self) -> Array:
        """Rates of the last epochs (2, S, at most LAST_EPOCHS)."""
        return self.rates[..., last_epochs(self.epochs)]

    @property
    def by_seed(self) -> Array:
        """Mean rates over the last epochs (2, S)."""
        return np.asarray(self.last.mean(2))


def histories(runs: Sequence[Run], models: Models = REPORTED_MODELS) -> Histories | None:
    """Histories of two models' runs by pairs; None where the store has no pair whose noise was repeated."""
    found: dict[str, dict[str, Run]] = {}
    for run in runs:
        if run.model in models and UNIFORM in run.noise_attacks and len(rates_of(run.noise_attacks[UNIFORM])):
            found.setdefault(str(run.attributes["pair"]), {})[run.model] = run
    pairs = [(pair[models[0]], pair[models[1]]) for pair in found.values() if len(pair) == 2]
    if not pairs:
        return None
    every = [[rates_of(run.noise_attacks[UNIFORM]) for run in pair] for pair in pairs]
    epochs = min(len(rates) for pair in every for rates in pair)
    rates = np.array([[history[:epochs] for history in pair] for pair in every])  # (S, 2, E)
    first, second = pairs[0]
    return Histories(
        (first.title, second.title),
        tuple(one.seed for one, _ in pairs),
        first.epochs[:epochs],
        rates.transpose(1, 0, 2),
        success_history(first.noise_attacks[UNIFORM])[0].trials,
        np.array([paired_test(*pair) for pair in pairs]),
        tuple(run.name for pair in pairs for run in pair if not run.complete),
        clock=clock_of_records(run for pair in pairs for run in pair),
        pace=max(_pace(run, epochs) for pair in pairs for run in pair),
    )


def standstill_in_words(runs: Sequence[Run]) -> str:
    """That rates which stand still over the last epochs show no stability, where all trainings had as good as stopped.

    Empty where a network still moved there, or no store says.
    """
    paces = [_pace(run, len(run.epochs)) for run in runs]
    if not paces or not max(paces) < AT_A_STANDSTILL:
        return ""
    return phrase(
        "Over the last {n} {clocks} the learning rate is at most {pace} of its highest: the networks hardly move, and "
        "rates that stand still there show no stability.",
        n=LAST_EPOCHS,
        clock=clock_of_records(runs),
        pace=percent(max(paces), 2),
    )


def _pace(run: Run, epochs: int) -> float:
    """How fast a run still learns over the last of its first epochs: their highest learning rate over the highest."""
    if not run.has("learning_rate"):
        return math.nan
    rate = np.asarray(run["learning_rate"], float)[:epochs]
    highest = float(np.nanmax(rate, initial=0.0))
    return float(np.nanmax(rate[last_epochs(run.epochs[:epochs])], initial=0.0)) / highest if highest else math.nan


def paired_test(first: Run, second: Run) -> float:
    """McNemar's p of two runs' answers to the same uniform noise, as far as they go; NaN where the noise differs."""
    one, other = (run.attack(UNIFORM) for run in (first, second))
    hits, others = successes(one), successes(other)
    same = one.attributes["seed"] == other.attributes["seed"] and len(hits) == len(others)
    return mcnemar(hits, others) if same else math.nan
