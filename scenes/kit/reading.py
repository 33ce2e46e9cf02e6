"""A number that a clock changes: what it is written with, and the history that it is written from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from weightreel.analysis.findings.time import held
from weightreel.scenes.kit.type import Numerals


@dataclass(frozen=True)
class Reading:
    """Numerals that say what was recorded last; nothing between two records is ever written.

    Attributes:
        numerals: what it is written with.
        name: what is read: the words beside it, or which of an instrument's numbers it is.
        epochs: of the records, ascending, (E,).
        history: a value a record, (E,), or a row of those that are written together, (E, K).
        written: how one of them is written.
    """

    numerals: Numerals
    name: str
    epochs: np.ndarray
    history: np.ndarray
    written: Callable[[Any], str]

    def at(self, t: float) -> Numerals:
        """Write the last record at or before epoch `t`."""
        found = held(self.epochs, self.history, t)
        return self.numerals.show(self.written(found if found.ndim else found.item()))
