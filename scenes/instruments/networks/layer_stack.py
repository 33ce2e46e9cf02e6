"""Histograms of a network's layers on top of each other, which can be taken apart into a row of single layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, Animation, VGroup, VMobject, linear
from numpy.typing import NDArray

from weightreel.analysis.findings.parameters import Distribution, rebinned
from weightreel.analysis.findings.words.numbers import fixed
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.histogram import visible_range
from weightreel.scenes.instruments.axes.plane import Plane, ticks_along
from weightreel.scenes.instruments.networks.layer_steps import (
    FARTHEST,
    Step,
    bins_of,
    grid_of,
    inner,
    into_bins,
    steps_of,
    unit_of,
)
from weightreel.scenes.kit.clock import Instrument
from weightreel.scenes.kit.grammar.zones import Zone
from weightreel.scenes.kit.paths import polyline
from weightreel.scenes.kit.reading import Reading
from weightreel.scenes.kit.theme import SMALL
from weightreel.scenes.kit.type import ADVANCE, Numerals

Array = NDArray[Any]

ROOM = 1.35
"""How far the pile's axis reaches beyond all but the outermost entries of all epochs."""
FILL = 0.9
"""Share of a column's width that a layer's widest bin fills."""
GAPS = 0.2
"""Share of the pile's height that the gaps between separated steps take together."""
HUGE = 1e4
"""Factors from here on are written by their power of ten."""
INSET = 0.45
"""Room at both ends of the pile's axis for half a number, in units of the frame."""
SHADES = 0.85, 0.6
"""Opacities of neighbouring steps."""
OVERLAPPING = 0.55
"""Share of being taken apart for which one layer's way lasts."""
LETTERS = 0.85
"""Room for numbers and name below the pile's axis, in units of the frame."""
DROP = 0.2
"""How far zero lies below the middle of a column, at whose top its factor stands."""


