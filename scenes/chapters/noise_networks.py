"""All networks before the same noise: beside each other, at every threshold, and by kinds of noise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, FadeIn, Group, VGroup

from weightreel.analysis.findings.attacks.confidence import (
    Answered,
    basis_in_words,
    comparison_in_words,
    kinds_in_words,
    levels_in_words,
    of_images,
    passing_in_words,
    seeds_in_words,
    separation_in_words,
    share_above,
)
from weightreel.analysis.findings.attacks.noise import kinds_of, name_of_kind, outcomes, preview_pixels, rates_by_kind
from weightreel.analysis.findings.statistics import separation
from weightreel.analysis.findings.time import epochs_of
from weightreel.analysis.findings.words.language import phrase, phrase_n
from weightreel.analysis.findings.words.names import title_of
from weightreel.analysis.findings.words.numbers import percent
from weightreel.analysis.palette import theme
from weightreel.analysis.store.nodes import Attack, Run
from weightreel.scenes.instruments.answers.image_grid import ImageGrid
from weightreel.scenes.instruments.answers.threshold_curves import ThresholdCurves, nines
from weightreel.scenes.instruments.axes.curves import Series, legend_of
from weightreel.scenes.instruments.axes.epoch_dial import EpochDial
from weightreel.scenes.instruments.axes.grouped_bars import GroupedBars
from weightreel.scenes.instruments.axes.intervals import Intervals
from weightreel.scenes.instruments.axes.readout import Readout
from weightreel.scenes.kit.clock import SHORTEST, EpochClock
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.theme import BELOW_HEADER, SAFE_LEFT, SAFE_RIGHT, colour_of_run
from weightreel.scenes.kit.type import label

MOST_KINDS, MOST_SAID = 6, 2
"""Kinds of noise drawn, and networks told of in a take-away: more would not fit."""
THRESHOLDS = 1 - 10 ** -np.linspace(nines(0.5), nines(0.999), 240)
"""Evenly apart on the axis."""


def begin(film: Film, attacked: Sequence[tuple[Run, Attack]], name: str, caption: str) -> None:
    """Begin a chapter about all networks on an empty stage."""
    film.clear_stage()
    film.beat(name, caption)
    complete = all(run.complete for run, _ in attacked)
    film.add(film.header(film.shown_as, film.data if complete else phrase("{data}, still training", data=film.data)))


def legend_of_networks(film: Film, runs: Sequence[Run], width: float = SAFE_RIGHT - SAFE_LEFT) -> VGroup:
    """The networks' names in their colours, at the upper right, at most `width` wide; each model once."""
    seeds = {run.model: [r.seed for r in runs if r.model == run.model] for run in runs}
    each = {run.model: run for run in runs}.values()
    said = [phrase("{title}, {seeds}", title=title_of(r), seeds=seeds_in_words(seeds[r.model])) for r in each]
    colours = [colour_of_run(run, film.runs) for run in each]
    names = dict(zip(said, colours, strict=True))
    return legend_of(list(names.items()), width).move_to([SAFE_RIGHT, BELOW_HEADER + 0.1, 0], UP + RIGHT)


def networks_beside_each_other(film: Film, attacked: Sequence[tuple[Run, Attack]]) -> None:
    """Rates of all networks with their intervals, what they say, and what that rests on."""
    begin(
        film,
        attacked,
        phrase("Beside each other"),
        phrase("The same noise images, answered by every network, with Wilson's 95 % intervals."),
    )
    answers = [Answered.of(run, attack) for run, attack in attacked]
    rows = [
        (
            phrase("{title}, seed {seed}, {clock} {epoch}", title=title_of(run), seed=a.seed, epoch=a.epoch),
            colour_of_run(run, film.runs),
            a.rate,
        )
        for a, (run, _) in zip(answers, attacked, strict=True)
    ]
    chart = Intervals(rows, 10.5, phrase("noise images answered with high confidence, %"))
    chart.move_to([0, BELOW_HEADER - 0.1, 0], UP)
    film.play(FadeIn(chart), run_time=0.8)
    film.wait(1.0)
    film.take_away(phrase("What this says"), comparison_in_words(answers), basis_in_words(answers))


