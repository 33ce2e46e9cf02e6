"""Single entries: how far the weights of one layer wander, and what becomes of the first filters."""

from __future__ import annotations

import numpy as np
from manim import DOWN, RIGHT, UP, FadeIn, FadeOut

from weightreel.analysis.findings.blocks import layer_on_stage
from weightreel.analysis.findings.entries import (
    change_of,
    filters_in_words,
    flow_in_words,
    flowing_layer,
    followed_entries,
)
from weightreel.analysis.findings.words.gaps import ends_of
from weightreel.analysis.findings.words.language import noted, phrase
from weightreel.analysis.palette import theme
from weightreel.analysis.store.nodes import Layer
from weightreel.scenes.chapters.parameters import AXIS, Parts
from weightreel.scenes.instruments.networks.character import opens
from weightreel.scenes.instruments.networks.filter_bank import MOST_FILTERS, FilterBank
from weightreel.scenes.instruments.networks.sand import Sand
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.grammar.grains import Fly, Grains
from weightreel.scenes.kit.grammar.moves import outline_of
from weightreel.scenes.kit.grammar.pace import AGAIN, passed_at
from weightreel.scenes.kit.grammar.pointing import Pointer
from weightreel.scenes.kit.grammar.zones import Zone, spread_over

GOLDEN = 0.618034
"""Multiples of it, without their whole part, lie evenly between 0 and 1 in no order."""
GRAIN = 0.05
"""Side of a grain in its layer's column, in units of the frame."""
LETTERS = 1.6
"""Room for the letters at the left of an axis, in units of the frame."""
BACK = 0.7
"""Seconds in which the clock runs back."""


WANDERING = {
    "weight": noted("{n} weights of {layer}, one by one, side by side in the order in which they begin."),
    "bias": noted("{n} biases of {layer}, one by one, side by side in the order in which they begin."),
}
"""What is said of a layer's single entries, by parameter."""


def wander(film: Film, parts: Parts, parameter: str) -> None:
    """The followed entries of one layer leave its column as grains, and go their ways; who crosses zero is counted."""
    layer, stack, network = flowing_layer(film.run, parameter), parts.stack, parts.network
    if layer is None or network is None or layer.name not in stack.columns:
        return
    sample, name = followed_entries(layer, parameter), layer_on_stage(film.run, layer.name)
    colour, n = network.colour, sample.shape[1]
    film.beat(phrase("One by one"), phrase(WANDERING[parameter], n=n, layer=name))
    film.play(parts.clock.sweep(to=parts.clock.first, seconds=BACK), network.animate.light(layer.name))
    room = spread_over([parts.columns, Zone.around(parts.note)])
    sand = Sand(
        film.run.epochs, sample, (room.width - LETTERS, room.height - 0.55), colour, y_name=phrase(AXIS[parameter])
    )
    room.hold(sand, RIGHT + DOWN)
    grains = Grains(in_column(parts, layer.name, sand), GRAIN, [colour] * n)
    title = network.named(layer.name)
    stack.clear_updaters()
    film.play(FadeIn(grains), FadeIn(title), FadeOut(stack), FadeOut(parts.note), run_time=0.8)
    film.play(Fly(grains, sand.places(parts.clock.epoch), sand.side, run_time=2.8), FadeIn(sand.plane))
    film.play(FadeIn(sand), FadeOut(grains), run_time=0.4)
    parts.attach(sand)
    travel(film, parts, sand, flow_in_words(name, sample))


def in_column(parts: Parts, name: str, sand: Sand) -> np.ndarray:
    """Where entries lie in their layer's column at the first epoch, in the order of their beginnings, (S, 2)."""
    places = parts.stack.place_of(name, np.nan_to_num(sand.values[sand.first]))
    across = (np.arange(len(places)) * GOLDEN % 1 - 0.5) * 0.75 * parts.stack.columns[name].width
    places[:, 0] += across
    return places


def travel(film: Film, parts: Parts, sand: Sand, said: str) -> None:
    """Run the clock again, quickly, with an arrow at the grain that goes farthest."""
    way = np.abs(sand.values[sand.last] - sand.values[sand.first])
    farthest = int(np.argmax(np.nan_to_num(way, nan=-1.0)))
    film.beat(phrase("How far they go"), said)

    def place(t: float) -> np.ndarray:
        return np.append(sand.places(t)[farthest], 0.0)

    # Above the axes, whose upper left is empty: grains stand in the order of their values.
    plane = sand.plane
    corner = plane.corner + plane.upwards + 0.25 * UP + 2.3 * RIGHT
    pointer = Pointer(film.run.epochs, place, phrase("goes farthest"), lambda _: corner)
    film.play(FadeIn(pointer), run_time=0.8)
    parts.attach(pointer)
    film.play(parts.clock.paced(passed_at(sand.values), AGAIN))


def first_filters(film: Film, parts: Parts, layer: Layer) -> None:
    """The filters that look at the image itself, large, from their first values to the last."""
    filters, name = layer["filters"], layer_on_stage(film.run, layer.name)
    stage = film.zones.stage.inside(0.12)
    bank = FilterBank(film.run.epochs, filters, stage.height, columns_in(stage, filters))
    stage.fitted(bank)
    film.beat(phrase("The first filters"), caption_of(bank, name))
    network = parts.network
    film.clear_stage(film.question, parts.timeline, *([network] if network is not None else []), seconds=0.3)
    back = parts.clock.sweep(to=parts.clock.first, seconds=BACK)
    if network is not None and layer.name in network.blocks:
        film.play(back, network.animate.light(layer.name))
        film.play(opens(network, layer.name, bank))
        film.remove(network)
        film.add(bank)
    else:
        film.play(back, FadeIn(bank))
    film.beat(phrase("What became of them"), filters_in_words(name, filters))
    change = change_of(filters)[ends_of(filters)[1], bank.shown]
    parts.attach(bank)
    if np.isfinite(change).any():
        cell = bank.cell_of(int(np.nanargmax(change)))
        film.play(FadeIn(outline_of(cell.inside(-0.06), theme().TEXT), scale=2.5), run_time=0.6)
    film.play(parts.clock.paced(passed_at(filters), AGAIN))


def columns_in(zone: Zone, filters: np.ndarray) -> int:
    """Filters a row with which as many as are shown of (E, O, I, h, w) fill a zone best."""
    n, (high, wide) = min(filters.shape[1], MOST_FILTERS), filters.shape[-2:]
    return max(range(1, n + 1), key=lambda of: min(zone.width / (of * wide), zone.height / (-(-n // of) * high)))


def caption_of(bank: FilterBank, layer: str) -> str:
    """What the picture of a layer's filters is."""
    colours, of = bank.filters.shape[-1] == 3, {"shown": len(bank.shown), "total": bank.n, "layer": layer}
    if len(bank.shown) < bank.n:
        if colours:
            return phrase("{shown} of {total} filters of {layer}: what the network sees first.", **of)
        return phrase("{shown} of {total} filters, first input channel of {layer}: what the network sees first.", **of)
    if colours:
        return phrase("{total} filters of {layer}: what the network sees first.", **of)
    return phrase("{total} filters, first input channel of {layer}: what the network sees first.", **of)
