"""What the films of weights and of biases share: one histogram of all entries, then one a layer."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, VGroup

from analysis.store import Layer, Run
from analysis.store.schema import MATRIX_KINDS
from scenes.kit.instruments import Instrument
from scenes.kit.instruments.epoch_dial import EpochDial
from scenes.kit.instruments.histogram import ROOM_FOR_TAILS, Histogram, share_outside, visible_range
from scenes.kit.instruments.readout import Readout
from scenes.kit.instruments.small_multiples import Panel, SmallMultiples, evenly
from scenes.kit.story import Film
from scenes.kit.theme import BELOW_HEADER, SAFE_BOTTOM, SAFE_LEFT, SAFE_RIGHT, SMALL, theme
from scenes.kit.type import words
from scenes.kit.wording import direction, from_to, percent, significant

MOST_COMPARED = 2
"""Runs of which a take-away speaks: more would not fit."""


class ParameterFilm(Film):
    """Chapters of a film about one parameter; subclasses say which.

    Attributes:
        parameter: weight or bias.
        colour: of everything that shows it.
    """

    parameter: str
    colour: str

    @property
    def plural(self) -> str:
        """weights or biases."""
        return {"weight": "weights", "bias": "biases"}[self.parameter]

    @property
    def count(self) -> int:
        """Entries of all layers together."""
        return int(self.run[f"parameters/{self.parameter}/counts"][0].sum())

    def all_together(self) -> None:
        """All entries in one histogram, on a logarithmic count axis so that the tails can be seen."""
        at = f"parameters/{self.parameter}"
        self.beat(
            f"All {self.plural}",
            f"The {self.plural} of all convolution and linear layers in one histogram; the count axis is logarithmic, "
            "the grey outline is the first epoch.",
        )
        stage = overview(self.run, self.parameter, self.colour)
        self.sweep(*stage)
        sentence = spread_in_words(self.run[f"{at}/std"], self.run[f"{at}/kurtosis"])
        others = [
            spread_in_short(run.title, run[f"{at}/std"], run[f"{at}/kurtosis"])
            for run in self.runs[1:MOST_COMPARED]
            if run.has(f"{at}/counts")
        ]
        self.take_away(f"All {self.plural}: what changed", sentence, *others)

    def layer_by_layer(self) -> None:
        """One histogram a layer, in one sweep."""
        layers = layers_with(self.run, self.parameter)
        chosen = [layers[name] for name in evenly(list(layers))]
        which = "every layer" if len(chosen) == len(layers) else f"{len(chosen)} of {len(layers)} layers, evenly apart"
        self.beat(
            "Layer by layer",
            f"The same epochs for {which}: each panel has its own fixed scales, and its standard deviation above it.",
        )
        panels = [panel_of(layer, self.parameter, self.colour) for layer in chosen]
        grid = SmallMultiples(self.run.epochs, panels, (SAFE_RIGHT - SAFE_LEFT, BELOW_HEADER - SAFE_BOTTOM - 1.05))
        grid.move_to([SAFE_LEFT, BELOW_HEADER, 0], aligned_edge=UP + LEFT)
        dial = EpochDial(self.run.epochs).move_to([SAFE_RIGHT, SAFE_BOTTOM + 0.5, 0], aligned_edge=DOWN + RIGHT)
        note = words(f"{which}; scales differ", SMALL, theme.MUTED)
        note.move_to([SAFE_RIGHT, SAFE_BOTTOM, 0], aligned_edge=DOWN + RIGHT)
        self.add(note)
        self.sweep(grid, dial)
        stds = {layer.name: layer[f"{self.parameter}/std"] for layer in chosen}
        self.take_away("Layers: what changed", layers_in_words(stds), width=8.4)


def overview(run: Run, parameter: str, colour: str) -> tuple[Instrument, ...]:
    """Histogram of all weights or biases, the dial and read-outs of its statistics, in their places."""
    at = f"parameters/{parameter}"
    edges, counts = run[f"{at}/edges"], run[f"{at}/counts"]
    extent = (run[f"{at}/{key}"] for key in ("quantiles", "minimum", "maximum"))
    visible = visible_range(*extent, room=ROOM_FOR_TAILS)
    histogram = Histogram(
        run.epochs, edges, counts, colour, visible=visible, log=True, ghost=True,
        size=(7.95, 4.0), names=(parameter, "entries in a bin"),
    )  # fmt: skip
    histogram.move_to([SAFE_LEFT, BELOW_HEADER, 0], aligned_edge=UP + LEFT)
    statistics = [
        ("standard deviation", run[f"{at}/std"], significant),
        ("excess kurtosis", run[f"{at}/kurtosis"], lambda value: significant(value, 2)),
        ("beyond the axis", share_outside(edges, counts, visible), lambda share: percent(share, 3)),
    ]
    readouts = [Readout(run.epochs, name, values, colour, written=how) for name, values, how in statistics]
    dial = EpochDial(run.epochs)
    column = VGroup(dial, *readouts).arrange(DOWN, buff=0.38, aligned_edge=LEFT)
    left = SAFE_RIGHT - max(3.2, float(column.width))
    column.move_to([left, BELOW_HEADER - 0.1, 0], aligned_edge=UP + LEFT)
    return histogram, dial, *readouts


def layers_with(run: Run, parameter: str) -> dict[str, Layer]:
    """Convolutions and linear layers whose histogram of `parameter` the store holds, in the network's order."""
    return {
        name: layer
        for name, layer in run.layers.items()
        if layer.kind in MATRIX_KINDS and layer.has(f"{parameter}/counts")
    }


