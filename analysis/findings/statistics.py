"""Paired tests of two networks, exact where that is cheap, and the interval of a reduction: arrays in, numbers out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

EXACT_PAIRS, DRAWS = 14, 20_000
"""Up to so many pairs every exchange is counted, else so many are drawn."""
RESAMPLES = 10_000
FEWEST = 3
"""Pairs from which a bootstrap has something to draw from."""


def mcnemar(first: Array, second: Array) -> float:
    """Two-sided exact p of McNemar's (1947) paired test.

    It says something of the trials at that one epoch, and nothing of other epochs or seeds.

    Args:
        first: whether each trial is a success for one network (T,), bool.
        second: for the other, of the same trials.
    """
    only_first, only_second = int(np.sum(first & ~second)), int(np.sum(second & ~first))
    n, fewer = only_first + only_second, min(only_first, only_second)
    log_terms = (
        math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) - n * math.log(2) for k in range(fewer + 1)
    )
    return min(1.0, 2 * math.fsum(math.exp(term) for term in log_terms))


def sign_flip_test(differences: Array, seed: int = 0) -> float:
    """Two-sided p of a mean of paired differences (n,), were each as likely to have the other sign (Fisher 1935).

    Exact up to EXACT_PAIRS differences, else by DRAWS seeded ones; never below `smallest_p(n)`.
    """
    differences = np.asarray(differences, float)
    n = len(differences)
    if n <= EXACT_PAIRS:
        signs = 1.0 - 2 * (np.arange(2**n)[:, None] >> np.arange(n) & 1)  # (2ⁿ, n), the first as seen
    else:
        drawn = np.random.default_rng(seed).choice((-1.0, 1.0), (DRAWS - 1, n))
        signs = np.concatenate([np.ones((1, n)), drawn])  # what was seen is one of the draws
    sums = np.abs(signs @ differences)
    rounding = 1e-12 * np.abs(differences).sum()  # sums that are equal on paper
    return float(np.mean(sums >= sums[0] - rounding))


def smallest_p(n: int) -> float:
    """The least p that n pairs can give: both directions of all of them, or one draw."""
    return 2 / 2**n if n <= EXACT_PAIRS else 1 / DRAWS


def correlation_time(series: Array) -> int:
    """Epochs after which a series (E,) has about forgotten itself, at least 1 and at most E.

    1 + 2 Σ ρₖ over the lags k before the first negative autocorrelation ρₖ (the initial positive sequence of Geyer
    1992, lag by lag), rounded up. A series that stands still is a single observation: E.
    """
    series = np.asarray(series, float)
    centred = series - series.mean()
    variance = float(centred @ centred)
    if variance <= 1e-12 * float(series @ series):
        return len(series)
    time = 1.0
    for lag in range(1, len(centred)):
        correlation = float(centred[lag:] @ centred[:-lag]) / variance
        if correlation < 0:
            break
        time += 2 * correlation
    return min(math.ceil(time), len(series))


def within_run_test(differences: Array, last: int) -> float:
    """Two-sided p of the mean of the last differences of two trainings, flipped in blocks of epochs.

    A block is as long as the correlation time of the whole history: ten epochs are too few to estimate it from, and
    blocks that are too short would give small p for nothing. It takes the epochs of these two trainings as the source
    of variance, and says something of these two only.

    Args:
        differences: of the rates at every epoch (E,).
        last: epochs at the end that are compared.
    """
    late = np.asarray(differences, float)[-last:]
    blocks = np.arange(len(late)) // min(correlation_time(differences), len(late))
    return sign_flip_test(np.bincount(blocks, late))


def reduction_interval(first: Array, second: Array, seed: int = 0) -> tuple[float, float, float]:
    """By which share the second's mean is below the first's, with a percentile bootstrap 95 % interval over pairs.

    Args:
        first: mean rates by seed (S,).
        second: those of the other network, in the same pairs.
        seed: of the bootstrap.

    Returns:
        Reduction, lower and upper bound; all NaN where the first's rate is 0, bounds NaN of fewer than FEWEST pairs.
    """
    if not first.mean() > 0:
        return math.nan, math.nan, math.nan
    reduction = float(1 - second.mean() / first.mean())
    if len(first) < FEWEST:
        return reduction, math.nan, math.nan
    drawn = np.random.default_rng(seed).integers(0, len(first), (RESAMPLES, len(first)))
    base, other = first[drawn].mean(1), second[drawn].mean(1)
    ratios = 1 - other[base > 0] / base[base > 0]  # without a rate there is nothing to be reduced
    low, high = np.percentile(ratios, (2.5, 97.5))
    return reduction, float(low), float(high)
