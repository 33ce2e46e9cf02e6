"""The network's layers in their order, of which one is lit while it is spoken of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from manim import DOWN, RIGHT, UP, VGroup, VMobject

from weightreel.analysis.findings.blocks import Block
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.palette import theme
from weightreel.scenes.kit.paths import polyline
from weightreel.scenes.kit.theme import SMALL
from weightreel.scenes.kit.type import ADVANCE, Letters, Numerals, label

MOST_BLOCKS, LEAST_ROOM = 20, 0.3
"""Layers that are drawn, and the least room for each; of more, or with less, those in the middle are only counted."""
MOST_ROOM = 1.5
"""For one block, in units of the frame: few layers stand together in the middle."""
LEAST_HEIGHT = 0.25
"""Height of a block with one output, as a share of the highest."""
SHARE = 0.55
"""Share of the room for a block that it fills."""
DEPTH = 0.14
"""How far the back of a convolution is behind its front, in units of the frame."""
PALE, LIT = 0.25, 0.9
"""Opacity of what fills a block."""


class NetworkDiagram(VGroup):
    """Convolutions as slabs and linear layers as bars, from the input at the left to the answer at the right.

    Heights follow the logarithm of the number of outputs, which stands below where there is room. What has no matrix,
    such as BatchNorm, is left out.

    Args:
        layers: in the network's order, at least one.
        size: width and height, in units of the frame, without letters.
        colour: of the layer that is lit.
        outputs: whether their numbers stand below.

    Raises:
        ValueError: there are no layers.

    Example (kept as tests/golden/frames/network-diagram.png):
        NetworkDiagram(blocks, (12, 2)).light("classifier.0")
    """

    def __init__(
        self, layers: Sequence[Block], size: tuple[float, float], colour: str | None = None, *, outputs: bool = True
    ) -> None:
        colour = colour or theme().WEIGHTS
        super().__init__()
        if not layers:
            raise ValueError("a network diagram needs at least one layer")
        self.colour, self.room = colour, size[0]
        self.layers = list(layers)
        fit = max(min(MOST_BLOCKS, int(size[0] / LEAST_ROOM)), 3)
        self.left_out = len(layers) - (fit - 1) if len(layers) > fit else 0
        """How many layers between the first and the last are counted instead of drawn."""
        drawn: list[Block | None] = [*layers]
        more = VGroup(label("…"), label(f"{self.left_out}"), label(phrase("more"))).arrange(DOWN, buff=0.1)
        if self.left_out:
            head = fit // 2
            drawn[head : head + self.left_out] = [None]
        most = max(np.log2(block.outputs + 1) for block in drawn if block is not None)
        counted = float(more.width) + 0.2 if self.left_out else 0.0
        n, height = len(drawn) - bool(self.left_out), size[1]
        room = min((size[0] - counted) / n, MOST_ROOM)
        self.room_for_one = room
        self.blocks: dict[str, VGroup] = {}
        start = -(n * room + counted) / 2
        for block in drawn:
            x = start + (room if block is not None else counted) / 2
            start += room if block is not None else counted
            if block is None:
                self.add(more.move_to([x, 0, 0]))
                continue
            share = LEAST_HEIGHT + (1 - LEAST_HEIGHT) * np.log2(block.outputs + 1) / most
            drawn_block = _slab(room * SHARE, height * share) if block.is_convolution else _bar(room, height * share)
            self.blocks[block.name] = drawn_block.shift(np.array([x, 0, 0]))
            self.add(drawn_block)
            digits = f"{block.outputs}"
            if outputs and len(digits) * ADVANCE * SMALL + 0.1 < room:
                self.add(Numerals(digits, SMALL, theme().MUTED, align=0).move_to([x, -height / 2 - 0.12, 0], UP))
        self.light("")

    def light(self, name: str) -> Self:
        """Light the layer of this name and let the others be pale; of an unknown name, all are pale.

        It can be animated: `self.play(diagram.animate.light("features.0"))`.
        """
        for of, block in self.blocks.items():
            lit = of == name
            drawn = self.colour if lit else theme().MUTED
            block.set_stroke(drawn, width=2.5 if lit else 1.5, opacity=1)
            block.set_fill(drawn, opacity=LIT if lit else PALE)
        return self

    def named(self, name: str) -> Letters:
        """A layer's name, to be shown above its block, no further left or right than the whole may reach.

        Raises:
            KeyError: the layer is not drawn.
        """
        return self.over(label(name, self.colour), name)

    def over(self, words: Letters, name: str) -> Letters:
        """Move words above a layer's block, no further left or right than the whole may reach."""
        words.next_to(self.blocks[name], UP, buff=0.15)
        over = words.get_x() - self.get_x()
        most = max((self.room - words.width) / 2 - DEPTH, 0.0)
        return words.shift((np.clip(over, -most, most) - over) * RIGHT)


def _bar(room: float, height: float) -> VGroup:
    return VGroup(_area(-0.16 * room, 0.16 * room, height))


def _slab(width: float, height: float) -> VGroup:
    """A front, and the two sides of what is behind it."""
    front = _area(-width / 2, width / 2 - DEPTH, height)
    x0, x1, top, bottom = -width / 2, width / 2 - DEPTH, height / 2, -height / 2
    back = np.array([DEPTH, DEPTH * 0.6, 0])
    sides = []
    for a, b in (((x0, top), (x1, top)), ((x1, top), (x1, bottom))):
        near = np.array([[*a, 0.0], [*b, 0.0]])
        side = VMobject()
        side.points = polyline(np.concatenate([near, near[::-1] + back, near[:1]]))
        sides.append(side)
    return VGroup(*sides, front)


def _area(left: float, right: float, height: float) -> VMobject:
    area = VMobject()
    top, bottom = height / 2, -height / 2
    area.points = polyline(
        np.array([[left, top, 0], [right, top, 0], [right, bottom, 0], [left, bottom, 0], [left, top, 0]])
    )
    return area
