"""Records on a training's clock: how they are spaced, what lies between them, and which of many are shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.words.language import nouns, phrase
from weightreel.analysis.findings.words.numbers import listed
from weightreel.analysis.store.nodes import Run

Array = NDArray[Any]

UNEVEN = 10.0
"""From this ratio of the longest and the shortest time between records, time runs logarithmically."""
WIDER = 3.0
"""So many times longer the middle one of the later half must be."""
EASING = 0.2
"""Share of the way to a record in which what is drawn of the one before turns into it."""
ROUNDING = 1e-6
"""By so much a clock may stand short of a record and yet have reached it."""
FEWEST = 6
"""Records below which it does not: they are too few to tell how they are spaced."""
LAST_EPOCHS = 10
"""Epochs at the end over which a history is summarised."""


def is_logarithmic(epochs: Array) -> bool:
    """Whether records lie close at the beginning of a training and far apart at its end.

    Args:
        epochs: the clock's values at the records, ascending, (E,).
    """
    if len(epochs) < FEWEST:
        return False
    gaps = np.diff(np.asarray(epochs, float))
    half = len(gaps) // 2
    return bool(gaps.max() > UNEVEN * gaps.min() and np.median(gaps[half:]) > WIDER * np.median(gaps[:half]))


class TimeScale:
    """Where a record stands on the way from the first to the last: evenly, or logarithmically where records are so.

    Args:
        epochs: the clock's values at the records, ascending, (E,).
    """

    def __init__(self, epochs: Array) -> None:
        self.first, self.last = float(epochs[0]), float(epochs[-1])
        self.logarithmic = is_logarithmic(epochs)

    def share(self, t: Array | float) -> Array:
        """Share of the way at times `t`, 0 at the first and 1 at the last record; any shape."""
        passed = np.asarray(t, float) - self.first
        whole = max(self.last - self.first, 1e-9)
        if self.logarithmic:
            return np.asarray(np.log1p(np.maximum(passed, 0)) / np.log1p(whole))
        return np.asarray(passed / whole)

    def time(self, share: float) -> float:
        """The time at a share of the way."""
        whole = self.last - self.first
        return self.first + float(np.expm1(share * np.log1p(whole)) if self.logarithmic else share * whole)


def interpolate(epochs: Array, history: Array, t: float) -> Array:
    """`history` at epoch `t`, linear between epochs, constant beyond the first and last.

    Args:
        epochs: ascending, (E,).
        history: (E, …).
        t: any real epoch.

    Returns:
        Shape (…), floating.
    """
    right = int(np.searchsorted(epochs, t))
    if right == 0:
        return np.asarray(history[0], dtype=float)
    if right == len(epochs):
        return np.asarray(history[-1], dtype=float)
    share = (t - epochs[right - 1]) / (epochs[right] - epochs[right - 1])
    before, after = np.asarray(history[right - 1], float), np.asarray(history[right], float)
    if share == 1:  # on an epoch a NaN of the one before must not spread
        return after
    return np.asarray(before + share * (after - before))


def last_record(epochs: Array, t: float) -> int:
    """Index of the last record at or before epoch `t`; of the first where `t` is before all.

    Args:
        epochs: ascending, (E,), at least one.
        t: any real epoch; a small lack by rounding holds no record back.
    """
    return max(int(np.searchsorted(epochs, t + ROUNDING, "right")) - 1, 0)


def held(epochs: Array, history: Array, t: float) -> Array:
    """What a history (E, …) holds of the last record at or before epoch `t`, unchanged, (…): for what is written."""
    return np.asarray(history[last_record(epochs, t)])


def eased(share: Array | float) -> Array:
    """How far one record has turned into the next, 0 … 1, at shares of the way between them; any shape.

    It waits until EASING of the way is left and then goes smoothly, so that at each record its own value stands.
    """
    late = np.clip((np.asarray(share, float) - (1 - EASING)) / EASING, 0, 1)
    return np.asarray(late * late * (3 - 2 * late))


def stepped(epochs: Array, history: Array, t: float) -> Array:
    """`history` at epoch `t` in steps: a record's value stands, and turns into the next shortly before that one.

    Args:
        epochs: ascending, (E,).
        history: (E, …). From or to a value that is not finite nothing turns: it is there at its record.
        t: any real epoch.

    Returns:
        Shape (…), floating, of the values of the last record at or before `t` and of the next, or between the two.
    """
    index = last_record(epochs, t)
    now = np.asarray(history[index], float)
    if index + 1 == len(epochs):
        return now
    share = eased((t - epochs[index]) / (epochs[index + 1] - epochs[index]))
    if share == 0:
        return now
    after = np.asarray(history[index + 1], float)
    with np.errstate(invalid="ignore"):
        turned = np.clip(now + share * (after - now), np.minimum(now, after), np.maximum(now, after))
    return np.asarray(np.where(np.isfinite(now) & np.isfinite(after), turned, now))


def evenly(items: Sequence[str], most: int) -> list[str]:
    """At most `most` of the items, evenly apart, the first and the last among them."""
    return [items[i] for i in evenly_spaced(len(items), most)]


def evenly_spaced(n: int, most: int) -> NDArray[np.intp]:
    """At most `most` of the indices 0 … n-1, evenly spaced, the first and the last among them."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(np.intp))


