"""The clock runs: eigenvalues leave one after the other; then the eye draws back to every layer."""

from __future__ import annotations

import numpy as np
from manim import LEFT, UP, FadeIn, FadeOut, LaggedStart, VGroup, VMobject

from weightreel.analysis.findings.blocks import layer_on_stage
from weightreel.analysis.findings.spectra import layers_with_spectra, spread
from weightreel.analysis.findings.spectral.escape import Escape, every_layer_in_words
from weightreel.analysis.findings.words.language import phrase, phrase_n
from weightreel.analysis.findings.words.names import own_layer, shortened
from weightreel.analysis.findings.words.numbers import count, plain, significant
from weightreel.analysis.palette import theme
from weightreel.scenes.chapters.spectra.told import Told, narrow_of
from weightreel.scenes.instruments.axes.counter import Counter
from weightreel.scenes.instruments.spectra.escape_chart import EscapeChart, Leaving
from weightreel.scenes.kit.clock import EpochClock, Instrument
from weightreel.scenes.kit.grammar.grains import Fly
from weightreel.scenes.kit.grammar.moves import entering
from weightreel.scenes.kit.grammar.pointing import arrow
from weightreel.scenes.kit.grammar.zones import Zone
from weightreel.scenes.kit.theme import BODY, SMALL
from weightreel.scenes.kit.type import Letters, label, words

MOST_LAYERS = 15
FOLLOWED = 10
"""Largest eigenvalues whose changes pace the clock, where none leaves."""
ROOM_FOR_NAME = 0.42
"""Above a small chart, in units of the frame."""
WIDTH_OF_LETTER = 0.16
"""Of the smallest type, in units of the frame: the names that a talk has for layers are cut where charts are narrow."""


def learns(told: Told) -> None:
    """Run the clock over the layer's eigenvalues, while it is counted how many have left."""
    film, escape, chart, timeline = told.film, told.escape, told.chart, told.timeline
    counters = told.counters = counted(told)
    for counter in counters:
        counter.move_to(narrow_of(film.zones.stage).at(UP + LEFT), aligned_edge=UP + LEFT)
    leaving = [FadeOut(told.grains)] + ([FadeOut(told.ranking)] if told.ranking is not None else [])
    if len(escape.epochs) < 2:
        film.beat(
            phrase("Beyond chance"),
            phrase("Only one record of it is known: what lies above the line is stretched further than chance would.")
            if escape.knows_chance
            else phrase("Only one record of it is known: these are its eigenvalues."),
        )
        film.remove(chart.plane, chart.numbers, chart.edge, chart.key)
        film.add(chart)
        film.play(*leaving, FadeIn(chart.clock_numbers), *map(FadeIn, counters), run_time=1.0)
        return
    film.beat(
        phrase("It learns"),
        phrase("Now it learns. One direction after the other is stretched further than chance reaches.")
        if escape.leaves
        else phrase("Now it learns. The band holds all its eigenvalues, as far as they are drawn."),
    )
    pointer = Leaving(chart)
    film.remove(chart.plane, chart.numbers, chart.edge, chart.key)
    film.add(chart, pointer)
    film.play(*leaving, FadeIn(chart.clock_numbers), *map(FadeIn, counters), run_time=0.8)
    patch = [] if told.patch is None else [told.patch]
    following = [chart, timeline, pointer, *counters, *patch]
    histories = [np.log(np.maximum(escape.eigenvalues[:, :FOLLOWED], 1e-12))]
    if escape.leaves:
        histories.append(escape.n_outside)
    film.run_clock(EpochClock(escape.epochs), following, *histories)
    for instrument in following:
        instrument.clear_updaters()
    film.remove(*pointer.get_family())
    if escape.leaves:
        stays(told)


def stays(told: Told) -> None:
    """The lines that have left, lit, above all that has not."""
    film, escape, chart = told.film, told.escape, told.chart
    n = int(escape.n_outside[-1])
    film.beat(
        phrase("What stays"),
        phrase_n(
            "{n} has left. The other {rest} stay below the line, where chance would keep them.",
            "{n} have left. The other {rest} stay below the line, where chance would keep them.",
            n,
            rest=count(escape.n_all - n),
        ),
    )
    column, frame = narrow_of(film.zones.stage), chart.frame
    factor = significant(float(escape.eigenvalues[-1, 0] / escape.edge[-1]), 2)
    largest = words(phrase("the largest: {factor} times λ₊", factor=factor), SMALL, width=column.width)
    largest.move_to(
        [column.left, min(each.get_bottom()[1] for each in told.counters) - 0.45, 0], aligned_edge=UP + LEFT
    )
    pointer = VMobject(stroke_color=theme().TEXT, stroke_width=3, fill_opacity=0)
    tip = chart.end_of(0, float(escape.epochs[-1]))
    pointer.points = (
        arrow(largest.get_corner(UP + LEFT) + 0.05 * UP, tip) if np.isfinite(tip).all() else arrow(tip, tip)
    )
    stay = words(phrase("{rest} stay", rest=count(escape.n_all - n)), BODY)
    bottom, top = frame.bottom, float(chart.height_of(escape.edge[-1:])[0])
    stay.move_to([frame.centre[0], (bottom + top) / 2, 0])
    lit = (chart.lines, chart.heads, chart.edge, *told.counters, largest, pointer, stay)
    film.follow(*(part for each in lit for part in each.get_family()))
    film.play(entering([largest, pointer, stay], run_time=2.8, lag=0.7))
    film.wait(0.3)
    film.unfollow()
    film.play(*map(FadeOut, (largest, pointer, stay)), run_time=0.4)


