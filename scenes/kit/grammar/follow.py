"""One thing to follow: a veil dims all that a sentence is not about."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from manim import Mobject, VMobject, config

from weightreel.analysis.palette import theme
from weightreel.scenes.kit.paths import rectangles

LEFT_OF_IT = 0.2
"""Share of their contrast that dimmed things keep."""
VEIL, LIT = 1, 2
"""Their places in the order of drawing; everything else has 0."""


class Veil(VMobject):
    """The frame's background over everything but what is lit.

    What lies under it is exempt from the check of contrast, if it was readable before.
    """

    def __init__(self) -> None:
        super().__init__(stroke_width=0, fill_color=theme().BACKGROUND, fill_opacity=1 - LEFT_OF_IT)
        across, up = config.frame_width / 2, config.frame_height / 2
        self.points = rectangles(*(np.array([side]) for side in (-across, across, -up, up)))
        self.set_z_index(VEIL)


def lit(mobjects: Iterable[Mobject]) -> None:
    """Draw these above a veil."""
    for mobject in mobjects:
        mobject.set_z_index(LIT)


def unlit(mobjects: Iterable[Mobject]) -> None:
    """Draw these in their usual place again."""
    for mobject in mobjects:
        mobject.set_z_index(0)
