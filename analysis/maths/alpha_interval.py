"""An interval for a power law's exponent that chooses xmin again, and how firmly xmin stands.

The error (alpha - 1) / √n of a tail takes its xmin as known and its eigenvalues as independent draws from a power law.
Here every resample is fitted anew, xmin and all, so that the interval holds what the choice of xmin adds. Half of the
resamples are drawn from the eigenvalues themselves (Efron and Tibshirani 1993, "An Introduction to the Bootstrap"),
half from the fitted tail with the eigenvalues below it (Clauset, Shalizi and Newman 2009, section 4.1): the first know
nothing of the law and have ties, the second believe it. Of their exponents the bias-corrected percentiles are taken
(Efron and Tibshirani, section 14.3, with an acceleration of 0), because a search for xmin is biased in few eigenvalues.

`make calibrate` measures how often such intervals hold the true exponent; docs/spectra.md has the table.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.maths.power_law import FIT_THRESHOLD, SMALL_SAMPLE, PowerLaw, fit_power_law
from weightreel.analysis.store.schema.fields import FitStatus

Array = NDArray[Any]

LEVEL = 0.95
"""Share of intervals that are to hold the exponent."""

PERCENTILES = 0.97
"""Nominal level of the percentiles: what covers LEVEL in pilot runs, with other seeds than the table's."""

NEAR = 2.0
"""A resample's tail is near the fit's where it has at least 1 / NEAR and at most NEAR times as many eigenvalues."""

UNSTABLE = 0.25
"""Below this share of resamples near the fit, see `AlphaInterval.stability`, a fit is one that few resamples make, and
its interval often misses the exponent."""

_STEP, _PROBES = 1.05, 64
"""Ratio of the sizes of neighbouring tails that are tried of a resample, and entries at which their D is taken."""

_AT_ONCE = 2**21
"""Most numbers of resamples that are held at once."""


class AlphaInterval(NamedTuple):
    """What resamples say of a fit; all NaN where there is no fit, or fewer than SMALL_SAMPLE eigenvalues.

    Eigenvalues are in the units of those that were resampled.
    """

    alpha_low: float
    alpha_high: float
    """The interval for the exponent, at LEVEL."""
    xmin_low: float
    xmin_high: float
    """Central 95 % of the resamples' xmin."""
    n_tail_low: float
    n_tail_high: float
    """Central 95 % of the numbers of eigenvalues in their tails."""
    stability: float
    """Share of the resamples whose tail is near the fit's, see NEAR: 1 where xmin stands firmly."""


NO_INTERVAL = AlphaInterval(*[math.nan] * 7)


def alpha_interval(
    eigenvalues: Array, resamples: int, seed: tuple[int, ...], fit: PowerLaw | None = None
) -> AlphaInterval:
    """An interval for the exponent of a spectrum's tail, by resamples that are fitted anew.

    Args:
        eigenvalues: shape (K,), scaled as for `power_law.fit_power_law`.
        resamples: how many; 0 for none.
        seed: of the draws: equal seeds give equal intervals.
        fit: of these eigenvalues, where it is known.

    Returns:
        The interval. NaN where nothing was fitted or resampled, where fewer than SMALL_SAMPLE eigenvalues are above
        the fit's threshold, or where most resamples have no fit.
    """
    fit = fit_power_law(eigenvalues) if fit is None else fit
    logs = np.log(np.sort(eigenvalues[eigenvalues > FIT_THRESHOLD].astype(np.float64)))
    if fit.status == FitStatus.FAILED or len(logs) < SMALL_SAMPLE or resamples < 2:
        return NO_INTERVAL
    rng = np.random.default_rng(seed)
    refits = [refit(drawn) for drawn in _resamples(rng, logs, fit, resamples)]
    alphas, starts, sizes = (np.concatenate(column) for column in zip(*refits, strict=True))
    known = np.isfinite(alphas)
    if 2 * known.sum() < resamples:
        return NO_INTERVAL
    alphas, starts, sizes = alphas[known], starts[known], sizes[known]
    low, high = bias_corrected(alphas, fit.alpha)
    central = (0.025, 0.975)
    near = np.abs(np.log(sizes / fit.n_tail)) <= math.log(NEAR) * (1 + 1e-9)
    xmin_low, xmin_high = np.exp(np.quantile(starts, central)).tolist()
    n_tail_low, n_tail_high = np.quantile(sizes, central).tolist()
    return AlphaInterval(low, high, xmin_low, xmin_high, n_tail_low, n_tail_high, float(near.mean()))


