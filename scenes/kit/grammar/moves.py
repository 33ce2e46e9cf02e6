"""Nothing appears from nowhere: staggered entries, and a thing that opens into another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import UP, Animation, FadeIn, LaggedStart, Mobject, VMobject

from weightreel.scenes.kit.grammar.zones import Zone
from weightreel.scenes.kit.paths import polyline

LAG = 0.2
"""Share of an entry that passes before the next one begins."""


def entering(mobjects: Sequence[Mobject], *, run_time: float = 1.2, rise: float = 0.12, lag: float = LAG) -> Animation:
    """Let things come in one after the other, each from a little below its place.

    Example (pictured as docs/verbs/entering.webp):
        row = VGroup(*(Square(1.2, fill_opacity=1) for _ in range(5))).arrange(RIGHT, buff=0.6)
        self.play(entering(row))
    """
    return LaggedStart(*(FadeIn(m, shift=rise * UP) for m in mobjects), lag_ratio=lag, run_time=run_time)


def outline_of(zone: Zone, colour: str, width: float = 2.5) -> VMobject:
    """A zone's outline.

    Example (pictured as docs/verbs/outline.webp):
        parts = self.zones.stage.columns(2, 1)
        self.play(entering([outline_of(part, theme().TEXT) for part in parts]))
        self.play(FadeIn(parts[1].fitted(words("the narrow one"))))
    """
    drawn = VMobject(stroke_color=colour, stroke_width=width, fill_opacity=0)
    x = [zone.left, zone.right, zone.right, zone.left, zone.left]
    y = [zone.bottom, zone.bottom, zone.top, zone.top, zone.bottom]
    drawn.points = polyline(np.stack([x, y, np.zeros(5)], 1))
    return drawn
