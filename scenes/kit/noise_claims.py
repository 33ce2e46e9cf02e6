"""What a store supports saying of noise: sentences chosen by its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.store import Rate

LAST = 10
"""Epochs over which the swing of a rate is told."""

WILD = 0.1
"""From this span between two epochs of one network, in absolute rate, a rate is said to swing."""


@dataclass(frozen=True)
class Answered:
    """One network's outcome: who, of which training, and the rate at one epoch."""

    title: str
    model: str
    seed: int
    epoch: int
    rate: Rate


def percent(share: float) -> str:
    """A share in percent: `7.03 %`; without decimals only where it is exactly none or all."""
    return f"{share:.0%}".replace("%", "\u202f%") if share in (0, 1) else f"{100 * share:.2f}\u202f%"


def count(n: int) -> str:
    """An integer with separated thousands: `10,000`."""
    return f"{n:,}"


def result(of: Answered, threshold: float) -> str:
    """How often one network was sure of noise."""
    who = f"At epoch {of.epoch} the {of.title}"
    if of.rate.successes == 0:
        return f"{who} answers none of {count(of.rate.trials)} noise images with confidence ≥ {threshold:g}."
    return (
        f"{who} answers {count(of.rate.successes)} of {count(of.rate.trials)} noise images "
        f"with confidence ≥ {threshold:g}: {percent(of.rate.value)}."
    )


def verdict(answered: Sequence[Answered]) -> str:
    """What the rates say of the second model beside the first, in this store and at its last epoch only.

    With several seeds of both, the pairs of equal seed are counted instead.
    """
    models = list(dict.fromkeys(a.model for a in answered))
    if not models:
        return "This store holds no noise attack."
    if len(models) < 2:
        return f"This store holds noise attacks on the {answered[0].title} only: nothing to compare it with."
    first, second = ({a.seed: a for a in answered if a.model == model} for model in models[:2])
    pairs = [(first[seed], second[seed]) for seed in first if seed in second]
    if len(pairs) > 1:
        lower = sum(b.rate.value < a.rate.value for a, b in pairs)
        change = _change(pairs[0][1])
        return f"At the last epoch the rate is lower with {change} in {lower} of {len(pairs)} pairs of seeds."
    return _verdict_of_two(*(pairs[0] if pairs else (next(iter(first.values())), next(iter(second.values())))))


def _verdict_of_two(a: Answered, b: Answered) -> str:
    if a.rate.successes == b.rate.successes == 0:
        return "Neither network is sure of any noise image, so neither rate is below the other."
    numbers = f"{percent(b.rate.value)} with it, {percent(a.rate.value)} without"
    if not b.model.startswith("spectral"):
        numbers = f"{percent(b.rate.value)} against {percent(a.rate.value)}"
    if b.rate.value == a.rate.value:
        return f"At the last epoch the rate is not lower with {_change(b)}: {percent(a.rate.value)} in both."
    lower = "lower" if b.rate.value < a.rate.value else "not lower"
    overlap = "" if b.rate.high < a.rate.low or a.rate.high < b.rate.low else "; the intervals overlap"
    return f"At the last epoch the rate is {lower} with {_change(b)}: {numbers}{overlap}."


def _change(of: Answered) -> str:
    return "spectral normalisation" if of.model.startswith("spectral") else f"the {of.title}"


def basis(answered: Sequence[Answered]) -> str:
    """What the intervals cover, and on how many seeds and epochs the statement rests."""
    if not answered:
        return ""
    seeds = len({a.seed for a in answered})
    epochs = sorted({a.epoch for a in answered})
    when = f"one epoch ({', '.join(map(str, epochs))})"
    covers = f"The intervals cover the {count(max(a.rate.trials for a in answered))} trials only."
    if seeds == 1:
        return f"{covers} One seed and {when} of each network: no conclusion about the networks."
    return f"{covers} {seeds} seeds and {when} of each network."


def swing(title: str, epochs: NDArray[Any], rate: NDArray[Any], last: int = LAST) -> str:
    """How far a success rate moved over the last epochs.

    Args:
        epochs: epochs recorded, ascending, shape (E,).
        rate: success rate at each, shape (E,).
    """
    rate, span = np.asarray(rate)[-last:], np.asarray(epochs)[-last:]
    if len(span) == 1:
        return f"{title}: {percent(rate[0])} at epoch {span[0]}, the only one recorded so far."
    when = f"over the last {len(span)} epochs ({span[0]}–{span[-1]})"
    low, high = float(rate.min()), float(rate.max())
    if low == high:
        return f"{title}: {percent(low)} at each of the last {len(span)} epochs ({span[0]}–{span[-1]})."
    verb = "swings" if high - low >= WILD else "stays"
    return f"{title}: {verb} between {percent(low)} and {percent(high)} {when}."


def slowing(title: str, epochs: NDArray[Any], learning_rate: NDArray[Any]) -> str:
    """When the learning rate fell, after which a network hardly changes any more; empty where it never did.

    Args:
        epochs: epochs recorded, ascending, shape (E,).
        learning_rate: of the epoch that ended, shape (E,).
    """
    fallen = np.flatnonzero(np.asarray(learning_rate) < 0.999 * learning_rate[0])
    if not fallen.size:
        return ""
    return (
        f"The {title}'s learning rate falls from epoch {epochs[fallen[0]]} on, "
        f"from {learning_rate[0]:.1g} to {learning_rate[-1]:.1g}."
    )


def moral(spans: Sequence[float]) -> str:
    """The take-away from how far each network's rate moved (highest minus lowest, each in [0, 1]); empty of none."""
    if not spans:
        return ""
    widest = max(spans)
    if widest >= WILD:
        return f"One epoch decides little: within one training the rate moves by {100 * widest:.0f} percentage points."
    return f"Over these epochs the rate moves by at most {100 * widest:.1f} percentage points."
