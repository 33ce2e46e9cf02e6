"""The power-law fit of a spectrum's tail, and how well it fits.

The estimator is WeightWatcher's (Martin, Peng and Mahoney 2021, "Predicting trends in the quality of state-of-the-art
neural networks without access to training or testing data", after Clauset, Shalizi and Newman 2009, "Power-law
distributions in empirical data"): alpha by maximum likelihood at every possible xmin, and the xmin whose tail has the
smallest Kolmogorov-Smirnov distance. It was read from version 0.7.7, and gives the numbers that `analyze()` reports.
"""

from __future__ import annotations

import logging
import math
import threading
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.store.schema.fields import MIN_EIGENVALUES, FitStatus

Array = NDArray[Any]

FIT_THRESHOLD = 1e-5
"""Scaled eigenvalues at or below this are left out of the fit, as WeightWatcher's EVALS_THRESH has it."""

NARROWEST_TAIL = 1e-6
"""xmax / xmin - 1 below which a tail is one value to the precision of float32 weights, and has no exponent."""

SMALL_SAMPLE = 20
"""Below this many eigenvalues WeightWatcher corrects the bias of a small sample, with an estimator of its own."""

_PROBES = (8, 64)
"""Entries of each tail at which its distance is bounded from below: of all tails, then of those still in question."""


class PowerLaw(NamedTuple):
    """A fitted tail: density ∝ λ^-alpha from xmin on. Eigenvalues are in the units that were fitted."""

    alpha: float
    alpha_error: float
    xmin: float
    xmax: float
    ks_distance: float
    n_tail: int
    status: FitStatus


NO_FIT = PowerLaw(math.nan, math.nan, math.nan, math.nan, math.nan, 0, FitStatus.FAILED)


def fit_power_law(eigenvalues: Array) -> PowerLaw:
    """Fit the tail of a spectrum as `WeightWatcher.analyze()` does by default.

    Args:
        eigenvalues: shape (K,), scaled as `weightwatcher_scale` says. Those at or below FIT_THRESHOLD are left out.

    Returns:
        The fit that WeightWatcher makes; FAILED where it makes none, where its exponent is not that of a density
        (finite and above 1), or where the tail is one repeated value; FEW_EIGENVALUES where fewer than 50 were fitted.
    """
    return _fit(np.sort(eigenvalues[eigenvalues > FIT_THRESHOLD].astype(np.float64)))


def goodness_of_fit(eigenvalues: Array, resamples: int, seed: tuple[int, ...]) -> float:
    """How often a true power law of this kind lies as far from its own fit as the spectrum does from its: a p-value.

    The semi-parametric bootstrap of Clauset, Shalizi and Newman (2009), section 4.1: each resample draws from the
    fitted tail with the tail's share of the eigenvalues, else from the eigenvalues below it, and is fitted anew, xmin
    and all. Small values (they take 0.1) speak against the power law; large ones do not prove it, least of all for few
    eigenvalues. With 250 resamples the standard error is at most 0.03.

    Args:
        eigenvalues: shape (K,), scaled as for `fit_power_law`.
        resamples: how many; seconds for thousands of eigenvalues.
        seed: of the draws.

    Returns:
        The share of resamples with a distance as large or larger; NaN where there is no fit.
    """
    data = np.sort(eigenvalues[eigenvalues > FIT_THRESHOLD].astype(np.float64))
    fit = _fit(data)
    if fit.status == FitStatus.FAILED or not resamples:
        return math.nan
    rng = np.random.default_rng(seed)
    body = data[data < fit.xmin]
    farther = 0
    for _ in range(resamples):
        n_tail = rng.binomial(len(data), fit.n_tail / len(data)) if len(body) else len(data)
        tail = fit.xmin * rng.uniform(size=n_tail) ** (-1 / (fit.alpha - 1))
        drawn = np.concatenate([rng.choice(body, len(data) - n_tail), tail]) if len(body) else tail
        again = _fit(np.sort(drawn), enough=fit.ks_distance)
        farther += again.status != FitStatus.FAILED and again.ks_distance >= fit.ks_distance
    return farther / resamples


_ONE_AT_A_TIME = threading.Lock()
"""Filters of warnings belong to all threads."""

STEEPEST = 20.0
"""Largest exponent of a truncated power law that is looked for; steeper ones are exponentials."""


class TruncatedPowerLaw(NamedTuple):
    """A tail of density ∝ λ^-alpha exp(-rate λ), beside the plain power law from the same xmin on."""

    alpha: float
    rate: float
    log_likelihood_ratio: float
    p_value: float


def fit_truncated(eigenvalues: Array, xmin: float) -> TruncatedPowerLaw:
    """Fit a truncated power law to the tail from `xmin` on, and compare it with the plain one.

    By the package powerlaw (Alstott, Bullmore and Plenz 2014), with alpha free from 0 to 20 where it would stop at 3.
    The plain law is the truncated one with rate 0, so that the likelihoods are compared as nested models.

    Args:
        eigenvalues: shape (K,), scaled as for `fit_power_law`.
        xmin: of the plain fit; NaN where it failed.

    Returns:
        The law; `log_likelihood_ratio` above 0 speaks for the truncation, `p_value` is the chance of so large a ratio
        where there is none. All NaN where xmin is, or where the package finds no maximum.
    """
    nothing = TruncatedPowerLaw(math.nan, math.nan, math.nan, math.nan)
    tail = eigenvalues[eigenvalues >= xmin].astype(np.float64)
    if not math.isfinite(xmin) or len(tail) < 3:
        return nothing
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import powerlaw

        ranges = {"alpha": [0.0, STEEPEST], "Lambda": [0.0, None]}
        law = powerlaw.Truncated_Power_Law(data=tail, xmin=xmin, parameter_ranges=ranges)
        plain = powerlaw.Power_Law(data=tail, xmin=xmin, parameter_ranges={"alpha": [1.0, None]})
        ratio, p_value = powerlaw.loglikelihood_ratio(law.loglikelihoods(tail), plain.loglikelihoods(tail), nested=True)
    found = TruncatedPowerLaw(float(law.alpha), float(law.Lambda), float(ratio), float(p_value))
    return found if all(math.isfinite(value) for value in found) else nothing


