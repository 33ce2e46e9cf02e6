"""Instruments: Mobjects that hold a history, epoch first, and draw themselves at any real epoch."""

from __future__ import annotations

from typing import Self

import numpy as np
from manim import VGroup

from weightreel.analysis.findings.time import interpolate
from weightreel.scenes.kit.clock import EpochClock


class Clocked:
    """What every instrument can do, whatever kind of Mobject draws it.

    Subclasses hold their histories as NumPy attributes, epoch first, so that Manim's hash of a scene sees them; they
    draw axes and letters once and, in `at`, move as few paths as they can.

    Args:
        epochs: the epochs that the histories' first axis stands for, ascending, (E,).
    """

    epochs: np.ndarray

    def at(self, t: float) -> Self:
        """Draw the state at epoch `t`; between epochs linearly interpolated, beyond them the nearest one's."""
        raise NotImplementedError

    def attach(self, clock: EpochClock) -> Self:
        """Follow `clock`, and draw at once where it stands."""
        drawn = clock.epoch

        def follow(instrument: Clocked) -> None:
            nonlocal drawn
            if clock.epoch != drawn:
                drawn = clock.epoch
                instrument.at(drawn)

        self.at(drawn)
        self.add_updater(follow)
        return self

    def between(self, history: np.ndarray, t: float) -> np.ndarray:
        """`history` (E, …) at epoch `t`, shape (…)."""
        return interpolate(self.epochs, history, t)


class Instrument(Clocked, VGroup):
    """An instrument that is drawn with paths."""

    def __init__(self, epochs: np.ndarray) -> None:
        super().__init__()
        self.epochs = np.asarray(epochs, dtype=float)
