"""Rates from per-trial outcomes, with Wilson's interval."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.store.nodes import Attack

_Z95 = 1.959963984540054
"""0.975 quantile of the standard normal distribution."""


class Rate(NamedTuple):
    """A share of successes and its Wilson 95 % interval. The interval covers the trials only, not epochs or seeds."""

    successes: int
    trials: int
    value: float
    low: float
    high: float


def wilson(successes: int, trials: int, z: float = _Z95) -> tuple[float, float]:
    """Wilson's score interval (Wilson 1927) of a binomial proportion.

    Args:
        successes: number of successes, 0 … trials.
        trials: number of trials; of none, the interval is (0, 1).
        z: standard normal quantile of the level, 1.96 for 95 %.

    Raises:
        ValueError: successes outside 0 … trials.
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"successes must lie in 0 … {trials}, got {successes}")
    if trials == 0:
        return 0.0, 1.0
    share = successes / trials
    denominator = 1 + z**2 / trials
    centre = (share + z**2 / (2 * trials)) / denominator
    half = z * np.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2)) / denominator
    # At 0 and 1 the exact bound is the share itself; rounding must not move it.
    low = 0.0 if successes == 0 else float(centre - half)
    high = 1.0 if successes == trials else float(centre + half)
    return low, high


def success_rate(confidence: NDArray[Any], threshold: float) -> Rate:
    """Share of trials answered with at least `threshold` confidence.

    Args:
        confidence: softmax probability of the answer, shape (T,).
        threshold: in [0, 1].
    """
    trials = int(np.size(confidence))
    successes = int(np.count_nonzero(np.asarray(confidence) >= threshold))
    low, high = wilson(successes, trials)
    return Rate(successes, trials, successes / trials if trials else float("nan"), low, high)


def success_by_class(prediction: NDArray[Any], confidence: NDArray[Any], threshold: float, n: int) -> NDArray[Any]:
    """Successes counted by the class that was answered, shape (n,)."""
    chosen = np.asarray(prediction)[np.asarray(confidence) >= threshold]
    return np.bincount(chosen, minlength=n)


def latest_answers(attack: Attack) -> tuple[NDArray[Any], NDArray[Any]] | None:
    """Prediction and confidence of each trial at the last epoch, (T,) each, None where there are none yet.

    Of all trials once the run is complete; until then of those that are repeated at every epoch.
    """
    if attack.has("confidence"):
        return attack["prediction"], attack["confidence"]
    if attack.has("history/confidence"):
        return attack["history/prediction"][-1], attack["history/confidence"][-1]
    return None


def success_history(attack: Attack) -> list[Rate]:
    """Success rate at every epoch over the trials that are repeated at each, (E,); empty where none were kept."""
    if not attack.has("history/confidence"):
        return []
    return [success_rate(confidence, attack.threshold) for confidence in attack["history/confidence"]]
