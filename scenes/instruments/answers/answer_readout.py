"""An answer and its share, in the answer's colour, at any epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from manim import DOWN

from weightreel.analysis.findings.words.numbers import percent
from weightreel.scenes.kit.clock import Instrument
from weightreel.scenes.kit.reading import Reading
from weightreel.scenes.kit.tag import changing
from weightreel.scenes.kit.theme import BODY, SMALL
from weightreel.scenes.kit.type import Numerals


class AnswerReadout(Instrument):
    """The name of an answer and below it a share, as they were at the last epoch that the clock has reached.

    Args:
        epochs: (E,).
        answers: index of the answer, (E,).
        shares: 0 … 1, (E,).
        names: of all answers.
        colours: of all answers, hexadecimal.

    Example (kept as tests/golden/frames/answer-readout.png):
        AnswerReadout(run.epochs, taken.answers[:, 0], taken.confidence[:, 0], taken.names, colours).at(3)
    """

    def __init__(
        self,
        epochs: np.ndarray,
        answers: np.ndarray,
        shares: np.ndarray,
        names: Sequence[str],
        colours: Sequence[str],
    ) -> None:
        super().__init__(epochs)
        self.answers, self.shares = np.asarray(answers, int), np.asarray(shares, float)
        self.names, self.colours = list(names), list(colours)
        self.name_ = changing([self.names[i] for i in np.unique(self.answers)], BODY)
        self.number = Numerals("", SMALL)
        self.number.shift(1.35 * BODY * DOWN)
        self.readings = [Reading(self.number, "share", self.epochs, self.shares, percent)]
        self.add(self.name_, self.number)
        self.at(float(self.epochs[0]))

    def at(self, t: float) -> Self:
        answer = int(self.held(self.answers, t))
        self.name_.show(self.names[answer])
        self.write(t)
        for part in (self.name_, self.number):
            part.set_fill(color=self.colours[answer])
        return self