def bias_corrected(resampled: Array, found: float) -> tuple[float, float]:
    """Percentiles of what resamples gave, moved by how far what was found lies from their median.

    Args:
        resampled: shape (B,), finite.
        found: of the data.

    Returns:
        Lower and upper end, at the nominal level PERCENTILES.
    """
    from scipy.special import ndtr, ndtri

    count = len(resampled)
    below = np.sum(resampled < found) + np.sum(resampled == found) / 2
    shift = ndtri(np.clip(below / count, 0.5 / count, 1 - 0.5 / count))
    reach = ndtri(0.5 + PERCENTILES / 2)
    low, high = np.quantile(resampled, ndtr(2 * shift + np.array([-reach, reach])))
    return float(low), float(high)


def refit(logs: Array) -> tuple[Array, Array, Array]:
    """Fit the tails of many samples at once, by a search of xmin among fewer tails than `fit_power_law` tries.

    Sizes of tails stand in steps of a twentieth, all of them below thirty, and a tail's D is taken at 64 of its
    entries. A sample's exponent differs from the full search's by far less than exponents of samples differ from each
    other; the calibration is that of this search.

    Args:
        logs: logarithms of the samples, each ascending, shape (B, K).

    Returns:
        alpha, logarithm of xmin, and eigenvalues in the tail, (B,) each; NaN (0) where a sample has no fit.
    """
    count, length = logs.shape
    sums = np.cumsum(logs[:, ::-1], axis=1)
    rough = logs.astype(np.float32)
    best, alphas = np.full(count, np.float32(1)), np.full(count, np.nan)
    starts, sizes = np.full(count, np.nan), np.zeros(count, np.int64)
    with np.errstate(all="ignore"):  # a tail of one repeated value has no exponent, and no distance
        for size in _sizes(length):
            start = logs[:, length - size]
            steep = size / (sums[:, size - 1] - size * start)
            probes = _probes(size)
            beyond = rough[:, length - size + probes] - rough[:, length - size, None]  # (B, P)
            fitted = 1 - np.exp(-steep[:, None].astype(np.float32) * beyond)
            distance = np.abs(fitted - (probes / size).astype(np.float32)).max(1)
            better = (distance < best) & (steep > 0) & np.isfinite(steep)
            best[better], alphas[better] = distance[better], 1 + steep[better]
            starts[better], sizes[better] = start[better], size
    return alphas, starts, sizes


def _sizes(length: int) -> Iterator[int]:
    """Sizes of the tails that are tried, from two eigenvalues to all."""
    size = 2
    while size < length:
        yield size
        size = max(size + 1, round(size * _STEP))
    yield length


def _probes(size: int) -> Array:
    """Entries of a tail at which its distance is taken."""
    return np.arange(size) if size <= _PROBES else (np.linspace(0, 1, _PROBES) * (size - 1)).astype(np.intp)


def _resamples(rng: np.random.Generator, logs: Array, fit: PowerLaw, resamples: int) -> Iterator[Array]:
    """Logarithms of resamples, ascending, in blocks of shape (b, K): first from the data, then from the fitted law."""
    block = max(1, _AT_ONCE // len(logs))
    for drawn_from, wanted in ((_from_data, (resamples + 1) // 2), (_from_law, resamples // 2)):
        for first in range(0, wanted, block):
            yield drawn_from(_sorted_uniforms(rng, min(block, wanted - first), len(logs)), logs, fit)


def _sorted_uniforms(rng: np.random.Generator, count: int, length: int) -> Array:
    """Ascending uniform numbers in [0, 1), (count, length): sums of exponential ones, which need no sorting."""
    sums = np.cumsum(rng.standard_exponential((count, length + 1)), axis=1)
    return np.asarray(np.minimum(sums[:, :-1] / sums[:, -1:], np.nextafter(1, 0)))


def _from_data(uniform: Array, logs: Array, fit: PowerLaw) -> Array:
    """Each a draw from the data, with repetition."""
    return np.asarray(logs[(uniform * len(logs)).astype(np.intp)])


def _from_law(uniform: Array, logs: Array, fit: PowerLaw) -> Array:
    """The fitted tail with its share of the eigenvalues, and below it draws between neighbours of the data."""
    share = fit.n_tail / len(logs)
    tail = math.log(fit.xmin) - np.log(np.clip((1 - uniform) / share, np.finfo(float).tiny, 1)) / (fit.alpha - 1)
    body = logs[: len(logs) - fit.n_tail]
    if not len(body):
        return np.asarray(tail)
    between = np.interp(uniform, (np.arange(len(body)) + 0.5) / len(logs), body)
    return np.where(uniform < 1 - share, between, tail)
