"""Does a second network answer noise less often than the first, and how sure is that?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.attacks.histories import Histories, Models, histories
from weightreel.analysis.findings.report import REPORT, REPORTED_MODELS, REPORTED_REDUCTION
from weightreel.analysis.findings.statistics import (
    LEVEL,
    is_shown,
    reduction_interval,
    sign_flip_test,
    smallest_p,
    within_run_test,
)
from weightreel.analysis.findings.words.language import phrase, phrase_n
from weightreel.analysis.findings.words.names import named
from weightreel.analysis.findings.words.numbers import count, listed, percent, points
from weightreel.analysis.store.nodes import Run

Array = NDArray[Any]

Outcome = Literal["holds", "lower", "higher", "not shown", "too few seeds"]


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

    @property
    def summary(self) -> list[str]:
        """The answer, the mean rates and the test that it rests on: what a film has room for."""
        return [_answer(self), _means(self), _test(self)]

    @property
    def sentences(self) -> list[str]:
        """All of it in words, the answer first."""
        return [*self.summary, *_paired(self), _spans(self), *_unequal(self.histories)]


def claim_in_words() -> str:
    """What the report says of the two networks' answers to noise."""
    first, second = (REPORT[model].noise_rate.value for model in REPORTED_MODELS)
    return phrase(
        "The report says: of {trials} noise images the CNN answers {first} with a confidence of 90 % or above, the "
        "spectral CNN {second}; so spectral normalisation lowers the rate by {reduction} (the report writes "
        "“{claim}”).",
        trials=count(REPORT[REPORTED_MODELS[0]].noise_trials),
        first=percent(first, 2),
        second=percent(second, 2),
        reduction=percent(1 - second / first),
        claim=f"~{percent(REPORTED_REDUCTION, 0)}",
    )


def verdict(runs: Sequence[Run], models: Models = REPORTED_MODELS) -> Verdict | None:
    """Whether the report's claim holds among these runs; None where there is no pair to compare."""
    found = histories(runs, models)
    return None if found is None else judged(found)


def verdict_in_words(runs: Sequence[Run]) -> list[str]:
    """Whether the report's claim holds among these runs, or that there is no pair to compare."""
    found = verdict(runs)
    if found is None:
        return [phrase("There is no pair of the report's networks whose noise was repeated.")]
    return found.sentences


