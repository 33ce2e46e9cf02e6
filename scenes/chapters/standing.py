"""Why a bias before BatchNorm never moves: it shifts all values, BatchNorm shifts them back, and β moves instead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from manim import DOWN, LEFT, UP, Animation, FadeIn, FadeOut, VGroup, VMobject

from weightreel.analysis.findings.blocks import layer_on_stage
from weightreel.analysis.findings.movement import Channel, Movement
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.numbers import significant, with_power
from weightreel.analysis.palette import theme
from weightreel.scenes.chapters.parameters import Parts
from weightreel.scenes.instruments.axes.curves import Curves, Series, span
from weightreel.scenes.instruments.axes.plane import Plane, ticks_along
from weightreel.scenes.instruments.axes.readout import Readout
from weightreel.scenes.instruments.networks.character import opens
from weightreel.scenes.instruments.training.cloud import Cloud
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.grammar.moves import entering
from weightreel.scenes.kit.grammar.pace import AGAIN, passed_at
from weightreel.scenes.kit.grammar.pointing import Brace
from weightreel.scenes.kit.grammar.zones import Zone
from weightreel.scenes.kit.paths import polyline
from weightreel.scenes.kit.theme import BODY
from weightreel.scenes.kit.type import label, words

DOTS, SEED = 60, 1
"""Values that are sketched, and of the generator that draws them."""
AROUND, WIDE, REACH = 0.5, 0.5, 3.0
"""Mean and spread of the sketched values and the axis's reach, in units of the larger of bias and β."""
NAMES, STEPS, AXIS = 2.3, 0.75, 0.85
"""Room for the rows' names, for the steps above them and for the axis's letters, in units of the frame."""


@dataclass
class Sketch:
    """Values of one output of a convolution, with its bias and without.

    Attributes:
        rows: with the bias, and without it.
        rest: axis and names.
        steps: what is done to the values, in words, from left to right.
    """

    rows: tuple[Cloud, Cloud]
    rest: VGroup
    steps: list[VGroup]


def sketch_of(channel: Channel, zone: Zone) -> Sketch:
    """Sketched values around a mean that is not zero, and the store's bias and β as far as they shift them."""
    unit = max(abs(channel.bias), abs(channel.shift), 1e-9)
    values = np.random.default_rng(SEED).normal(0, WIDE * unit, DOTS)
    values += AROUND * unit - values.mean()
    width = zone.width - NAMES - 0.4
    reach = REACH * unit
    plane = Plane((-reach, reach), (0, 1), (width, 0), x_ticks=ticks_along(-reach, reach, width, 5))
    plane.shift(np.array([zone.left + NAMES, zone.bottom + AXIS, 0.0]) - plane.corner)
    zero = VMobject(stroke_color=theme().GRID, stroke_width=2, fill_opacity=0)
    middle = plane.point(0.0, 0.0)
    zero.points = polyline(np.stack([middle, middle + (zone.height - AXIS - STEPS) * UP]))
    plane.add(zero, label(phrase("value of one output (a sketch)")).next_to(plane, DOWN, buff=0.1))
    high = (zone.height - AXIS - STEPS) / 2
    middles = [zone.bottom + AXIS + (row + 0.5) * high for row in (1, 0)]
    colours = theme().BIASES, theme().MUTED
    rows = [Cloud(values, plane, y, 0.8 * high, colour) for y, colour in zip(middles, colours, strict=True)]
    said = phrase("with its bias"), phrase("without it")
    names = [
        words(text, BODY, colour).move_to([zone.left, y, 0], aligned_edge=LEFT)
        for text, y, colour in zip(said, middles, colours, strict=True)
    ]
    columns = Zone(zone.left, zone.top - STEPS, zone.right, zone.top).columns(1, 1.4, 0.8)
    steps = [
        column.hold(words(text, BODY, colour), LEFT)
        for column, text, colour in zip(
            columns,
            (
                phrase("+ bias, {value}", value=significant(channel.bias)),
                phrase("− mean, by BatchNorm"),
                phrase("+ β, {value}", value=significant(channel.shift)),
            ),
            (theme().BIASES, theme().TEXT, theme().GENERALISING),
            strict=True,
        )
    ]
    return Sketch((rows[0], rows[1]), VGroup(plane, *names), steps)


