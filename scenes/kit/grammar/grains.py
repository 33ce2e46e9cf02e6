"""Many small squares that keep their identity on the way from one picture to the next: pixels, numbers, entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from manim import Animation, VMobject, linear, smooth
from numpy.typing import NDArray

from weightreel.scenes.kit.grammar.zones import Zone
from weightreel.scenes.kit.paths import rectangles

Array = NDArray[Any]

LEVELS = 4
"""Steps of each channel to which a picture's colours are rounded on their way, so that they are few paths."""
MOST_COLOURS = 64
OVERLAPPING = 0.6
"""Share of a flight for which a grain's own way lasts: the first leaves at its beginning, the last lands at its end."""


class Grains(VMobject):
    """Squares, or bars of one shape, drawn as one path a colour.

    Args:
        places: centres, (N, 2), in units of the frame.
        sides: lengths, (N,) or one for all.
        colours: hexadecimal, one for each, (N,).
        tall: height of a grain over its side.

    Example (kept as tests/golden/frames/grains.png):
        Grains(cells(zone, 8, 8), 0.2, colours_of(pixels))
    """

    def __init__(self, places: Array, sides: Array | float, colours: Sequence[str], *, tall: float = 1.0) -> None:
        super().__init__()
        self.tall = tall
        self.places = np.asarray(places, float)
        self.sides = np.broadcast_to(np.asarray(sides, float), (len(self.places),)).copy()
        found = sorted(set(colours))
        known = np.array([found.index(colour) for colour in colours], int)
        self.members = [np.flatnonzero(known == i) for i in range(len(found))]
        self.paths = [VMobject(stroke_width=0, fill_color=colour, fill_opacity=1) for colour in found]
        self.add(*self.paths)
        self.put(self.places, self.sides)

    def put(self, places: Array, sides: Array) -> Self:
        """Draw them elsewhere and of other sizes: (N, 2) and (N,)."""
        self.places, self.sides = places, sides
        for members, path in zip(self.members, self.paths, strict=True):
            (x, y), half = places[members].T, sides[members] / 2
            path.points = rectangles(x - half, x + half, y - self.tall * half, y + self.tall * half)
        return self


class Fly(Animation):
    """Let grains fly to other places, one after the other.

    Args:
        grains: which.
        places: where they land, (N, 2).
        sides: how large they are then, (N,) or one for all; as they are where None.
        order: who leaves when, from 0 to 1, (N,); in their own order where None.
        run_time: seconds.

    Example (pictured as docs/verbs/fly.webp):
        values = np.random.default_rng(0).binomial(11, 0.5, 144)
        left, right = self.zones.stage.columns(1, 1)
        colours = np.where(values < 6, theme().WEIGHTS, theme().BIASES)
        grains = Grains(cells(left, 12, 12), 0.3, colours)
        self.add(grains)
        self.play(Fly(grains, piles(right, values, 12, 0.2), 0.18))
    """

    def __init__(
        self,
        grains: Grains,
        places: Array,
        sides: Array | float | None = None,
        *,
        order: Array | None = None,
        run_time: float = 2.0,
        **options: Any,
    ) -> None:
        n = len(grains.places)
        self.to = np.asarray(places, float)
        self.size = np.broadcast_to(np.asarray(grains.sides if sides is None else sides, float), (n,)).copy()
        self.order = np.linspace(0, 1, n) if order is None else np.asarray(order, float)
        super().__init__(grains, run_time=run_time, rate_func=options.pop("rate_func", linear), **options)

    def begin(self) -> None:
        """Remember where they leave from."""
        self.before, self.small = self.mobject.places.copy(), self.mobject.sides.copy()
        super().begin()

    def interpolate_mobject(self, alpha: float) -> None:
        """Put each grain on its own way."""
        passed = np.clip((self.rate_func(alpha) - (1 - OVERLAPPING) * self.order) / OVERLAPPING, 0, 1)
        share = np.array([smooth(p) for p in passed]) if len(passed) < 2 else passed**2 * (3 - 2 * passed)
        places = self.before + share[:, None] * (self.to - self.before)
        self.mobject.put(places, self.small + share * (self.size - self.small))


def cells(zone: Zone, rows: int, columns: int) -> Array:
    """Centres of the cells of a zone, row by row from the top, (rows · columns, 2)."""
    x = zone.left + (np.arange(columns) + 0.5) * zone.width / columns
    y = zone.top - (np.arange(rows) + 0.5) * zone.height / rows
    return np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)


def piles(zone: Zone, column: Array, n_columns: int, side: float) -> Array:
    """Places of grains that are piled up in columns from the zone's floor, in their order, (N, 2).

    Args:
        column: which each falls into, (N,) of 0 … n_columns - 1.
        n_columns: evenly spaced over the zone's width.
        side: of a grain; where a pile would be higher than the zone, its grains lie closer.
    """
    rank = np.zeros(len(column))
    for each in range(n_columns):
        mine = column == each
        rank[mine] = np.arange(mine.sum())
    highest = float(rank.max(initial=0)) + 1
    step = min(side, zone.height / highest)
    x = zone.left + (column + 0.5) * zone.width / n_columns
    return np.stack([x, zone.bottom + (rank + 0.5) * step], 1)


def colours_of(pixels: Array) -> list[str]:
    """Colours of a picture's pixels, row by row, rounded to at most MOST_COLOURS of them.

    Args:
        pixels: uint8, (H, W, 3).
    """
    step = 255 / (LEVELS - 1)
    near = np.round(np.asarray(pixels, float).reshape(-1, 3) / step) * step
    return [f"#{int(r):02X}{int(g):02X}{int(b):02X}" for r, g, b in near]
