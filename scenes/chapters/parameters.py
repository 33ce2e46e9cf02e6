"""All weights or all biases: one histogram of all entries, then one a layer."""

from __future__ import annotations

from manim import DOWN, LEFT, RIGHT, UP, VGroup

from weightreel.analysis.findings.parameters import (
    Distribution,
    layers_in_words,
    layers_with,
    spread_in_short,
    spread_in_words,
)
from weightreel.analysis.findings.words.language import noted, phrase
from weightreel.analysis.findings.words.names import layer_in_words
from weightreel.analysis.findings.words.numbers import percent, significant
from weightreel.analysis.palette import theme
from weightreel.analysis.store.nodes import Layer, Run
from weightreel.scenes.instruments.axes.epoch_dial import EpochDial
from weightreel.scenes.instruments.axes.histogram import ROOM_FOR_TAILS, Histogram, share_outside, visible_range
from weightreel.scenes.instruments.axes.readout import Readout
from weightreel.scenes.instruments.axes.small_multiples import Panel, SmallMultiples, evenly
from weightreel.scenes.kit.clock import Instrument
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.theme import BELOW_HEADER, SAFE_BOTTOM, SAFE_LEFT, SAFE_RIGHT, SMALL
from weightreel.scenes.kit.type import words

MOST_COMPARED = 2
"""Runs of which a take-away speaks, where no chapter sets them beside each other: more would not fit."""
AXIS = {"weight": noted("weight"), "bias": noted("bias")}
"""Name of the axis of a parameter's values."""


def n_entries(run: Run, parameter: str) -> int:
    """Entries of all layers together."""
    return Distribution.known(run, parameter).n_entries


def has_layers(run: Run, parameter: str) -> bool:
    """Whether there is a layer to show: those that WEIGHTREEL_LAYERS chose may all be of another kind."""
    return bool(layers_with(run, parameter))


def all_together(film: Film, parameter: str, colour: str) -> None:
    """All entries in one histogram, on a logarithmic count axis so that the tails can be seen."""
    if parameter == "weight":
        film.beat(
            phrase("All weights"),
            phrase(
                "The weights of all convolution and linear layers in one histogram; the count axis is logarithmic, "
                "the grey outline is the first {clock}."
            ),
            loop=True,
        )
    else:
        film.beat(
            phrase("All biases"),
            phrase(
                "The biases of all convolution and linear layers in one histogram; the count axis is logarithmic, "
                "the grey outline is the first {clock}."
            ),
            loop=True,
        )
    stage = overview(film.run, parameter, colour)
    film.sweep(*stage)
    entries = Distribution.known(film.run, parameter)
    sentence = spread_in_words(entries.std, entries.kurtosis)
    others = [
        spread_in_short(run.title, other.std, other.kurtosis)
        for run in film.runs[1:MOST_COMPARED]
        if (other := Distribution.of(run, parameter)) is not None and not film.compares
    ]
    changed = {
        "weight": phrase("All weights: what changed"), "bias": phrase("All biases: what changed")
    }  # fmt: skip
    film.take_away(changed[parameter], sentence, *others)


def layer_by_layer(film: Film, parameter: str, colour: str) -> None:
    """One histogram a layer, in one sweep."""
    layers = layers_with(film.run, parameter)
    chosen = [layers[name] for name in evenly(list(layers))]
    if len(chosen) == len(layers) and film.run.chosen:
        which = phrase("the chosen layers; scales differ")
        caption = phrase(
            "The same {clocks} for the chosen layers: each panel has its own fixed scales, and its standard "
            "deviation above it."
        )
    elif len(chosen) == len(layers):
        which = phrase("every layer; scales differ")
        caption = phrase(
            "The same {clocks} for every layer: each panel has its own fixed scales, and its standard deviation "
            "above it."
        )
    else:
        of = {"shown": len(chosen), "total": len(layers)}
        which = phrase("{shown} of {total} layers, evenly apart; scales differ", **of)
        caption = phrase(
            "The same {clocks} for {shown} of {total} layers, evenly apart: each panel has its own fixed "
            "scales, and its standard deviation above it.",
            **of,
        )
    film.beat(phrase("Layer by layer"), caption, loop=True)
    panels = [panel_of(layer, parameter, colour) for layer in chosen]
    grid = SmallMultiples(film.run.epochs, panels, (SAFE_RIGHT - SAFE_LEFT, BELOW_HEADER - SAFE_BOTTOM - 1.05))
    grid.move_to([SAFE_LEFT, BELOW_HEADER, 0], aligned_edge=UP + LEFT)
    dial = EpochDial(film.run.epochs).move_to([SAFE_RIGHT, SAFE_BOTTOM + 0.5, 0], aligned_edge=DOWN + RIGHT)
    note = words(which, SMALL, theme().MUTED)
    note.move_to([SAFE_RIGHT, SAFE_BOTTOM, 0], aligned_edge=DOWN + RIGHT)
    film.add(note)
    film.sweep(grid, dial)
    stds = {layer_in_words(layer.name): Distribution.known(layer, parameter).std for layer in chosen}
    film.take_away(phrase("Layers: what changed"), layers_in_words(stds), width=8.4)


def overview(run: Run, parameter: str, colour: str) -> tuple[Instrument, ...]:
    """Histogram of all weights or biases, the dial and read-outs of its statistics, in their places."""
    entries = Distribution.known(run, parameter)
    edges, counts = entries.edges, entries.counts
    visible = visible_range(*entries.extent, room=ROOM_FOR_TAILS)
    histogram = Histogram(
        run.epochs,
        edges,
        counts,
        colour,
        visible=visible,
        log=True,
        ghost=True,
        size=(7.95, 4.0),
        names=(phrase(AXIS[parameter]), phrase("entries in a bin")),
    )
    histogram.move_to([SAFE_LEFT, BELOW_HEADER, 0], aligned_edge=UP + LEFT)
    statistics = [
        (phrase("standard deviation"), entries.std, significant),
        (phrase("excess kurtosis"), entries.kurtosis, lambda value: significant(value, 2)),
        (phrase("beyond the axis"), share_outside(edges, counts, visible), lambda share: percent(share, 3)),
    ]
    readouts = [Readout(run.epochs, name, values, colour, written=how) for name, values, how in statistics]
    dial = EpochDial(run.epochs)
    column = VGroup(dial, *readouts).arrange(DOWN, buff=0.38, aligned_edge=LEFT)
    left = SAFE_RIGHT - max(3.2, float(column.width))
    column.move_to([left, BELOW_HEADER - 0.1, 0], aligned_edge=UP + LEFT)
    return histogram, dial, *readouts


def panel_of(layer: Layer, parameter: str, colour: str) -> Panel:
    """A layer's weights or biases for small multiples."""
    entries = Distribution.known(layer, parameter)
    return Panel(layer.name, entries.edges, entries.counts, entries.std, *entries.extent, colour)
