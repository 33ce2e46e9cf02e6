"""A number with its name, as it was recorded last."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

import numpy as np
from manim import LEFT

from weightreel.analysis.findings.words.numbers import significant
from weightreel.analysis.palette import theme
from weightreel.scenes.kit.clock import Instrument
from weightreel.scenes.kit.reading import Reading
from weightreel.scenes.kit.theme import BODY
from weightreel.scenes.kit.type import Numerals, label


class Readout(Instrument):
    """A name in muted letters, and below it the number in the colour of what it measures.

    Args:
        epochs: (E,).
        name: what is measured.
        history: its values, (E,).
        colour: of the number.
        size: em of the number.
        written: how the number is written.

    Example (kept as tests/golden/frames/ribbon-dial-readout.png):
        Readout(run.epochs, "standard deviation", run["parameters/weight/std"]).at(8.2)
    """

    def __init__(
        self,
        epochs: np.ndarray,
        name: str,
        history: np.ndarray,
        colour: str | None = None,
        *,
        size: float = BODY,
        written: Callable[[float], str] = significant,
    ) -> None:
        colour = colour or theme().TEXT
        super().__init__(epochs)
        self.history = np.asarray(history, float)
        self.number = Numerals("", size, colour)
        self.readings = [Reading(self.number, name, self.epochs, self.history, written)]
        self.name_ = label(name).move_to([0, 1.45 * size, 0], aligned_edge=LEFT)
        self.add(self.name_, self.number)
        self.at(float(self.epochs[0]))

    def at(self, t: float) -> Self:
        return self.write(t)
