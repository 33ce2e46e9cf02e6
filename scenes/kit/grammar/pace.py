"""Seconds go where something changes: how a clock divides its time among the records."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]

LEAST = 0.12
"""Share of the largest step's time that a step without any change still gets."""
SECONDS = 0.55
"""Of the step in which most changes."""
SHORTEST, LONGEST, AGAIN = 6.3, 14.0, 3.0
"""Seconds of a sweep, and at most of one over records that were shown before."""


def changes_of(history: Array) -> Array:
    """How much a history changes from each record to the next, of its largest change, (E - 1,).

    Args:
        history: (E, …); NaN counts as no change.
    """
    steps = np.abs(np.nan_to_num(np.diff(np.asarray(history, float), axis=0)))
    steps = steps.reshape(len(steps), -1).mean(1) if steps.size else np.zeros(len(steps))
    return np.asarray(steps / max(float(steps.max(initial=0.0)), 1e-300))


def weights_of(*histories: Array) -> Array:
    """Each step's time as a share of the longest one's, LEAST … 1, (E - 1,): the histories' mean.

    Args:
        histories: of the same records, (E, …) each; at least one.
    """
    return np.maximum(np.mean([changes_of(history) for history in histories], axis=0), LEAST)


def seconds_for(*histories: Array, again: bool = False) -> float:
    """Seconds that a sweep over these histories asks for; at most AGAIN where they were shown before."""
    asked = float(np.clip(SECONDS * weights_of(*histories).sum(), SHORTEST, LONGEST))
    return min(asked, AGAIN) if again else asked


def passed_at(*histories: Array) -> Array:
    """Share of a sweep's time that has passed when each record is reached, (E,), from 0 to 1."""
    passed = np.concatenate([[0.0], np.cumsum(weights_of(*histories))])
    return np.asarray(passed / max(float(passed[-1]), 1e-300))
