"""What a store supports saying of noise: sentences chosen by its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.rates import Rate
from weightreel.analysis.findings.words.language import phrase, phrase_n
from weightreel.analysis.findings.words.names import named
from weightreel.analysis.findings.words.numbers import listed, percent

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
    said = {"epoch": of.epoch, "title": named(of.title), "trials": count(of.rate.trials), "threshold": f"{threshold:g}"}
    if of.rate.successes == 0:
        return phrase(
            "At {clock} {epoch} the {title} answers none of {trials} noise images with confidence ≥ {threshold}.",
            **said,
        )
    return phrase(
        "At {clock} {epoch} the {title} is sure (≥ {threshold}) of {successes} of {trials} noise images: {rate}.",
        successes=count(of.rate.successes), rate=percent(of.rate.value, 2), **said,
    )  # fmt: skip


def verdict(answered: Sequence[Answered]) -> str:
    """What the rates say of the second model beside the first, in this store and at its last epoch only.

    With several seeds of both, the pairs of equal seed are counted instead.
    """
    models = list(dict.fromkeys(a.model for a in answered))
    if not models:
        return phrase("This store holds no noise attack.")
    if len(models) < 2:
        return phrase(
            "This store holds noise attacks on the {title} only: nothing to compare it with.",
            title=named(answered[0].title),
        )
    first, second = ({a.seed: a for a in answered if a.model == model} for model in models[:2])
    pairs = [(first[seed], second[seed]) for seed in first if seed in second]
    if len(pairs) > 1:
        lower = sum(b.rate.value < a.rate.value for a, b in pairs)
        return phrase(
            "At the last {clock} the rate is lower with {change} in {lower} of {pairs} pairs of seeds.",
            change=_change(pairs[0][1]), lower=lower, pairs=len(pairs),
        )  # fmt: skip
    return _verdict_of_two(*(pairs[0] if pairs else (next(iter(first.values())), next(iter(second.values())))))


def _verdict_of_two(a: Answered, b: Answered) -> str:
    if a.rate.successes == b.rate.successes == 0:
        return phrase("Neither network is sure of any noise image, so neither rate is below the other.")
    change, numbers = _change(b), {"rate": percent(b.rate.value, 2), "other": percent(a.rate.value, 2)}
    if b.rate.value == a.rate.value:
        return phrase(
            "At the last {clock} the rate is not lower with {change}: {rate} in both.",
            change=change,
            rate=numbers["rate"],
        )
    both = (
        phrase("{rate} with it, {other} without", **numbers)
        if b.model.startswith("spectral")
        else phrase("{rate} against {other}", **numbers)
    )
    apart = b.rate.high < a.rate.low or a.rate.high < b.rate.low
    if b.rate.value < a.rate.value:
        if apart:
            return phrase("At the last {clock} the rate is lower with {change}: {rates}.", change=change, rates=both)
        return phrase(
            "At the last {clock} the rate is lower with {change}: {rates}; the intervals overlap.",
            change=change, rates=both,
        )  # fmt: skip
    if apart:
        return phrase("At the last {clock} the rate is not lower with {change}: {rates}.", change=change, rates=both)
    return phrase(
        "At the last {clock} the rate is not lower with {change}: {rates}; the intervals overlap.",
        change=change, rates=both,
    )  # fmt: skip


def _change(of: Answered) -> str:
    if of.model.startswith("spectral"):
        return phrase("spectral normalisation")
    return phrase("the {title}", title=named(of.title))


def basis(answered: Sequence[Answered]) -> str:
    """What the intervals cover, and on how many seeds and epochs the statement rests."""
    if not answered:
        return ""
    seeds = len({a.seed for a in answered})
    epochs = sorted({a.epoch for a in answered})
    when = ", ".join(map(str, epochs))
    covers = phrase("The intervals cover the {trials} trials only.", trials=count(max(a.rate.trials for a in answered)))
    if seeds == 1:
        rests = phrase(
            "One seed and one {clock} ({epoch}) of each network: no conclusion about the networks.", epoch=when
        )
    else:
        rests = phrase_n(
            "{n} seed and one {clock} ({epoch}) of each network.", "{n} seeds and one {clock} ({epoch}) of each "
            "network.",
            seeds, epoch=when,
        )  # fmt: skip
    return f"{covers} {rests}"


def swing(title: str, epochs: NDArray[Any], rate: NDArray[Any], last: int = LAST) -> str:
    """How far a success rate moved over the last epochs.

    Args:
        epochs: epochs recorded, ascending, shape (E,).
        rate: success rate at each, shape (E,).
    """
    rate, span = np.asarray(rate)[-last:], np.asarray(epochs)[-last:]
    low, high, name = float(rate.min()), float(rate.max()), named(title)
    if len(span) == 1:
        return phrase(
            "{title}: {rate} at {clock} {epoch}, the only one recorded so far.",
            title=name, rate=percent(low, 2), epoch=span[0],
        )  # fmt: skip
    when = {"title": name, "n": len(span), "first": span[0], "last": span[-1]}
    if low == high:
        return phrase(
            "{title}: {rate} at each of the last {n} {clocks} ({first}–{last}).", rate=percent(low, 2), **when
        )
    when |= {"low": percent(low, 2), "high": percent(high, 2)}
    if high - low >= WILD:
        return phrase("{title}: swings between {low} and {high} over the last {n} {clocks} ({first}–{last}).", **when)
    return phrase("{title}: stays between {low} and {high} over the last {n} {clocks} ({first}–{last}).", **when)


def moral(spans: Sequence[float]) -> str:
    """The take-away from how far each network's rate moved (highest minus lowest, each in [0, 1]); empty of none."""
    if not spans:
        return ""
    widest = max(spans)
    if widest >= WILD:
        return phrase(
            "One {clock} decides little: within one training the rate moves by {points} percentage points.",
            points=f"{100 * widest:.0f}",
        )
    return phrase(
        "Over these {clocks} the rate moves by at most {points} percentage points.", points=f"{100 * widest:.1f}"
    )


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
    said = {"title": named(title), "n": f"{100 * share:.0f}"}
    if share >= 0.95:
        return phrase(
            "Confidence tells noise from images: the {title} is surer of a test image than of a noise image in {n} of "
            "100 pairs.", **said,
        )  # fmt: skip
    if share >= 0.6:
        return phrase(
            "Confidence tells noise from images only in part: the {title} is surer of a test image than of a noise "
            "image in {n} of 100 pairs.", **said,
        )  # fmt: skip
    if share > 0.4:
        return phrase(
            "Confidence does not tell noise from images: the {title} is surer of a test image than of a noise image in "
            "{n} of 100 pairs.", **said,
        )  # fmt: skip
    return phrase(
        "Noise is answered more surely than images: the {title} is surer of a test image than of a noise image in {n} "
        "of 100 pairs.", **said,
    )  # fmt: skip


