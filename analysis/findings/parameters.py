"""Distributions of weights and biases, a network's single weights and its filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.findings.blocks import blocks_of, largest
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import named
from weightreel.analysis.findings.words.numbers import direction, percent, significant
from weightreel.analysis.store.nodes import Layer, Run
from weightreel.analysis.store.schema.fields import MATRIX_KINDS

Array = NDArray[Any]

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
        return cls(*(node[f"{root}/{field.name}"] for field in fields(cls)))

    @classmethod
    def known(cls, node: Run | Layer, parameter: str) -> Self:
        """Read a run's or a layer's `weight` or `bias`.

        Raises:
            WeightreelError: the store holds no histogram of it.
        """
        found = cls.of(node, parameter)
        if found is None:
            raise WeightreelError(f"{node.path} holds no histogram of this {parameter}.")
        return found

    @property
    def n_entries(self) -> int:
        """Weights or biases that are counted."""
        return int(self.counts[0].sum())

    @property
    def extent(self) -> tuple[Array, Array, Array]:
        """Quantiles, minimum and maximum, from which a histogram with a logarithmic axis of counts takes its range."""
        return self.quantiles, self.minimum, self.maximum


def layers_with(run: Run, parameter: str) -> dict[str, Layer]:
    """Convolutions and linear layers whose histogram of `parameter` the store holds, in the network's order."""
    return {
        name: layer
        for name, layer in run.layers.items()
        if layer.kind in MATRIX_KINDS and Distribution.of(layer, parameter) is not None
    }


def followed_entries(layer: Layer) -> Array:
    """Single weights of a layer that the store follows, the same at every record, (E, S)."""
    return layer["weight/sample"]


def central_bins(counts: Array) -> tuple[int, int]:
    """The first bin, and the one after the last, that hold the central 99.8 % of every histogram (E, B)."""
    cumulative = np.cumsum(counts, 1) / np.maximum(counts.sum(1, keepdims=True), 1)
    rest = (1 - CENTRE) / 2
    return int(np.argmax(cumulative > rest, axis=1).min()), int(np.argmax(cumulative >= 1 - rest, axis=1).max()) + 1


def flowing_layer(run: Run) -> Layer | None:
    """The layer whose single weights are shown: of those that the store follows, the one with most weights."""
    followed = [b for b in blocks_of(run) if b.name in run.layers and run.layer(b.name).has("weight/sample")]
    return run.layer(largest(followed).name) if followed else None


def middle_of(layer: Layer) -> tuple[Array, str]:
    """The quantiles of 5 % and 95 % of a layer's weights, (E, 2), and what share lies between them, for people.

    Where the store has neither, the quantiles next to them.
    """
    levels = np.asarray(layer.attributes_of("weight")["quantiles"], float)
    low, high = (int(np.abs(levels - level).argmin()) for level in (0.05, 0.95))
    return layer["weight/quantiles"][:, [low, high]].astype(float), percent(levels[high] - levels[low], 0)


def flow_in_words(name: str, sample: Array) -> str:
    """How many of the entries (E, S) that a store follows changed their sign, and how far the middle one went."""
    n, flips = sample.shape[1], int(changes_sign(sample).sum())
    moved = float(np.median(np.abs(sample[-1].astype(float) - sample[0])))
    spread = float(np.std(sample[0].astype(float)))
    values = {"layer": name, "flips": flips, "n": n}
    if spread > 0:
        return phrase(
            "{layer}: {flips} of {n} sampled weights changed their sign; half of them moved by at least {far} initial "
            "standard deviations.",
            far=significant(moved / spread, 2),
            **values,
        )
    return phrase(
        "{layer}: {flips} of {n} sampled weights changed their sign; half of them moved by at least {far}.",
        far=significant(moved, 2),
        **values,
    )


def filters_in_words(name: str, filters: Array) -> str:
    """How far the filters (E, O, I, h, w) are from where they began."""
    change = change_of(filters)[-1]
    known = change[np.isfinite(change)]
    if not len(known):
        return phrase("{layer}: every filter began as zero.", layer=name)
    middle, most = float(np.median(known)), int(np.nanargmax(change))
    return phrase(
        "{layer}: half of the {n} filters moved by at least {middle} of their norm, filter {filter} most, by {most}.",
        layer=name,
        n=len(change),
        middle=percent(middle, 0),
        filter=most + 1,
        most=percent(float(change[most]), 0),
    )


