"""What a store supports saying of a network's layers, its single weights and its filters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from weightreel.analysis.findings.words.language import phrase, phrase_n
from weightreel.analysis.findings.words.names import layer_in_words
from weightreel.analysis.findings.words.numbers import listed, million, percent, significant
from weightreel.analysis.store.nodes import Layer, Run
from weightreel.analysis.store.schema.fields import MATRIX_KINDS


@dataclass(frozen=True)
class Block:
    """A layer that has a matrix, as diagrams of networks know it.

    Attributes:
        name: module path.
        kind: conv1d, conv2d, conv3d or linear.
        shape: of its weight, outputs first.
    """

    name: str
    kind: str
    shape: tuple[int, ...]

    @property
    def is_convolution(self) -> bool:
        """Whether it is drawn as a slab."""
        return self.kind.startswith("conv")

    @property
    def outputs(self) -> int:
        """Channels or units that it gives."""
        return int(self.shape[0])


def blocks_of(run: Run) -> list[Block]:
    """All of the network's layers that have a matrix, in its order; also where a film shows some of them only."""
    return [
        Block(name, layer.kind, tuple(int(n) for n in layer.attributes["shape"]))
        for name, layer in run.network.items()
        if layer.kind in MATRIX_KINDS
    ]


def size_of(block: Block) -> int:
    """Entries of its weight."""
    return int(np.prod(block.shape))


def largest(blocks: list[Block]) -> Block:
    """The layer with most weights."""
    return max(blocks, key=size_of)


def sizes_in_words(blocks: list[Block]) -> str:
    """How many layers there are, and how much of all weights the largest holds."""
    total = sum(map(size_of, blocks))
    if len(blocks) == 1:
        return phrase(
            "One layer, {layer}, holds all {weights} weights.",
            layer=layer_in_words(blocks[0].name),
            weights=million(total),
        )
    most = largest(blocks)
    share = percent(size_of(most) / total)
    convolutions = sum(block.is_convolution for block in blocks)
    linear = len(blocks) - convolutions
    kinds = [
        *([phrase_n("{n} convolution", "{n} convolutions", convolutions)] if convolutions else ()),
        *([phrase_n("{n} linear layer", "{n} linear layers", linear)] if linear else ()),
    ]
    return phrase(
        "{layers} hold {weights} weights; {largest} alone {share} of them.",
        layers=listed(kinds),
        weights=million(total),
        largest=layer_in_words(most.name),
        share=share,
    )


def flowing_layer(run: Run) -> Layer | None:
    """The layer whose single weights are shown: of those that the store follows, the one with most weights."""
    followed = [b for b in blocks_of(run) if b.name in run.layers and run.layer(b.name).has("weight/sample")]
    return run.layer(largest(followed).name) if followed else None


def middle_of(layer: Layer) -> tuple[np.ndarray, str]:
    """The quantiles of 5 % and 95 % of a layer's weights, (E, 2), and what share lies between them, for people.

    Where the store has neither, the quantiles next to them.
    """
    levels = np.asarray(layer.attributes_of("weight")["quantiles"], float)
    low, high = (int(np.abs(levels - level).argmin()) for level in (0.05, 0.95))
    return layer["weight/quantiles"][:, [low, high]].astype(float), percent(levels[high] - levels[low], 0)


def flow_in_words(name: str, sample: np.ndarray) -> str:
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


def filters_in_words(name: str, filters: np.ndarray) -> str:
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


def changes_sign(history: np.ndarray) -> np.ndarray:
    """Which entries, (S,), have another sign at the last epoch than at the first; entries (E, S)."""
    return np.sign(history[0]) * np.sign(history[-1]) < 0


def change_of(filters: np.ndarray) -> np.ndarray:
    """How far each filter is from where it began, ‖W_t − W_0‖ / ‖W_0‖, (E, O); NaN for one that began as zero.

    Args:
        filters: (E, O, I, h, w).
    """
    flat = np.asarray(filters, float).reshape(*filters.shape[:2], -1)
    size = np.linalg.norm(flat[0], axis=-1)
    moved = np.linalg.norm(flat - flat[0], axis=-1)
    return np.divide(moved, size, out=np.full(moved.shape, np.nan), where=size > 0)
