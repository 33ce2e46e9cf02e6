"""How time runs where records are shown: evenly, or logarithmically where they are taken so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.store.nodes import Run

UNEVEN = 10.0
"""From this ratio of the longest and the shortest time between records, time runs logarithmically."""
WIDER = 3.0
"""So many times longer the middle one of the later half must be."""
FEWEST = 6
"""Records below which it does not: they are too few to tell how they are spaced."""


def records_in_words(runs: Iterable[Run]) -> str:
    """What the records of runs are: `epochs` where all clocks count those."""
    return "epochs" if all(run.clock == "epoch" for run in runs) else "records"


def is_logarithmic(epochs: NDArray[Any]) -> bool:
    """Whether records lie close at the beginning of a training and far apart at its end.

    Args:
        epochs: the clock's values at the records, ascending, (E,).
    """
    if len(epochs) < FEWEST:
        return False
    gaps = np.diff(np.asarray(epochs, float))
    half = len(gaps) // 2
    return bool(gaps.max() > UNEVEN * gaps.min() and np.median(gaps[half:]) > WIDER * np.median(gaps[:half]))
