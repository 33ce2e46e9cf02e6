"""A large number that counts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from weightreel.analysis.findings.words.numbers import count
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.readout import Readout
from weightreel.scenes.kit.theme import DISPLAY


def whole(value: float) -> str:
    """A count, `1,234`; a dash where it is not known."""
    return count(round(value)) if np.isfinite(value) else "–"


class Counter(Readout):
    """What is counted in small letters, and below it the count so far, large enough to be the point of the picture.

    Args:
        epochs: of the clock: epochs, or trials, (E,).
        name: what is counted.
        history: the count at each, (E,).
        colour: of the number.
        written: how it is written; by default as a whole number.

    Example (kept as tests/golden/frames/counter.png):
        Counter(trials, "sure of noise", successes, theme().SUCCESS).at(1500)
    """

    def __init__(
        self,
        epochs: np.ndarray,
        name: str,
        history: np.ndarray,
        colour: str | None = None,
        *,
        written: Callable[[float], str] = whole,
    ) -> None:
        colour = colour or theme().TEXT
        super().__init__(epochs, name, history, colour, size=DISPLAY, written=written)
