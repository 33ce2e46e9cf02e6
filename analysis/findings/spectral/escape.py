"""How a layer stretches what it is given, eigenvalue by eigenvalue, and which reach further than chance does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.entries import followed_entries
from weightreel.analysis.findings.spectral.randomness import Bulk, measured_epochs
from weightreel.analysis.findings.words.language import phrase, phrase_n
from weightreel.analysis.findings.words.numbers import count, significant
from weightreel.analysis.store.nodes import Layer, Run
from weightreel.analysis.store.schema.fields import eigenvalue_count

Array = NDArray[Any]


@dataclass(frozen=True)
class Escape:
    """A layer's eigenvalues over the records, and how far chance reaches at each.

    Attributes:
        name: module path of the layer.
        shape: of its weight.
        epochs: where the clock stood at the records that are measured, (E,).
        eigenvalues: the largest first, (E, K).
        edge: λ₊ with its fluctuation, (E,); NaN where no bulk was found, or all where the store holds none.
        n_outside: eigenvalues above it, (E,); NaN likewise.
        n_unknown: smaller eigenvalues of which nothing is known.
    """

    name: str
    shape: tuple[int, ...]
    epochs: Array
    eigenvalues: Array
    edge: Array
    n_outside: Array
    n_unknown: int

    @classmethod
    def of(cls, run: Run, layer: Layer) -> Self:
        """Read a layer's eigenvalues at the records that are measured; at all where none is.

        Raises:
            WeightreelError: the layer holds no eigenvalues.
        """
        known = measured_epochs(layer)
        known = known if len(known) else np.arange(len(run.epochs))
        eigenvalues = np.nan_to_num(layer["spectrum/eigenvalues"][known].astype(float))
        bulk, nothing = Bulk.of(layer), np.full(len(known), np.nan)
        return cls(
            layer.name,
            layer.shape,
            run.epochs[known].astype(float),
            -np.sort(-eigenvalues, axis=1),
            nothing if bulk is None else bulk.edge[known],
            nothing if bulk is None else bulk.n_spikes[known],
            eigenvalue_count(layer.shape) - eigenvalues.shape[1] if layer.top is not None else 0,
        )

    @property
    def n_all(self) -> int:
        """Eigenvalues of the layer, known or not."""
        return int(self.eigenvalues.shape[1]) + self.n_unknown

    @property
    def knows_chance(self) -> bool:
        """Whether an edge is known at the first and at the last record."""
        return bool(np.isfinite(self.edge[[0, -1]]).all())

    @property
    def leaves(self) -> bool:
        """Whether more eigenvalues are above the edge at the end than at the beginning, if there is one."""
        first = self.n_outside[0] if len(self.epochs) > 1 else 0.0
        return self.knows_chance and bool(self.n_outside[-1] > first)

    @property
    def only_leaves(self) -> bool:
        """Whether there are never fewer above the edge than at the record before."""
        return bool((np.diff(self.n_outside) >= 0).all())

    @property
    def stretches(self) -> Array:
        """By how much the layer stretches at the last record: the most, the middle and the least that is known, (3,).

        These are singular values, √λ.
        """
        last = np.sqrt(np.maximum(self.eigenvalues[-1], 0))
        return np.asarray(last[[0, len(last) // 2, -1]])


def sampled_weights(layer: Layer) -> Array | None:
    """Single weights of a layer at the records whose spectrum is measured, (E, S); None where the store has none."""
    if not layer.has("weight/sample"):
        return None
    known = measured_epochs(layer)
    sample = followed_entries(layer)
    return np.asarray(sample[known] if len(known) else sample)


def shuffled_eigenvalues(layer: Layer, edge: float) -> Array | None:
    """Eigenvalues of a layer whose entries at the first record that is measured are shuffled, the largest first, (K,).

    The store keeps how many lie in each bin: they are spread evenly over it, on a logarithmic scale, and the largest
    is what was measured.

    Args:
        edge: how far chance reaches then.

    Returns:
        None where the store holds none, or where they reach beyond the edge: large entries and a mean other than zero
        make that, as the shuffle keeps them, and it would have to be told.
    """
    if not (layer.has("spectrum/random/density") and layer.has("spectrum/random/lambda_max")):
        return None
    index = int([*measured_epochs(layer), 0][0])
    edges = layer["spectrum/random/edges"].astype(float)
    share = np.nan_to_num(layer["spectrum/random/density"][index].astype(float)) * np.diff(edges)
    largest = float(layer["spectrum/random/lambda_max"][index])
    if not (share.sum() > 0 and np.isfinite(edge) and largest <= edge):
        return None
    n = layer["spectrum/eigenvalues"].shape[1]
    passed = np.concatenate([[0.0], np.cumsum(share / share.sum())])
    middle = (np.arange(n) + 0.5) / n
    at = np.clip(np.searchsorted(passed, middle, "right") - 1, 0, len(share) - 1)
    within = (middle - passed[at]) / (passed[at + 1] - passed[at])
    low, high = np.log(edges[at]), np.log(edges[at + 1])
    found = np.exp(low + within * (high - low))[::-1]
    return np.asarray(np.minimum(found, largest))


def crossing_in_words(before: float, now: float) -> str:
    """Which eigenvalues left since the record before, in few words; empty where none did.

    Args:
        before, now: how many are outside; NaN where that is not known.
    """
    if not now > np.nan_to_num(before):
        return ""
    first, last = int(np.nan_to_num(before)) + 1, int(now)
    if last == 1:
        return phrase("the first leaves")
    if first == last:
        return phrase("number {n} leaves", n=count(last))
    if first == 1:
        return phrase("the first {n} leave", n=count(last))
    return phrase("{first} to {last} leave", first=count(first), last=count(last))


def outside_in_words(escape: Escape) -> str:
    """The answer: how many of all directions reach further than chance does at the last record."""
    if not escape.knows_chance:
        return ""
    n, total = int(escape.n_outside[-1]), escape.n_all
    if n == 0:
        return phrase(
            "None of its {total} directions is stretched further than chance stretches one.", total=count(total)
        )
    if n == total:
        return phrase("All of its {total} directions are stretched further than chance does.", total=count(total))
    return phrase_n(
        "In {n} direction of {total}: it is stretched further than chance reaches, the other {rest} are not.",
        "In {n} directions of {total}: they are stretched further than chance reaches, the other {rest} are not.",
        n,
        total=count(total),
        rest=count(total - n),
    )


def every_layer_in_words(escapes: list[Escape]) -> str:
    """In how many of these layers eigenvalues are beyond the edge at the last record; empty where none has an edge."""
    judged = [escape for escape in escapes if escape.knows_chance]
    out = sum(bool(escape.n_outside[-1] > 0) for escape in judged)
    if not judged:
        return ""
    if out == len(judged) > 1:
        return phrase("The same in every layer: in each of these {n}, some directions have left.", n=len(judged))
    return phrase_n(
        "Directions have left in {out} of {n} layer.", "Directions have left in {out} of {n} layers.", len(judged),
        out=out,
    )  # fmt: skip


def tail_beyond_in_words(escape: Escape, layer: Layer) -> str:
    """How many of the eigenvalues that the power law is fitted to reach beyond chance; empty where that is unknown."""
    index = measured_epochs(layer)[-1:]
    if not (len(index) and escape.knows_chance and layer.has("spectrum/alpha")):
        return ""
    n_tail, xmin = int(layer["spectrum/n_tail"][index[0]]), float(layer["spectrum/xmin"][index[0]])
    if n_tail == 0 or not np.isfinite(xmin):
        return ""
    beyond = int((escape.eigenvalues[-1] > max(float(escape.edge[-1]), xmin)).sum())
    return phrase_n(
        "Fitted to {n} eigenvalue, of which {beyond} reach beyond chance (λ₊).",
        "Fitted to {n} eigenvalues, of which {beyond} reach beyond chance (λ₊).",
        n_tail,
        beyond=count(beyond),
    )


def stretch_in_words(stretch: float) -> str:
    """By how much a direction comes out longer, as `× 2.75`."""
    return f"× {significant(stretch)}"
