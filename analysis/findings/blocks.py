"""The layers of a network that hold its weights, in its order: how large they are, and what films call them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from weightreel.analysis.findings.words.language import phrase, phrase_n
from weightreel.analysis.findings.words.names import layer_in_words, own_layer
from weightreel.analysis.findings.words.numbers import listed, million, percent
from weightreel.analysis.store.nodes import Run
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


def numbered(blocks: Sequence[Block]) -> dict[str, tuple[str, int]]:
    """What kind of layer each is, in a word, and its number among those of its kind, by module path."""
    counts: dict[str, int] = {}
    found = {}
    for block in blocks:
        kind = phrase("conv") if block.is_convolution else phrase("dense")
        counts[kind] = counts.get(kind, 0) + 1
        found[block.name] = kind, counts[kind]
    return found


def names_in_order(blocks: Sequence[Block]) -> dict[str, str]:
    """What films call layers, by module path: conv 1, conv 2, …, dense 1, …, or as the talk has it."""
    found = {name: f"{kind} {n}" for name, (kind, n) in numbered(blocks).items()}
    return {name: own_layer(name) or shown for name, shown in found.items()}


def layer_on_stage(run: Run, name: str) -> str:
    """What films call a layer; by its module path where it is none of those that hold a matrix."""
    return names_in_order(blocks_of(run)).get(name) or layer_in_words(name)
