"""Networks' answers to noise beside each other, at their last epoch and kind by kind, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from weightreel.analysis.findings.noise import successes
from weightreel.analysis.findings.statistics import Rate, rate_of
from weightreel.analysis.findings.words.language import phrase, phrase_n
from weightreel.analysis.findings.words.names import named
from weightreel.analysis.findings.words.numbers import count, percent
from weightreel.analysis.store.nodes import Attack, Run


@dataclass(frozen=True)
class Answered:
    """One network's outcome: who, of which training, and the rate at one epoch."""

    title: str
    model: str
    seed: int
    epoch: int
    rate: Rate

    @classmethod
    def of(cls, run: Run, attack: Attack) -> Answered:
        """A run's rate at its last epoch."""
        return cls(run.title, run.model, run.seed, int(run.epochs[-1]), rate_of(successes(attack)))


def result_in_words(found: Answered, threshold: float) -> str:
    """How often one network was sure of noise."""
    values = {
        "epoch": found.epoch,
        "title": named(found.title),
        "trials": count(found.rate.trials),
        "threshold": f"{threshold:g}",
    }
    if found.rate.successes == 0:
        return phrase(
            "At {clock} {epoch} the {title} answers none of {trials} noise images with confidence ≥ {threshold}.",
            **values,
        )
    return phrase(
        "At {clock} {epoch} the {title} is sure (≥ {threshold}) of {successes} of {trials} noise images: {rate}.",
        successes=count(found.rate.successes),
        rate=percent(found.rate.value, 2),
        **values,
    )


def comparison_in_words(answered: Sequence[Answered]) -> str:
    """What the rates say of the second model beside the first, in this store and at its last epoch only.

    With several seeds of both, the pairs of equal seed are counted instead.
    """
    models = list(dict.fromkeys(each.model for each in answered))
    if not models:
        return phrase("This store holds no noise attack.")
    if len(models) < 2:
        return phrase(
            "This store holds noise attacks on the {title} only: nothing to compare it with.",
            title=named(answered[0].title),
        )
    first, second = ({each.seed: each for each in answered if each.model == model} for model in models[:2])
    pairs = [(first[seed], second[seed]) for seed in first if seed in second]
    if len(pairs) > 1:
        return phrase(
            "At the last {clock} the rate is lower with {change} in {lower} of {pairs} pairs of seeds.",
            change=_change(pairs[0][1]),
            lower=sum(b.rate.value < a.rate.value for a, b in pairs),
            pairs=len(pairs),
        )
    return _of_two(*(pairs[0] if pairs else (next(iter(first.values())), next(iter(second.values())))))


def _of_two(a: Answered, b: Answered) -> str:
    if a.rate.successes == b.rate.successes == 0:
        return phrase("Neither network is sure of any noise image, so neither rate is below the other.")
    change, rate, other = _change(b), percent(b.rate.value, 2), percent(a.rate.value, 2)
    if b.rate.value == a.rate.value:
        return phrase(
            "At the last {clock} the rate is not lower with {change}: {rate} in both.", change=change, rate=rate
        )
    both = (
        phrase("{rate} with it, {other} without", rate=rate, other=other)
        if b.model.startswith("spectral")
        else phrase("{rate} against {other}", rate=rate, other=other)
    )
    apart = b.rate.high < a.rate.low or a.rate.high < b.rate.low
    if b.rate.value < a.rate.value:
        if apart:
            return phrase("At the last {clock} the rate is lower with {change}: {rates}.", change=change, rates=both)
        return phrase(
            "At the last {clock} the rate is lower with {change}: {rates}; the intervals overlap.",
            change=change,
            rates=both,
        )
    if apart:
        return phrase("At the last {clock} the rate is not lower with {change}: {rates}.", change=change, rates=both)
    return phrase(
        "At the last {clock} the rate is not lower with {change}: {rates}; the intervals overlap.",
        change=change,
        rates=both,
    )


def _change(second: Answered) -> str:
    if second.model.startswith("spectral"):
        return phrase("spectral normalisation")
    return phrase("the {title}", title=named(second.title))


def basis_in_words(answered: Sequence[Answered]) -> str:
    """What the intervals cover, and on how many seeds and epochs the statement rests; empty of no network."""
    if not answered:
        return ""
    seeds = len({each.seed for each in answered})
    epochs = ", ".join(map(str, sorted({each.epoch for each in answered})))
    trials = count(max(each.rate.trials for each in answered))
    covers = phrase("The intervals cover the {trials} trials only.", trials=trials)
    if seeds == 1:
        rests = phrase(
            "One seed and one {clock} ({epoch}) of each network: no conclusion about the networks.", epoch=epochs
        )
    else:
        rests = phrase_n(
            "{n} seed and one {clock} ({epoch}) of each network.",
            "{n} seeds and one {clock} ({epoch}) of each network.",
            seeds,
            epoch=epochs,
        )
    return f"{covers} {rests}"


def seeds_in_words(seeds: Sequence[int]) -> str:
    """`seed 0`, or `10 seeds`."""
    different = len(set(seeds))
    return phrase("seed {seed}", seed=seeds[0]) if different == 1 else phrase_n("{n} seed", "{n} seeds", different)


def kinds_in_words(title: str, kinds: Sequence[tuple[str, float]]) -> str:
    """Of which noise a network is most and least often sure; names of kinds with their rates, at least one."""
    ordered = sorted(kinds, key=lambda kind: -kind[1])
    (most, high), (least, low) = ordered[0], ordered[-1]
    if high == 0:
        return phrase("The {title} is sure of none of these kinds of noise.", title=named(title))
    if high == low:
        return phrase("The {title} is equally often sure of each: {rate}.", title=named(title), rate=percent(high))
    return phrase(
        "{title}: most often sure of {most} noise ({high}), least often of {least} ({low}).",
        title=named(title),
        most=most,
        high=percent(high),
        least=least,
        low=percent(low),
    )
