"""Rates of sure answers over a training: by kinds of noise, and beside what they go with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import DOWN, LEFT, UP, FadeIn, FadeOut, Group, Square, VGroup

from weightreel.analysis.findings.attacks.confidence import Answered, kinds_in_words
from weightreel.analysis.findings.attacks.noise import kinds_of, name_of_kind, preview_pixels, rates_by_kind
from weightreel.analysis.findings.attacks.swing import NoiseLocation, visible_span, why_in_words
from weightreel.analysis.findings.learning_rate import falls_of
from weightreel.analysis.findings.time import epochs_of
from weightreel.analysis.findings.words.gaps import not_known
from weightreel.analysis.findings.words.language import phrase, phrase_n
from weightreel.analysis.findings.words.names import titles_apart
from weightreel.analysis.palette import theme
from weightreel.analysis.store.nodes import Attack, Run
from weightreel.scenes.instruments.answers.image_grid import ImageGrid
from weightreel.scenes.instruments.axes.curves import Curves, Series, legend_of
from weightreel.scenes.instruments.axes.grouped_bars import GroupedBars
from weightreel.scenes.instruments.axes.plane import Plane
from weightreel.scenes.instruments.axes.timeline import Timeline
from weightreel.scenes.kit.clock import EpochClock
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.grammar.grains import Fly, Grains
from weightreel.scenes.kit.grammar.moves import entering
from weightreel.scenes.kit.grammar.pace import seconds_for
from weightreel.scenes.kit.theme import colour_of_run
from weightreel.scenes.kit.type import label

Attacked = Sequence[tuple[Run, Attack]]

MOST_KINDS = 6
"""Kinds of noise drawn: more would not fit."""


def kinds_of_noise(film: Film, attacked: Attacked) -> None:
    """One example of every kind of noise, and how often each network is sure of that kind, at every epoch."""
    runs = [run for run, _ in attacked]
    found = [kinds_of(run) for run in runs]
    kinds = list(dict.fromkeys(kind for of in found for kind in of))[:MOST_KINDS]
    if len(kinds) < 2:
        return
    film.beat(
        phrase("Kinds of noise"),
        phrase_n(
            "There is more than one way to draw nothing: {n} kind of noise, asked at every {clock}.",
            "There is more than one way to draw nothing: {n} kinds of noise, asked at every {clock}.",
            len(kinds),
        ),
    )
    epochs = epochs_of(runs)
    rates = rates_by_kind(runs, kinds, epochs)
    stage = film.zones.stage
    key = legend_of([(t, colour_of_run(r, film.runs)) for r, t in zip(runs, titles_apart(runs), strict=True)])
    stage.hold(key, UP + LEFT)
    names, colours = [name_of_kind(kind) for kind in kinds], [colour_of_run(run, film.runs) for run in runs]
    side = min((stage.width - 1.2) / len(kinds) - 0.4, 1.15)
    high = stage.height - key.height - side - 0.85
    bars = GroupedBars(epochs, names, colours, rates, (stage.width - 1.2, high), phrase("answered surely, %"))
    stage.hold(bars, DOWN + LEFT)
    pictures = Group()
    for i, kind in enumerate(kinds):
        attack = next(of[kind] for of in found if kind in of)
        if len(pixels := preview_pixels(attack)[:1]):
            picture = ImageGrid(pixels, 1, side).at(1.0)
            pictures.add(picture.move_to([bars.middle(i)[0], bars.get_top()[1] + 0.12, 0], DOWN))
    timeline = Timeline(epochs, falls_of(film.run), film.zones.floor)
    film.play(entering([key, *pictures, bars, timeline], run_time=1.8))
    histories = np.nan_to_num(rates[0])  # (E, K, R)
    film.run_clock(EpochClock(epochs), [bars, timeline], histories, seconds=max(seconds_for(histories), film.unread))
    first = [(name_of_kind(k), Answered.of(runs[0], found[0][k]).rate.value) for k in kinds if k in found[0]]
    film.beat(phrase("Which noise"), kinds_in_words(runs[0].title, first))
    last = np.nan_to_num(rates[0, -1, :, 0])
    ends = dict.fromkeys((int(last.argmax()), int(last.argmin())))
    frames = [
        Square(side, stroke_width=7, stroke_color=colour).move_to([bars.middle(i)[0], pictures.get_y(), 0])
        for i, colour in zip(ends, (colours[0], theme().MUTED), strict=False)
    ]
    for left, frame in zip(range(len(frames), 0, -1), frames, strict=True):
        film.play(FadeIn(frame, scale=1.4), run_time=0.7)
        film.wait(max((film.unread - 0.7 * (left - 1)) / left, 0.8))
    film.clear_stage(film.question)


def what_it_goes_with(film: Film, attacked: Attacked) -> None:
    """The first network's rate, and below it the measure of where noise lies that it goes with most, on one clock."""
    place = NoiseLocation.of(*attacked[0])
    companions = {} if place is None else place.told()
    if place is None or not np.ptp(place.rate) > 0 or not companions:
        return
    run = attacked[0][0]
    name = max(companions, key=lambda measure: abs(companions[measure][0]))
    correlation, values = companions[name]
    film.beat(
        phrase("What it goes with"),
        phrase("Why does it swing so? Its rate at every {clock}, and below it {measure}.", measure=name),
    )
    upper, lower = film.zones.stage.rows(1, 1, gap=0.25)
    colour = colour_of_run(run, film.runs)
    charts, low_high = [], visible_span(values)
    shown = ((upper, 100 * place.rate, (0.0, 100.0), phrase("answered surely, %")), (lower, values, low_high, name))
    for zone, history, y, title in shown:
        head = label(title, colour)
        curves = Curves(
            run.epochs, [Series("", history, colour, 3.5)], size=(zone.width - 1.3, zone.height - 1.05), y=y, x_name="",
            ticks=(6, 3),
        )  # fmt: skip
        zone.hold(head, UP + LEFT)
        zone.hold(curves, DOWN + LEFT)
        charts.append(VGroup(head, curves))
    timeline = Timeline(run.epochs, falls_of(run), film.zones.floor, not_known(run))
    film.play(entering([*charts, timeline], run_time=1.4))
    curves_and_clock = [*(chart[1] for chart in charts), timeline]
    film.run_clock(EpochClock(run.epochs), curves_and_clock, place.rate, seconds=max(film.unread, 3.0))
    film.beat(phrase("Together or not"), why_in_words(correlation))
    _changes(
        film, charts, place.rate, values, (phrase("change of the rate"), phrase("change of {measure}", measure=name))
    )
    film.clear_stage(film.question)


