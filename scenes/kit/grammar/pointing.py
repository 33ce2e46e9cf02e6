"""What changes is pointed at where it is: arrows, rings and braces that keep to the data while the clock runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

import numpy as np
from manim import ORIGIN, VMobject

from weightreel.analysis.palette import theme
from weightreel.scenes.kit.clock import Instrument
from weightreel.scenes.kit.grammar.zones import Zone
from weightreel.scenes.kit.paths import polyline
from weightreel.scenes.kit.theme import SMALL
from weightreel.scenes.kit.type import words

Target = Callable[[float], np.ndarray]
"""Where something stands at an epoch: a point (3,), or NaN where it is not to be seen."""
BARB, HALF_OPEN = 0.2, 0.42
"""Length of an arrow's barbs in units of the frame, and half the angle between them in radians."""
CORNERS = 49
"""Of a ring."""
CLEAR = 0.12
"""Between an arrow's tip and what it points at, and between its other end and its words."""
HOOK = 0.14
"""Depth of a brace."""


class Pointer(Instrument):
    """An arrow with words at its other end, which follows a point.

    The words stay upright and within the safe area: where they would leave it, the arrow turns.

    Args:
        epochs: of the histories that `target` reads, (E,).
        target: what it points at.
        said: the words; none where empty.
        away: from the target to the words, in units of the frame, (3,); or where the words stand, as a function of
            the epoch.
        colour: of arrow and words.
        size: em of the words.

    Example (pictured as docs/verbs/pointer.webp):
        std = self.run["parameters/weight/std"]
        curve = Curves(self.epochs, [Series("", std, theme().WEIGHTS)], size=(10, 4))
        self.zones.stage.hold(curve)
        def head(t):
            return curve.plane.place(np.array([t]), np.array([curve.between(std, t)]))[0]
        arrow = Pointer(self.epochs, head, "here it is now", DOWN)
        self.add(curve, arrow)
        self.run_clock(EpochClock(self.epochs), [curve, arrow], std, seconds=4)
    """

    def __init__(
        self,
        epochs: np.ndarray,
        target: Target,
        said: str,
        away: np.ndarray | Target,
        colour: str | None = None,
        size: float = SMALL,
    ) -> None:
        super().__init__(epochs)
        colour = colour or theme().TEXT
        self.target, self.away = target, away if callable(away) else np.asarray(away, float)
        self.arrow = VMobject(stroke_color=colour, stroke_width=3, fill_opacity=0)
        self.words = words(said, size, colour) if said else None
        self.add(self.arrow, *([self.words] if self.words is not None else []))
        self.at(float(self.epochs[0]))

    def at(self, t: float) -> Self:
        tip = self.target(t)
        if not np.isfinite(tip).all():
            self.arrow.points = np.empty((0, 3))
            self.set_opacity(0)
            return self
        self.set_stroke(opacity=1, family=False)
        self.arrow.set_stroke(opacity=1)
        away = self.away(t) - tip if callable(self.away) else self.away
        end = tip + away
        if self.words is not None:
            self.words.set_fill(opacity=1)
            side = _side(-away)
            safe = Zone.safe()
            self.words.move_to(end, aligned_edge=side)
            box = Zone.around(self.words)
            across = max(safe.left - box.left, 0.0) - max(box.right - safe.right, 0.0)
            up = max(safe.bottom - box.bottom, 0.0) - max(box.top - safe.top, 0.0)
            self.words.shift([across, up, 0])
            end = self.words.get_critical_point(side) + CLEAR * side
        self.arrow.points = arrow(end, tip)
        return self


def arrow(start: np.ndarray, tip: np.ndarray) -> np.ndarray:
    """Points of an arrow from `start` to just before `tip`, (3,) each; none where they are too near each other."""
    along = tip - start
    length = float(np.linalg.norm(along))
    if length < CLEAR + BARB:
        return np.empty((0, 3))
    along = along / length
    head = tip - CLEAR * along
    barbs = []
    for sign in (1, -1):
        c, s = np.cos(sign * HALF_OPEN), np.sin(sign * HALF_OPEN)
        back = np.array([c * along[0] - s * along[1], s * along[0] + c * along[1], 0.0])
        barbs.append(polyline(np.stack([head, head - BARB * back])))
    return np.concatenate([polyline(np.stack([start, head])), *barbs])


