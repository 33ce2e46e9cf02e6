"""A network's answer as bars, one of them in its own colour."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from manim import VMobject

from weightreel.scenes.instruments.axes.bars import Bars


class AnswerBars(Bars):
    """Bars of which one, that of the right answer or of the one voted for, stands out by its colour.

    Args:
        chosen: which one, from the top; None for none.
        chosen_colour: of that one.
        of_bars, named: what `Bars` takes: epochs, names, values, size, most, colour and written.

    Example (kept as tests/golden/frames/path-of-an-attack.png):
        AnswerBars(
            steps, classes, probabilities, (6, 4), most=1.0, colour=theme().SUCCESS, chosen=label,
            chosen_colour=theme().TEXT, written=percent,
        ).at(2.5)
    """

    def __init__(self, *of_bars: Any, chosen: int | None, chosen_colour: str, **named: Any) -> None:
        self.chosen_row = chosen
        self.chosen = VMobject(stroke_width=0, fill_color=chosen_colour, fill_opacity=1)
        super().__init__(*of_bars, **named)
        self.add(self.chosen)

    def at(self, t: float) -> Self:
        super().at(t)
        if self.chosen_row is None:
            return self
        # Bars without length have no rectangle, so that a bar is known by its height only.
        drawn = self.bars.points.reshape(-1, 16, 3)
        middle = self.base.points[0, 1] - (self.chosen_row + 0.5) * self.row
        mine = np.abs(drawn[:, :, 1].mean(1) - middle) < self.row / 4
        self.chosen.points, self.bars.points = drawn[mine].reshape(-1, 3), drawn[~mine].reshape(-1, 3)
        return self
