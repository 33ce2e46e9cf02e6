"""Phases of training by a rule on losses and by a rule on spectra: their names, when they held, where they stop."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.learning_rate import falls
from weightreel.analysis.findings.time import clock_of_records
from weightreel.analysis.findings.training import history
from weightreel.analysis.findings.words.language import noted, phrase
from weightreel.analysis.findings.words.numbers import fixed, listed, percent, points, significant, tight_percent
from weightreel.analysis.store.nodes import Run
from weightreel.analysis.store.schema.fields import Phase

NAMES = {
    Phase.UNDER_FITTING: noted("under-fitting"),
    Phase.GENERALISING: noted("generalising"),
    Phase.OVER_FITTING: noted("over-fitting"),
    Phase.MEMORISING: noted("memorising"),
    Phase.NOT_LEARNING: noted("not learning"),
    Phase.DIVERGED: noted("diverged"),
    Phase.LEARNING: noted("learning"),
    Phase.AT_REST: noted("at rest"),
    Phase.OVER_TRAINED: noted("over-trained"),
}
"""What phases are called, as messages of the catalogues; exports write them as they stand here."""

RULES = {"validation": noted("losses"), "spectral": noted("spectra")}
"""Rules of phases by their name in the store, and what each looks at, as messages of the catalogues."""

NEAR = 3
"""Records after a fall of the learning rate in which a change of phase may be the schedule's: the rules' windows."""
ALL_ALONG = 1 / 3
"""Share of the records at which a learning rate falls that falls all along, as a cosine does."""


def name_of_phase(phase: int) -> str:
    """The name of a phase, in English as exports have it and as the catalogues' key."""
    return NAMES[Phase(phase)]


def is_judged(run: Run, rule: str = "spectral") -> bool:
    """Whether the store has a run's phases by a rule."""
    return run.has(f"phase/{rule}")


def phases_of(run: Run, rule: str) -> NDArray[np.uint8]:
    """The phase at every record by a rule, codes of `Phase`, (E,)."""
    return np.asarray(run[f"phase/{rule}"])


def rule_of(run: Run, rule: str) -> str:
    """How a rule of phases goes, as the store tells it; empty where it has none."""
    return str(run.attributes_of(f"phase/{rule}").get("rule", ""))


def phase_in_words(run: Run, rule: str) -> str:
    """The phase at the last epoch by a rule; `–` where the store has none."""
    key = f"phase/{rule}"
    return phrase(name_of_phase(int(run[key][-1]))) if run.has(key) else "–"


def phase_stretches(epochs: NDArray[Any], phase: NDArray[Any]) -> list[tuple[str, int, int]]:
    """Name, first and last epoch of each stretch of one phase."""
    starts = np.concatenate([[0], np.flatnonzero(np.diff(phase.astype(int))) + 1])
    ends = np.append(starts[1:], len(phase)) - 1
    return [(name_of_phase(int(phase[a])), int(epochs[a]), int(epochs[b])) for a, b in zip(starts, ends, strict=True)]


def phases_in_words(run: Run) -> str:
    """Which phases the rule on losses saw, and when; provisional while the training goes on."""
    parts = [
        f"{phrase(name)} {start}–{end}" if end > start else f"{phrase(name)} {start}"
        for name, start, end in phase_stretches(run.epochs, run["phase/validation"])
    ]
    if run.complete:
        return phrase("{Clocks} by the store's rule: {phases}.", phases=", ".join(parts), clock=run.clock)
    return phrase("{Clocks} by the store's rule: {phases}, provisionally.", phases=", ".join(parts), clock=run.clock)


@dataclass(frozen=True)
class Turn:
    """Where a network's loss on unseen images was lowest, when after that only the training loss fell on.

    Attributes:
        index, epoch: of the lowest validation loss.
        lowest, last: validation loss there and at the last epoch.
        risen: share of its fall that it has risen by since.
        train: training loss there and at the last epoch.
    """

    index: int
    epoch: int
    lowest: float
    last: float
    risen: float
    train: tuple[float, float]


def turn_of(run: Run) -> Turn | None:
    """Where a run turns from learning to memorising by its losses.

    None where the validation loss is not known, is lowest at the first or the last epoch, or where the training loss
    does not fall on from there: then one does not know what rises.
    """
    train, validation = history(run, "train", "loss"), history(run, "validation", "loss")
    if not (np.isfinite(validation).all() and np.isfinite(train).all()):
        return None
    best = int(validation.argmin())
    if best in (0, len(validation) - 1) or train[-1] >= train[best]:
        return None
    lowest, last = float(validation[best]), float(validation[-1])
    fall = float(validation[0]) - lowest
    now = float(train[best]), float(train[-1])
    return Turn(best, int(run.epochs[best]), lowest, last, (last - lowest) / fall, now)


def turn_in_words(turn: Turn) -> str:
    """What the losses do from the turn on."""
    return phrase(
        "After {clock} {epoch} its loss falls on only for images it learns from; for unseen ones it rises, by {share} "
        "of its fall.",
        epoch=turn.epoch,
        share=percent(turn.risen),
    )


def losses_in_words(turn: Turn) -> str:
    """Both losses at the turn and at the last epoch."""
    return phrase(
        "On unseen images {lowest} becomes {last}, on its own {before} becomes {now}.",
        lowest=significant(turn.lowest),
        last=significant(turn.last),
        before=significant(turn.train[0]),
        now=significant(turn.train[1]),
    )