class Ring(Instrument):
    """A ring around a point that moves.

    Args:
        epochs: of the histories that `target` reads, (E,).
        target: its centre.
        radius: in units of the frame.
        colour: of the ring.

    Example (pictured as docs/verbs/ring.webp):
        std = self.run["parameters/weight/std"]
        curve = Curves(self.epochs, [Series("", std, theme().WEIGHTS)], size=(10, 4))
        self.zones.stage.hold(curve)
        def head(t):
            return curve.plane.place(np.array([t]), np.array([curve.between(std, t)]))[0]
        ring = Ring(self.epochs, head, 0.3)
        self.add(curve, ring)
        self.run_clock(EpochClock(self.epochs), [curve, ring], std, seconds=4)
    """

    def __init__(self, epochs: np.ndarray, target: Target, radius: float, colour: str | None = None) -> None:
        super().__init__(epochs)
        self.target, self.radius = target, radius
        self.ring = VMobject(stroke_color=colour or theme().TEXT, stroke_width=3, fill_opacity=0)
        turn = np.linspace(0, 2 * np.pi, CORNERS)
        self.circle = np.stack([np.cos(turn), np.sin(turn), np.zeros(CORNERS)], 1)
        self.add(self.ring)
        self.at(float(self.epochs[0]))

    def at(self, t: float) -> Self:
        centre = self.target(t)
        known = np.isfinite(centre).all()
        self.ring.points = polyline(centre + self.radius * self.circle) if known else np.empty((0, 3))
        return self


class Brace(Instrument):
    """A square bracket from one moving point to another, with words beside it.

    Args:
        epochs: of the histories that `ends` reads, (E,).
        ends: its two ends, (2, 3), as a function of the epoch; NaN where there is nothing to embrace.
        said: the words; none where empty.
        side: to which the words stand: LEFT, RIGHT, UP or DOWN.
        colour: of the brace and its words.

    Example (pictured as docs/verbs/brace.webp):
        std = self.run["parameters/weight/std"]
        axes = Plane((-0.02, 0.02), (0, 1), (11, 2), x_name="weight", x_ticks=(-0.02, 0, 0.02))
        self.zones.stage.hold(axes)
        def ends(t):
            now = float(np.interp(t, self.epochs, std))
            return axes.place(np.array([-now, now]), np.array([0.2, 0.2]))
        spread = Brace(self.epochs, ends, "± σ", UP)
        self.add(axes, spread)
        self.run_clock(EpochClock(self.epochs), [spread], std, seconds=4)
    """

    def __init__(
        self,
        epochs: np.ndarray,
        ends: Target,
        said: str,
        side: np.ndarray,
        colour: str | None = None,
    ) -> None:
        super().__init__(epochs)
        colour = colour or theme().TEXT
        self.ends, self.side = ends, np.asarray(side, float)
        self.line = VMobject(stroke_color=colour, stroke_width=2.5, fill_opacity=0)
        self.words = words(said, SMALL, colour) if said else None
        self.add(self.line, *([self.words] if self.words is not None else []))
        self.at(float(self.epochs[0]))

    def at(self, t: float) -> Self:
        one, other = self.ends(t)
        known = bool(np.isfinite([one, other]).all())
        out = HOOK * self.side
        self.line.points = polyline(np.stack([one, one + out, other + out, other])) if known else np.empty((0, 3))
        if self.words is not None:
            self.words.set_fill(opacity=float(known))
            if known:
                self.words.move_to((one + other) / 2 + 2 * out, aligned_edge=-self.side)
        return self


def _side(away: np.ndarray) -> np.ndarray:
    """The side of a box that looks along `away`, (3,): one of Manim's four directions."""
    if not away.any():
        return ORIGIN
    main = int(np.abs(away[:2]).argmax())
    side = np.zeros(3)
    side[main] = np.sign(away[main])
    return side
