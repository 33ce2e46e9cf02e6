"""Rates from per-trial outcomes, with Wilson's interval."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.store.nodes import Attack

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
    return rate_of(np.asarray(confidence) >= threshold)


def rate_of(hits: NDArray[Any]) -> Rate:
    """Share of trials (T,) that are hits, with Wilson's 95 % interval; NaN of no trial."""
    return counted(int(np.count_nonzero(hits)), int(np.size(hits)))


def counted(successes: int, trials: int) -> Rate:
    """A share that was counted already, with Wilson's 95 % interval; NaN of no trial.

    Raises:
        ValueError: successes outside 0 … trials.
    """
    low, high = wilson(successes, trials)
    return Rate(successes, trials, successes / trials if trials else float("nan"), low, high)


def successes(attack: Attack, threshold: float | None = None) -> NDArray[np.bool_]:
    """Which trials of noise are answered with a class at `threshold` (default: the attack's) or above, in the end.

    Answering that there is nothing is never a success. Shape (T,), empty where nothing was answered yet.
    """
    answers = latest_answers(attack)
    if answers is None:
        return np.zeros(0, bool)
    prediction, confidence = answers
    limit = attack.threshold if threshold is None else threshold
    return np.asarray((confidence >= limit) & (prediction < attack.n_classes))


def history_successes(attack: Attack) -> NDArray[np.bool_]:
    """Likewise of the trials that are repeated at every epoch, (E, t); empty where none were kept."""
    if not attack.has("history/confidence"):
        return np.zeros((0, 0), bool)
    answered = attack["history/prediction"] < attack.n_classes
    return np.asarray((attack["history/confidence"] >= attack.threshold) & answered)


def success_by_class(prediction: NDArray[Any], confidence: NDArray[Any], threshold: float, n: int) -> NDArray[Any]:
    """Successes counted by the class that was answered, shape (n,); answers beyond the classes are none."""
    chosen = np.asarray(prediction)[np.asarray(confidence) >= threshold]
    return np.bincount(chosen, minlength=n)[:n]


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
    return [rate_of(row) for row in history_successes(attack)]
