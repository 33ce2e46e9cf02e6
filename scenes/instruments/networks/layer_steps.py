"""Layers as steps of one pile: histograms whose bins fit together, widest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.parameters import Distribution, rebinned
from weightreel.analysis.findings.words.gaps import ends_of
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.histogram import fitting_bins, visible_range

Array = NDArray[Any]

BINS = 256
"""Of a pile's axis, about, and fewer of few entries; layers' are as wide, or wider by a power of two, so that steps fit
together."""
FARTHEST = 4.0
"""Of a layer's first spread: entries farther out are not drawn in its column."""
BEYOND = 1.25
"""How far a column reaches beyond all but a hundredth of the entries at each end."""


@dataclass(frozen=True)
class Step:
    """A layer of the pile.

    Attributes:
        name: module path; empty for what is left over.
        edges, counts: its own bins, (B + 1,) and (E, B).
        std: (E,).
        reach: largest distance from 0 of all but its outermost entries.
        colour: hexadecimal.
    """

    name: str
    edges: Array
    counts: Array
    std: Array
    reach: float
    colour: str

    @property
    def first(self) -> int:
        """The first record at which entries are known."""
        return ends_of(self.std)[0]

    @property
    def entries(self) -> float:
        """How many there are."""
        return float(self.counts.sum(1).max(initial=0.0))

    @property
    def density(self) -> Array:
        """Entries per unit of the axis, (E, B)."""
        return self.counts / np.diff(self.edges)


def unit_of(step: Step) -> float:
    """What a column's scale counts: the first spread, or where that is none the largest."""
    return float(np.nan_to_num(step.std[step.first])) or float(np.nanmax(step.std, initial=0.0)) or 1.0


def steps_of(
    layers: Mapping[str, Distribution], whole: Distribution, colours: str | Mapping[str, str], width: float
) -> list[Step]:
    """The layers, widest first, on what is left of the whole; bins are `width` wide or wider by a power of two."""
    found = []
    for name, of in layers.items():
        low, high = visible_range(*of.extent, room=FARTHEST)
        most = bins_of(of)
        wider = max(int(np.ceil(np.log2((high - low) / width / most))), 0)
        edges = grid_of(low, high, width * 2.0**wider)
        colour = colours if isinstance(colours, str) else colours[name]
        reach = BEYOND * float(np.abs(inner(of)).max(initial=0.0))
        found.append(Step(name, edges, into_bins(of.edges, of.counts, edges), np.asarray(of.std, float), reach, colour))
    found.sort(key=lambda step: -float(step.std[step.first]))
    if sum(of.n_entries for of in layers.values()) < whole.n_entries:
        found.insert(0, _rest(layers, whole, width))
    return found


def bins_of(of: Distribution) -> int:
    """So many that each has entries enough not to be ragged, and BINS at most."""
    return min(fitting_bins(of.counts) // 2, BINS)


def inner(of: Distribution) -> Array:
    """Known quantiles without the outermost ones, which few entries decide, where there are enough of them."""
    quantiles, *_ = of.extent
    return quantiles[:, 1:-1] if quantiles.shape[1] > 4 else quantiles


def _rest(layers: Mapping[str, Distribution], whole: Distribution, width: float) -> Step:
    """What the whole has beyond these layers."""
    edges = grid_of(*visible_range(*whole.extent), width)
    left = into_bins(whole.edges, whole.counts, edges)
    for of in layers.values():
        left -= into_bins(of.edges, of.counts, edges)
    return Step("", edges, np.maximum(left, 0), np.asarray(whole.std, float), 0.0, theme().MUTED)


def grid_of(low: float, high: float, width: float) -> Array:
    """Multiples of a width from below `low` to above `high`."""
    return width * np.arange(np.floor(low / width), np.ceil(high / width) + 1)


def into_bins(edges: Array, counts: Array, onto: Array) -> Array:
    """Counts (E, B) in other bins, (E, C)."""
    return np.stack([rebinned(edges, row, onto) for row in counts])
