"""Does a second network answer noise less often than the first, and how sure is that?

The rate of noise success swings from epoch to epoch and from seed to seed, so a difference at one epoch says little.
Histories are compared instead: the mean over the last epochs, with seeds as what is exchanged.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.rates import success_history, successes
from weightreel.analysis.findings.report import REPORTED_MODELS, REPORTED_REDUCTION
from weightreel.analysis.findings.statistics import (
    mcnemar,
    reduction_interval,
    sign_flip_test,
    smallest_p,
    within_run_test,
)
from weightreel.analysis.store.nodes import Run

Array = NDArray[Any]

LAST_EPOCHS = 10
"""Epochs at the end over which a history is summarised."""
LEVEL = 0.05
"""p from which a difference counts as shown."""
UNIFORM = "uniform-noise"

Models = tuple[str, str]

Outcome = Literal["holds", "lower", "higher", "not shown", "too few seeds"]


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
    """

    titles: tuple[str, str]
    seeds: tuple[int, ...]
    epochs: Array
    rates: Array
    trials: int
    paired: Array

    @property
    def last(self) -> Array:
        """Rates of the last epochs (2, S, at most LAST_EPOCHS), without the initialisation where there are others."""
        return self.rates[..., min(1, self.rates.shape[2] - 1) :][..., -LAST_EPOCHS:]

    @property
    def by_seed(self) -> Array:
        """Mean rates over the last epochs (2, S)."""
        return np.asarray(self.last.mean(2))


def histories(runs: Sequence[Run], models: Models = REPORTED_MODELS) -> Histories | None:
    """Histories of two models' runs by pairs; None where the store has no pair whose noise was repeated."""
    found: dict[str, dict[str, Run]] = {}
    for run in runs:
        if run.model in models and UNIFORM in run.noise_attacks and success_history(run.noise_attacks[UNIFORM]):
            found.setdefault(str(run.attributes["pair"]), {})[run.model] = run
    pairs = [(pair[models[0]], pair[models[1]]) for pair in found.values() if len(pair) == 2]
    if not pairs:
        return None
    every = [[success_history(run.noise_attacks[UNIFORM]) for run in pair] for pair in pairs]
    epochs = min(len(history) for pair in every for history in pair)
    rates = np.array([[[rate.value for rate in history[:epochs]] for history in pair] for pair in every])  # (S, 2, E)
    first, second = pairs[0]
    return Histories(
        (first.title, second.title),
        tuple(one.seed for one, _ in pairs),
        first.epochs[:epochs],
        rates.transpose(1, 0, 2),
        every[0][0][0].trials,
        np.array([paired_test(*pair) for pair in pairs]),
    )


def paired_test(first: Run, second: Run) -> float:
    """McNemar's p of two runs' answers to the same uniform noise, as far as they go; NaN where the noise differs."""
    one, other = (run.attack(UNIFORM) for run in (first, second))
    hits, others = successes(one), successes(other)
    same = one.attributes["seed"] == other.attributes["seed"] and len(hits) == len(others)
    return mcnemar(hits, others) if same else math.nan


@dataclass(frozen=True)
class Verdict:
    """What histories say of the report's claim that the second network's rate is lower by 76 %.

    Attributes:
        histories: what was compared.
        outcome: `holds` where the rate is lower and the interval of the reduction excludes 0 and holds the report's;
            `lower` where only the former; `higher`; `not shown`; `too few seeds` where no result could reach LEVEL.
        mean: rates over the last epochs and all seeds, of both networks.
        seed_std: standard deviation between the seeds' means, of both; NaN of one seed.
        swing: mean over seeds of the span (highest minus lowest) within the last epochs, of both.
        widest: the largest span of any one training, over all its epochs.
        p_seeds: sign-flip test over seeds; NaN of one seed.
        smallest_p: the least that so many seeds can give.
        p_epochs: within-run test, of a single pair; NaN of several.
        reduction: with its interval over seeds.
        sentences: all of it in words, the answer first.
    """

    histories: Histories
    outcome: Outcome
    mean: tuple[float, float]
    seed_std: tuple[float, float]
    swing: tuple[float, float]
    widest: float
    p_seeds: float
    smallest_p: float
    p_epochs: float
    reduction: tuple[float, float, float]
    sentences: tuple[str, ...] = ()


def verdict(runs: Sequence[Run], models: Models = REPORTED_MODELS) -> Verdict | None:
    """Whether the report's claim holds among these runs; None where there is no pair to compare."""
    found = histories(runs, models)
    return None if found is None else judged(found)