class LayerStack(Instrument):
    """Layers as steps of one pile, widest at its foot; or each in a column of its own, on a scale of its own.

    In the pile areas are numbers of entries, so that all together they are the histogram of the whole network. In its
    column a layer stands upright, its first epoch's spread as high as every other's, and grey is its first outline.

    Args:
        epochs: (E,).
        layers: the layers' distributions by module path, at least one.
        whole: that of all layers of the network, also of those that are not among `layers`.
        zone: what the pile fills.
        columns: what each layer then fills; those of others stay in the pile and fade.
        colours: hexadecimal, one for all or by module path.
        x_name: name of the pile's axis.

    Example (kept as tests/golden/frames/layer-stack.png):
        LayerStack(run.epochs, layers, whole, zone, columns, theme().WEIGHTS).take_apart(0.5).at(12)
    """

    def __init__(
        self,
        epochs: Array,
        layers: Mapping[str, Distribution],
        whole: Distribution,
        zone: Zone,
        columns: Mapping[str, Zone],
        colours: str | Mapping[str, str],
        x_name: str = "",
    ) -> None:
        super().__init__(epochs)
        low, high = visible_range(inner(whole), *whole.extent[1:], room=ROOM)
        self.columns = dict(columns)
        self._home = np.array([zone.left + INSET, zone.bottom + LETTERS, 0.0])
        width = float(2.0 ** np.floor(np.log2((high - low) / bins_of(whole))))
        self.steps = steps_of(layers, whole, colours, width)
        edges = grid_of(low, high, width)
        self.outline = Step("", edges, into_bins(whole.edges, whole.counts, edges), whole.std, high, theme().RANDOM)
        top = float(self.outline.density.max(initial=0.0)) / (1 - GAPS) or 1.0
        self.plane = Plane(
            (low, high), (0, top), (zone.width - 2 * INSET, zone.height - LETTERS), x_name=x_name,
            x_ticks=ticks_along(low, high, zone.width - 2 * INSET, 7),
        )  # fmt: skip
        self.plane.shift(self._home - self.plane.corner)
        farthest = max((step.reach / unit_of(step) for step in self.steps if step.name in columns), default=1.0)
        self.reach = min(farthest, FARTHEST) or 1.0
        self.shares, self.told_apart, self.gap = np.zeros(len(self.steps)), 0.0, 0.0
        self.paths = [VMobject(stroke_width=0, fill_color=s.colour, fill_opacity=SHADES[0]) for s in self.steps]
        self.ghost, self.first_outlines, self.zeros = (
            VMobject(stroke_color=colour, stroke_width=width, fill_opacity=0)
            for colour, width in ((theme().RANDOM, 2.5), (theme().RANDOM, 2), (theme().GRID, 1.5))
        )
        self.factors = VGroup()
        self.add(self.plane, self.zeros, *self.paths, self.first_outlines, self.ghost, self.factors)
        self._write_factors()
        self.now, self.axis = float(self.epochs[0]), 1.0
        self.at(self.now)

    def _write_factors(self) -> None:
        self.readings = []
        for step in self.steps:
            column = self.columns.get(step.name)
            if column is None or not step.std[step.first] > 0:
                continue
            number = Numerals("", SMALL, theme().TEXT, align=0).move_to([*column.at(UP)[:2], 0], aligned_edge=UP)
            factors = np.asarray(step.std, float) / float(step.std[step.first])
            if max(len(in_short(factor)) for factor in factors) * ADVANCE * SMALL + 0.1 > column.width:
                continue
            self.readings.append(Reading(number, step.name, self.epochs, factors, in_short))
            self.factors.add(number)
        self.factors.set_opacity(0)

    def separate(self, share: float) -> Self:
        """Let gaps open between the steps, and tell a share of them, from the pile's foot, apart by two shades."""
        self.told_apart = share * len(self.steps)
        self._shade()
        return self.part(share)

    def part(self, share: float) -> Self:
        """Let the gaps between steps be so wide, from 0 to 1."""
        self.gap = share * share * (3 - 2 * share) * GAPS * 0.95 / max(len(self.steps) - 1, 1)
        return self.at(self.now)

    def _shade(self) -> None:
        for i, (path, step, moved) in enumerate(zip(self.paths, self.steps, self.shares, strict=True)):
            apart = i < self.told_apart
            shade = SHADES[int(apart and i % 2 == 1)]
            path.set_fill(opacity=shade + float(moved) * ((SHADES[0] if step.name in self.columns else 0.0) - shade))
            path.set_stroke(theme().BACKGROUND, width=1.5 * apart * (1 - float(moved)))

    def take_apart(self, share: float) -> Self:
        """Let the layers be on their way from the pile, 0, to their columns, 1: the top one leaves first."""
        # A step without a column only fades, with the one above it: nothing would be seen to move in a turn of its own.
        moving = np.array([step.name in self.columns for step in self.steps], bool)
        turns = np.clip(np.cumsum(moving) - 1, 0, None)
        order = 1 - turns / max(int(turns.max(initial=0)), 1)
        passed = np.clip((share - (1 - OVERLAPPING) * order) / OVERLAPPING, 0, 1)
        # Half eased and half even, or the first and last tenths of a way look like a standstill.
        self.shares = (passed + passed * passed * (3 - 2 * passed)) / 2
        self._shade()
        return self.at(self.now)

    def show_factors(self, opacity: float) -> Self:
        """Show by how much each layer's spread has grown, above its column."""
        self.factors.set_fill(opacity=opacity)
        return self

    def at(self, t: float) -> Self:
        self.now = t
        piled, columned = 1 - float(self.shares.min()), float(self.shares.max())
        below: list[tuple[Array, Array]] = []
        for i, (step, share, path) in enumerate(zip(self.steps, self.shares, self.paths, strict=True)):
            counts = self.stepped(step.counts, t)
            column = self.columns.get(step.name)
            pile = self._in_pile(step, counts, below, i) if share < 1 or column is None else np.empty(0)
            if column is None:
                path.points = polyline(pile)
            else:
                own = self._in_column(step, counts, column)
                path.points = polyline(own if share == 1 else pile + share * (own - pile) if share else pile)
            if piled:
                below.append((step.edges, counts))
        self._show_axis(1 - float(self.shares.mean()))
        self._draw_ghosts(t, piled, columned)
        return self.write(t)

    def _show_axis(self, opacity: float) -> None:
        if opacity != self.axis:
            self.axis = opacity
            self.plane.lines.set_stroke(opacity=opacity)
            for letters in self.plane.submobjects[1:]:
                letters.set_fill(opacity=opacity)

    def _draw_ghosts(self, t: float, piled: float, columned: float) -> None:
        later, moved = t > self.epochs[0], float(self.shares.mean())
        began = self.outline.counts[self.outline.first]
        self.ghost.points = polyline(self._hull(began)) if later and piled else np.empty((0, 3))
        self.ghost.set_stroke(opacity=1 - moved)
        drawn = [step for step in self.steps if step.name in self.columns] if columned else []
        outlines = [polyline(self._in_column(s, s.counts[s.first], self.columns[s.name])) for s in drawn if later]
        self.first_outlines.points = np.concatenate(outlines) if outlines else np.empty((0, 3))
        self.first_outlines.set_stroke(opacity=moved)
        zeros = [self._zero_of(self.columns[step.name]) for step in drawn]
        self.zeros.points = np.concatenate(zeros) if zeros else np.empty((0, 3))
        self.zeros.set_stroke(opacity=moved)

    def _zero_of(self, column: Zone) -> Array:
        middle = column.centre + DROP * DOWN + self.plane.corner - self._home
        return polyline(np.stack([middle + column.width / 2 * LEFT, middle + column.width / 2 * RIGHT]))

    def _hull(self, counts: Array) -> Array:
        """Corners (2 B + 2, 3) of the outline of all entries together, open at its foot."""
        density = counts / np.diff(self.outline.edges)
        x = np.clip(np.repeat(self.outline.edges, 2), *self.plane.x_range)
        return self.plane.place(x, np.concatenate([[0.0], np.repeat(density, 2), [0.0]]))

    def _in_pile(self, step: Step, counts: Array, below: Sequence[tuple[Array, Array]], nth: int) -> Array:
        """Closed corners (4 B + 1, 3) of the nth step on top of those below it."""
        widths = np.diff(step.edges)
        foot = np.sum([rebinned(edges, n, step.edges) for edges, n in below], axis=0) / widths + np.zeros(len(widths))
        low, high = self.plane.x_range
        seen = (step.edges[1:] > low) & (step.edges[:-1] < high)
        top = foot + np.where(seen, counts / widths, 0.0)
        x = np.clip(np.repeat(step.edges, 2)[1:-1], low, high)
        there = self.plane.place(x, np.repeat(top, 2))
        back = self.plane.place(x[::-1], np.repeat(foot, 2)[::-1])
        return np.concatenate([there, back, there[:1]]) + nth * self.gap * self.plane.upwards

    def _in_column(self, step: Step, counts: Array, column: Zone) -> Array:
        """Closed corners (4 B + 1, 3) of a step in its column: values upwards, entries to both sides."""
        widths = np.diff(step.edges)
        most = float((step.counts / widths).max(initial=0.0)) or 1.0
        drawn = np.abs(step.edges[1:] + step.edges[:-1]) < 2 * self.reach * unit_of(step)
        half = FILL * column.width / 2 * np.repeat(np.where(drawn, counts / widths / most, 0.0), 2)
        x, y = self._heights(step, column, np.repeat(step.edges, 2)[1:-1]).T
        there = np.stack([x + half, y, np.zeros(len(y))], 1)
        back = np.stack([x - half, y, np.zeros(len(y))], 1)[::-1]
        return np.concatenate([there, back, there[:1]])

    def _heights(self, step: Step, column: Zone, values: Array) -> Array:
        scale = (column.height / 2 - DROP) / self.reach
        share = np.clip(np.asarray(values, float) / unit_of(step), -self.reach, self.reach)
        middle = column.centre + DROP * DOWN + self.plane.corner - self._home  # also where all has been moved
        return np.stack([np.full(len(share), middle[0]), middle[1] + scale * share], 1)

    def place_of(self, name: str, values: Array) -> Array:
        """Where values (n,) of a layer lie in its column, (n, 2).

        Raises:
            KeyError: the layer has no column.
        """
        return self._heights(self.steps[self._index(name)], self.columns[name], values)

    def _index(self, name: str) -> int:
        return {step.name: i for i, step in enumerate(self.steps)}[name]

    def edge_of(self, name: str) -> Array:
        """The middle of a step's right side in the pile at the first epoch, (3,).

        Raises:
            KeyError: there is no such step.
        """
        index = self._index(name)
        below = [(step.edges, step.counts[step.first]) for step in self.steps[:index]]
        step = self.steps[index]
        counts, density = step.counts[step.first], step.density[step.first]
        there = self._in_pile(step, counts, below, index)[: 2 * len(counts)]
        solid = np.repeat(density > density.max() / 2, 2)
        foot = self._in_pile(step, np.zeros(len(counts)), below, index)[: 2 * len(counts)]
        return np.asarray((there[solid][-1] + foot[solid][-1]) / 2)


class TakenApart(Animation):
    """Take a pile apart into its columns, or pile the columns up again.

    Args:
        stack: which.
        back: whether the columns are piled up.
    """

    def __init__(self, stack: LayerStack, *, back: bool = False, run_time: float = 3.0, **options: Any) -> None:
        self.back = back
        super().__init__(stack, run_time=run_time, rate_func=options.pop("rate_func", linear), **options)

    def interpolate_mobject(self, alpha: float) -> None:
        """Bring every layer to a share of its way."""
        share = self.rate_func(alpha)
        self.mobject.take_apart(1 - share if self.back else share)


def in_short(factor: float) -> str:
    """A factor in as few characters as columns have room for: 0.9, 2.3, 12, 3e20; a dash where it is not known."""
    if not np.isfinite(factor):
        return "–"
    if factor >= HUGE:
        return f"{factor:.0e}".replace("e+0", "e").replace("e+", "e")
    return fixed(factor, 1) if factor < 9.95 else fixed(factor, 0)