def shifted_and_back(film: Film, parts: Parts, channel: Channel) -> None:
    """One output's values: the bias shifts them, BatchNorm shifts them back, and β shifts them for good."""
    sketch, name = sketch_of(channel, film.zones.stage), layer_on_stage(film.run, channel.layer)
    upper, lower = sketch.rows
    film.beat(
        phrase("The bias is added"),
        phrase("One output of {layer}, for many pictures. Its bias shifts every value by the same.", layer=name),
    )
    network, picture = parts.network, VGroup(sketch.rest, *sketch.rows)
    film.clear_stage(film.question, parts.timeline, *([network] if network is not None else []), seconds=0.5)
    if network is not None and channel.layer in network.blocks:
        film.play(network.animate.light(channel.layer), run_time=0.4)
        film.play(opens(network, channel.layer, picture))
        film.remove(network)
        film.add(picture)
    else:
        film.play(FadeIn(picture))
    film.play(FadeIn(sketch.steps[0]), pushed(upper, channel.bias), run_time=1.6)
    film.beat(
        phrase("The mean is taken away"),
        phrase("Next, BatchNorm takes the mean away. With the bias or without it: the same is left."),
    )
    back = [pushed(row, -row.mean - by) for row, by in ((upper, channel.bias), (lower, 0.0))]
    film.play(FadeIn(sketch.steps[1]), *back, run_time=1.8)
    onto = lower.dots.get_center() - upper.dots.get_center()
    ghost = upper.dots.copy()
    film.play(ghost.animate.shift(onto), run_time=1.2)
    film.play(FadeOut(ghost), run_time=0.6)
    film.beat(
        phrase("What is added afterwards"),
        phrase("What is added after that stays: β. So β can learn, and the bias has nothing to do."),
    )
    film.play(FadeIn(sketch.steps[2]), *(pushed(row, channel.shift) for row in sketch.rows), run_time=2.2)
    ends = np.stack([upper.top - upper.way(channel.shift), upper.top])
    brace = Brace(film.run.epochs, lambda _: ends, "", UP, theme().GENERALISING)
    film.play(FadeIn(brace, shift=0.2 * UP), run_time=0.8)


def pushed(cloud: Cloud, by: float) -> Animation:
    """Add a number to all values of a cloud."""
    moved: Animation = cloud.animate.shift(cloud.way(by)).build()
    return moved


def still_and_moving(film: Film, parts: Parts, still: Movement, moving: Movement) -> None:
    """Single entries of both kinds through all epochs, as far as each went from its beginning, on one scale."""
    film.beat(
        phrase("What moves"),
        phrase("Every line is one of them: the biases at the left lie flat, β at the right moves."),
    )
    film.clear_stage(film.question, parts.timeline, seconds=0.5)
    back = parts.clock.sweep(to=parts.clock.first, seconds=0.7)
    y = span([still.threads, moving.threads])
    colours = theme().BIASES, theme().GENERALISING
    charts = [
        chart_of(film, group, column, colour, y, first=group is still)
        for group, column, colour in zip((still, moving), film.zones.stage.split(1, 1), colours, strict=True)
    ]
    film.play(back, entering([part for chart in charts for part in chart], run_time=0.9))
    for chart in charts:
        parts.attach(*chart)
    film.play(parts.clock.paced(passed_at(moving.threads), AGAIN))
    film.wait(0.8)


def chart_of(
    film: Film, group: Movement, zone: Zone, colour: str, y: tuple[float, float], *, first: bool
) -> tuple[Curves, Readout]:
    """A kind's threads below its root mean square, whose axes stand at one height whatever their letters are."""
    epochs, inner = film.run.epochs, (zone.width - 1.85, zone.height - 2.1)
    bundle = Series("", group.threads, colour, width=1.5, opacity=0.75)
    name = phrase("change since the start") if first else ""
    curves = Curves(epochs, [bundle], size=inner, y=y, y_name=name)
    curves.shift(np.array([zone.right - 0.2 - inner[0], zone.bottom + 0.95, 0.0]) - curves.plane.corner)
    said = phrase("{kind}: RMS change", kind=group.name)
    readout = Readout(epochs, said, group.distance, colour, written=with_power)
    return curves, readout.move_to([curves.plane.corner[0], zone.top, 0], aligned_edge=UP + LEFT)