def every_threshold(film: Film, attacked: Sequence[tuple[Run, Attack]]) -> None:
    """How many noise images pass every threshold of confidence, beside the test images."""
    begin(
        film,
        attacked,
        phrase("Every threshold"),
        phrase("How many noise images are answered at least as surely as a threshold; thin, how many test images are."),
    )
    runs = [run for run, _ in attacked]
    noise = {run.name: outcomes(attack)[1] for run, attack in attacked}
    images = {run.name: found for run in runs if (found := of_images(run)) is not None}
    passes = ((noise, 5.0, phrase("noise images that pass")), (images, 2.0, phrase("test images that pass")))
    shares = [
        (run, share_above(found[run.name], THRESHOLDS), width, kind)
        for found, width, kind in passes
        for run in runs
        if run.name in found
    ]
    curves = ThresholdCurves(
        THRESHOLDS,
        [Series("", share, colour_of_run(run, film.runs), width) for run, share, width, _ in shares],
        (7.4, 2.4),
        phrase("share that passes, %"),
    )
    legend = legend_of_networks(film, runs)
    key = label(phrase("bold: noise images; thin: test images") if images else phrase("noise images"))
    key.move_to([SAFE_LEFT, BELOW_HEADER - 0.3, 0], UP + LEFT)
    curves.next_to(key, DOWN, buff=0.15).set_x(SAFE_LEFT, LEFT)
    threshold = attacked[0][1].threshold
    film.add(legend, key, curves.plane.mark(float(nines(threshold)), theme().MUTED))
    readouts = [Readout(curves.epochs, phrase("confidence of at least"), THRESHOLDS, written=lambda v: f"{v:.3f}")]
    rows = list(dict.fromkeys(kind for *_, kind in shares))
    corner = np.array([curves.get_right()[0] + 0.6, BELOW_HEADER - 0.55, 0])
    readouts[0].move_to(corner, UP + LEFT)
    for run, share, _, kind in shares:
        if run in (first_runs := runs[:MOST_SAID]):
            # One name for the numbers of all networks, which stand beside each other.
            name = kind if run is first_runs[0] else ""
            readouts.append(Readout(curves.epochs, name, share, colour_of_run(run, film.runs), written=percent))
            across, down = 1.75 * first_runs.index(run), 1.15 * (rows.index(kind) + 1) + 0.52
            readouts[-1].shift(corner + across * RIGHT + down * DOWN - readouts[-1].number.points[0])
    film.sweep(curves, *readouts, seconds=SHORTEST, clock=EpochClock(curves.epochs))
    answered = [run for run in runs if run.name in images][:MOST_SAID]
    if not answered:
        levels = [levels_in_words(run.title, noise[run.name]) for run in runs[:MOST_SAID]]
        film.take_away(phrase("What a threshold keeps out"), *levels)
        return
    first = answered[0]
    film.take_away(
        phrase("Does confidence tell noise from images?"),
        separation_in_words(first.title, separation(images[first.name], noise[first.name])),
        *(passing_in_words(run.title, threshold, images[run.name], noise[run.name]) for run in answered),
    )


def kinds_of_noise(film: Film, attacked: Sequence[tuple[Run, Attack]]) -> None:
    """One example of every kind of noise, and how often each network is sure of that kind, over the epochs."""
    runs = [run for run, _ in attacked]
    found = [kinds_of(run) for run in runs]
    kinds = list(dict.fromkeys(kind for of in found for kind in of))[:MOST_KINDS]
    if len(kinds) < 2:
        return
    begin(
        film,
        attacked,
        phrase("Kinds of noise"),
        phrase_n(
            "{n} kind of noise, and below it how often the networks are sure of it, at every {clock}.",
            "{n} kinds of noise, and below each how often the networks are sure of it, at every {clock}.",
            len(kinds),
        ),
    )
    epochs = epochs_of(runs)
    bars = GroupedBars(
        epochs,
        [name_of_kind(kind) for kind in kinds],
        [colour_of_run(run, film.runs) for run in runs],
        rates_by_kind(runs, kinds, epochs),
        (11.4, 1.65),
        phrase("success rate, %"),
    )
    bars.move_to([SAFE_LEFT, -1.75, 0], DOWN + LEFT)
    side = min(11.4 / len(kinds) - 0.3, 1.7)
    pictures = Group()
    for i, kind in enumerate(kinds):
        attack = next(of[kind] for of in found if kind in of)
        if len(pixels := preview_pixels(attack)[:1]):
            picture = ImageGrid(pixels, 1, side).at(1.0)
            pictures.add(picture.move_to([bars.middle(i)[0], bars.get_top()[1] + 0.15, 0], DOWN))
    dial = EpochDial(epochs).move_to([SAFE_LEFT, BELOW_HEADER + 0.12, 0], UP + LEFT)
    room = SAFE_RIGHT - float(dial.get_right()[0]) - 0.4
    film.add(legend_of_networks(film, runs, room), pictures)
    film.sweep(bars, dial, seconds=SHORTEST, clock=EpochClock(epochs))
    sentences = [
        kinds_in_words(run.title, [(name_of_kind(k), Answered.of(run, of[k]).rate.value) for k in kinds if k in of])
        for run, of in zip(runs[:MOST_SAID], found, strict=False)
    ]
    film.take_away(phrase("Which noise"), *sentences)
