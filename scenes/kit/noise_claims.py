"""What a store supports saying of noise: sentences chosen by its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.store import Rate
from scenes.kit.wording import listed, percent

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


def count(n: int) -> str:
    """An integer with separated thousands: `10,000`."""
    return f"{n:,}"


def result(of: Answered, threshold: float) -> str:
    """How often one network was sure of noise."""
    who = f"At epoch {of.epoch} the {of.title}"
    if of.rate.successes == 0:
        return f"{who} answers none of {count(of.rate.trials)} noise images with confidence ≥ {threshold:g}."
    return (
        f"{who} is sure (≥ {threshold:g}) of {count(of.rate.successes)} of {count(of.rate.trials)} noise images: "
        f"{percent(of.rate.value, 2)}."
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
    numbers = f"{percent(b.rate.value, 2)} with it, {percent(a.rate.value, 2)} without"
    if not b.model.startswith("spectral"):
        numbers = f"{percent(b.rate.value, 2)} against {percent(a.rate.value, 2)}"
    if b.rate.value == a.rate.value:
        return f"At the last epoch the rate is not lower with {_change(b)}: {percent(a.rate.value, 2)} in both."
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
        return f"{title}: {percent(rate[0], 2)} at epoch {span[0]}, the only one recorded so far."
    when = f"over the last {len(span)} epochs ({span[0]}–{span[-1]})"
    low, high = float(rate.min()), float(rate.max())
    if low == high:
        return f"{title}: {percent(low, 2)} at each of the last {len(span)} epochs ({span[0]}–{span[-1]})."
    verb = "swings" if high - low >= WILD else "stays"
    return f"{title}: {verb} between {percent(low, 2)} and {percent(high, 2)} {when}."


def moral(spans: Sequence[float]) -> str:
    """The take-away from how far each network's rate moved (highest minus lowest, each in [0, 1]); empty of none."""
    if not spans:
        return ""
    widest = max(spans)
    if widest >= WILD:
        return f"One epoch decides little: within one training the rate moves by {100 * widest:.0f} percentage points."
    return f"Over these epochs the rate moves by at most {100 * widest:.1f} percentage points."


def told_apart(images: NDArray[Any], noise: NDArray[Any]) -> float:
    """Share of pairs of an image and a noise image of which the image is answered with more confidence; ties half.

    Args:
        images, noise: confidences, (n,) and (m,), each at least one.
    """
    ranks = ranked(np.concatenate([images, noise]))[: len(images)]
    wins = ranks.sum() - len(images) * (len(images) + 1) / 2
    return float(wins / (len(images) * len(noise)))


def ranked(values: NDArray[Any]) -> NDArray[Any]:
    """Ranks from 1, (n,); equal values share the mean of theirs."""
    _, place, times = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((times.cumsum() - (times - 1) / 2)[place])


def separation(title: str, share: float) -> str:
    """Whether confidence tells images from noise; `share` as `told_apart` gives it."""
    pairs = f"the {title} is surer of a test image than of a noise image in {100 * share:.0f} of 100 pairs"
    if share >= 0.95:
        return f"Confidence tells noise from images: {pairs}."
    if share >= 0.6:
        return f"Confidence tells noise from images only in part: {pairs}."
    if share > 0.4:
        return f"Confidence does not tell noise from images: {pairs}."
    return f"Noise is answered more surely than images: {pairs}."


def passing(title: str, threshold: float, images: float, noise: float) -> str:
    """How many of both a threshold lets through, as shares."""
    return (
        f"{title}, confidence ≥ {threshold:g}: {percent(images)} of the test images pass, and {percent(noise)} of the "
        "noise."
    )


def levels_in_words(title: str, noise: NDArray[Any]) -> str:
    """How many noise images, whose confidences are (T,), are answered at least this surely."""
    shares = [f"{percent(float((noise >= level).mean()))} with ≥ {level:g}" for level in (0.9, 0.99, 0.999)]
    return f"{title}: of the noise images {listed(shares)}."


def seeds_in_words(seeds: Sequence[int]) -> str:
    """`seed 0`, or `10 seeds`."""
    return f"seed {seeds[0]}" if len(set(seeds)) == 1 else f"{len(set(seeds))} seeds"


def kinds_in_words(title: str, kinds: Sequence[tuple[str, float]]) -> str:
    """Of which noise a network is most and least often sure; kinds with their rates, at least one."""
    ordered = sorted(kinds, key=lambda kind: -kind[1])
    (most, high), (least, low) = ordered[0], ordered[-1]
    if high == 0:
        return f"The {title} is sure of none of these kinds of noise."
    if high == low:
        return f"The {title} is equally often sure of each: {percent(high)}."
    return f"{title}: most often sure of {most} noise ({percent(high)}), least often of {least} ({percent(low)})."
