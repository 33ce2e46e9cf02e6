"""Distributions of weights and biases, a network's single weights and its filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.errors import NothingToShow, WeightreelError
from weightreel.analysis.findings.words.gaps import ends_of, known_records, largest_of, readable
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.numbers import direction, significant
from weightreel.analysis.maths.histogram import counted_by_quantiles
from weightreel.analysis.store.nodes import Layer, Run
from weightreel.analysis.store.schema.fields import MATRIX_KINDS

Array = NDArray[Any]

UNIFORM = -1.2
"""Excess kurtosis of a uniform distribution."""
SAME = 0.005
"""A layer whose spread changes by a smaller share does not spread out."""
CENTRE = 0.998
"""Share of the entries, at each epoch, that a histogram on a linear axis of counts shows."""


@dataclass(frozen=True)
class Distribution:
    """Weights or biases of a layer, or of all convolutions and linear layers together, over the epochs.

    Attributes:
        edges: of the bins, ascending, (B+1,).
        counts: entries, (E, B).
        std, skewness, kurtosis, minimum, maximum: (E,); the kurtosis is the excess over a normal distribution's.
        quantiles: ascending, (E, Q).
    """

    edges: Array
    counts: Array
    std: Array
    skewness: Array
    kurtosis: Array
    minimum: Array
    maximum: Array
    quantiles: Array

    @classmethod
    def of(cls, node: Run | Layer, parameter: str) -> Self | None:
        """Read a run's or a layer's `weight` or `bias`; None where the store holds no histogram of it."""
        root = f"parameters/{parameter}" if isinstance(node, Run) else parameter
        if not node.has(f"{root}/counts"):
            return None
        found = cls(*(node[f"{root}/{field.name}"] for field in fields(cls)))
        return found.readable(node.attributes_of(root).get("quantiles"))

    @classmethod
    def known(cls, node: Run | Layer, parameter: str) -> Self:
        """Read a run's or a layer's `weight` or `bias`.

        Raises:
            WeightreelError: the store holds no histogram of it, or one without a number at any record.
        """
        found = cls.of(node, parameter)
        if found is None:
            raise WeightreelError(f"{node.path} holds no histogram of this {parameter}.")
        if not found.is_known:
            raise NothingToShow(
                f"{node.path} holds no {parameter} that is a number at any record; choose another run with "
                "WEIGHTREEL_RUN."
            )
        return found

    def readable(self, probabilities: Array | None = None) -> Self:
        """The same, of which nothing is known where entries are too large to be drawn beside the others.

        The store's bins are wide enough for the largest; what is left is counted in others, by its quantiles.

        Args:
            probabilities: of the quantiles, (Q,).
        """
        largest = largest_of(self.minimum, self.maximum)
        there = readable(largest)
        if there.all() or not there.any() or not np.isfinite(largest[~there]).any():
            return self
        histories = {name: history for name, history in vars(self).items() if name not in ("edges", "counts")}
        blank = {
            name: np.where(there.reshape(-1, *[1] * (history.ndim - 1)), history, np.nan)
            for name, history in histories.items()
        }
        edges, counts = self.edges, np.where(there[:, None], self.counts, 0)
        if probabilities is not None and len(probabilities) == self.quantiles.shape[1]:
            fixed = np.column_stack([self.minimum, self.quantiles, self.maximum])  # (E, Q + 2)
            shares = np.concatenate([[0.0], np.asarray(probabilities, float), [1.0]])
            edges, counts = counted_by_quantiles(np.where(there[:, None], fixed, np.nan), shares, counts.sum(1))
        return replace(self, edges=edges, counts=counts, **blank)

    @property
    def is_known(self) -> bool:
        """Whether any entry is a number at any record."""
        return bool(len(known_records(self.std)))

    @property
    def first(self) -> int:
        """The first record at which entries are known."""
        return ends_of(self.std)[0]

    @property
    def n_entries(self) -> int:
        """Weights or biases that are counted, at the record at which most are."""
        return int(self.counts.sum(1).max(initial=0))

    @property
    def extent(self) -> tuple[Array, Array, Array]:
        """Quantiles, minimum and maximum where they are known, from which histograms take their range."""
        known = known_records(self.std)
        return self.quantiles[known], self.minimum[known], self.maximum[known]


def rebinned(edges: Array, counts: Array, onto: Array) -> Array:
    """Entries in other bins, if those within each bin lie evenly.

    Args:
        edges: ascending, (B + 1,).
        counts: (B,).
        onto: edges of the other bins, ascending, (C + 1,); entries beyond them are left out.

    Returns:
        (C,), of the same sum where `onto` reaches as far as `edges`.
    """
    below = np.concatenate([[0.0], np.cumsum(np.asarray(counts, float))])
    return np.asarray(np.diff(np.interp(np.asarray(onto, float), np.asarray(edges, float), below)))


def layers_with(run: Run, parameter: str) -> dict[str, Layer]:
    """Convolutions and linear layers of whose `parameter` the store holds a histogram of numbers, in their order."""
    return {
        name: layer
        for name, layer in run.layers.items()
        if layer.kind in MATRIX_KINDS and (of := Distribution.of(layer, parameter)) is not None and of.is_known
    }


def central_bins(counts: Array) -> tuple[int, int]:
    """The first bin, and the one after the last, that hold the central 99.8 % of every histogram (E, B)."""
    filled = counts[counts.sum(1) > 0] if counts.any() else counts
    cumulative = np.cumsum(filled, 1) / np.maximum(filled.sum(1, keepdims=True), 1)
    rest = (1 - CENTRE) / 2
    return int(np.argmax(cumulative > rest, axis=1).min()), int(np.argmax(cumulative >= 1 - rest, axis=1).max()) + 1


def spread_in_words(std: Array) -> str:
    """What happened to a spread from the first to the last epoch at which it is known."""
    if len(std) == 1:
        return phrase("One {clock} so far: standard deviation {std}.", std=significant(std[0]))
    begin, end = (float(std[i]) for i in ends_of(std))
    verb, first, last = direction(begin, end), significant(begin), significant(end)
    if verb == "rises":
        return phrase("The standard deviation rises from {first} to {last}.", first=first, last=last)
    if verb == "falls":
        return phrase("The standard deviation falls from {first} to {last}.", first=first, last=last)
    return phrase("The standard deviation stays at {value}.", value=last)


def layers_in_words(stds: Mapping[str, Array]) -> str:
    """Which layer's spread changed most and which least, as factors of the first epoch's.

    Args:
        stds: standard deviation of each layer, (E,) each.
    """
    if all(len(std) == 1 for std in stds.values()):
        return phrase("One {clock} so far: nothing to compare yet.")
    factors = factors_of(stds)
    if not factors:
        return phrase("Every layer starts with entries that are all equal.")
    most, least = (most_and_least(stds) * 2)[:2]
    said = {"layer": most, "factor": significant(factors[most], 3)}
    if len(factors) == 1:
        return phrase("The spread of {layer} changes most, ×\u00a0{factor}.", **said)
    said |= {"other": least, "least": significant(factors[least], 3)}
    if min(factors.values()) > 1 + SAME and len(factors) == len(stds):
        return phrase("Every layer spreads out: {layer} most, ×\u00a0{factor}, {other} least, ×\u00a0{least}.", **said)
    return phrase("The spread of {layer} changes most, ×\u00a0{factor}; that of {other} least, ×\u00a0{least}.", **said)


def factors_of(stds: Mapping[str, Array]) -> dict[str, float]:
    """By how much each layer's spread has grown, from the first to the last epoch at which it is known.

    Only of those that began with one.
    """
    ends = {name: [float(std[i]) for i in ends_of(std)] for name, std in stds.items()}
    return {name: last / first for name, (first, last) in ends.items() if first > 0}


def most_and_least(stds: Mapping[str, Array]) -> list[str]:
    """The layer whose spread changed by the largest factor, up or down, and the one that changed least; one of one."""
    factors = factors_of(stds)
    ordered = sorted(factors, key=lambda name: -abs(np.log(max(factors[name], 1e-12))))
    return ordered[:1] + ordered[1:][-1:]


def begins_even(run: Run, parameter: str) -> bool:
    """Whether the entries of every layer were drawn evenly between two ends: a pile of several layers is a staircase.

    A uniform distribution's excess kurtosis is −1.2; of n entries it is known to about 1 / √n.
    """
    layers = [Distribution.known(layer, parameter) for layer in layers_with(run, parameter).values()]
    return len(layers) > 1 and all(
        abs(float(of.kurtosis[of.first]) - UNIFORM) < 0.1 + 2 / np.sqrt(of.n_entries) for of in layers
    )


def tails_in_words(kurtoses: Mapping[str, Array]) -> str:
    """In how many layers fewer entries lie far out than a bell curve of the same spread has, at the last epoch.

    Layers are never counted together: entries of several scales have heavy tails whatever each layer's are.

    Args:
        kurtoses: excess kurtosis of each layer, (E,) each.
    """
    last = [float(kurtosis[-1]) for kurtosis in kurtoses.values() if np.isfinite(kurtosis[-1])]
    if not last:
        return ""
    light = sum(value < 0 for value in last)
    if len(last) == 1:
        return (
            phrase("Fewer of them lie far out than in a bell curve of that spread.")
            if light
            else phrase("More of them lie far out than in a bell curve of that spread.")
        )
    if light == len(last):
        return phrase("In none of {total} layers do more lie far out than in a bell curve.", total=len(last))
    if not light:
        return phrase("In each of {total} layers more lie far out than in a bell curve.", total=len(last))
    return phrase(
        "In {n} of {total} layers fewer lie far out than in a bell curve of that spread.", n=light, total=len(last)
    )
