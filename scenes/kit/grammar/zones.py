"""Where things stand: parts of the frame, told as parts of parts, so that a frame of another shape is composed anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from manim import ORIGIN, Mobject, config

from weightreel.scenes.kit.theme import MARGIN

HEADER, FLOOR = 0.105, 0.2
"""Shares of the safe area's height for the question at the top, and for clock and closing words at the bottom."""
APART = 0.03
"""Share of the safe area's height between them and what stands in the middle."""


@dataclass(frozen=True)
class Zone:
    """An upright rectangle of the frame, in units of the frame.

    Attributes:
        left, bottom, right, top: its sides.
    """

    left: float
    bottom: float
    right: float
    top: float

    @classmethod
    def safe(cls) -> Zone:
        """The frame without its margins, of whatever shape Manim renders."""
        across, up = config.frame_width * (0.5 - MARGIN), config.frame_height * (0.5 - MARGIN)
        return cls(-across, -up, across, up)

    @classmethod
    def around(cls, *mobjects: Mobject) -> Zone:
        """The box of what these draw."""
        points = np.concatenate([mobject.get_all_points() for mobject in mobjects])
        (left, bottom), (right, top) = points[:, :2].min(0), points[:, :2].max(0)
        return cls(*map(float, (left, bottom, right, top)))

    @property
    def width(self) -> float:
        """From left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """From bottom to top."""
        return self.top - self.bottom

    @property
    def centre(self) -> np.ndarray:
        """Its middle, (3,)."""
        return np.array([(self.left + self.right) / 2, (self.bottom + self.top) / 2, 0.0])

    def at(self, side: np.ndarray) -> np.ndarray:
        """The middle of a side or a corner, (3,), by Manim's directions: UP, DOWN + LEFT, …"""
        return self.centre + np.sign(side) * np.array([self.width, self.height, 0.0]) / 2

    def hold(self, mobject: Any, side: np.ndarray = ORIGIN) -> Any:
        """Move a mobject to a side or corner of the zone, by default into its middle, and return it.

        Example (pictured as docs/verbs/hold.webp):
            for side in (UP + LEFT, UP + RIGHT, DOWN + RIGHT, DOWN + LEFT, ORIGIN):
                self.play(FadeIn(self.zones.stage.hold(Square(0.8, fill_opacity=1), side)), run_time=0.4)
        """
        return mobject.move_to(self.at(side), aligned_edge=side)

    def fitted(self, mobject: Any, side: np.ndarray = ORIGIN) -> Any:
        """As `hold`, and made smaller where it is larger than the zone."""
        excess = max(mobject.width / self.width, mobject.height / self.height)
        return self.hold(mobject.scale(1 / excess) if excess > 1 else mobject, side)

    def inside(self, across: float, up: float | None = None) -> Zone:
        """A smaller zone, so far from the sides."""
        up = across if up is None else up
        return Zone(self.left + across, self.bottom + up, self.right - across, self.top - up)

    def square(self, side: float | None = None) -> Zone:
        """A square around its middle: of this side, or the largest that it holds."""
        half = (min(self.width, self.height) if side is None else side) / 2
        x, y, _ = map(float, self.centre)
        return Zone(x - half, y - half, x + half, y + half)

    def columns(self, *shares: float, gap: float = 0.4) -> list[Zone]:
        """Zones beside each other whose widths are as these shares."""
        widths = np.array(shares) / sum(shares) * (self.width - gap * (len(shares) - 1))
        lefts = self.left + np.concatenate([[0.0], np.cumsum(widths[:-1] + gap)])
        return [Zone(float(x), self.bottom, float(x + w), self.top) for x, w in zip(lefts, widths, strict=True)]

    def rows(self, *shares: float, gap: float = 0.3) -> list[Zone]:
        """Zones below each other, from the top, whose heights are as these shares."""
        heights = np.array(shares) / sum(shares) * (self.height - gap * (len(shares) - 1))
        tops = self.top - np.concatenate([[0.0], np.cumsum(heights[:-1] + gap)])
        return [Zone(self.left, float(y - h), self.right, float(y)) for y, h in zip(tops, heights, strict=True)]

    def split(self, *shares: float, gap: float = 0.4) -> list[Zone]:
        """Zones beside each other where this one is wider than high, else below each other."""
        return self.columns(*shares, gap=gap) if self.width >= self.height else self.rows(*shares, gap=gap)

    def grid(self, n: int, aspect: float = 1.6, gap: tuple[float, float] = (0.3, 0.3)) -> list[Zone]:
        """At least `n` equal cells row by row, as few rows as leave each near `aspect` (width over height).

        Example (pictured as docs/verbs/grid.webp):
            frames = [outline_of(cell, theme().MUTED) for cell in self.zones.stage.grid(10)]
            self.play(entering(frames))
        """
        best = min(range(1, n + 1), key=lambda columns: abs(np.log(self._aspect(n, columns) / aspect)))
        rows = -(-n // best)
        return [
            cell for row in self.rows(*[1.0] * rows, gap=gap[1]) for cell in row.columns(*[1.0] * best, gap=gap[0])
        ][:n]

    def _aspect(self, n: int, columns: int) -> float:
        return (self.width / columns) / (self.height / -(-n // columns))


@dataclass(frozen=True)
class Zones:
    """What every film's frame is made of.

    Attributes:
        header: the question, which stays to the end.
        stage: the picture.
        floor: the clock, and at the end the sentence that answers.
    """

    header: Zone
    stage: Zone
    floor: Zone

    @classmethod
    def of_frame(cls) -> Zones:
        """Of the frame that Manim renders now."""
        safe = Zone.safe()
        gap = APART * safe.height
        header = Zone(safe.left, safe.top - HEADER * safe.height, safe.right, safe.top)
        floor = Zone(safe.left, safe.bottom, safe.right, safe.bottom + FLOOR * safe.height)
        return cls(header, Zone(safe.left, floor.top + gap, safe.right, header.bottom - gap), floor)


def spread_over(zones: Sequence[Zone]) -> Zone:
    """The zone that holds all of these."""
    return Zone(
        min(zone.left for zone in zones),
        min(zone.bottom for zone in zones),
        max(zone.right for zone in zones),
        max(zone.top for zone in zones),
    )
