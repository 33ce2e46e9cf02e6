"""How far single biases go from where they started, by kind of layer."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from weightreel.analysis.findings.time import evenly_spaced
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.numbers import significant
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


def movement_in_words(one: Movement, other: Movement) -> tuple[str, ...]:
    """How far the two kinds went in this store, and the reason where it is the known one."""
    if len(one.distance) == 1:
        return (phrase("One {clock} so far: nothing has moved yet."),)
    a, b = float(one.distance[-1]), float(other.distance[-1])
    sentence = phrase(
        "RMS change in this store: {one} {a}, {other} {b}.",
        one=one.name,
        a=significant(a),
        other=other.name,
        b=significant(b),
    )
    if one.before_norm and a < STILL * b:
        return (
            sentence,
            phrase(
                "BatchNorm subtracts each channel's mean, so a constant added just before it changes nothing: "
                "such a bias gets no gradient, and β does its work."
            ),
        )
    return (sentence,)
