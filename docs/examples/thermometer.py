"""A history as the height of a column."""

from __future__ import annotations

from typing import Self

import numpy as np
from manim import DOWN, Rectangle

from weightreel.analysis.palette import theme
from weightreel.scenes.kit.clock import Instrument


class Thermometer(Instrument):
    """A column that stands as high as a history, between its lowest and its highest value.

    Args:
        epochs: (E,).
        history: (E,), finite.
        height: of the glass, in units of the frame.

    Example (kept as tests/golden/frames/thermometer.png):
        Thermometer(run.epochs, run["train/loss"]).at(6.5)
    """

    def __init__(self, epochs: np.ndarray, history: np.ndarray, height: float = 4) -> None:
        super().__init__(epochs)
        low, high = history.min(), history.max()
        self.share = (history - low) / max(high - low, 1e-9)
        self.glass = Rectangle(theme().GRID, width=0.8, height=height)
        self.column = Rectangle(width=0.8, height=height, fill_color=theme().WEIGHTS, fill_opacity=1, stroke_width=0)
        self.add(self.column, self.glass)
        self.at(float(self.epochs[0]))

    def at(self, t: float) -> Self:
        """The column at epoch `t`."""
        height = max(float(self.between(self.share, t)), 0.01) * float(self.glass.height)
        self.column.stretch_to_fit_height(height).move_to(self.glass.get_bottom(), aligned_edge=DOWN)
        return self
