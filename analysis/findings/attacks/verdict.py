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
    Standing,
    is_shown,
    reduction_interval,
    sign_flip_test,
    smallest_p,
    standing_of,
)
from weightreel.analysis.findings.words.language import phrase, phrase_n
from weightreel.analysis.findings.words.names import named
from weightreel.analysis.findings.words.numbers import count, listed, p_in_words, percent, plain, points
from weightreel.analysis.store.nodes import Run

Array = NDArray[Any]

Outcome = Literal["lower", "higher", "not shown", "too few seeds"]


@dataclass(frozen=True)
class Verdict:
    """What histories say of the report's claim that the second network's rate is lower by 76 %.

    Attributes:
        histories: what was compared.
        claim: what the interval of the reduction says of the report's, see `standing_of`.
        outcome: whether the rates differ at all by the sign-flip test: `lower`, `higher`, `not shown`; `too few seeds`
            where no result could reach LEVEL.
        mean: rates over the last epochs and all seeds, of both networks.
        seed_std: standard deviation between the seeds' means, of both; NaN of one seed.
        swing: mean over seeds of the span (highest minus lowest) within the last epochs, of both.
        widest: the largest span of any one training, over all its epochs.
        p_seeds: sign-flip test over seeds; NaN of one seed.
        smallest_p: the least that so many seeds can give.
        reduction: with its interval over seeds; bounds NaN of one seed.
    """

    histories: Histories
    claim: Standing
    outcome: Outcome
    mean: tuple[float, float]
    seed_std: tuple[float, float]
    swing: tuple[float, float]
    widest: float
    p_seeds: float
    smallest_p: float
    reduction: tuple[float, float, float]

    @property
    def summary(self) -> list[str]:
        """The answer, the mean rates and the test of any difference: what a film has room for."""
        return [_answer(self), _means(self), *_test(self)]

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
        claim=standing_of(REPORTED_REDUCTION, *reduction[1:]),
        outcome=_outcome(differences, p),
        mean=(float(by_seed[0].mean()), float(by_seed[1].mean())),
        seed_std=(float(stds[0]), float(stds[1])),
        swing=(float(swings[0]), float(swings[1])),
        widest=float(np.ptp(found.rates, axis=2).max()),
        p_seeds=p,
        smallest_p=smallest_p(n),
        reduction=reduction,
    )


def _outcome(differences: Array, p: float) -> Outcome:
    if not is_shown(smallest_p(len(differences))):
        return "too few seeds"
    if not is_shown(p):
        return "not shown"
    return "higher" if differences.mean() > 0 else "lower"


def _answer(found: Verdict) -> str:
    """What the interval of the reduction says of the claim."""
    n, claim = len(found.histories.seeds), percent(REPORTED_REDUCTION, 0)
    if math.isnan(found.reduction[0]):
        return phrase(
            "The report's claim ({claim} lower) has nothing to be lower than: {first} answers no noise so surely here.",
            claim=claim,
            first=named(found.histories.titles[0]),
        )
    if found.claim == "untested":
        return phrase_n(
            "Whether the report's claim ({claim} lower) holds cannot be told from {n} seed.",
            "Whether the report's claim ({claim} lower) holds cannot be told from {n} seeds.",
            n,
            claim=claim,
        )
    values = {"claim": claim, "n": n, "fall": _fall(found)}
    if found.claim == "excluded":
        return phrase("The report's claim, a fall of {claim}, is excluded by these {n} seeds: {fall}.", **values)
    if found.claim == "compatible":
        return phrase(
            "The report's claim, a fall of {claim}, is compatible with these {n} seeds, and no fall at all is not: "
            "{fall}.",
            **values,
        )
    return phrase(
        "The report's claim, a fall of {claim}, is undecided: {n} seeds exclude neither it nor that there is no fall; "
        "{fall}.",
        **values,
    )


def _fall(found: Verdict) -> str:
    value, low, high = found.reduction
    if math.isinf(low):
        return phrase("the fall is {value}, and may be anything", value=percent(value, 0))
    values = {"value": percent(value, 0), "low": points(low, 0), "high": points(high, 0)}
    if low < 0:
        return phrase("the fall is {value} [{low}, {high}], below 0 a rise", **values)
    return phrase("the fall is {value} [{low}, {high}]", **values)


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


def _test(found: Verdict) -> list[str]:
    """Whether there is any difference, by the exchange of whole seeds; nothing of one."""
    n = len(found.histories.seeds)
    if n == 1:
        return []
    values = {"p": p_in_words(found.p_seeds), "least": plain(found.smallest_p, 2), "level": plain(LEVEL), "n": n}
    if found.outcome == "too few seeds":
        tested = phrase(
            "Whether there is any difference {n} seeds cannot tell by exchanging them: p {p}, and at least {least}.",
            **values,
        )
    elif found.outcome == "not shown":
        tested = phrase("A difference of any size is not shown: exchanging whole seeds gives p {p}.", **values)
    elif found.outcome == "higher":
        tested = phrase(
            "The rate is higher with {second}: exchanging whole seeds gives p {p}.",
            **values,
            second=named(found.histories.titles[1]),
        )
    else:
        tested = phrase(
            "The rate is lower with {second}: exchanging whole seeds gives p {p}.",
            **values,
            second=named(found.histories.titles[1]),
        )
    differ = phrase(
        "Seeds differ by a standard deviation of {a} and {b} points.",
        a=points(found.seed_std[0]),
        b=points(found.seed_std[1]),
    )
    return [f"{tested} {differ}"]


def _paired(found: Verdict) -> list[str]:
    """What McNemar's test says of the last epoch's answers to the same noise; nothing where the noise differs."""
    paired, rates = found.histories.paired, found.histories.rates
    if len(paired) == 1:
        if math.isnan(paired[0]):
            return []
        return [
            phrase(
                "McNemar's test on the same noise gives p {p}, which says nothing of other {clocks} or seeds.",
                p=p_in_words(paired[0]),
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
            level=plain(LEVEL),
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
    """How far a training's rate swings; steady rates show no stability where the training had as good as stopped."""
    first, second = map(named, found.histories.titles)
    values = {
        "a": points(found.swing[0], 0),
        "b": points(found.swing[1], 0),
        "first": first,
        "second": second,
        "widest": points(found.widest, 0),
        "clock": found.histories.clock,
    }
    if found.histories.at_a_standstill:
        return phrase(
            "Within those {clocks} the rate of one training spans {a} and {b} points ({first}, {second}), which shows "
            "no stability: the learning rate is at most {pace} of its highest there, so that the networks hardly move. "
            "Over a whole training it spans up to {widest}.",
            pace=percent(found.histories.pace, 2),
            **values,
        )
    return phrase(
        "Within those {clocks} the rate of one training spans {a} and {b} points ({first}, {second}), over a whole "
        "training up to {widest}.",
        **values,
    )
