"""The Marchenko–Pastur law of random matrices, fitted to the bulk of a spectrum.

Conventions, all of them WeightWatcher's (`mp_fit`, read from version 0.7.7) unless a setting says otherwise:

- a weight matrix is N × M with N ≥ M, and Q = N / M ≥ 1; the slices of a convolution's kernel share one Q, and their
  eigenvalues are pooled;
- eigenvalues are those of X = WᵀW, not divided by N. For independent entries of standard deviation s the bulk ends at
  λ± = σ² (1 ± 1/√Q)² with σ = s √N, so that sigma carries the √N;
- the fit itself runs on eigenvalues divided by their mean, and sigma and edges are brought back afterwards;
- sigma minimises the squared difference between the law and a kernel density of the eigenvalues (triangular kernel of
  width 0.1, at 1,000 places, where the density is above 0.01): a scan, then a simplex search;
- eigenvalues above λ₊ + √(λ₊^(2/3) M^(-2/3) / √Q), all in units of the mean, are spikes;
- the soft rank is λ₊ / λ_max.

Marchenko and Pastur 1967; Martin and Mahoney 2021, "Implicit self-regularization in deep neural networks", for the
phases and the soft rank.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from weightreel.analysis.store.schema.fields import MIN_EIGENVALUES, FitStatus

Array = NDArray[Any]

_WIDTH = 0.1
_PLACES = 1000
_LEAST_DENSITY = 0.01
_MISFIT = 1000.0
"""WeightWatcher's residual where the law does not even cover the density's peak."""


class Bulk(NamedTuple):
    """A fitted bulk. Eigenvalues are in the units that were fitted; sigma is in their square root."""

    sigma: float
    lambda_minus: float
    lambda_plus: float
    spike_edge: float
    """λ₊ widened by its fluctuation: eigenvalues above it are spikes."""
    n_spikes: int
    soft_rank: float
    status: FitStatus


NO_BULK = Bulk(math.nan, math.nan, math.nan, math.nan, 0, math.nan, FitStatus.FAILED)


def edges_of(sigma: float, q: float) -> tuple[float, float]:
    """λ₋ and λ₊ of the law with this sigma (= s √N) and aspect ratio Q ≥ 1."""
    return (sigma * (1 - 1 / math.sqrt(q))) ** 2, (sigma * (1 + 1 / math.sqrt(q))) ** 2


def density(eigenvalues: Array, sigma: float, q: float) -> Array:
    """The law's density at `eigenvalues`, any shape; 0 outside its edges. Its integral is 1."""
    low, high = edges_of(sigma, q)
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = np.sqrt(np.maximum((high - eigenvalues) * (eigenvalues - low), 0))
        found: Array = np.nan_to_num(q * inside / (2 * math.pi * sigma**2 * eigenvalues), posinf=0.0)
    return found


def fit_bulk(eigenvalues: Array, q: float, largest_side: int, *, scaled_square: bool = False) -> Bulk:
    """Fit the law to the bulk of a spectrum as `WeightWatcher.analyze(mp_fit=True)` does.

    Args:
        eigenvalues: shape (K,), not negative; pooled over slices and replicas of one shape.
        q: N / M of the matrices they come from, at least 1.
        largest_side: N.
        scaled_square: for square matrices (Q = 1) WeightWatcher fits the density of √λ by √(4 - x²) / (π σ²), whose
            support does not move with σ: its sigma is near 1 whatever the tail holds, and λ₊ that of a random matrix
            with all of the norm. True takes the law's own √(4 σ² - x²), which finds the bulk beside the tail.

    Returns:
        The bulk; FAILED where there are fewer than two positive eigenvalues, or where no sigma lets the law cover the
        peak of the density (WeightWatcher then reports wherever its search began); FEW_EIGENVALUES below 50.
    """
    total = float(eigenvalues.sum())
    if len(eigenvalues) < 2 or not np.isfinite(total) or np.count_nonzero(eigenvalues > 0) < 2:
        return NO_BULK
    mean = total / len(eigenvalues)
    scaled = np.sort(eigenvalues / mean)
    sigma, misfit = _search(scaled, q, scaled_square)
    if misfit >= _MISFIT**2:
        return NO_BULK
    low, high = edges_of(sigma, q)
    edge = high + math.sqrt(high ** (2 / 3) * (largest_side / q) ** (-2 / 3) / math.sqrt(q))
    return Bulk(
        sigma * math.sqrt(mean),
        low * mean,
        high * mean,
        edge * mean,
        int(np.count_nonzero(scaled > edge)),
        high / float(scaled[-1]),
        FitStatus.OK if len(eigenvalues) >= MIN_EIGENVALUES else FitStatus.FEW_EIGENVALUES,
    )


def _search(scaled: Array, q: float, scaled_square: bool) -> tuple[float, float]:
    """sigma of the smallest squared residual, and that residual, for ascending eigenvalues of mean 1.

    WeightWatcher makes the kernel density again at every step of its search, which is nearly all of its cost.
    """
    square = q == 1
    to_fit = np.sqrt(scaled) if square else scaled
    places = np.linspace(0, to_fit[-1] + 0.5, _PLACES)
    heights = _triangular_density(to_fit, places)
    dense = heights > _LEAST_DENSITY
    places, heights = places[dense], heights[dense]
    peak = places[np.argmax(heights)]

    def residual(sigmas: Array) -> Any:
        """Sum of squared residuals at each of `sigmas` (S,)."""
        sigma = sigmas[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            if square:
                radius = 2 * sigma if scaled_square else 2.0
                law = np.nan_to_num(np.sqrt(radius**2 - places**2) / (math.pi * sigma**2))
                return np.sum((law - heights) ** 2, 1)
            low, high = (sigma * (1 - 1 / math.sqrt(q))) ** 2, (sigma * (1 + 1 / math.sqrt(q))) ** 2
            law = np.nan_to_num(q * np.sqrt((high - places) * (places - low)) / (2 * math.pi * sigma**2 * places))
        found = np.sum((law - heights) ** 2, 1)
        covers = (high >= peak) & (high <= places[-1]) & (low <= peak)
        return np.where(covers[:, 0], found, len(places) * _MISFIT**2)

    unit = math.sqrt(scaled[-1]) / (1 + 1 / math.sqrt(q))
    scan = np.arange(0.05 * unit, 2.0 * unit, 0.01 * unit)
    begin = scan[np.argmin(residual(scan))]
    best, misfit, *_ = optimize.fmin(lambda s: residual(s)[0], begin, full_output=True, disp=False)
    return abs(float(best[0])), float(misfit)


def _triangular_density(values: Array, places: Array) -> Array:
    """Kernel density of ascending `values` at `places`, kernel (1 - |x| / h) / h, by running sums."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    left, middle, right = (np.searchsorted(values, places + step) for step in (-_WIDTH, 0.0, _WIDTH))
    rising = (_WIDTH - places) * (middle - left) + sums[middle] - sums[left]
    falling = (_WIDTH + places) * (right - middle) - sums[right] + sums[middle]
    found: Array = np.maximum(rising + falling, 0) / (_WIDTH**2 * len(values))
    return found