def judged(found: Histories) -> Verdict:
    """What histories say of the report's claim."""
    n = len(found.seeds)
    by_seed = found.by_seed
    differences = by_seed[1] - by_seed[0]
    p = sign_flip_test(differences) if n > 1 else math.nan
    reduction = reduction_interval(*by_seed)
    stds = by_seed.std(1, ddof=1) if n > 1 else np.full(2, math.nan)
    swings = np.ptp(found.last, axis=2).mean(1)
    return Verdict(
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


def _outcome(differences: Array, p: float, reduction: tuple[float, float, float]) -> Outcome:
    if not is_shown(smallest_p(len(differences))):
        return "too few seeds"
    if not is_shown(p):
        return "not shown"
    if differences.mean() > 0:
        return "higher"
    _, low, high = reduction
    return "holds" if 0 < low <= REPORTED_REDUCTION <= high else "lower"


def _answer(found: Verdict) -> str:
    value, low, high = (points(part, 0) for part in found.reduction)
    claim, title = percent(REPORTED_REDUCTION, 0), named(found.histories.titles[1])
    values = {"value": value, "low": low, "high": high, "claim": claim}
    if found.outcome == "holds":
        return phrase(
            "The report's claim holds here: the rate falls by {value} % [{low}, {high}], and {claim} lies within.",
            **values,
        )
    if found.outcome == "lower":
        return phrase(
            "The rate is lower with {title}, by {value} % [{low}, {high}], but not by the report's {claim}.",
            title=title,
            **values,
        )
    if found.outcome == "higher":
        return phrase(
            "The opposite of the report's claim ({claim} lower): with {title} the rate is higher.",
            claim=claim,
            title=title,
        )
    if found.outcome == "not shown":
        return phrase(
            "The report's claim ({claim} lower) is not shown: chance alone may make such a difference.", claim=claim
        )
    return phrase_n(
        "Whether the report's claim ({claim} lower) holds cannot be told from {n} seed.",
        "Whether the report's claim ({claim} lower) holds cannot be told from {n} seeds.",
        len(found.histories.seeds),
        claim=claim,
    )


def _means(found: Verdict) -> str:
    n, epochs = len(found.histories.seeds), found.histories.last.shape[2]
    first, second = map(named, found.histories.titles)
    a, b = map(percent, found.mean)
    values = {"first": first, "second": second, "a": a, "b": b, "clock": found.histories.clock}
    if epochs > 1:
        return phrase_n(
            "The mean rate over the last {epochs} {clocks} of {n} seed is {a} ({first}) and {b} ({second}).",
            "The mean rate over the last {epochs} {clocks} of {n} seeds is {a} ({first}) and {b} ({second}).",
            n,
            epochs=epochs,
            **values,
        )
    return phrase_n(
        "The mean rate at the only {clock} of {n} seed is {a} ({first}) and {b} ({second}).",
        "The mean rate at the only {clock} of {n} seeds is {a} ({first}) and {b} ({second}).",
        n,
        **values,
    )


def _test(found: Verdict) -> str:
    n = len(found.histories.seeds)
    if n == 1:
        return phrase(
            "Exchanging blocks of {clocks} of these two trainings gives p = {p}, which says nothing of other seeds.",
            p=f"{found.p_epochs:.2g}",
            clock=found.histories.clock,
        )
    tested = phrase_n(
        "Exchanging the networks of whole seeds gives p = {p}; the least that {n} seed can give is {least}.",
        "Exchanging the networks of whole seeds gives p = {p}; the least that {n} seeds can give is {least}.",
        n,
        p=f"{found.p_seeds:.2g}",
        least=f"{found.smallest_p:.2g}",
    )
    differ = phrase(
        "Seeds differ by a standard deviation of {a} and {b} points.",
        a=points(found.seed_std[0]),
        b=points(found.seed_std[1]),
    )
    return f"{tested} {differ}"


def _paired(found: Verdict) -> list[str]:
    """What McNemar's test says of the last epoch's answers to the same noise; nothing where the noise differs."""
    paired, rates = found.histories.paired, found.histories.rates
    if len(paired) == 1:
        if math.isnan(paired[0]):
            return []
        return [
            phrase(
                "McNemar's test on the same noise gives p = {p}, which says nothing of other {clocks} or seeds.",
                p=f"{paired[0]:.1g}",
                clock=found.histories.clock,
            )
        ]
    lower, higher = ((sign * (rates[1, :, -1] - rates[0, :, -1]) > 0) & is_shown(paired) for sign in (-1, 1))
    return [
        phrase(
            "On the same noise at the last {clock} alone McNemar's test calls the rate lower in {lower} and higher in "
            "{higher} of the {pairs} pairs (p ≤ {level}): it knows of no other {clock} or seed.",
            lower=int(lower.sum()),
            higher=int(higher.sum()),
            pairs=np.isfinite(paired).sum(),
            level=f"{LEVEL:g}",
            clock=found.histories.clock,
        )
    ]


def _unequal(compared: Histories) -> list[str]:
    """How far all are compared where trainings are not over, and which those are."""
    if not compared.unfinished:
        return []
    return [
        phrase(
            "All are compared up to {clock} {last}, which each has reached; not over: {runs}.",
            last=int(compared.epochs[-1]),
            runs=listed(compared.unfinished),
        )
    ]


def _spans(found: Verdict) -> str:
    first, second = map(named, found.histories.titles)
    return phrase(
        "Within those {clocks} the rate of one training spans {a} and {b} points ({first}, {second}), over a whole "
        "training up to {widest}.",
        a=points(found.swing[0], 0),
        b=points(found.swing[1], 0),
        first=first,
        second=second,
        widest=points(found.widest, 0),
        clock=found.histories.clock,
    )
