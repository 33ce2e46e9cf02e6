"""The network as a character: the same drawing in every film, which pictures fly into and answers come out of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from manim import UP, Animation, AnimationGroup, FadeIn, FadeOut, Mobject, linear

from weightreel.analysis.findings.blocks import Block, names_in_order, numbered
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.networks.network_diagram import NetworkDiagram
from weightreel.scenes.kit.grammar.eye import Look
from weightreel.scenes.kit.grammar.zones import Zone
from weightreel.scenes.kit.theme import SMALL
from weightreel.scenes.kit.type import Letters, Numerals, label, on_line, words

BELOW = 0.7
"""Room for numbers and kinds below the blocks, in units of the frame."""
ABOVE = 0.5
"""Room for the lit layer's name above them."""
SMALL_PICTURE = 0.35
"""Height of a picture as it enters, in units of the frame."""


class Character(NetworkDiagram):
    """A network's layers with their names in words: conv 1, conv 2, …, dense 1, …

    Numbers stand below the blocks, and the kind once below each row of them; of a network with more layers than there
    is room for, those in the middle are counted.

    Args:
        layers: in the network's order, at least one.
        zone: which it fills, with room for the lit layer's name above it.
        colour: of the layer that is lit.

    Example (kept as tests/golden/frames/character.png):
        Character(blocks_of(run), film.zones.stage).light("classifier.0")
    """

    def __init__(self, layers: Sequence[Block], zone: Zone, colour: str | None = None) -> None:
        high = max(zone.height - BELOW - ABOVE, 0.5)
        super().__init__(layers, (zone.width, high), colour, outputs=False)
        self.names = names_in_order(layers)
        kinds: dict[str, list[float]] = {}
        for name, (kind, n) in numbered(layers).items():
            if name not in self.blocks:
                continue
            x = self.blocks[name].get_x()
            kinds.setdefault(kind, []).append(x)
            number = Numerals(str(n), SMALL, theme().MUTED, align=0).move_to([x, -high / 2 - 0.1, 0], UP)
            if number.width + 0.1 < self.room_for_one:
                self.add(number)
        for kind, places in kinds.items():
            name = label(kind).move_to([(places[0] + places[-1]) / 2, 0, 0])
            self.add(on_line(name, -high / 2 - 0.62))
        # Blocks, not letters, stand in the middle of the room that is left for them.
        self.shift(zone.centre + (BELOW - ABOVE) / 2 * UP)

    def named(self, name: str) -> Letters:
        """What films call a layer, above its block.

        Raises:
            KeyError: the layer is not drawn.
        """
        return self.over(words(self.names[name], SMALL, self.colour), name)

    def flies_in(self, picture: Mobject, *, run_time: float = 1.0) -> Animation:
        """Let a picture fly to the first layer; it is then as small as a block and can be removed."""
        first = Zone.around(next(iter(self.blocks.values())))
        middle = (first.bottom + first.top) / 2
        half = min(SMALL_PICTURE, first.height) / 2
        door = Zone(first.left, middle - half, first.left + 2 * half, middle + half)
        return Look(picture, Zone.around(picture), door, run_time=run_time)

    def passes(self, *, run_time: float = 1.0) -> Animation:
        """Let the layers light up one after the other, from the first to the last."""
        return Passing(self, run_time=run_time, rate_func=linear)

    def answers(self, answer: Mobject, *, run_time: float = 0.6) -> Animation:
        """Let an answer come out of the last layer, to where it stands."""
        last = list(self.blocks.values())[-1]
        return FadeIn(answer, shift=0.6 * (answer.get_center() - last.get_center()), scale=0.4, run_time=run_time)


class Passing(Animation):
    """Light runs through a network's layers; at the end all are pale."""

    def __init__(self, network: Character, **options: Any) -> None:
        super().__init__(network, **options)

    def interpolate_mobject(self, alpha: float) -> None:
        """Light the layer that is reached at a share of the way."""
        drawn = list(self.mobject.blocks)
        share = self.rate_func(alpha)
        self.mobject.light(drawn[min(int(share * len(drawn)), len(drawn) - 1)] if share < 1 else "")


def opens(network: Character, name: str, chart: Mobject, *, run_time: float = 1.6) -> AnimationGroup:
    """Let a layer's block grow into the chart that is about it, while the rest of the network leaves."""
    block = network.blocks[name]
    grown = block.copy()
    box = Zone.around(chart)
    grown.stretch_to_fit_width(box.width).stretch_to_fit_height(box.height).move_to(box.centre)
    grown.set_fill(opacity=0).set_stroke(opacity=0)
    rest = [part for part in network.submobjects if part is not block]
    return AnimationGroup(
        AnimationGroup(*(FadeOut(part) for part in rest)),
        block.animate.become(grown),
        FadeIn(chart),
        lag_ratio=0.3,
        run_time=run_time,
    )