def changes_sign(history: Array) -> Array:
    """Which entries, (S,), have another sign at the last epoch than at the first; entries (E, S)."""
    return np.asarray(np.sign(history[0]) * np.sign(history[-1]) < 0)


def change_of(filters: Array) -> Array:
    """How far each filter is from where it began, ‖W_t − W_0‖ / ‖W_0‖, (E, O); NaN for one that began as zero.

    Args:
        filters: (E, O, I, h, w).
    """
    flat = np.asarray(filters, float).reshape(*filters.shape[:2], -1)
    size = np.linalg.norm(flat[0], axis=-1)
    moved = np.linalg.norm(flat - flat[0], axis=-1)
    return np.asarray(np.divide(moved, size, out=np.full(moved.shape, np.nan), where=size > 0))


def spread_in_words(std: Array, kurtosis: Array) -> str:
    """What happened to spread and tails from the first to the last epoch."""
    if len(std) == 1:
        return phrase(
            "One {clock} so far: standard deviation {std}, excess kurtosis {kurtosis}.",
            std=significant(std[0]),
            kurtosis=significant(kurtosis[0], 2),
        )
    return f"{_spread_in_words(std)} {_tails_in_words(kurtosis)}"


def _spread_in_words(std: Array) -> str:
    verb, first, last = direction(std[0], std[-1]), significant(std[0]), significant(std[-1])
    if verb == "rises":
        return phrase("The standard deviation rises from {first} to {last}.", first=first, last=last)
    if verb == "falls":
        return phrase("The standard deviation falls from {first} to {last}.", first=first, last=last)
    return phrase("The standard deviation stays at {value}.", value=last)


def _tails_in_words(kurtosis: Array) -> str:
    verb, first, last = direction(kurtosis[0], kurtosis[-1]), significant(kurtosis[0], 2), significant(kurtosis[-1], 2)
    if verb == "rises":
        return phrase("Excess kurtosis rises from {first} to {last}.", first=first, last=last)
    if verb == "falls":
        return phrase("Excess kurtosis falls from {first} to {last}.", first=first, last=last)
    return phrase("Excess kurtosis stays at {value}.", value=last)


def spread_in_short(title: str, std: Array, kurtosis: Array) -> str:
    """Spread and tails of another network, first and last, in one line."""
    said = {"title": named(title), "std": significant(std[0]), "kurtosis": significant(kurtosis[0], 2)}
    if len(std) == 1:
        return phrase("{title}: standard deviation {std}, excess kurtosis {kurtosis}.", **said)
    return phrase(
        "{title}: standard deviation {std} → {last_std}, excess kurtosis {kurtosis} → {last_kurtosis}.",
        last_std=significant(std[-1]),
        last_kurtosis=significant(kurtosis[-1], 2),
        **said,
    )


def layers_in_words(stds: Mapping[str, Array]) -> str:
    """Which layer's spread changed most and which least, as factors of the first epoch's.

    Args:
        stds: standard deviation of each layer, (E,) each.
    """
    if all(len(std) == 1 for std in stds.values()):
        return phrase("One {clock} so far: nothing to compare yet.")
    factors = {name: std[-1] / std[0] for name, std in stds.items() if std[0] > 0}
    if not factors:
        return phrase("Every layer starts with entries that are all equal.")
    ordered = sorted(factors, key=lambda name: abs(np.log(max(factors[name], 1e-12))))
    least, most = ordered[0], ordered[-1]
    said = {"layer": most, "factor": significant(factors[most], 3)}
    if len(factors) == 1:
        return phrase("The spread of {layer} changes most, ×\u00a0{factor}.", **said)
    return phrase(
        "The spread of {layer} changes most, ×\u00a0{factor}; that of {other} least, ×\u00a0{least}.",
        other=least,
        least=significant(factors[least], 3),
        **said,
    )
