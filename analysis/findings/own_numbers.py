"""Further numbers that a training's own code handed over: their names as given, and how each went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.training import metric_history
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import title_of
from weightreel.analysis.findings.words.numbers import plain
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


def names_of_courses(runs: Sequence[Run]) -> list[str]:
    """Those that a run has at more than one record, so that they can be followed."""
    return [name for name in names_of_numbers(runs) if any(has_course(run, name) for run in runs)]


def has_course(run: Run, name: str) -> bool:
    """Whether a run has a number of this name at more than one record."""
    return bool(np.isfinite(metric_history(run, name)).sum() > 1)


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


def on_common_clock(run: Run, name: str, epochs: Array) -> Array:
    """A number at the values `epochs` of a clock that several runs share, (E,).

    NaN before its first record and after its last; records between that lack it are bridged by a straight line.
    """
    clock, values = known_records(run, name)
    if not len(values):
        return np.full(len(epochs), np.nan)
    return np.asarray(np.interp(epochs, clock, values, left=np.nan, right=np.nan))


def course_of_number_in_words(run: Run, name: str, *, titled: bool = False) -> str:
    """How a number went, in a sentence; empty for a run without it.

    Args:
        run: which has it.
        name: of the number.
        titled: begin with the network's name, as where several are told of.
    """
    course = course_of(run, name)
    if course is None:
        return ""
    said: dict[str, Any] = {"name": name, "title": title_of(run), "clock": run.clock}
    for key, known in zip(course._fields, course, strict=True):
        said |= {key: plain(known.value, 4), f"at_{key}": known.clock}
    if titled:
        return phrase(
            "{title}, {name}: {first} at {clock} {at_first}, {last} at {at_last}; lowest {lowest} at {at_lowest}, "
            "highest {highest} at {at_highest}.",
            **said,
        )
    return phrase(
        "{name}: {first} at {clock} {at_first}, {last} at {at_last}; lowest {lowest} at {at_lowest}, highest {highest} "
        "at {at_highest}.",
        **said,
    )
