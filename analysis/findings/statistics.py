"""Rates of outcomes with their intervals, and tests of two networks: arrays in, numbers out.

Tests, tails and ranks are SciPy's. Wilson's interval is written out, since SciPy's `binomtest` works out a p-value
first: a millisecond for each of the thousands of rates that a store has.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

LEVEL = 0.05
"""p up to which a difference counts as shown."""
EXACT_PAIRS, DRAWS = 14, 20_000
"""Up to so many pairs every exchange is counted, else so many are drawn."""
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


def student_t(freedom: int, level: float) -> float:
    """The t that Student's distribution passes, on either side, with probability `level`.

    By its closed form for whole degrees of freedom (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4) and bisection; it
    is SciPy's `stdtrit(freedom, 1 - level / 2)`, which `show` would wait for.

    Args:
        freedom: degrees of freedom, at least 1.
        level: above 0 and below 1.
    """

    def within(angle: float) -> float:
        """Probability of |t| below √freedom · tan(angle)."""
        term, total = (1.0, 1.0) if freedom % 2 == 0 else (math.cos(angle), math.cos(angle))
        for k in range(freedom % 2 + 2, freedom, 2):
            term *= math.cos(angle) ** 2 * (k - 1) / k
            total += term
        if freedom % 2 == 0:
            return math.sin(angle) * total
        return 2 / math.pi * (angle + (math.sin(angle) * total if freedom > 1 else 0.0))

    low, high = 0.0, math.pi / 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if within(middle) < 1 - level else (low, middle)
    return math.sqrt(freedom) * math.tan(low)


def reduction_interval(first: Array, second: Array) -> tuple[float, float, float]:
    """By which share the second's mean is below the first's, with Fieller's (1954) 95 % interval over pairs.

    Fieller's set holds every reduction r for which the pairs' second − (1 − r) · first, as t of their mean, is no
    outlier. It takes these to be normal; it needs no resampling, which three seeds are too few for. A rate cannot be
    negative, and a reduction therefore not above 1.

    Args:
        first: mean rates by seed (S,).
        second: those of the other network, in the same pairs.

    Returns:
        Reduction, lower and upper bound; all NaN where the first's rate is 0, bounds NaN of a single pair, and
        (−inf, 1) where the first's own mean cannot be told from 0, so that no ratio is excluded.
    """
    a, b, n = float(first.mean()), float(second.mean()), len(first)
    if not a > 0:
        return math.nan, math.nan, math.nan
    reduction = 1 - b / a
    if n < 2:
        return reduction, math.nan, math.nan
    (s_aa, s_ab), (_, s_bb) = np.cov(first, second)
    wide = student_t(n - 1, LEVEL) ** 2 / n
    leading = a * a - wide * s_aa
    if leading <= 0:
        return reduction, -math.inf, 1.0
    middle = a * b - wide * s_ab
    # middle² - leading · (b² - wide · s_bb), without its cancellation
    square = wide * (a * a * s_bb - 2 * a * b * s_ab + b * b * s_aa) - wide**2 * (s_aa * s_bb - s_ab * s_ab)
    root = math.sqrt(max(square, 0.0))
    return reduction, 1 - (middle + root) / leading, min(1.0, 1 - (middle - root) / leading)


Standing = Literal["excluded", "compatible", "undecided", "untested"]


def standing_of(claim: float, low: float, high: float, nothing: float = 0.0) -> Standing:
    """What an interval says of a claim: a claim is tested as a claim, not only the absence of any effect.

    Args:
        claim: the value that is claimed.
        low, high: interval of the value; NaN where there is none.
        nothing: the value where there is no effect.

    Returns:
        `excluded` where the claim lies outside; `compatible` where it lies inside and `nothing` does not;
        `undecided` where both lie inside; `untested` without an interval.
    """
    if math.isnan(low) or math.isnan(high):
        return "untested"
    if not low <= claim <= high:
        return "excluded"
    return "undecided" if low <= nothing <= high else "compatible"


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
