"""Randomised smoothing in two dimensions: an image, its noisy copies, and the ball that they certify."""

from __future__ import annotations

from statistics import NormalDist
from typing import Self

import numpy as np
from manim import DOWN, LEFT, Circle, Dot, VGroup, VMobject

from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.palette import theme
from weightreel.scenes.kit.clock import Instrument
from weightreel.scenes.kit.paths import polyline
from weightreel.scenes.kit.theme import SMALL
from weightreel.scenes.kit.type import words

COPIES = 260
REACH = 3.0
"""Half the side of the picture in standard deviations of the noise."""
DOT = 0.032


class NoiseBall(Instrument):
    """A schematic: a point, a Gaussian cloud around it, and a flat border that cuts off the share of other answers.

    The theorem (Cohen et al. 2019) holds for every border; a flat one is the worst of them, and the radius is then the
    distance to it. The clock counts copies, 0 … COPIES; `grow` draws the ball.

    Args:
        share: of the votes for the answer, 0 … 1.
        radius: of the ball, in standard deviations of the noise; None draws none.
        colour: of the answer's copies, the ball and the border.
        side: of the picture, in units of the frame.
        seed: of the cloud.

    Example (kept as tests/golden/frames/noise-ball.png):
        NoiseBall(share, radius, theme().CNN, 5.0).at(COPIES).grow(0.8)
    """

    def __init__(self, share: float, radius: float | None, colour: str, side: float, seed: int = 0) -> None:
        super().__init__(np.array([0.0, COPIES]))
        self.unit = side / 2 / REACH
        self.radius = radius
        cloud = np.random.default_rng(seed).normal(size=(8 * COPIES, 2))
        cloud = cloud[(np.abs(cloud) < REACH - 0.1).all(1)][:COPIES]
        self.cloud = np.column_stack([cloud, np.zeros(COPIES)])
        self.border = float(NormalDist().inv_cdf(min(max(share, 1e-9), 1 - 1e-9)))
        self.frame = VMobject(stroke_color=theme().GRID, stroke_width=1.5, fill_opacity=0)
        corners = side / 2 * np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0], [-1, -1, 0]])
        self.frame.points = polyline(corners)
        self.sigma = Circle(radius=self.unit, stroke_color=theme().MUTED, stroke_width=1.5)
        self.ball = VMobject(stroke_color=colour, stroke_width=4, fill_color=colour, fill_opacity=0.25)
        self.answers = VMobject(stroke_width=0, fill_color=colour, fill_opacity=0.9)
        self.others = VMobject(stroke_width=0, fill_color=theme().MUTED, fill_opacity=0.9)
        self.dot = Circle(radius=DOT).points  # (P, 3)
        point = Dot(radius=0.08, color=theme().TEXT)
        self.add(self.frame, self.sigma, self.answers, self.others, self._wall(), self.ball, point, self._letters())
        self.grow(0.0).at(0.0)

    @property
    def shows_border(self) -> bool:
        """Whether the border lies within the picture."""
        return abs(self.border) < REACH

    def _wall(self) -> VGroup:
        if not self.shows_border:
            return VGroup()
        wall = VMobject(stroke_color=theme().TEXT, stroke_width=2, fill_opacity=0)
        x, half = self.border * self.unit, REACH * self.unit
        wall.points = polyline(np.array([[x, -half, 0], [x, half, 0]]))
        return VGroup(wall)

    def _letters(self) -> VMobject:
        said = (
            phrase("Schematic; ring: σ, line: where the answer changes.")
            if self.shows_border
            else phrase("Schematic; ring: σ.")
        )
        under = words(said, SMALL, theme().MUTED, width=self.frame.width)
        return under.next_to(self.frame, DOWN, buff=0.16, aligned_edge=LEFT)

    @property
    def centre(self) -> np.ndarray:
        """Where the image lies, (3,)."""
        return self.frame.points.reshape(-1, 4, 3)[:, 0].mean(0)

    def at(self, t: float) -> Self:
        n = int(np.clip(t, 0, COPIES))
        here = self.cloud[:n]
        inside = here[:, 0] <= self.border
        for dots, chosen in ((self.answers, here[inside]), (self.others, here[~inside])):
            dots.points = (self.centre + self.unit * chosen[:, None] + self.dot).reshape(-1, 3)
        return self

    def grow(self, share: float) -> Self:
        """Draw the ball, from a point (0) to its whole radius (1)."""
        if self.radius is not None and share > 0:
            self.ball.points = self.centre + self.unit * self.radius * share * Circle(radius=1).points
        else:
            self.ball.points = np.empty((0, 3))
        return self
