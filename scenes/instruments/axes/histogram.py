"""A histogram that is one path."""

from __future__ import annotations

from typing import Self

import numpy as np
from manim import VMobject

from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.plane import Plane, log_ticks, nice_ticks, ticks_along
from weightreel.scenes.kit.clock import Instrument
from weightreel.scenes.kit.paths import polyline

DEFAULT_SIZE = (7.6, 4.2)
ROOM, ROOM_FOR_TAILS = 1.7, 3.5
"""How far an axis reaches beyond the bulk; a logarithmic count axis shows the tails there."""


class Histogram(Instrument):
    """Counts over fixed bins, filled, above a pair of axes that stays as it is for the whole film.

    Args:
        epochs: epochs of the history, (E,).
        edges: edges of the bins, ascending, (B + 1,).
        counts: entries, (E, B).
        colour: of the bars.
        size: width and height of the axes in units of the frame.
        visible: the part of the horizontal axis shown; bins beyond it are left out. None shows all bins.
        most_bins: neighbouring bins are counted together until so many are visible at most, or fewer where there are
            too few entries to fill them.
        log: logarithmic counts, which keep tails of few entries in sight.
        names: names of the horizontal and vertical axis; empty ones are not drawn.
        ticks: how many ticks at most, horizontally and vertically.
        ghost: keep the first epoch's outline in sight.

    Example (kept as tests/golden/frames/histogram.png):
        Histogram(run.epochs, edges, counts, theme().WEIGHTS, log=True, ghost=True).at(6.5)
    """

    def __init__(
        self,
        epochs: np.ndarray,
        edges: np.ndarray,
        counts: np.ndarray,
        colour: str,
        *,
        size: tuple[float, float] = DEFAULT_SIZE,
        visible: tuple[float, float] | None = None,
        most_bins: int = 256,
        log: bool = False,
        names: tuple[str, str] = ("", ""),
        ticks: tuple[int, int] = (5, 4),
        ghost: bool = False,
    ) -> None:
        super().__init__(epochs)
        self.edges, self.counts = coarsen(edges, counts, visible, min(most_bins, fitting_bins(counts)))
        low, high = visible or (float(self.edges[0]), float(self.edges[-1]))
        top = float(self.counts.max(initial=1)) * 1.05
        self.plane = Plane(
            (low, high),
            (0, top),
            size,
            log=log,
            x_name=names[0],
            y_name=names[1],
            x_ticks=ticks_along(low, high, size[0], ticks[0]) if ticks[0] else (),
            y_ticks=(log_ticks(top, ticks[1]) if log else nice_ticks(0, top, ticks[1])) if ticks[1] else (),
        )
        self.bars = VMobject(stroke_color=colour, stroke_width=1.5, fill_color=colour, fill_opacity=0.55)
        self.add(self.plane)
        if low < 0 < high:
            self.add(self.plane.mark(0))
        self.add(self.bars)
        if ghost:
            self.ghost = VMobject(stroke_color=theme().RANDOM, stroke_width=2, fill_opacity=0)
            known = np.flatnonzero(self.counts.any(1))
            self.ghost.points = polyline(self._outline(0, self.counts[known[0] if len(known) else 0]))
            self.add(self.ghost)
        self.at(float(self.epochs[0]))

    def at(self, t: float) -> Self:
        self.bars.points = polyline(self._outline(0, self.stepped(self.counts, t)))
        return self

    def _outline(self, floor: float, counts: np.ndarray) -> np.ndarray:
        """Corners (2B + 3, 3) around the bars of counts (B,), closed."""
        x = np.clip(np.repeat(self.edges, 2), *self.plane.x_range)
        y = np.concatenate([[floor], np.repeat(counts, 2), [floor]])
        return self.plane.place(np.append(x, x[0]), np.append(y, floor))


def fitting_bins(counts: np.ndarray) -> int:
    """Bins that the entries of a histogram (E, B) fill: twice the square root of their number, at least 12."""
    return max(int(2 * np.sqrt(counts.sum(1).max(initial=0))), 12)


def coarsen(
    edges: np.ndarray, counts: np.ndarray, visible: tuple[float, float] | None, most: int
) -> tuple[np.ndarray, np.ndarray]:
    """The bins that lie in `visible` at least in part, neighbours summed until at most `most` are left.

    Returns:
        edges (B' + 1,) and counts (E, B').
    """
    if visible is not None:
        first = max(int(np.searchsorted(edges, visible[0], "right")) - 1, 0)
        last = min(int(np.searchsorted(edges, visible[1], "left")), len(edges) - 1)
        edges, counts = edges[first : last + 1], counts[:, first:last]
    together = int(np.ceil(counts.shape[1] / most))
    starts = np.arange(0, counts.shape[1], together)
    return (
        np.append(edges[:-1][starts], edges[-1]).astype(float),
        np.add.reduceat(counts.astype(float), starts, axis=1),
    )


def visible_range(
    quantiles: np.ndarray, minimum: np.ndarray, maximum: np.ndarray, room: float = ROOM
) -> tuple[float, float]:
    """A horizontal range that holds the bulk of all epochs and some of the tails, so that it is no single spike.

    Args:
        quantiles: ascending, the outermost ones decide, (E, Q).
        minimum, maximum: never go beyond these, (E,).
        room: how far beyond the outermost quantiles, as a factor of their distance from the median.
    """
    middle = float(np.median(quantiles))
    reach_left = room * (middle - float(quantiles.min()))
    reach_right = room * (float(quantiles.max()) - middle)
    low = max(middle - reach_left, float(minimum.min()))
    high = min(middle + reach_right, float(maximum.max()))
    if not high > low:  # entries that are all equal
        pad = max(abs(middle), 1.0) * 0.1
        return middle - pad, middle + pad
    return low, high