def _fit(data: Array, enough: float = 0.0) -> PowerLaw:
    """The fit of `data`, ascending and all above the threshold; or of any tail whose D is below `enough`."""
    if len(data) < 2:
        return NO_FIT
    with np.errstate(all="ignore"):
        alpha, alpha_error, xmin, distance = _small_sample(data) if len(data) < SMALL_SAMPLE else _scan(data, enough)
    xmax = float(data[-1])
    if not (math.isfinite(alpha) and alpha > 1 and xmax / xmin - 1 > NARROWEST_TAIL):
        return NO_FIT
    status = FitStatus.OK if len(data) >= MIN_EIGENVALUES else FitStatus.FEW_EIGENVALUES
    n_tail = len(data) - int(np.searchsorted(data, xmin))
    # Of fewer than 8 eigenvalues WeightWatcher reports -1 / √K: the error of an exponent 0 that it did not fit.
    alpha_error = alpha_error if alpha_error > 0 else math.nan
    return PowerLaw(alpha, alpha_error, xmin, xmax, distance, n_tail, status)


def _scan(data: Array, enough: float) -> tuple[float, float, float, float]:
    """alpha, its error, xmin and D of the tail with the smallest D, the first of several.

    Or of the first tail found whose D is below `enough`: a bootstrap wants to know no more of a resample.

    Every tail's D is a maximum over its entries, so that a few of them bound it from below. Only tails whose bound
    does not exceed the best D so far are measured whole: some tens out of thousands.
    """
    logs = np.log(data)
    sizes = np.arange(len(data), 1, -1.0)  # of the tails that begin at 0, 1, …, K-2
    sums = np.cumsum(logs[::-1])[::-1][:-1]
    alphas = 1 + sizes / (sums - sizes * logs[:-1])
    usable = np.flatnonzero(alphas > 1)
    if not len(usable):
        return float(alphas[0]), math.nan, float(data[0]), 1.0

    best = (1.0, 0)  # WeightWatcher's distance of tails that it cannot use, and the tail it takes where all are so
    candidates, bounds = usable, np.zeros(len(usable))

    def measure(start: int) -> None:
        nonlocal best
        found = _distance(data, start, alphas[start])
        if found < 1:
            best = min(best, (found, start))

    for probes in _PROBES:
        bounds = np.maximum(bounds, _lower_bounds(logs, alphas, sizes, candidates, probes))
        measure(int(candidates[np.argmin(bounds)]))
        if best[0] < enough:
            break
        near = bounds <= best[0]
        candidates, bounds = candidates[near], bounds[near]
    for index in np.argsort(bounds, kind="stable"):
        if bounds[index] > best[0] or best[0] < enough:
            break
        measure(int(candidates[index]))
    distance, start = best
    error = (alphas[start] - 1) / math.sqrt(sizes[start])
    return float(alphas[start]), float(error), float(data[start]), distance


def _lower_bounds(logs: Array, alphas: Array, sizes: Array, starts: Array, probes: int) -> Array:
    """A lower bound on D of the tails at `starts`: the distance at a few of their entries, shape (len(starts),)."""
    size = sizes[starts, None]
    within = (np.linspace(0, 1, probes) * (size - 1)).astype(np.intp)  # (S, probes)
    steepness = 1 - alphas[starts, None]
    fitted = 1 - np.exp(steepness * (logs[starts[:, None] + within] - logs[starts, None]))
    bounds: Array = np.abs(fitted - within / size).max(1)
    # NaN (a tail of one repeated value) bounds nothing; rounding must not push a bound above its own distance.
    return np.nan_to_num(bounds, nan=0.0) * (1 - 1e-12)


def _distance(data: Array, start: int, alpha: float) -> float:
    """D of the tail from `start` on, as WeightWatcher takes it: against the share of the tail below each entry."""
    tail = data[start:]
    shares = np.arange(len(tail)) / len(tail)
    return float(np.max(np.abs(1 - (tail / tail[0]) ** (1 - alpha) - shares)))


def _small_sample(data: Array) -> tuple[float, float, float, float]:
    """Fit a tail by WeightWatcher's own estimator for fewer than 20 eigenvalues."""
    fit = _small_sample_fit()(data)
    return float(fit.alpha), float(fit.sigma), float(fit.xmin), float(fit.D)


@cache
def _small_sample_fit() -> Callable[[Array], Any]:
    """WeightWatcher's WWFit for small samples, without the line that it prints of each.

    Imported when first needed and without what the import does to logging and warnings: the package configures the
    root logger, warns of a missing GPU, and switches every warning off.
    """
    quiet, package = logging.NullHandler(), logging.getLogger("weightwatcher")
    logging.root.addHandler(quiet)
    package.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            from weightwatcher.WW_powerlaw import WWFit
    finally:
        logging.root.removeHandler(quiet)
        package.setLevel(logging.ERROR)

    class SmallSampleFit(WWFit):  # type: ignore[misc]
        def fit_power_law(self) -> None:
            self.fit_powerlaw_smallN()

    return SmallSampleFit
