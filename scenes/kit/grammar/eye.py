"""An eye that moves: what stands on stage is brought nearer, or drawn back from, while words and clock stay."""

from __future__ import annotations

from typing import Any

from manim import Animation, Mobject, smooth

from weightreel.scenes.kit.grammar.zones import Zone


class Look(Animation):
    """Move the eye so that what fills one zone fills another, and all else keeps its place beside it.

    Lines keep their width, as they do for an eye that moves: type grows and shrinks with the picture. The scale runs
    evenly in its logarithm, so that a fall through many layers is no jump.

    Args:
        world: all that moves.
        source: what is looked at, of the world as it stands.
        target: what it shall fill, as far as its shape allows.
        run_time, rate_func: as Manim's.

    Example (pictured as docs/verbs/look.webp):
        world = VGroup(*(Square(0.8, fill_opacity=i / 60) for i in range(60))).arrange_in_grid(5, 12, buff=0.15)
        self.add(world)
        self.play(Look(world, Zone.around(*world[29:31]), self.zones.stage))
    """

    def __init__(self, world: Mobject, source: Zone, target: Zone, *, run_time: float = 2.0, **options: Any) -> None:
        self.scale = min(target.width / source.width, target.height / source.height)
        self.start, self.end = source.centre, target.centre
        super().__init__(world, run_time=run_time, rate_func=options.pop("rate_func", smooth), **options)

    def begin(self) -> None:
        """Remember where every point of the world stands."""
        members = [m for m in self.mobject.get_family() if len(m.points)]
        self.members = list({id(m): m for m in members}.values())
        self.before = [m.points.copy() for m in self.members]
        super().begin()

    def interpolate_mobject(self, alpha: float) -> None:
        """Put every point where the eye sees it at a share of the way."""
        share = self.rate_func(alpha)
        scale = self.scale**share
        shift = (1 - share) * self.start + share * self.end - scale * self.start
        for member, points in zip(self.members, self.before, strict=True):
            member.points = scale * points + shift
