"""The random part of a spectrum, and the edge beyond which eigenvalues are not random.

A slice is taken as noise of one variance and a few strong directions. What is noise is found as Kritchman and Nadler do
(2009, "Non-parametric detection of the number of signals: hypothesis testing and random matrix theory"): the variance
of the eigenvalues that are not above the edge, the edge of that variance, and again until neither moves. k directions
that are taken out leave noise of (N − k) × (M − k) entries, by which the sum of the other eigenvalues is divided.

Slices of a convolution differ in variance (a trained kernel's centre tap is wider than its corners), and their pooled
eigenvalues follow a mixture of Marchenko–Pastur laws. Each slice therefore has a variance of its own. The layer has one
edge: where it is random, the largest of all its slices' eigenvalues lies above with probability LEVEL,

    Π_j F(edge / s_j²) = 1 − LEVEL

with F the law of the largest eigenvalue over the mean square entry (`tracy_widom`).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from weightreel.analysis.maths.marchenko_pastur import NO_BULK, Bulk, edges_of
from weightreel.analysis.maths.tracy_widom import ratio_exceeded_by, share_above
from weightreel.analysis.store.schema.fields import MIN_EIGENVALUES, FitStatus

Array = NDArray[Any]

LEVEL = 0.01
"""Share of random layers with any eigenvalue above the edge, all slices together."""


class RandomBulk(NamedTuple):
    """The random part of a layer's spectrum, in the units of its eigenvalues."""

    bulk: Bulk
    """sigma and edges of the widest slice, the layer's edge, and the eigenvalues above it, pooled."""
    slice_sigma: Array
    """Standard deviation of the noise of each slice times √N, (S,)."""
    n_slice_spikes: int
    """Eigenvalues above the edge of their own slice, LEVEL being shared by the slices."""


def random_bulk(eigenvalues: Array, n: int, m: int) -> RandomBulk:
    """Find the random part of the spectra of a layer's slices.

    Args:
        eigenvalues: shape (S, m), ascending in each slice, not negative.
        n, m: sides of a slice, n ≥ m.

    Returns:
        The bulk. FAILED where eigenvalues are not finite, fewer than two are positive, or more than half would lie
        above the edge: nothing is left then that could be called a bulk. FEW_EIGENVALUES below 50 of them.
    """
    return _found(eigenvalues, n, m, np.ones(len(eigenvalues)))


def pooled_bulk(eigenvalues: Array, n: int, m: int, slices: int) -> RandomBulk:
    """The random part of pooled eigenvalues whose slices are not known: they are taken to be of one variance.

    For a layer of one slice this is `random_bulk`. Slices of unlike variance have spikes by this that they do not
    have by their own.

    Args:
        eigenvalues: shape (slices · m,), ascending.
        n, m, slices: sides and number of slices.
    """
    return _found(eigenvalues[None], n, m, np.array([float(slices)]))


def _found(eigenvalues: Array, n: int, m: int, weights: Array) -> RandomBulk:
    """The bulk of groups of eigenvalues (G, K), each of `weights` (G,) slices."""
    nothing = RandomBulk(NO_BULK, np.full(len(eigenvalues), np.nan), 0)
    if not np.isfinite(eigenvalues).all() or np.count_nonzero(eigenvalues > 0) < 2:
        return nothing
    slices = float(weights.sum())
    shared = -math.expm1(math.log1p(-LEVEL) / slices)
    # A slice of one eigenvalue is its own variance: nothing can be told to be beyond it.
    ratio = ratio_exceeded_by(shared, n, m) if m > 1 else math.inf
    sums = np.concatenate([np.zeros((len(eigenvalues), 1)), np.cumsum(eigenvalues, 1)], 1)
    counts = np.zeros(len(eigenvalues), int)
    at = np.arange(len(eigenvalues))
    while True:
        out = counts / weights
        variances = sums[at, eigenvalues.shape[1] - counts] / (weights * (n - out) * (m - out))
        above = np.maximum((eigenvalues > (variances * ratio)[:, None]).sum(1), counts)
        if 2 * above.sum() > eigenvalues.size or variances.max() <= 0:
            return nothing
        if np.array_equal(above, counts):
            break
        counts = above
    sigmas = np.sqrt(variances * n)
    widest = float(sigmas.max())
    low, high = edges_of(widest, n / m)
    edge = _edge(variances, n, m, weights, shared) if m > 1 else high
    largest = float(eigenvalues.max())
    bulk = Bulk(
        widest,
        low,
        high,
        float(edge),
        int(np.count_nonzero(eigenvalues > edge)),
        high / largest,
        FitStatus.OK if eigenvalues.size >= MIN_EIGENVALUES else FitStatus.FEW_EIGENVALUES,
    )
    return RandomBulk(bulk, sigmas, int(counts.sum()))


def _edge(variances: Array, n: int, m: int, weights: Array, shared: float) -> float:
    """Where LEVEL of random layers of these variances have an eigenvalue above."""
    widest = float(variances.max())
    low, high = (widest * ratio_exceeded_by(share, n, m) for share in (LEVEL, shared))
    if len(variances) == 1 or high <= low:
        return high

    present = variances > 0  # a slice that was pruned has no eigenvalue

    def excess(edge: float) -> float:
        below = np.log1p(-share_above(edge / variances[present], n, m))
        return float(weights[present] @ below - math.log1p(-LEVEL))

    if excess(low) >= 0 or excess(high) <= 0:  # one slice is far wider than the others, or all are alike
        return low if excess(low) >= 0 else high
    return float(optimize.brentq(excess, low, high, rtol=1e-7))