def spread_by_then_in_words(turn: Turn, std: NDArray[Any]) -> str:
    """How much of its way the weights' spread, (E,), had made at the turn; empty where it went back later."""
    way = float(std[-1] - std[0])
    share = float(std[turn.index] - std[0]) / way if way else -1.0
    if not 0 <= share <= 1:
        return ""
    return phrase("By then the spread of all weights had made {share} of its way.", share=percent(share, 0))


@dataclass(frozen=True)
class Stop:
    """Where a rule would have stopped a training.

    Attributes:
        rule: one of RULES.
        epoch: where the clock stood; None where the rule never stops.
        accuracy: on the validation images there.
        cost: the best validation accuracy of all epochs, known only afterwards, minus that one.
    """

    rule: str
    epoch: int | None
    accuracy: float
    cost: float


def stops_of(run: Run) -> list[Stop]:
    """What each rule's stop would have cost, in the order of RULES; none for a rule that is not stored."""
    found = []
    for rule in RULES:
        if run.has(f"stop/{rule}/epoch"):
            index, accuracy, cost = (float(run[f"stop/{rule}/{key}"]) for key in ("epoch", "accuracy", "cost"))
            found.append(Stop(rule, None if index < 0 else int(run.epochs[int(index)]), accuracy, cost))
    return found


def stop_in_words(run: Run, stop: Stop, line: str = "") -> str:
    """Where a rule would have stopped a run, and what it would have cost.

    Args:
        line: how a picture marks the stop, such as `dashed`; nothing is said of it where it is empty.
    """
    looks_at = phrase(RULES[stop.rule])
    if stop.epoch is None:
        return phrase("by {rule}: never stops", rule=looks_at)
    values = {
        "rule": looks_at,
        "clock": run.clock,
        "time": stop.epoch,
        "accuracy": tight_percent(stop.accuracy, 1),
        "points": points(stop.cost, 1),
    }
    if not line:
        return phrase(
            "by {rule}: stops at {clock} {time}, validation {accuracy}, {points} points below the best", **values
        )
    return phrase(
        "by {rule}: stops at {clock} {time} ({line}), validation {accuracy}, {points} points below the best",
        line=line,
        **values,
    )


def schedule_in_words(runs: Sequence[Run]) -> str:
    """Which changes of phase come just after a fall of the learning rate; empty where none does or none is stored.

    A learning rate that falls all along, as a cosine does, tells no change from any other: that is said instead.
    """
    all_along: list[str] = []
    near: dict[str, list[str]] = {}
    for run in runs:
        if not run.has("learning_rate"):
            continue
        fell = np.searchsorted(run.epochs, [epoch for epoch, _ in falls(run.epochs, run["learning_rate"])])
        changes = [
            (rule, name, start)
            for rule in RULES
            if is_judged(run, rule)
            for name, start, _ in phase_stretches(run.epochs, phases_of(run, rule))[1:]
        ]
        if changes and len(fell) > ALL_ALONG * len(run.epochs):
            all_along.append(run.name)
            continue
        for rule, name, start in changes:
            after = np.searchsorted(run.epochs, start) - fell
            if np.any((after > 0) & (after <= NEAR)):
                change = phrase("{phase} by {rule}", phase=phrase(name), rule=phrase(RULES[rule]))
                at = phrase("{run}, {clock} {time}", run=run.name, clock=run.clock, time=start)
                near.setdefault(change, []).append(at)
    said = []
    if near:
        said.append(
            phrase(
                "Within {n} {clocks} after the learning rate fell begin {changes}: that may be the schedule's doing, "
                "and so may be the agreement of both rules there.",
                n=NEAR,
                clock=clock_of_records(runs),
                changes=listed([f"{change} ({'; '.join(where)})" for change, where in near.items()]),
            )
        )
    if all_along:
        said.append(
            phrase(
                "The learning rate of {runs} falls all along: no change of phase can be told from its schedule.",
                runs=listed(all_along),
            )
        )
    return " ".join(said)


def agreement_of(run: Run) -> tuple[float, float]:
    """The share of epochs at which both rules name one stage of a training, and Cohen's κ; NaN where unknown."""
    attributes = run.attributes_of("phase/spectral") if run.has("phase/spectral") else {}
    return float(attributes.get("agreement", math.nan)), float(attributes.get("kappa", math.nan))


def agreement_in_words(run: Run) -> str:
    """How well both rules agree; empty where that is not stored."""
    agreement, kappa = agreement_of(run)
    if math.isnan(agreement):
        return ""
    values = {"run": run.name, "share": tight_percent(agreement), "clock": clock_of_records([run])}
    if math.isnan(kappa):
        return phrase("{run}: both rules name the same stage at {share} of the {clocks}; κ is not defined", **values)
    return phrase(
        "{run}: both rules name the same stage at {share} of the {clocks}; κ = {kappa}", kappa=fixed(kappa), **values
    )


def stopped_in_words(runs: Sequence[Run]) -> Iterator[str]:
    """Which trainings a rule stopped, where the schedule may have made a phase, and what the cost of a stop means."""
    for run in runs:
        if rule := run.attributes.get("stopped_by"):
            yield phrase(
                "{run} was stopped by the rule on {rule} at {clock} {epoch} of {planned}.",
                run=run.name,
                clock=run.clock,
                rule=phrase(RULES[rule]) if rule in RULES else rule,
                epoch=run.epochs[-1],
                planned=run.attributes["epochs_planned"],
            )
    if sentence := schedule_in_words(runs):
        yield sentence
    if any(run.has("stop/validation/epoch") for run in runs):
        yield phrase(
            "Cost of a stop: best validation accuracy of all {clocks} minus the one at the stop, known only "
            "afterwards.",
            clock=clock_of_records(runs),
        )
