"""A film's busiest excerpt as one writes it at first: a Rectangle for each bar, `Transform` for each epoch.

It is the peer of `benchmarks.films`, shown by Manim's own camera and written by its own writer. It shows the same bars
at the same epochs, and less beside them: no clock and no numbers.
One film does, since the others draw what there is no usual way for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from manim import DL, Axes, Rectangle, Scene, Transform, VGroup, config, linear

from weightreel.analysis.findings.parameters import Distribution, layers_with
from weightreel.analysis.palette import theme
from weightreel.analysis.store.nodes import Run
from weightreel.scenes.instruments.networks.layer_stack import LayerStack
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
    """

    edges: np.ndarray
    heights: np.ndarray
    floor: float
    top: float

    def between(self, epochs: slice) -> Bars:
        """What the film shows, at some of the epochs."""
        return Bars(self.edges, self.heights[epochs], self.floor, self.top)


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
        """The panel's bars at an epoch."""
        return rectangles(panel, axes, epoch, color=self.colour, fill_opacity=0.6, stroke_width=1)


def rectangles(panel: Bars, axes: Axes, epoch: int, **style: Any) -> VGroup:
    """A Rectangle for each bar at an epoch."""
    bars = VGroup()
    for left, right, height in zip(panel.edges[:-1], panel.edges[1:], panel.heights[epoch], strict=True):
        lower, upper = axes.c2p(left, panel.floor), axes.c2p(right, max(height, panel.floor))
        bar = Rectangle(width=upper[0] - lower[0], height=upper[1] - lower[1], **style)
        bars.add(bar.move_to(lower, aligned_edge=DL))
    return bars


def usual_weights(run: Run, epochs: tuple[float, float], seconds: float) -> type[UsualFilm]:
    """Histograms of the layers' weights: the peer of the film's chapter that runs the clock over all of them.

    Args:
        run: what is shown.
        epochs: the first and the last of the excerpt.
        seconds: how long it lasts.
    """
    layers = {name: Distribution.known(layer, "weight") for name, layer in layers_with(run, "weight").items()}
    zone = Zone(-SIZE[0] / 2, -SIZE[1] / 2, SIZE[0] / 2, SIZE[1] / 2)
    columns = dict(zip(layers, zone.columns(*[1.0] * len(layers)), strict=True))
    stack = LayerStack(run.epochs, layers, Distribution.known(run, "weight"), zone, columns, theme().WEIGHTS)
    panels = [
        Bars(step.edges, step.counts, 0.0, float(step.counts.max(initial=1.0))) for step in stack.steps if step.name
    ]
    return _film(panels, run, epochs, seconds, theme().WEIGHTS)


def grid_of(n: int) -> tuple[int, int]:
    """Columns and rows for n panels: about as wide as the frame, few cells left empty."""
    columns = int(np.ceil(np.sqrt(n * 1.6)))
    rows = int(np.ceil(n / columns))
    return int(np.ceil(n / rows)), rows


def _film(panels: list[Bars], run: Run, epochs: tuple[float, float], seconds: float, colour: str) -> type[UsualFilm]:
    first, last = np.searchsorted(run.epochs, epochs)
    kept = slice(max(int(first) - 1, 0), int(last) + 1)
    some = [panel.between(kept) for panel in panels]
    each = seconds / max(len(some[0].heights) - 1, 1)
    return type("UsualFilm", (UsualFilm,), {"panels": some, "seconds": each, "colour": colour})


USUAL = {"weights": ("LayerStack", usual_weights)}
"""By film: the class of objects that mark the excerpt, and the excerpt in the usual way."""
