"""The busiest excerpts of two films as one writes them at first: a Rectangle for each bar, `Transform` for each epoch.

They are the peers of `benchmarks.films`, shown by Manim's own camera and written by its own writer. They show the same
bars and lines at the same epochs, and less beside them: no dial and no numbers.
Two films do, since the others draw the same kinds of bars or other things for which there is no usual way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from manim import DL, Axes, Line, Rectangle, Scene, Transform, VGroup, config, linear

from weightreel.analysis.findings.parameters import Distribution, layers_with
from weightreel.analysis.findings.spectra import Spectrum, layers_with_spectra, spread
from weightreel.analysis.palette import theme
from weightreel.analysis.store.nodes import Run
from weightreel.scenes.chapters.spectra.leaving import MOST_LAYERS
from weightreel.scenes.instruments.networks.layer_stack import LayerStack
from weightreel.scenes.instruments.spectra.esd import EsdPlot
from weightreel.scenes.kit.grammar.zones import Zone

SIZE = 12.6, 5.0
"""Width and height of all panels together, in units of the frame."""


@dataclass(frozen=True)
class Bars:
    """What one panel shows.

    Attributes:
        edges: sides of the bars, (B + 1,).
        heights: at every epoch, above `floor`, (E, B).
        floor, top: lower and upper end of the vertical axis.
        tails: ends of a fitted line at every epoch, (E, 2, 2), x and y, NaN where there is none; or None.
    """

    edges: np.ndarray
    heights: np.ndarray
    floor: float
    top: float
    tails: np.ndarray | None = None
    random: Bars | None = None
    """Outlines of a random matrix's bars on the same axes."""

    def between(self, epochs: slice) -> Bars:
        """What the film shows, at some of the epochs."""
        tails = None if self.tails is None else self.tails[epochs]
        random = None if self.random is None else self.random.between(epochs)
        return Bars(self.edges, self.heights[epochs], self.floor, self.top, tails, random)


class UsualFilm(Scene):
    """Panels of bars that go from epoch to epoch; subclasses say which.

    Attributes:
        panels: what is shown.
        seconds: of an epoch.
        colour: of the bars.
    """

    panels: Sequence[Bars]
    seconds: float
    colour: str

    def construct(self) -> None:
        """Transform all bars from each epoch to the next."""
        config.background_color = self.camera.background_color = theme().BACKGROUND
        columns, rows = grid_of(len(self.panels))
        width, height = SIZE[0] / columns, SIZE[1] / rows
        axes = VGroup()
        for panel in self.panels:
            low, high = panel.edges[0], panel.edges[-1]
            axes.add(
                Axes(
                    x_range=[low, high, high - low],
                    y_range=[panel.floor, panel.top, panel.top - panel.floor],
                    x_length=width - 0.35,
                    y_length=height - 0.85,
                    tips=False,
                )
            )
        axes.arrange_in_grid(rows, columns, cell_alignment=DL)
        shown = [self.drawn(panel, place, 0) for panel, place in zip(self.panels, axes, strict=True)]
        self.add(axes, *shown)
        for epoch in range(1, len(self.panels[0].heights)):
            targets = [self.drawn(panel, place, epoch) for panel, place in zip(self.panels, axes, strict=True)]
            moves = (Transform(bars, target) for bars, target in zip(shown, targets, strict=True))
            self.play(*moves, run_time=self.seconds, rate_func=linear)

    def drawn(self, panel: Bars, axes: Axes, epoch: int) -> VGroup:
        """The panel's bars, and its line, at an epoch."""
        bars = rectangles(panel, axes, epoch, color=self.colour, fill_opacity=0.6, stroke_width=1)
        if panel.random is not None:
            bars.add(*rectangles(panel.random, axes, epoch, color=theme().RANDOM, stroke_width=2))
        if panel.tails is not None:
            (x0, y0), (x1, y1) = np.nan_to_num(panel.tails[epoch], nan=panel.edges[0])
            bars.add(Line(axes.c2p(x0, y0), axes.c2p(x1, y1), color=theme().TAIL))
        return bars


def rectangles(panel: Bars, axes: Axes, epoch: int, **style: Any) -> VGroup:
    """A Rectangle for each bar at an epoch."""
    bars = VGroup()
    for left, right, height in zip(panel.edges[:-1], panel.edges[1:], panel.heights[epoch], strict=True):
        lower, upper = axes.c2p(left, panel.floor), axes.c2p(right, max(height, panel.floor))
        bar = Rectangle(width=upper[0] - lower[0], height=upper[1] - lower[1], **style)
        bars.add(bar.move_to(lower, aligned_edge=DL))
    return bars


def usual_weights(run: Run, epochs: tuple[float, float], seconds: float) -> type[UsualFilm]:
    """Histograms of the layers' weights: the peer of the film's chapter with LayerStack.

    Args:
        run: what is shown.
        epochs: the first and the last of the excerpt.
        seconds: how long it lasts.
    """
    layers = {name: Distribution.known(of, "weight") for name, of in layers_with(run, "weight").items()}
    zone = Zone(0, 0, *SIZE)
    stack = LayerStack(run.epochs, layers, Distribution.known(run, "weight"), zone, {}, "#fff")
    panels = [Bars(of.edges, of.counts, 0.0, float(of.counts.max())) for of in stack.steps if of.name]
    return _film(panels, run, epochs, seconds, theme().WEIGHTS)


def usual_esd(run: Run, epochs: tuple[float, float], seconds: float) -> type[UsualFilm]:
    """ESDs of the layers with their fitted tails: the peer of the film's chapter with all layers."""
    plots = [
        EsdPlot(Spectrum.of(run, layer, bins=24), (2, 1), compact=True)
        for layer in spread(layers_with_spectra(run), MOST_LAYERS)
    ]
    return _film([_of_esd(plot) for plot in plots], run, epochs, seconds, theme().ESD)


def grid_of(n: int) -> tuple[int, int]:
    """Columns and rows for n panels: about as wide as the frame, few cells left empty."""
    columns = int(np.ceil(np.sqrt(n * 1.6)))
    rows = int(np.ceil(n / columns))
    return int(np.ceil(n / rows)), rows


def _film(panels: list[Bars], run: Run, epochs: tuple[float, float], seconds: float, colour: str) -> type[UsualFilm]:
    first, last = np.searchsorted(run.epochs, epochs)
    kept = slice(max(int(first) - 1, 0), int(last) + 1)
    some = [Bars(p.edges, p.heights[kept], p.floor, p.top, None if p.tails is None else p.tails[kept]) for p in panels]
    each = seconds / max(len(some[0].heights) - 1, 1)
    return type("UsualFilm", (UsualFilm,), {"panels": some, "seconds": each, "colour": colour})


def _of_esd(plot: EsdPlot) -> Bars:
    tails = np.full((len(plot.epochs), 2, 2), np.nan)
    for i, fit in enumerate(plot.spectrum.fits):
        ends = plot.tail(fit)
        if len(ends):
            tails[i] = ends
    floor, top = plot.plane.y_range
    random = None
    if len(plot.random_edges):
        heights = np.nan_to_num(plot.random_heights, nan=floor)
        random = Bars(plot.random_edges[::2], heights, floor, top)
    return Bars(plot.spectrum.edges, plot.heights, floor, top, tails, random)


USUAL = {"weights": ("LayerStack", usual_weights), "esd": ("EsdPlot", usual_esd)}
"""By film: the class of objects that mark the excerpt, and the excerpt in the usual way."""
