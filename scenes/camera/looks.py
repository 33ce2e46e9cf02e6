"""What mobjects looked like when they were drawn, and where two frames differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cairo
import numpy as np
from manim import Mobject, VMobject
from manim.mobject.types.image_mobject import AbstractImageMobject
from numpy.typing import NDArray

Array = NDArray[Any]
Box = tuple[int, int, int, int]
"""Left, top, right and bottom, in pixels; the latter two are outside."""

SPARE = 2**16
"""Pixels that two rectangles may waste to become one: as much work as another walk through the mobjects."""
MOST_RECTANGLES = 12
"""Rectangles that are told apart; for more, the one around all of them is taken."""
MOST_COMPARED = 48
"""Boxes that are compared with each other; of more, those that follow each other are joined first."""
STRAIGHT = 1e-6
"""Units of the frame, about a 7,000th of a pixel at 1080p: a curve whose handles are no further from its chord's thirds
is a line."""

ROUNDING = 1e-9
"""Units of the frame."""


@dataclass(frozen=True, eq=False, slots=True)
class Drawn:
    """A mobject as it looked when it was drawn. Two are the same only if they are one object."""

    mobject: Mobject
    look: tuple[object, ...]
    """All that decides its pixels."""
    box: Box | None
    """Holds all of its pixels; None where there is nothing to see."""
    shape: cairo.Path | cairo.ImageSurface | None
    """A path, or the pixels of an image that lie in the box."""


def look_of(mobject: Mobject) -> tuple[object, ...]:
    """All that decides a mobject's pixels, as values that can be compared."""
    if isinstance(mobject, AbstractImageMobject):
        pixels = mobject.get_pixel_array()
        return mobject.points.tobytes(), mobject.resampling_algorithm, pixels.shape, pixels.tobytes()
    if not isinstance(mobject, VMobject):
        return ()
    fill, stroke, behind = mobject.get_fill_rgbas(), mobject.get_stroke_rgbas(), mobject.get_stroke_rgbas(True)
    gradient = len(fill) > 1 or len(stroke) > 1 or len(behind) > 1
    return (
        mobject.points.tobytes(),
        mobject.stroke_width,
        mobject.background_stroke_width,
        mobject.joint_type,
        mobject.cap_style,
        fill.tobytes(),
        stroke.tobytes(),
        behind.tobytes(),
        mobject.get_sheen_direction().tobytes() if gradient else b"",
    )


def same_path(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    """Whether two looks of a VMobject differ in colours only; fades move points too, by rounding."""
    if one[1:5] != other[1:5] or len(one[0]) != len(other[0]):
        return False
    return one[0] == other[0] or bool(np.abs(np.frombuffer(one[0]) - np.frombuffer(other[0])).max() < ROUNDING)


def opacity(rgbas: Array) -> float:
    """The highest of colours (n, 4)."""
    return float(rgbas[0, 3] if len(rgbas) == 1 else rgbas[:, 3].max())


def straight(curves: Array) -> Array:
    """Whether the handles of curves (n, 4, 2) lie at the thirds of their chords, (n,)."""
    start, first, second, end = curves.transpose(1, 0, 2)
    off = np.maximum(np.abs(2 * start + end - 3 * first), np.abs(start + 2 * end - 3 * second))
    return off.max(1) < 3 * STRAIGHT


def subpaths(curves: Array, tolerance: float) -> list[tuple[int, int]]:
    """First curve, and the one after the last, of each run of curves (n, 4, 2) that begin where the one before ends.

    Args:
        tolerance: as VMobject has it: how far apart, besides a 100,000th of where they are, points may be to be one.
    """
    before, after = curves[:-1, -1], curves[1:, 0]
    apart = (np.abs(before - after) > tolerance + 1e-5 * np.abs(after)).any(1)
    ends = (np.flatnonzero(apart) + 1).tolist()
    return list(zip([0, *ends], [*ends, len(curves)], strict=True)) if len(curves) else []


def changed(before: Sequence[Drawn], now: Sequence[Drawn], whole: Box) -> list[Box]:
    """Rectangles in which two frames on the same image differ, clipped to `whole`; that where their order does."""
    place = {id(drawn): i for i, drawn in enumerate(before)}
    kept = [place[id(drawn)] for drawn in now if id(drawn) in place]
    if kept != sorted(kept):
        return [whole]
    staying = set(kept)
    boxes = [drawn.box for i, drawn in enumerate(before) if i not in staying]
    boxes += [drawn.box for drawn in now if id(drawn) not in place]
    return merged([box for box in boxes if box is not None])


def merged(boxes: Sequence[Box]) -> list[Box]:
    """Few rectangles that hold `boxes`; neighbours become one where that wastes little."""
    together = -(-len(boxes) // MOST_COMPARED)
    if together > 1:  # letters of a word follow each other
        boxes = [around(*boxes[i : i + together]) for i in range(0, len(boxes), together)]
    parts: list[Box] = []
    for box in boxes:
        while (other := next((part for part in parts if _waste(box, part) <= SPARE), None)) is not None:
            parts.remove(other)
            box = around(box, other)
        parts.append(box)
    return parts if len(parts) <= MOST_RECTANGLES else [around(*parts)]


def around(*boxes: Box) -> Box:
    """The rectangle that holds all of them."""
    left, top, right, bottom = zip(*boxes, strict=True)
    return min(left), min(top), max(right), max(bottom)


def shared(a: Box, b: Box) -> Box | None:
    """Where both are; None where they do not meet."""
    left, top, right, bottom = max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])
    return (left, top, right, bottom) if left < right and top < bottom else None


def _waste(a: Box, b: Box) -> int:
    whole = min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])
    return _area(whole) - _area(a) - _area(b)


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])