def passing(title: str, threshold: float, images: float, noise: float) -> str:
    """How many of both a threshold lets through, as shares."""
    return phrase(
        "{title}, confidence ≥ {threshold}: {images} of the test images pass, and {noise} of the noise.",
        title=named(title), threshold=f"{threshold:g}", images=percent(images), noise=percent(noise),
    )  # fmt: skip


def levels_in_words(title: str, noise: NDArray[Any]) -> str:
    """How many noise images, whose confidences are (T,), are answered at least this surely."""
    shares = [
        phrase("{share} with ≥ {level}", share=percent(float((noise >= level).mean())), level=f"{level:g}")
        for level in (0.9, 0.99, 0.999)
    ]
    return phrase("{title}: of the noise images {shares}.", title=named(title), shares=listed(shares))


def seeds_in_words(seeds: Sequence[int]) -> str:
    """`seed 0`, or `10 seeds`."""
    different = len(set(seeds))
    return phrase("seed {seed}", seed=seeds[0]) if different == 1 else phrase_n("{n} seed", "{n} seeds", different)


def kinds_in_words(title: str, kinds: Sequence[tuple[str, float]]) -> str:
    """Of which noise a network is most and least often sure; kinds with their rates, at least one."""
    ordered = sorted(kinds, key=lambda kind: -kind[1])
    (most, high), (least, low) = ordered[0], ordered[-1]
    if high == 0:
        return phrase("The {title} is sure of none of these kinds of noise.", title=named(title))
    if high == low:
        return phrase("The {title} is equally often sure of each: {rate}.", title=named(title), rate=percent(high))
    return phrase(
        "{title}: most often sure of {most} noise ({high}), least often of {least} ({low}).",
        title=named(title), most=most, high=percent(high), least=least, low=percent(low),
    )  # fmt: skip
