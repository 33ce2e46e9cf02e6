"""A third dimension: points and lines projected by NumPy into few paths, the nearer the brighter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from manim import Animation, VMobject, smooth
from numpy.typing import NDArray

from weightreel.scenes.kit.paths import polyline, rectangles

Array = NDArray[Any]

BANDS = 5
"""Paths by which depth is told."""
FAR = 0.25
"""Opacity of what is farthest, of the nearest's."""


@dataclass(frozen=True)
class View:
    """Where the eye stands, on a sphere around what it looks at.

    Attributes:
        azimuth: radians around the vertical (z) axis.
        elevation: radians above the ground plane (x, y).
        scale: units of the frame for one of space, at the centre.
        distance: of the eye from the centre, in units of space; infinity sees in parallel.
        centre: in space, what it looks at.
        place: on the frame, where that is seen.
    """

    azimuth: float
    elevation: float
    scale: float = 1.0
    distance: float = np.inf
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0)
    place: tuple[float, float] = (0.0, 0.0)

    def project(self, points: Array) -> tuple[Array, Array]:
        """Where the eye sees points of space.

        Args:
            points: (…, 3).

        Returns:
            On the frame, (…, 3) with zeros as third coordinate; and how far behind the centre they lie, (…).
        """
        a, e = self.azimuth, self.elevation
        away = np.asarray(points, float) - self.centre
        right = np.array([-np.sin(a), np.cos(a), 0.0])
        ahead = -np.array([np.cos(a) * np.cos(e), np.sin(a) * np.cos(e), np.sin(e)])
        up = np.cross(right, ahead)
        depth = away @ ahead
        size = self.scale / (1 + depth / self.distance)
        seen = np.stack([away @ right * size + self.place[0], away @ up * size + self.place[1], 0 * size], -1)
        return seen, depth


def between(one: View, other: View, share: float) -> View:
    """The view at a share of the way from one to another, in the first's distance, centre and place."""
    return replace(
        one,
        azimuth=one.azimuth + share * (other.azimuth - one.azimuth),
        elevation=one.elevation + share * (other.elevation - one.elevation),
        scale=one.scale * (other.scale / one.scale) ** share,
    )


class Wires(VMobject):
    """Lines in space, in BANDS paths by depth.

    Args:
        lines: corners of each, (N, M, 3); NaN corners lift the pen.
        view: from where they are seen at first.
        colour: of the lines.
        width: of the nearest, in Manim's stroke units.

    Example (kept as tests/golden/frames/space.png):
        Wires(sphere(), View(0.5, 0.4, 2.0))
    """

    def __init__(self, lines: Array, view: View, colour: str, width: float = 2.0) -> None:
        super().__init__()
        self.lines = np.asarray(lines, float)
        shares = np.linspace(1, FAR, BANDS)
        self.bands = [
            VMobject(stroke_color=colour, stroke_width=width, stroke_opacity=float(share), fill_opacity=0)
            for share in shares
        ]
        self.add(*reversed(self.bands))  # the nearest last, above the others
        self.see(view)

    def see(self, view: View) -> Self:
        """Draw them as they are seen from there."""
        self.view = view
        seen, depth = view.project(self.lines)
        pieces = np.stack([seen[:, :-1], seen[:, 1:]], 2).reshape(-1, 2, 3)
        band = band_of((depth[:, :-1] + depth[:, 1:]).ravel() / 2)
        for i, drawn in enumerate(self.bands):
            mine = pieces[band == i]
            lifted = np.concatenate([mine, np.full((len(mine), 1, 3), np.nan)], 1).reshape(-1, 3)
            drawn.points = polyline(lifted) if len(mine) else np.empty((0, 3))
        return self

    def become_lines(self, lines: Array) -> Self:
        """Draw other lines of the same number and corners, (N, M, 3)."""
        self.lines = np.asarray(lines, float)
        return self.see(self.view)


class Motes(VMobject):
    """Points in space, small squares in BANDS paths by depth.

    Args:
        places: (N, 3).
        view: from where they are seen at first.
        colour: of the squares.
        side: of the nearest, in units of the frame.

    Example (kept as tests/golden/frames/space.png):
        Motes(directions, View(0.5, 0.4, 2.0), theme().ESD)
    """

    def __init__(self, places: Array, view: View, colour: str, side: float = 0.05) -> None:
        super().__init__()
        self.places, self.side = np.asarray(places, float), side
        self.bands = [
            VMobject(stroke_width=0, fill_color=colour, fill_opacity=float(share))
            for share in np.linspace(1, FAR, BANDS)
        ]
        self.add(*reversed(self.bands))
        self.see(view)

    def see(self, view: View) -> Self:
        """Draw them as they are seen from there."""
        self.view = view
        seen, depth = view.project(self.places)
        band = band_of(depth)
        for i, drawn in enumerate(self.bands):
            x, y = seen[band == i, 0], seen[band == i, 1]
            half = self.side / 2
            drawn.points = rectangles(x - half, x + half, y - half, y + half)
        return self

    def become_places(self, places: Array) -> Self:
        """Draw the points elsewhere, (N, 3)."""
        self.places = np.asarray(places, float)
        return self.see(self.view)


def band_of(depth: Array) -> NDArray[np.intp]:
    """Which of BANDS equal slices of the depths each of these lies in, 0 the nearest; NaN in the farthest, (N,)."""
    low, high = (np.nanmin(depth), np.nanmax(depth)) if np.isfinite(depth).any() else (0.0, 1.0)
    share = (depth - low) / max(high - low, 1e-12)
    return np.clip(np.nan_to_num(share, nan=1.0) * BANDS, 0, BANDS - 1).astype(np.intp)


def sphere(meridians: int = 12, parallels: int = 7, corners: int = 49) -> Array:
    """Lines of a unit sphere, (meridians + parallels, corners, 3)."""
    turn = np.linspace(0, 2 * np.pi, corners)
    lines = []
    for longitude in np.linspace(0, np.pi, meridians, endpoint=False):
        across = np.stack([np.cos(longitude) * np.cos(turn), np.sin(longitude) * np.cos(turn), np.sin(turn)], 1)
        lines.append(across)
    for latitude in np.linspace(-np.pi / 2, np.pi / 2, parallels + 2)[1:-1]:
        around = np.stack([np.cos(turn), np.sin(turn)], 1) * np.cos(latitude)
        lines.append(np.column_stack([around, np.full(corners, np.sin(latitude))]))
    return np.stack(lines)


class Turn(Animation):
    """Let the eye walk from the view of now to another.

    Args:
        seen: everything in that space, which all have the first one's view.
        to: where it ends.
        run_time, rate_func: as Manim's.

    Example (pictured as docs/verbs/turn.webp):
        view = View(0.4, 0.3, 2.0)
        ball, dots = Wires(sphere(), view, theme().MUTED), Motes(sphere()[:, 0], view, theme().ESD, 0.2)
        self.add(ball, dots)
        self.play(Turn([ball, dots], View(1.8, 0.9, 2.4)))
    """

    def __init__(self, seen: Sequence[Wires | Motes], to: View, *, run_time: float = 2.0, **options: Any) -> None:
        self.seen, self.to = list(seen), to
        self.before = seen[0].view
        super().__init__(seen[0], run_time=run_time, rate_func=options.pop("rate_func", smooth), **options)

    def interpolate_mobject(self, alpha: float) -> None:
        """Draw all as they are seen at a share of the way."""
        view = between(self.before, self.to, self.rate_func(alpha))
        for each in self.seen:
            each.see(view)