def _changes(
    film: Film, charts: Sequence[VGroup], rate: np.ndarray, values: np.ndarray, names: tuple[str, str]
) -> None:
    """Each step of the rate becomes a square: its rank among the steps upwards, the other measure's to the right."""
    steps = np.stack([np.diff(values), np.diff(rate)], 1)  # (E - 1, 2)
    known = np.flatnonzero(np.isfinite(steps).all(1))
    ranks = steps[known].argsort(0).argsort(0) / max(len(known) - 1, 1)
    stage, curves = film.zones.stage, charts[0][1]
    side = stage.height - 1.1
    corner = np.array([stage.centre[0] - side / 2, stage.bottom + 0.6])
    axes = Plane((0, 1), (0, 1), (side, side), x_name=names[1])
    axes.shift(np.array([*corner, 0.0]) - axes.corner)
    above = label(names[0]).next_to(axes, UP, buff=0.1)
    start = curves.plane.place(curves.epochs[known + 1], 100 * rate[known + 1])[:, :2]
    grains = Grains(start, 0.05, [theme().TEXT] * len(known))
    film.play(*map(FadeOut, charts), FadeIn(grains), run_time=0.6)
    to = corner + 0.1 + (side - 0.2) * ranks
    film.play(FadeIn(axes), FadeIn(above), Fly(grains, to, 0.12, run_time=max(film.unread - 0.8, 2.0)))
    film.wait(0.8)
