"""Measures of a spectrum under the names that the field has for them: WeightWatcher's, and SETOL's.

As WeightWatcher 0.7.7 takes them, on eigenvalues scaled as it scales them (`weightwatcher_scale`):

- `log_norm` = log10 Σ λ, `log_spectral_norm` = log10 λ_max;
- `alpha_weighted`, α̂ = α log10 λ_max (Martin, Peng and Mahoney 2021); `log_alpha_norm` = log10 Σ λ^α;
- `detX_num` of SETOL (Martin and Hinrichs 2025, arXiv 2507.17912): with eigenvalues scaled to a mean of 1, how many of
  the largest it takes until their product, det X of the effective correlation space, falls below 1: the condition of
  its exact renormalisation group (ERG). `num_ERG_spikes` is WeightWatcher's other name for it; `ERG_gap` is how many
  more these are than the eigenvalues of the fitted tail. 0 says that both find the same tail, as SETOL expects of an
  ideal layer.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.maths.power_law import FIT_THRESHOLD, PowerLaw, fit_power_law
from weightreel.analysis.store.schema.fields import FitStatus

Array = NDArray[Any]

MOST_FINGERS, FINGER, LEAST_ALPHA = 10, 1.0, 2.0
"""Largest eigenvalues that `clip_xmax` takes off at most, by how much alpha must fall, and where it stops looking."""


class FieldMeasures(NamedTuple):
    """What WeightWatcher's columns of these names hold; NaN where the fit that they need failed."""

    log_norm: float
    log_spectral_norm: float
    alpha_weighted: float
    log_alpha_norm: float
    detX_num: int
    num_ERG_spikes: int
    ERG_gap: float


def field_measures(eigenvalues: Array, scale: float, tail: PowerLaw) -> FieldMeasures:
    """The measures of a spectrum.

    Args:
        eigenvalues: all of them, (K,), ascending, unscaled.
        scale: factor that WeightWatcher applies to them.
        tail: the power law fitted to them.
    """
    largest, total = float(eigenvalues[-1]), float(eigenvalues.sum())
    if not (math.isfinite(total) and largest > 0):
        return FieldMeasures(math.nan, math.nan, math.nan, math.nan, 0, 0, math.nan)
    log_largest = math.log10(largest * scale)
    number = det_x_number(eigenvalues)
    positive = eigenvalues[eigenvalues > 0]
    sum_of_powers = float(np.sum((positive / largest) ** tail.alpha)) if math.isfinite(tail.alpha) else math.nan
    return FieldMeasures(
        math.log10(total * scale),
        log_largest,
        tail.alpha * log_largest,
        tail.alpha * log_largest + math.log10(sum_of_powers),
        number,
        number,
        float(number - tail.n_tail) if tail.status != FitStatus.FAILED else math.nan,
    )


def det_x_number(eigenvalues: Array) -> int:
    """How many of the largest eigenvalues (K,), ascending, have a product below 1 when their mean is 1.

    In logarithms: WeightWatcher multiplies, which overflows where thousands of eigenvalues are above 1. Where no such
    product is below 1 it is all of them, and 0 where they are all the same, or fewer than two, as WeightWatcher has it.
    """
    if len(eigenvalues) < 2 or not eigenvalues[0] < eigenvalues[-1]:
        return 0
    with np.errstate(divide="ignore"):
        logs = np.log(eigenvalues.astype(np.float64) / float(eigenvalues.mean(dtype=np.float64)))
    below = np.flatnonzero(np.cumsum(logs[:0:-1]) < 0)  # the smallest of all is never tried
    return int(below[0]) + 1 if len(below) else len(eigenvalues)


def rank_loss(by_slice: Array, longer: int) -> int:
    """Singular values that are 0 but for rounding, of all slices together.

    WeightWatcher calls a singular value 0 below N ε of the largest of its slice; eigenvalues of a Gram matrix can be
    told from 0 only down to N ε of the largest, that is singular values down to √(N ε), 1e-6 or so: about the rounding
    of float32 weights.

    Args:
        by_slice: eigenvalues, ascending in each slice, (S, M).
        longer: N.
    """
    threshold = by_slice[:, -1:] * longer * np.finfo(np.float64).eps
    return int(np.count_nonzero(by_slice <= threshold))


def matrix_entropy(eigenvalues: Array) -> float:
    """Entropy of the eigenvalues' shares of their sum, over its largest value, log K for K of them: in [0, 1].

    0 for a matrix of rank one, 1 for an orthogonal one. WeightWatcher divides by the logarithm of the rank, which is K
    for nearly all trained layers; K is the same at every epoch, so that epochs can be compared.

    Args:
        eigenvalues: shape (K,), not negative, not all zero.
    """
    if len(eigenvalues) < 2:
        return 0.0
    shares = eigenvalues / eigenvalues.sum()
    shares = shares[shares > 0]
    return float(-np.sum(shares * np.log(shares)) / math.log(len(eigenvalues)))


class Clipped(NamedTuple):
    """The fit of a tail without its fingers, single eigenvalues far above the others that make alpha too large."""

    alpha: float
    n_fingers: int
    """WeightWatcher's `num_fingers`: one fewer than were taken off; 0 where the fit is that of all eigenvalues."""


def clip_xmax(eigenvalues: Array) -> Clipped:
    """Fit the tail as `analyze(fix_fingers="clip_xmax")` does.

    Two and more of the largest eigenvalues are taken off, at most nine, until alpha falls by more than 1 below that of
    all; the search ends where it reaches 2.

    Args:
        eigenvalues: (K,), ascending, scaled as `fit_power_law` wants them.
    """
    data = np.sort(eigenvalues[eigenvalues > FIT_THRESHOLD].astype(np.float64))
    first = fit_power_law(data)
    for taken in range(2, min(MOST_FINGERS, len(data))):
        fit = fit_power_law(data[:-taken])
        if fit.alpha + FINGER < first.alpha:
            return Clipped(fit.alpha, taken - 1)
        if fit.alpha <= LEAST_ALPHA:
            break
    return Clipped(first.alpha, 0)
