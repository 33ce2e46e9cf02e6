"""The weights of a network from its first epoch to its last: all together, layer by layer, and one by one."""

from __future__ import annotations

from manim import DOWN, LEFT, RIGHT, UP, FadeIn

from weightreel.analysis.findings.parameters import (
    blocks_of,
    change_of,
    filters_in_words,
    flow_in_words,
    flowing_layer,
    largest,
    middle_of,
    sizes_in_words,
)
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import layer_in_words, title_of
from weightreel.analysis.findings.words.numbers import million
from weightreel.analysis.palette import theme
from weightreel.analysis.store.nodes import Layer
from weightreel.scenes.chapters.beside import parameters_beside
from weightreel.scenes.chapters.parameters import ParameterFilm
from weightreel.scenes.instruments.axes.curves import Curves, Series
from weightreel.scenes.instruments.axes.epoch_dial import EpochDial
from weightreel.scenes.instruments.networks.filter_bank import FilterBank
from weightreel.scenes.instruments.networks.network_diagram import NetworkDiagram
from weightreel.scenes.instruments.networks.weight_flow import WeightFlow
from weightreel.scenes.kit.clock import SHORTEST
from weightreel.scenes.kit.theme import BELOW_HEADER, SAFE_LEFT, SAFE_RIGHT
from weightreel.scenes.kit.type import label

WIDTH = SAFE_RIGHT - SAFE_LEFT
A_WALK = 3.0
"""Seconds in which the layers are lit one after the other."""


class Weights(ParameterFilm):
    """The report's global_weights, then every layer beside the others, then single weights and filters."""

    parameter = "weight"

    @property
    def colour(self) -> str:
        """The colour of the parameters."""
        return theme().WEIGHTS

    def construct(self) -> None:
        """The network, two sweeps over all its weights, then two over single ones."""
        first, last = self.run.epochs[0], self.run.epochs[-1]
        self.beat(
            phrase("Title"),
            phrase(
                "The {n} weights of the {title}, {clocks} {first} to {last}.",
                n=million(self.count), title=title_of(self.run), first=first, last=last,
            ),
        )  # fmt: skip
        header = self.title_card(
            phrase("Weights"),
            phrase(
                "What training does to {n} weights: all at once, layer by layer, and one by one.",
                n=million(self.count),
            ),
        )
        self.where_they_are()
        self.clear_stage(header)
        self.all_together()
        if self.has_layers:
            self.clear_stage(header)
            self.layer_by_layer()
        if (layer := flowing_layer(self.run)) is not None and len(self.run.epochs) > 1:
            self.clear_stage(header)
            self.one_by_one(layer)
        if (filtering := next((of for of in self.run.layers.values() if of.has("filters")), None)) is not None:
            self.clear_stage(header)
            self.first_filters(filtering)
        parameters_beside(self, self.parameter, self.colour)
        self.end_card()

    def where_they_are(self) -> None:
        """The network's layers, lit one after the other; the one with most weights stays lit."""
        blocks = blocks_of(self.run)
        self.beat(
            phrase("Where they are"),
            phrase("The layers that hold the weights, from the image at the left to the answer."),
        )
        diagram = NetworkDiagram(blocks, (WIDTH, 2.6), self.colour).move_to([0, 0.55, 0])
        note = label(
            phrase(
                "slabs: convolutions, bars: linear layers; below, their outputs; {n} of {total} layers are only "
                "counted",
                n=diagram.left_out, total=len(blocks),
            )
            if diagram.left_out
            else phrase("slabs: convolutions, bars: linear layers; below, their outputs")
        )  # fmt: skip
        self.play(FadeIn(diagram), FadeIn(note.move_to([SAFE_LEFT, BELOW_HEADER, 0], UP + LEFT)), run_time=0.8)
        for name in diagram.blocks:
            self.play(diagram.animate.light(name), run_time=A_WALK / len(diagram.blocks))
        most = largest(blocks).name
        lit = [diagram.animate.light(most), FadeIn(diagram.named(most))] if most in diagram.blocks else []
        self.play(*lit or [diagram.animate.light("")], run_time=0.4)
        self.take_away(phrase("Where most of them are"), sizes_in_words(blocks))

    def one_by_one(self, layer: Layer) -> None:
        """Single weights of one layer as lines through the epochs."""
        sample = layer["weight/sample"]
        self.beat(
            phrase("One by one"),
            phrase("Single weights of {layer} on their way through the {clocks}.", layer=layer_in_words(layer.name)),
            loop=True,
        )
        band, share = middle_of(layer)
        flow = WeightFlow(
            self.run.epochs, sample, (WIDTH - 1.7, 3.3), self.colour, y_name=phrase("weight"), band=band,
            band_name=phrase("middle {share} of all", share=share),
        )  # fmt: skip
        flow.move_to([SAFE_LEFT, BELOW_HEADER - 0.2, 0], UP + LEFT)
        dial = EpochDial(self.run.epochs).move_to([SAFE_LEFT, BELOW_HEADER + 0.15, 0], UP + LEFT)
        if flow.n > len(flow.shown):
            some = phrase(
                "{shown} entries of {total} that the store follows", shown=len(flow.shown), total=sample.shape[1]
            )
            self.add(label(some).next_to(dial, RIGHT, buff=0.5).align_to(dial, UP))
        self.sweep(flow, dial, seconds=6.0)
        self.take_away(phrase("How far they go"), flow_in_words(layer_in_words(layer.name), sample))

    def first_filters(self, layer: Layer) -> None:
        """The filters that look at the image itself, and how far each is from where it began."""
        filters = layer["filters"]
        bank = FilterBank(self.run.epochs, filters, 3.6)
        self.beat(phrase("The first filters"), caption_of(bank, layer_in_words(layer.name)))
        bank.move_to([SAFE_LEFT, BELOW_HEADER - 0.45, 0], UP + LEFT)
        over = label(phrase("{filters}; middle grey is 0", filters=bank.choice)).move_to(
            [SAFE_LEFT, BELOW_HEADER, 0], UP + LEFT
        )
        dial = EpochDial(self.run.epochs).move_to([SAFE_RIGHT, BELOW_HEADER + 0.15, 0], UP + RIGHT)
        self.play(FadeIn(over), run_time=0.3)
        shown = [bank, dial]
        room = SAFE_RIGHT - float(bank.get_right()[0]) - 1.8
        if len(self.run.epochs) > 1 and room > 2.5:
            change = 100 * change_of(filters)
            bundle = Series("", change, self.colour, width=1.5, opacity=0.7)
            curves = Curves(
                self.run.epochs, [bundle], size=(room, 2.4), y_name=phrase("change, % of norm"), ticks=(4, 4)
            )
            shown.append(curves.move_to([SAFE_RIGHT, bank.get_bottom()[1], 0], DOWN + RIGHT))
        self.sweep(*shown, seconds=SHORTEST if len(self.run.epochs) < 3 else 6.0)
        self.take_away(phrase("What became of them"), filters_in_words(layer_in_words(layer.name), filters))


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
