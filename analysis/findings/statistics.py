"""Rates of outcomes with their intervals, and tests of two networks: arrays in, numbers out.

Tests, tails and ranks are SciPy's. Wilson's interval is written out, since SciPy's `binomtest` works out a p-value
first: a millisecond for each of the thousands of rates that a store has.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

LEVEL = 0.05
"""p up to which a difference counts as shown."""
EXACT_PAIRS, DRAWS = 14, 20_000
"""Up to so many pairs every exchange is counted, else so many are drawn."""
RESAMPLES = 10_000
FEWEST = 3
"""Pairs from which a bootstrap has something to draw from."""
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
    half = z * math.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2)) / denominator
    # At 0 and 1 the exact bound is the share itself; rounding must not move it.
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == trials else centre + half
    return low, high


def rate_of(hits: Array) -> Rate:
    """Share of trials (T,) that are hits, with Wilson's 95 % interval; NaN of no trial."""
    return counted(int(np.count_nonzero(hits)), int(np.size(hits)))


def counted(successes: int, trials: int) -> Rate:
    """A share that was counted already, with Wilson's 95 % interval; NaN of no trial.

    Raises:
        ValueError: successes outside 0 … trials.
    """
    low, high = wilson(successes, trials)
    return Rate(successes, trials, successes / trials if trials else float("nan"), low, high)


def percentages(rates: Sequence[Rate]) -> tuple[Array, Array, Array]:
    """Values, lower and upper bounds of rates in percent, as axes take them; (n,) each."""
    found = 100 * np.array([(rate.value, rate.low, rate.high) for rate in rates]).reshape(-1, 3)
    return found[:, 0], found[:, 1], found[:, 2]


def is_shown(p: Array | float, level: float = LEVEL) -> Any:
    """Whether a test shows a difference: p at or below the level, of one p or of many; never where p is NaN."""
    return np.asarray(p) <= level if np.ndim(p) else bool(p <= level)


def mcnemar(first: Array, second: Array) -> float:
    """Two-sided exact p of McNemar's (1947) paired test.

    It says something of the trials at that one epoch, and nothing of other epochs or seeds.

    Args:
        first: whether each trial is a success for one network (T,), bool.
        second: for the other, of the same trials.
    """
    # As SciPy's bdtr has it; SciPy takes longer to import than most stores to show.
    only_first, only_second = int(np.sum(first & ~second)), int(np.sum(second & ~first))
    n, fewer = only_first + only_second, min(only_first, only_second)
    log_terms = (
        math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) - n * math.log(2) for k in range(fewer + 1)
    )
    return min(1.0, 2 * math.fsum(math.exp(term) for term in log_terms))


def sign_flip_test(differences: Array, seed: int = 0) -> float:
    """Two-sided p of a mean of paired differences (n,), were each as likely to have the other sign (Fisher 1935).

    Exact up to EXACT_PAIRS differences, else by DRAWS seeded ones, of which what was seen is one; never below
    `smallest_p(n)`.
    """
    # As SciPy's permutation_test has it, which `show` would wait for.
    differences = np.asarray(differences, float)
    n = len(differences)
    if n <= EXACT_PAIRS:
        signs = 1.0 - 2 * (np.arange(2**n)[:, None] >> np.arange(n) & 1)  # (2ⁿ, n), the first as seen
    else:
        drawn = np.random.default_rng(seed).choice((-1.0, 1.0), (DRAWS - 1, n))
        signs = np.concatenate([np.ones((1, n)), drawn])
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


def separation(first: Array, second: Array) -> float:
    """Share of pairs of a value of the first and one of the second of which the first is larger; ties count half.

    It is the area under the ROC curve, Mann and Whitney's U over its maximum.

    Args:
        first, second: values, (n,) and (m,), each at least one.
    """
    from scipy.stats import rankdata

    wins = rankdata(np.concatenate([first, second]))[: len(first)].sum() - len(first) * (len(first) + 1) / 2
    return float(wins / (len(first) * len(second)))


def rank_correlation(first: Array, second: Array) -> float:
    """Spearman's correlation of two series (n,); NaN where one stands still."""
    from scipy.stats import spearmanr

    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    return float(spearmanr(first, second).statistic)


def largest(values: Array, most: int) -> list[int]:
    """Indices of the `most` largest of values (n,), ascending; of equal ones the first."""
    return sorted(int(i) for i in np.argsort(-np.asarray(values, float), kind="stable")[:most])