def epochs_of(runs: Sequence[Run]) -> Array:
    """Every epoch that any of the runs has recorded, ascending, (E,)."""
    return np.unique(np.concatenate([run.epochs for run in runs]))


def last_epochs(epochs: Array) -> slice:
    """Where among a run's own records (E,) its last epochs lie: at most LAST_EPOCHS of them.

    The untrained network is none of them, unless nothing else is recorded yet.
    """
    trained = int(len(epochs) > 1 and epochs[0] == 0)
    return slice(max(trained, len(epochs) - LAST_EPOCHS), len(epochs))


def unfinished_in_words(runs: Sequence[Run]) -> Iterator[str]:
    """A sentence for each training that is not over, and for each that lacks the answers to the test images.

    The latter is said only where another of the runs has them: of a store of other code's runs none may.
    """
    tested = any(run.has("test/accuracy") for run in runs)
    for run in runs:
        last, planned = int(run.epochs[-1]), run.attributes.get("epochs_planned")
        said = {"run": run.name, "clock": run.clock, "last": last}
        if not run.complete:
            if planned is None:
                yield phrase("{run} is not over: {clock} {last} is its last so far.", **said)
            elif last < int(planned):
                yield phrase(
                    "{run} is not over: {clock} {last} of {planned} is its last so far.", planned=planned, **said
                )
            else:
                yield phrase("{run} is not over: of what is measured after {clock} {last} some is missing.", **said)
        if tested and not run.has("test/accuracy"):
            yield phrase("{run} has no answers to the test images.", **said)


def clock_of_records(runs: Iterable[Run]) -> str:
    """What runs' records are, as `phrase` takes a clock: `epoch` where all clocks count those, else `record`."""
    return "epoch" if all(run.clock == "epoch" for run in runs) else "record"


def records_in_words(runs: Iterable[Run]) -> str:
    """What the records of runs are: `epochs` where all clocks count those, else `records`."""
    return nouns(clock_of_records(runs))["clocks"]


def clocks_in_words(runs: Iterable[Run]) -> str:
    """What the runs' clocks count: `epoch`, or `epoch/step` where they differ."""
    return "/".join(nouns(clock)["clock"] for clock in dict.fromkeys(run.clock for run in runs))


def times_in_words(runs: Iterable[Run]) -> str:
    """What the runs' clocks count, as many: `epochs`, or `epochs and steps`."""
    return listed([nouns(clock)["clocks"] for clock in dict.fromkeys(run.clock for run in runs)])