def counted(told: Told) -> list[Instrument]:
    """How many have left, or where no edge is known how large the largest eigenvalue is."""
    escape = told.escape
    if not np.isfinite(escape.edge).any():
        return [Counter(escape.epochs, phrase("largest eigenvalue"), escape.eigenvalues[:, 0], theme().ESD,
                        written=lambda value: plain(value, 3))]  # fmt: skip
    name = (
        phrase("have left, of {n}", n=count(escape.n_all))
        if escape.only_leaves
        else phrase("are outside, of {n}", n=count(escape.n_all))
    )
    return [Counter(escape.epochs, name, escape.n_outside, theme().ESD)]


def every_layer(told: Told) -> None:
    """The eye draws back: the chart shrinks into its place among all layers', which come in one after the other.

    Where the layer has no others beside it nothing is shown.
    """
    film, run = told.film, told.film.run
    layers = layers_with_spectra(run)
    chosen = spread(layers, MOST_LAYERS)
    if told.layer.name not in {layer.name for layer in chosen}:
        nearest = int(np.argmin([abs(layers.index(told.layer) - layers.index(of)) for of in chosen]))
        chosen[nearest] = told.layer
    if len(chosen) < 2:
        return
    escapes = [Escape.of(run, layer) for layer in chosen]
    cells = film.zones.stage.grid(len(chosen), 1.7, (0.45, 0.2))
    charts = {
        escape.name: EscapeChart(escape, under_name(cell), compact=True).at(float(escape.epochs[-1]))
        for escape, cell in zip(escapes, cells, strict=True)
    }
    names = [name_of(told, escape, cell) for escape, cell in zip(escapes, cells, strict=True)]
    said = [every_layer_in_words(escapes) or phrase("The same {clocks} in the other layers.")]
    if len(chosen) < len(layers):
        said.append(phrase("{n} of {total} layers are shown, evenly spaced.", n=len(chosen), total=len(layers)))
    film.beat(phrase("All layers"), " ".join(said))
    here = charts[told.layer.name]
    gone = [told.chart.numbers, told.chart.clock_numbers, told.chart.key, *told.counters]
    moving = [told.chart.into(here, run_time=1.8)]
    if told.patch is not None:
        places, side = told.patch.laid_out(here.frame)
        moving.append(Fly(told.patch, places, 0.2 * side, run_time=1.8))
    others = [VGroup(name) if chart is here else VGroup(chart, name)
              for chart, name in zip(charts.values(), names, strict=True)]  # fmt: skip
    coming = LaggedStart(*(FadeIn(other, shift=0.1 * UP) for other in others), lag_ratio=0.25, run_time=3.4)
    film.play(*moving, *(FadeOut(each, run_time=0.6) for each in gone))
    film.remove(*told.chart.get_family(), *([told.patch] if told.patch is not None else []))
    film.add(here)
    film.play(coming)
    told.charts, told.names = charts, names


def under_name(cell: Zone) -> Zone:
    """What a layer's name leaves of its cell."""
    return Zone(cell.left, cell.bottom, cell.right, cell.top - ROOM_FOR_NAME)


def name_of(told: Told, escape: Escape, cell: Zone) -> Letters:
    """What films call a layer, and how many of its eigenvalues have left."""
    most = max(14, int(cell.width / WIDTH_OF_LETTER) - 5) if own_layer(escape.name) else 14
    called = shortened(layer_on_stage(told.film.run, escape.name), most)
    if escape.knows_chance:
        called = phrase("{layer}: {n}", layer=called, n=count(int(escape.n_outside[-1])))
    lit = escape.name == told.layer.name
    text = words(called, SMALL, theme().TEXT) if lit else label(called)
    held: Letters = text.move_to([cell.left, cell.top, 0], aligned_edge=UP + LEFT)
    return held
