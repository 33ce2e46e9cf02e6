"""Films that are watched while they are drawn: what they say, and what they show outside the safe area."""

from __future__ import annotations

import numpy as np
from manim import ValueTracker

from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.grammar.follow import Veil
from weightreel.scenes.kit.theme import SAFE_BOTTOM, SAFE_LEFT, SAFE_RIGHT, SAFE_TOP

ROOM = 0.02
"""Units of the frame by which a stroke may reach beyond."""
BOX = np.array([[SAFE_LEFT - ROOM, SAFE_BOTTOM - ROOM], [SAFE_RIGHT + ROOM, SAFE_TOP + ROOM]])


def watched(film: type[Film]) -> Film:
    """A film of this kind that notes its captions in `told`, and in `outside` what a pause shows near the edges."""

    class Watched(film):  # type: ignore[misc, valid-type]
        told: dict[str, str]
        outside: list[str]

        def setup(self) -> None:
            self.told, self.outside = {}, []
            super().setup()

        def beat(self, name: str, caption: str, *, notes: str = "", loop: bool = False) -> None:
            self.told[name] = caption
            super().beat(name, caption, notes=notes, loop=loop)

        def wait(self, *arguments: object, **options: object) -> None:
            for part in (p for mobject in self.mobjects for p in mobject.family_members_with_points()):
                low, high = part.points[:, :2].min(0), part.points[:, :2].max(0)
                if not isinstance(part, ValueTracker | Veil) and ((low < BOX[0]).any() or (high > BOX[1]).any()):
                    self.outside.append(f"{list(self.told)[-1]}: {type(part).__name__} {low} … {high}")
            super().wait(*arguments, **options)

    return Watched()