def panel_of(layer: Layer, parameter: str, colour: str) -> Panel:
    """A layer's weights or biases for small multiples."""
    keys = ("edges", "counts", "std", "quantiles", "minimum", "maximum")
    return Panel(layer.name, *(layer[f"{parameter}/{key}"] for key in keys), colour)


def spread_in_words(std: np.ndarray, kurtosis: np.ndarray) -> str:
    """What happened to spread and tails from the first to the last epoch."""
    if len(std) == 1:
        now = f"standard deviation {significant(std[0])}, excess kurtosis {significant(kurtosis[0], 2)}"
        return f"One epoch so far: {now}."
    tails = {"rises": "The tails grow heavier: ", "falls": "The tails grow lighter: ", "stays": "The tails stay: "}
    return (
        f"{from_to('The standard deviation', std[0], std[-1])}. {tails[direction(kurtosis[0], kurtosis[-1])]}"
        f"{from_to('excess kurtosis', kurtosis[0], kurtosis[-1], digits=2)}."
    )


def spread_in_short(title: str, std: np.ndarray, kurtosis: np.ndarray) -> str:
    """The same for another network, in one line."""
    if len(std) == 1:
        return f"{title}: standard deviation {significant(std[0])}, excess kurtosis {significant(kurtosis[0], 2)}."
    return (
        f"{title}: standard deviation {significant(std[0])} → {significant(std[-1])}, "
        f"excess kurtosis {significant(kurtosis[0], 2)} → {significant(kurtosis[-1], 2)}."
    )


def layers_in_words(stds: Mapping[str, np.ndarray]) -> str:
    """Which layer's spread changed most and which least, as factors of the first epoch's.

    Args:
        stds: standard deviation of each layer, (E,) each.
    """
    if all(len(std) == 1 for std in stds.values()):
        return "One epoch so far: nothing to compare yet."
    factors = {name: std[-1] / std[0] for name, std in stds.items() if std[0] > 0}
    if not factors:
        return "Every layer starts with entries that are all equal."
    ordered = sorted(factors, key=lambda name: abs(np.log(max(factors[name], 1e-12))))
    least, most = ordered[0], ordered[-1]
    first = f"The spread of {most} changes most, ×\u00a0{significant(factors[most], 3)}"
    other = f"; that of {least} least, ×\u00a0{significant(factors[least], 3)}" if len(factors) > 1 else ""
    return f"{first}{other}."
