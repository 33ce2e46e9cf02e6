"""How far single biases go from where they started, by kind of layer."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from weightreel.analysis.findings.time import evenly_spaced
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.numbers import with_power
from weightreel.analysis.store.nodes import Layer, Run

MOST_THREADS = 64
"""Sampled entries drawn of each kind; more would be a smear."""
STILL = 0.01
"""A kind stands still where its entries go less than this share of the other kind's way."""


@dataclass(frozen=True)
class Movement:
    """Entries of one kind of layer.

    Attributes:
        kind: convolution, batchnorm or linear.
        name: of the kind, for people.
        threads: change of the drawn entries since the first epoch, (E, N).
        distance: root mean square change of all sampled entries, (E,).
        before_norm: whether a BatchNorm follows these layers.
    """

    kind: str
    name: str
    threads: np.ndarray
    distance: np.ndarray
    before_norm: bool = False


def biases_of(run: Run) -> list[Movement]:
    """Convolutions' biases, BatchNorm's shifts and linear layers' biases, as far as the store follows single entries.

    Where convolutions stand before BatchNorms only those count as convolutions here.
    """
    layers = list(run.layers.values())
    in_order = itertools.pairwise(run.network.values())
    followed = [a for a, b in in_order if _is_convolution(a) and b.kind == "batchnorm" and a.name in run.layers]
    convolutions = followed or [layer for layer in layers if _is_convolution(layer)]
    kinds = [
        ("convolution", phrase("convolutions' biases"), convolutions),
        ("batchnorm", phrase("BatchNorm's shifts β"), [layer for layer in layers if layer.kind == "batchnorm"]),
        ("linear", phrase("linear layers' biases"), [layer for layer in layers if layer.kind == "linear"]),
    ]
    found = []
    for kind, name, members in kinds:
        samples = [layer["bias/sample"] for layer in members if layer.has("bias/sample")]
        if samples:
            change = np.concatenate([s - s[0] for s in samples], axis=1).astype(float)  # (E, entries)
            drawn = evenly_spaced(change.shape[1], MOST_THREADS)
            distance = np.sqrt(np.mean(change**2, axis=1))
            before_norm = kind == "convolution" and bool(followed)
            found.append(Movement(kind, name, change[:, drawn], distance, before_norm))
    return found


def _is_convolution(layer: Layer) -> bool:
    return layer.kind.startswith("conv")


@dataclass(frozen=True)
class Channel:
    """One output of a convolution that a BatchNorm follows.

    Attributes:
        layer: module path of the convolution.
        number: of the output, from 0.
        bias: that is added to it, at the last epoch.
        shift: β, which BatchNorm adds afterwards.
    """

    layer: str
    number: int
    bias: float
    shift: float


def standing(run: Run) -> tuple[Movement, Movement] | None:
    """Convolutions' biases that stand still and BatchNorm's shifts that move in their place; None where none do."""
    kinds = {group.kind: group for group in biases_of(run)}
    still, moving = kinds.get("convolution"), kinds.get("batchnorm")
    if still is None or moving is None or not _stands(still, moving):
        return None
    return still, moving


def _stands(one: Movement, other: Movement) -> bool:
    return one.before_norm and float(one.distance[-1]) < STILL * float(other.distance[-1])


def before_norms(run: Run) -> list[str]:
    """Module paths of the convolutions that a BatchNorm follows, in the network's order."""
    in_order = itertools.pairwise(run.network.values())
    return [a.name for a, b in in_order if _is_convolution(a) and b.kind == "batchnorm"]


def telling_channel(run: Run) -> Channel | None:
    """Of the first convolution before a BatchNorm: the output whose bias and β are both large.

    None where the store does not follow all biases of such a pair of layers, as then it does not tell which belong
    together.
    """
    for conv, norm in itertools.pairwise(run.network.values()):
        if not (_is_convolution(conv) and norm.kind == "batchnorm" and {conv.name, norm.name} <= run.layers.keys()):
            continue
        if not all(layer.has("bias/sample") for layer in (conv, norm)):
            continue
        bias, shift = conv["bias/sample"][-1].astype(float), norm["bias/sample"][-1].astype(float)
        if not len(bias) == len(shift) == int(conv.attributes["shape"][0]):
            continue
        best = int(np.argmax(np.minimum(np.abs(bias), np.abs(shift))))
        return Channel(conv.name, best, float(bias[best]), float(shift[best]))
    return None


def movement_in_words(one: Movement, other: Movement) -> tuple[str, ...]:
    """Why the first kind stands still, where that is known, and how far the two kinds went in this store."""
    if len(one.distance) == 1:
        return (phrase("One {clock} so far: nothing has moved yet."),)
    sentence = phrase(
        "How far they went, as a root mean square: {one} {a}, {other} {b}.",
        one=one.name,
        a=with_power(float(one.distance[-1])),
        other=other.name,
        b=with_power(float(other.distance[-1])),
    )
    if not _stands(one, other):
        return (sentence,)
    why = phrase(
        "BatchNorm takes away what is added before it: such a bias has nothing to learn. β moves in its place."
    )
    return why, sentence
