"""Single entries: where a network's weights are, how far some of them go, the first filters, and what stands still."""

from __future__ import annotations

from manim import DOWN, LEFT, RIGHT, UP, FadeIn

from weightreel.analysis.findings.blocks import blocks_of, largest, sizes_in_words
from weightreel.analysis.findings.movement import Movement, movement_in_words
from weightreel.analysis.findings.parameters import (
    change_of,
    filters_in_words,
    flow_in_words,
    followed_entries,
    middle_of,
)
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import layer_in_words
from weightreel.analysis.palette import theme
from weightreel.analysis.store.nodes import Layer
from weightreel.scenes.instruments.axes.curves import Curves, Series, span
from weightreel.scenes.instruments.axes.epoch_dial import EpochDial
from weightreel.scenes.instruments.axes.readout import Readout
from weightreel.scenes.instruments.networks.filter_bank import FilterBank
from weightreel.scenes.instruments.networks.network_diagram import NetworkDiagram
from weightreel.scenes.instruments.networks.weight_flow import WeightFlow
from weightreel.scenes.kit.clock import SHORTEST
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.theme import BELOW_HEADER, SAFE_LEFT, SAFE_RIGHT
from weightreel.scenes.kit.type import label

WIDTH = SAFE_RIGHT - SAFE_LEFT
A_WALK = 3.0
"""Seconds in which the layers are lit one after the other."""


def where_they_are(film: Film, colour: str) -> None:
    """The network's layers, lit one after the other; the one with most weights stays lit."""
    blocks = blocks_of(film.run)
    film.beat(
        phrase("Where they are"),
        phrase("The layers that hold the weights, from the image at the left to the answer."),
    )
    diagram = NetworkDiagram(blocks, (WIDTH, 2.6), colour).move_to([0, 0.55, 0])
    note = label(
        phrase(
            "slabs: convolutions, bars: linear layers; below, their outputs; {n} of {total} layers are only counted",
            n=diagram.left_out,
            total=len(blocks),
        )
        if diagram.left_out
        else phrase("slabs: convolutions, bars: linear layers; below, their outputs")
    )
    film.play(FadeIn(diagram), FadeIn(note.move_to([SAFE_LEFT, BELOW_HEADER, 0], UP + LEFT)), run_time=0.8)
    for name in diagram.blocks:
        film.play(diagram.animate.light(name), run_time=A_WALK / len(diagram.blocks))
    most = largest(blocks).name
    lit = [diagram.animate.light(most), FadeIn(diagram.named(most))] if most in diagram.blocks else []
    film.play(*lit or [diagram.animate.light("")], run_time=0.4)
    film.take_away(phrase("Where most of them are"), sizes_in_words(blocks))


def one_by_one(film: Film, colour: str, layer: Layer) -> None:
    """Single weights of one layer as lines through the epochs."""
    sample = followed_entries(layer)
    film.beat(
        phrase("One by one"),
        phrase("Single weights of {layer} on their way through the {clocks}.", layer=layer_in_words(layer.name)),
        loop=True,
    )
    band, share = middle_of(layer)
    flow = WeightFlow(
        film.run.epochs,
        sample,
        (WIDTH - 1.7, 3.3),
        colour,
        y_name=phrase("weight"),
        band=band,
        band_name=phrase("middle {share} of all", share=share),
    )
    flow.move_to([SAFE_LEFT, BELOW_HEADER - 0.2, 0], UP + LEFT)
    dial = EpochDial(film.run.epochs).move_to([SAFE_LEFT, BELOW_HEADER + 0.15, 0], UP + LEFT)
    if flow.n > len(flow.shown):
        some = phrase("{shown} entries of {total} that the store follows", shown=len(flow.shown), total=sample.shape[1])
        film.add(label(some).next_to(dial, RIGHT, buff=0.5).align_to(dial, UP))
    film.sweep(flow, dial, seconds=6.0)
    film.take_away(phrase("How far they go"), flow_in_words(layer_in_words(layer.name), sample))


def first_filters(film: Film, colour: str, layer: Layer) -> None:
    """The filters that look at the image itself, and how far each is from where it began."""
    filters = layer["filters"]
    bank = FilterBank(film.run.epochs, filters, 3.6)
    film.beat(phrase("The first filters"), caption_of(bank, layer_in_words(layer.name)))
    bank.move_to([SAFE_LEFT, BELOW_HEADER - 0.45, 0], UP + LEFT)
    over = label(phrase("{filters}; middle grey is 0", filters=bank.choice)).move_to(
        [SAFE_LEFT, BELOW_HEADER, 0], UP + LEFT
    )
    dial = EpochDial(film.run.epochs).move_to([SAFE_RIGHT, BELOW_HEADER + 0.15, 0], UP + RIGHT)
    film.play(FadeIn(over), run_time=0.3)
    shown = [bank, dial]
    room = SAFE_RIGHT - float(bank.get_right()[0]) - 1.8
    if len(film.run.epochs) > 1 and room > 2.5:
        change = 100 * change_of(filters)
        bundle = Series("", change, colour, width=1.5, opacity=0.7)
        curves = Curves(film.run.epochs, [bundle], size=(room, 2.4), y_name=phrase("change, % of norm"), ticks=(4, 4))
        shown.append(curves.move_to([SAFE_RIGHT, bank.get_bottom()[1], 0], DOWN + RIGHT))
    film.sweep(*shown, seconds=SHORTEST if len(film.run.epochs) < 3 else 6.0)
    film.take_away(phrase("What became of them"), filters_in_words(layer_in_words(layer.name), filters))


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


PANEL = (5.0, 2.35)
CONCEPTS = {"convolution": "BIASES", "batchnorm": "GENERALISING", "linear": "WEIGHTS"}
"""Concepts of the palette for the kinds of `Movement`."""


def still_and_moving(film: Film, groups: list[Movement]) -> None:
    """Sampled entries as threads over the epochs: how far each went from where it started."""
    left, right = groups[:2]
    film.beat(
        phrase("What moves"),
        phrase(
            "Single entries, as far as each went from its first value: {left} at the left, {right} at the right, "
            "on the same scale.",
            left=left.name,
            right=right.name,
        ),
        loop=True,
    )
    y = span([left.threads, right.threads])
    panels = []
    for group, side in ((left, LEFT), (right, RIGHT)):
        bundle = Series("", group.threads, getattr(theme(), CONCEPTS[group.kind]), width=1.5, opacity=0.75)
        y_name = phrase("change since the start") if group is left else ""
        curves = Curves(film.run.epochs, [bundle], size=PANEL, y=y, y_name=y_name)
        curves.move_to(SAFE_RIGHT * side + (BELOW_HEADER - 0.95) * UP, aligned_edge=UP + side)
        panels.append(curves)
    readouts = [
        Readout(
            film.run.epochs,
            phrase("{kind}: RMS change", kind=g.name),
            g.distance,
            getattr(theme(), CONCEPTS[g.kind]),
        )
        for g in (left, right)
    ]
    for readout, curves in zip(readouts, panels, strict=True):
        readout.move_to([curves.plane.corner[0], BELOW_HEADER, 0], aligned_edge=UP + LEFT)
    dial = EpochDial(film.run.epochs).move_to([SAFE_RIGHT, -1.5, 0], aligned_edge=UP + RIGHT)
    film.sweep(*panels, *readouts, dial, seconds=10.0)
    film.take_away(phrase("Why"), *movement_in_words(left, right))