def judged(found: Histories) -> Verdict:
    """What histories say of the report's claim."""
    n = len(found.seeds)
    by_seed = found.by_seed
    differences = by_seed[1] - by_seed[0]
    p = sign_flip_test(differences) if n > 1 else math.nan
    reduction = reduction_interval(*by_seed)
    stds = by_seed.std(1, ddof=1) if n > 1 else np.full(2, math.nan)
    swings = np.ptp(found.last, axis=2).mean(1)
    numbers = Verdict(
        histories=found,
        outcome=_outcome(differences, p, reduction),
        mean=(float(by_seed[0].mean()), float(by_seed[1].mean())),
        seed_std=(float(stds[0]), float(stds[1])),
        swing=(float(swings[0]), float(swings[1])),
        widest=float(np.ptp(found.rates, axis=2).max()),
        p_seeds=p,
        smallest_p=smallest_p(n),
        p_epochs=within_run_test(found.rates[1, 0] - found.rates[0, 0], found.last.shape[2]) if n == 1 else math.nan,
        reduction=reduction,
    )
    return dataclasses.replace(numbers, sentences=tuple(_in_words(numbers)))


def _outcome(differences: Array, p: float, reduction: tuple[float, float, float]) -> Outcome:
    if smallest_p(len(differences)) > LEVEL:
        return "too few seeds"
    if p > LEVEL:
        return "not shown"
    if differences.mean() > 0:
        return "higher"
    _, low, high = reduction
    return "holds" if 0 < low <= REPORTED_REDUCTION <= high else "lower"


def _in_words(of: Verdict) -> list[str]:
    first, second = of.histories.titles
    epochs, n = of.histories.last.shape[2], len(of.histories.seeds)
    seeds = f"{n} {'seed' if n == 1 else 'seeds'}"
    late = f"over the last {epochs} epochs" if epochs > 1 else "at the only epoch"
    a, b = (f"{100 * mean:.1f} %" for mean in of.mean)
    return [
        _answer(of, seeds),
        f"The mean rate {late} of {seeds} is {a} ({first}) and {b} ({second}).",
        *(_over_seeds(of, seeds) if n > 1 else _within_trainings(of)),
        f"Within those epochs the rate of one training spans {100 * of.swing[0]:.0f} and {100 * of.swing[1]:.0f} "
        f"points ({first}, {second}), over a whole training up to {100 * of.widest:.0f}.",
    ]


def _answer(of: Verdict, seeds: str) -> str:
    claim = f"{100 * REPORTED_REDUCTION:.0f} %"
    value, low, high = (100 * part for part in of.reduction)
    by = f"by {value:.0f} % [{low:.0f}, {high:.0f}]"
    words: dict[Outcome, str] = {
        "holds": f"The report's claim holds here: the rate falls {by}, and {claim} lies within.",
        "lower": f"The rate is lower with {of.histories.titles[1]}, {by}, but not by the report's {claim}.",
        "higher": f"The opposite of the report's claim ({claim} lower): with {of.histories.titles[1]} the rate is "
        "higher.",
        "not shown": f"The report's claim ({claim} lower) is not shown: chance alone may make such a difference.",
        "too few seeds": f"Whether the report's claim ({claim} lower) holds cannot be told from {seeds}.",
    }
    return words[of.outcome]


def _over_seeds(of: Verdict, seeds: str) -> list[str]:
    found, least = of.histories, f"; the least that {seeds} can give is {of.smallest_p:.2g}"
    surely = found.paired < LEVEL
    lower, higher = ((sign * (found.rates[1, :, -1] - found.rates[0, :, -1]) > 0) & surely for sign in (-1, 1))
    return [
        f"Exchanging the networks of whole seeds gives p = {of.p_seeds:.2g}{least}. "
        f"Seeds differ by a standard deviation of {100 * of.seed_std[0]:.1f} and {100 * of.seed_std[1]:.1f} points.",
        f"On the same noise at the last epoch alone McNemar's test calls the rate lower in {lower.sum()} and higher in "
        f"{higher.sum()} of the {len(found.seeds)} pairs (p < {LEVEL:g}): it knows of no other epoch or seed.",
    ]


def _within_trainings(of: Verdict) -> list[str]:
    sentences = [
        f"Exchanging blocks of epochs of these two trainings gives p = {of.p_epochs:.2g}, which says nothing of other "
        "seeds."
    ]
    if not math.isnan(p := float(of.histories.paired[0])):
        sentences.append(
            f"McNemar's test on the same noise gives p = {p:.1g}, which says nothing of other epochs or seeds."
        )
    return sentences
