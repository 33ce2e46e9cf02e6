"""The weights of a network from its first epoch to its last: all together, layer by layer, and one by one."""

from __future__ import annotations

from manim import DOWN, LEFT, RIGHT, UP, FadeIn

from analysis.store import Layer
from scenes.kit.clock import SHORTEST
from scenes.kit.instruments.curves import Curves, Series
from scenes.kit.instruments.epoch_dial import EpochDial
from scenes.kit.instruments.filter_bank import FilterBank, change_of
from scenes.kit.instruments.network_diagram import NetworkDiagram
from scenes.kit.instruments.weight_flow import WeightFlow
from scenes.kit.parameters import ParameterFilm
from scenes.kit.theme import BELOW_HEADER, SAFE_LEFT, SAFE_RIGHT, theme
from scenes.kit.type import label
from scenes.kit.weight_claims import (
    blocks_of,
    filters_in_words,
    flow_in_words,
    flowing_layer,
    largest,
    middle_of,
    sizes_in_words,
)
from scenes.kit.wording import million

WIDTH = SAFE_RIGHT - SAFE_LEFT
A_WALK = 3.0
"""Seconds in which the layers are lit one after the other."""


class Weights(ParameterFilm):
    """The report's global_weights, then every layer beside the others, then single weights and filters."""

    parameter = "weight"
    colour = theme.WEIGHTS

    def construct(self) -> None:
        """The network, two sweeps over all its weights, then two over single ones."""
        first, last = self.run.epochs[0], self.run.epochs[-1]
        self.beat("Title", f"The {million(self.count)} weights of the {self.run.title}, epochs {first} to {last}.")
        header = self.title_card(
            "Weights",
            f"What training does to {million(self.count)} weights: all at once, layer by layer, and one by one.",
        )
        self.where_they_are()
        self.clear_stage(header)
        self.all_together()
        self.clear_stage(header)
        self.layer_by_layer()
        if (layer := flowing_layer(self.run)) is not None and len(self.run.epochs) > 1:
            self.clear_stage(header)
            self.one_by_one(layer)
        if (filtering := next((of for of in self.run.layers.values() if of.has("filters")), None)) is not None:
            self.clear_stage(header)
            self.first_filters(filtering)
        self.end_card()

    def where_they_are(self) -> None:
        """The network's layers, lit one after the other; the one with most weights stays lit."""
        blocks = blocks_of(self.run)
        self.beat("Where they are", "The layers that hold the weights, from the image at the left to the answer.")
        diagram = NetworkDiagram(blocks, (WIDTH, 2.6), self.colour).move_to([0, 0.55, 0])
        some = f"; {diagram.left_out} of {len(blocks)} layers are only counted" if diagram.left_out else ""
        note = label(f"slabs: convolutions, bars: linear layers; below, their outputs{some}")
        self.play(FadeIn(diagram), FadeIn(note.move_to([SAFE_LEFT, BELOW_HEADER, 0], UP + LEFT)), run_time=0.8)
        for name in diagram.blocks:
            self.play(diagram.animate.light(name), run_time=A_WALK / len(diagram.blocks))
        most = largest(blocks).name
        lit = [diagram.animate.light(most), FadeIn(diagram.named(most))] if most in diagram.blocks else []
        self.play(*lit or [diagram.animate.light("")], run_time=0.4)
        self.take_away("Where most of them are", sizes_in_words(blocks))

    def one_by_one(self, layer: Layer) -> None:
        """Single weights of one layer as lines through the epochs."""
        sample = layer["weight/sample"]
        self.beat("One by one", f"Single weights of {layer.name} on their way through the epochs.")
        band, share = middle_of(layer)
        flow = WeightFlow(
            self.run.epochs, sample, (WIDTH - 1.7, 3.3), self.colour, band=band, band_name=f"middle {share} of all"
        )
        flow.move_to([SAFE_LEFT, BELOW_HEADER - 0.2, 0], UP + LEFT)
        dial = EpochDial(self.run.epochs).move_to([SAFE_LEFT, BELOW_HEADER + 0.15, 0], UP + LEFT)
        some = f"{flow.choice} of {sample.shape[1]} that the store follows" if flow.n > len(flow.shown) else ""
        if some:
            self.add(label(some).next_to(dial, RIGHT, buff=0.5).align_to(dial, UP))
        self.sweep(flow, dial, seconds=6.0)
        self.take_away("How far they go", flow_in_words(layer.name, sample))

    def first_filters(self, layer: Layer) -> None:
        """The filters that look at the image itself, and how far each is from where it began."""
        filters = layer["filters"]
        bank = FilterBank(self.run.epochs, filters, 3.6)
        self.beat("The first filters", f"{bank.choice.capitalize()} of {layer.name}: what the network sees first.")
        bank.move_to([SAFE_LEFT, BELOW_HEADER - 0.45, 0], UP + LEFT)
        over = label(f"{bank.choice}; middle grey is 0").move_to([SAFE_LEFT, BELOW_HEADER, 0], UP + LEFT)
        dial = EpochDial(self.run.epochs).move_to([SAFE_RIGHT, BELOW_HEADER + 0.15, 0], UP + RIGHT)
        self.play(FadeIn(over), run_time=0.3)
        shown = [bank, dial]
        room = SAFE_RIGHT - float(bank.get_right()[0]) - 1.8
        if len(self.run.epochs) > 1 and room > 2.5:
            change = 100 * change_of(filters)
            bundle = Series("", change, self.colour, width=1.5, opacity=0.7)
            curves = Curves(self.run.epochs, [bundle], size=(room, 2.4), y_name="change, % of norm", ticks=(4, 4))
            shown.append(curves.move_to([SAFE_RIGHT, bank.get_bottom()[1], 0], DOWN + RIGHT))
        self.sweep(*shown, seconds=SHORTEST if len(self.run.epochs) < 3 else 6.0)
        self.take_away("What became of them", filters_in_words(layer.name, filters))
