"""Many values of one quantity as dots above an axis, with their mean: what is added to all of them shifts it."""

from __future__ import annotations

from typing import Any

import numpy as np
from manim import VGroup, VMobject
from numpy.typing import NDArray

from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.plane import Plane
from weightreel.scenes.kit.paths import polyline, rectangles

Array = NDArray[Any]

SIDE = 0.11
"""Of a dot, in units of the frame."""
GOLDEN = 0.618034
"""Multiples of it, without their whole part, lie evenly between 0 and 1 in no order."""


class Cloud(VGroup):
    """Dots at their values along a plane's axis, strewn over a height, and an upright line at their mean.

    Args:
        values: (N,).
        plane: whose horizontal axis they lie along; it is not drawn.
        middle: height of their middle, in units of the frame.
        height: over which they are strewn.
        colour: of the dots.

    Example (kept as tests/golden/frames/cloud.png):
        Cloud(values, plane, 1.0, 1.2, theme().BIASES)
    """

    def __init__(self, values: Array, plane: Plane, middle: float, height: float, colour: str) -> None:
        super().__init__()
        self.mean = float(np.mean(values))
        self.plane = plane
        x = plane.place(np.asarray(values, float), np.zeros(len(values)))[:, 0]
        y = middle + (np.arange(len(values)) * GOLDEN % 1 - 0.5) * 0.8 * height
        self.dots = VMobject(stroke_width=0, fill_color=colour, fill_opacity=0.9)
        self.dots.points = rectangles(x - SIDE / 2, x + SIDE / 2, y - SIDE / 2, y + SIDE / 2)
        at = plane.point(self.mean, 0.0)[0]
        self.line = VMobject(stroke_color=theme().TEXT, stroke_width=4, fill_opacity=0)
        ends = [[at, middle - height / 2, 0.0], [at, middle + height / 2, 0.0]]
        self.line.points = polyline(np.array(ends))
        self.add(self.dots, self.line)

    @property
    def foot(self) -> Array:
        """The lower end of the line at the mean, wherever the cloud has been moved, (3,)."""
        return np.asarray(self.line.points[0])

    @property
    def top(self) -> Array:
        """Its upper end, (3,)."""
        return np.asarray(self.line.points[3])

    def way(self, by: float) -> Array:
        """How far it moves where a number is added to all values, (3,)."""
        low, high = self.plane.x_range
        return np.asarray(self.plane.across * by / (high - low))
