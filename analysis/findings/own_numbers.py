"""Further numbers that a training's own code handed over: their names as given, and how each went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.training import metric_history
from weightreel.analysis.store.nodes import Run

Array = NDArray[Any]


class Known(NamedTuple):
    """A value, and where the clock stood."""

    clock: int
    value: float


class Course(NamedTuple):
    """How a number went over the records that have it."""

    first: Known
    last: Known
    lowest: Known
    highest: Known


def names_of_numbers(runs: Sequence[Run]) -> list[str]:
    """The names of the numbers that a run has at any record, in their order; each as it was given."""
    return sorted({name for run in runs for name in run.metrics if has_number(run, name)})


def has_number(run: Run, name: str) -> bool:
    """Whether a run has a number of this name at any record."""
    return bool(np.isfinite(metric_history(run, name)).any())


def known_records(run: Run, name: str) -> tuple[Array, Array]:
    """The clock and a number at the records that have it, two of (n,)."""
    values = metric_history(run, name)
    known = np.isfinite(values)
    return run.epochs[known], values[known]


def course_of(run: Run, name: str) -> Course | None:
    """The first and last of a number, its lowest and highest, each where it stood first; None of a run without it."""
    clock, values = known_records(run, name)
    if not len(values):
        return None
    places = (0, len(values) - 1, int(values.argmin()), int(values.argmax()))
    return Course(*(Known(int(clock[place]), float(values[place])) for place in places))
