"""One histogram a layer, all on one clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from manim import DOWN, LEFT, UP

from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import shortened
from weightreel.analysis.findings.words.numbers import significant
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.fitting import label_within
from weightreel.scenes.instruments.axes.histogram import ROOM, ROOM_FOR_TAILS, Histogram, visible_range
from weightreel.scenes.kit.clock import Instrument
from weightreel.scenes.kit.reading import Reading
from weightreel.scenes.kit.theme import SMALL
from weightreel.scenes.kit.type import ADVANCE, Numerals

MOST_PANELS = 24
"""More would need type below the smallest size."""


@dataclass(frozen=True)
class Panel:
    """The history of one parameter of one layer, as the store holds it.

    Attributes:
        name: the layer's module path, or the network's title.
        edges, counts: histogram, (B + 1,) and (E, B).
        std: (E,).
        quantiles: (E, Q).
        minimum, maximum: (E,).
        colour: of the bars.
        epochs: those recorded, (E,); None for the whole grid's.
        name_colour: of the name.
    """

    name: str
    edges: np.ndarray
    counts: np.ndarray
    std: np.ndarray
    quantiles: np.ndarray
    minimum: np.ndarray
    maximum: np.ndarray
    colour: str
    epochs: np.ndarray | None = None
    name_colour: str = field(default_factory=lambda: theme().MUTED)


class SmallMultiples(Instrument):
    """Panels in a grid, each with its name and standard deviation, and its own fixed horizontal range.

    Args:
        epochs: (E,).
        panels: at most MOST_PANELS.
        size: width and height of the whole in units of the frame.
        common: one horizontal range with numbers for all, logarithmic counts and the first epoch's outline: networks,
            which are compared, rather than layers.

    Raises:
        ValueError: there are no panels, or too many.

    Example (kept as tests/golden/frames/small-multiples.png):
        SmallMultiples(run.epochs, panels, (12, 6)).at(5.5)
    """

    def __init__(
        self, epochs: np.ndarray, panels: Sequence[Panel], size: tuple[float, float], *, common: bool = False
    ) -> None:
        super().__init__(epochs)
        if not 1 <= len(panels) <= MOST_PANELS:
            raise ValueError(f"1 to {MOST_PANELS} panels fit, got {len(panels)}")
        columns, rows = grid_of(len(panels))
        cell = np.array([size[0] / columns, size[1] / rows])
        inner = (cell[0] - 0.35, cell[1] - (1.25 if common else 0.85))
        self.histograms: list[Histogram] = []
        self.readings = []
        ranges = [visible_range(p.quantiles, p.minimum, p.maximum, ROOM_FOR_TAILS if common else ROOM) for p in panels]
        if common:
            ranges = [(min(low for low, _ in ranges), max(high for _, high in ranges))] * len(panels)
        for i, panel in enumerate(panels):
            row, column = divmod(i, columns)
            histogram = Histogram(
                epochs if panel.epochs is None else panel.epochs,
                panel.edges,
                panel.counts,
                panel.colour,
                size=inner,
                most_bins=64,
                ticks=(3 if common else 0, 0),
                visible=ranges[i],
                log=common,
                ghost=common,
            )
            corner = np.array([column * cell[0], -row * cell[1], 0])
            histogram.shift(corner + np.array([0, -0.62 - inner[1], 0]) - histogram.plane.corner)
            name = (
                label_within(panel.name, cell[0] - 0.1, panel.name_colour) if common else path_in(panel, cell[0] - 0.1)
            )
            name.move_to(corner, aligned_edge=UP + LEFT)
            number = Numerals("", SMALL, panel.colour).next_to(name, DOWN, buff=0.11, aligned_edge=LEFT)
            self.histograms.append(histogram)
            self.readings.append(Reading(number, "std", histogram.epochs, np.asarray(panel.std, float), std_in_words))
            self.add(histogram, name, number)
        self.at(float(self.epochs[0]))

    def at(self, t: float) -> Self:
        for histogram in self.histograms:
            histogram.at(t)
        return self.write(t)


def std_in_words(std: float) -> str:
    """A standard deviation as panels write it."""
    return phrase("std {value}", value=significant(float(std)))


def path_in(panel: Panel, width: float) -> Numerals:
    """A module path, whose beginning is left out where it has no room."""
    return Numerals(shortened(panel.name, int(width / (ADVANCE * SMALL))), SMALL, panel.name_colour)


def grid_of(n: int) -> tuple[int, int]:
    """Columns and rows for n panels: about as wide as the frame, few cells left empty."""
    columns = int(np.ceil(np.sqrt(n * 1.6)))
    rows = int(np.ceil(n / columns))
    return int(np.ceil(n / rows)), rows


def evenly(items: Sequence[str], most: int = MOST_PANELS) -> list[str]:
    """At most `most` of the items, the first and last among them, evenly apart."""
    if len(items) <= most:
        return list(items)
    return [items[i] for i in np.unique(np.round(np.linspace(0, len(items) - 1, most)).astype(int))]
