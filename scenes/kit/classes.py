"""Classes on screen: names that fit, and which of many are drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from weightreel.analysis.findings.words.names import names_of
from weightreel.scenes.instruments.axes.small_multiples import shortened

MOST_LETTERS = 16
"""Of a class's name in sentences and beside pictures."""
MOST_ANSWERS = 12
"""Bars that fit below each other with their names."""


def short_names(classes: Sequence[str]) -> list[str]:
    """The classes' names, for people, cut where they are long."""
    return [shortened(name, MOST_LETTERS) for name in names_of(classes)]


def largest(peaks: np.ndarray, most: int = MOST_ANSWERS) -> list[int]:
    """Places of the `most` largest of `peaks` (C,), in their order."""
    return sorted(int(i) for i in np.argsort(-np.asarray(peaks, float), kind="stable")[:most])
