"""A chapter: the further numbers that a training's own code handed over, a small chart each, on one clock."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import LEFT, RIGHT, UP

from weightreel.analysis.findings.own_numbers import (
    course_of_number_in_words,
    has_course,
    names_of_courses,
    on_common_clock,
)
from weightreel.analysis.findings.time import epochs_of, evenly
from weightreel.analysis.findings.training import seeds_in_words
from weightreel.analysis.findings.words.language import phrase, phrase_n
from weightreel.analysis.palette import theme
from weightreel.analysis.store.nodes import Run
from weightreel.scenes.instruments.axes.curves import Curves, Series, fitting, legend_of
from weightreel.scenes.instruments.axes.epoch_dial import EpochDial
from weightreel.scenes.instruments.axes.fitting import labels_within
from weightreel.scenes.kit.clock import EpochClock
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.grammar.zones import Zone
from weightreel.scenes.kit.theme import colour_of_run
from weightreel.scenes.kit.type import on_line

MOST_RUNS, MOST_NUMBERS, ON_A_PAGE = 5, 12, 6
"""Networks and numbers that are drawn, and numbers on one stage."""
COLUMNS = (1, 2, 3, 2, 3, 3)
"""Charts beside each other, by how many there are."""
APART, NAME, TICKS = 0.5, 0.42, 0.5
"""Room between charts, for the name above one and for the numbers below it, in units of the frame."""


def has_own_numbers(runs: Sequence[Run]) -> bool:
    """Whether a training's own code handed over any further number, at several records, of the networks drawn."""
    return bool(names_of_courses(runs[:MOST_RUNS]))


def own_numbers_over_the_epochs(film: Film) -> None:
    """Up to twelve numbers of up to five networks, six at a time, grow with the clock; how some went, in words."""
    runs = [run for run in film.runs[:MOST_RUNS] if names_of_courses([run])]
    every = names_of_courses(runs)
    names = evenly(every, MOST_NUMBERS)
    pages = [names[first : first + ON_A_PAGE] for first in range(0, len(names), ON_A_PAGE)]
    for number, page in enumerate(pages, 1):
        if number > 1:
            film.clear_stage()
        film.beat(phrase("Further numbers"), caption_of(every, names, page))
        page_of_charts(film, runs, page)


def page_of_charts(film: Film, runs: Sequence[Run], names: Sequence[str]) -> None:
    """Some numbers on one stage: their charts on the clock, then the first two in words."""
    said = [
        course_of_number_in_words(run, name, titled=len(runs) > 1)
        for name in names
        for run in runs
        if has_course(run, name)
    ][:2]
    zones, epochs = film.zones, epochs_of(runs)
    room = Zone(zones.stage.left, film.top_of_take_away(*said) + 0.3, zones.stage.right, zones.header.top)
    dial = room.hold(EpochDial(epochs), UP + RIGHT)
    legend = legend_of([(seeds_in_words([run]), colour_of_run(run, film.runs)) for run in runs], room.width - 3)
    film.add(room.hold(legend, UP + LEFT))
    below = min(float(dial.get_bottom()[1]), float(legend.get_bottom()[1])) - 0.2
    charts = charts_of(film, runs, names, epochs, Zone(room.left, room.bottom, room.right, below))
    film.sweep(*charts, dial, clock=EpochClock(epochs))
    film.take_away(phrase("How they went"), *said)


def caption_of(every: Sequence[str], names: Sequence[str], page: Sequence[str]) -> str:
    """How many numbers there are, and how many of them are seen."""
    if len(names) < len(every):
        return phrase(
            "{shown} of the {n} further numbers that the training's own code measured, evenly spaced by name.",
            shown=len(names),
            n=len(every),
        )
    return phrase_n(
        "A further number that the training's own code measured.",
        "{n} further numbers that the training's own code measured, a chart each.",
        len(page),
    )


def charts_of(film: Film, runs: Sequence[Run], names: Sequence[str], epochs: np.ndarray, room: Zone) -> list[Curves]:
    """A chart a number in rows and columns of equal axes, its name above it."""
    columns = COLUMNS[len(names) - 1]
    across = (room.width - APART * (columns - 1)) / columns
    up = room.height / -(-len(names) // columns)

    def charts_within(width: float) -> list[Curves]:
        return [chart_of(film, runs, name, epochs, (width, up - NAME - TICKS)) for name in names]

    def around(width: float) -> float:
        return max(float(chart.width) for chart in charts_within(width))

    charts = charts_within(fitting(around, across, across))
    margin = max(float(chart.plane.corner[0] - chart.get_left()[0]) for chart in charts)
    titles = labels_within([(name, theme().TEXT) for name in names], across - margin)
    for place, (title, chart) in enumerate(zip(titles, charts, strict=True)):
        left = room.left + place % columns * (across + APART) + margin
        top = room.top - place // columns * up - NAME
        chart.shift((left - chart.plane.corner[0]) * RIGHT + (top - (chart.plane.corner + chart.plane.upwards)[1]) * UP)
        film.add(on_line(title.move_to([left, 0, 0], LEFT), top + 0.12))
    return charts


def chart_of(film: Film, runs: Sequence[Run], name: str, epochs: np.ndarray, size: tuple[float, float]) -> Curves:
    """One number of all runs that have it."""
    series = [
        Series("", on_common_clock(run, name, epochs), colour_of_run(run, film.runs))
        for run in runs
        if has_course(run, name)
    ]
    return Curves(epochs, series, size=size, x_name="", ticks=(3, 3))
