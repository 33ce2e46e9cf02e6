"""The table of further numbers that a training's own code handed over: a row a number and run."""

from __future__ import annotations

from collections.abc import Sequence

from weightreel.analysis.findings.own_numbers import Known, course_of, has_number, names_of_numbers
from weightreel.analysis.findings.time import clocks_in_words
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.numbers import plain
from weightreel.analysis.store.nodes import Run
from weightreel.analysis.tables.grid import Grid


def number_table(runs: Sequence[Run]) -> Grid | None:
    """First, last, lowest and highest of each number, and where the clock stood; None where no run has any."""
    names = names_of_numbers(runs)
    if not names:
        return None
    clocks = clocks_in_words(runs)
    columns = [
        phrase("first ({at})", at=clocks),
        phrase("last ({at})", at=clocks),
        phrase("lowest ({at})", at=clocks),
        phrase("highest ({at})", at=clocks),
    ]
    several = [phrase("run")] if len(runs) > 1 else []
    title = phrase("Further numbers, as the training's own code measured")
    table = Grid(title, phrase("number"), *several, *columns, whole_names=True)
    for name in names:
        having = [run for run in runs if has_number(run, name)]
        for run in having:
            course = course_of(run, name)
            assert course is not None
            of_run = [run.name] if several else []
            table.add_row(name if run is having[0] else "", *of_run, *map(_at, course))
    return table


def _at(known: Known) -> str:
    return f"{plain(known.value, 4)} ({plain(known.clock, 15)})"
