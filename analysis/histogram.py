"""Histograms whose bins are fixed in hindsight.

A film needs the same bin edges at every epoch, but while a network is trained nobody knows how far its weights will go.
Each epoch therefore counts on a fine grid whose bin width is a power of two and whose edges are multiples of it. Two
such grids nest, so at the end all epochs are summed into one common grid, exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FINE_BINS = 2**13
"""Bins that one epoch's fine histogram spans, at most (one more where zero splits a bin)."""


@dataclass(frozen=True)
class DyadicHistogram:
    """Counts of bins [(start + i) · 2^exponent, (start + i + 1) · 2^exponent)."""

    exponent: int
    start: int
    counts: NDArray[np.int64]

    def coarsened(self, exponent: int) -> DyadicHistogram:
        """The same entries in bins of width 2^exponent, which must not be finer."""
        shift = exponent - self.exponent
        if shift < 0:
            raise ValueError(f"cannot refine bins of 2^{self.exponent} to 2^{exponent}")
        position = (self.start + np.arange(len(self.counts))) >> shift
        start = int(position[0])
        return DyadicHistogram(exponent, start, np.bincount(position - start, weights=self.counts).astype(np.int64))

    @property
    def stop(self) -> int:
        """One past the last bin's position on the grid."""
        return self.start + len(self.counts)


def dyadic_histogram(values: NDArray[Any]) -> DyadicHistogram:
    """Count the finite entries of `values` in at most about FINE_BINS bins.

    Args:
        values: any shape, floating; entries that are not finite are left out.
    """
    flat = np.ravel(values)
    low, high = (float(flat.min()), float(flat.max())) if flat.size else (0.0, 0.0)
    if not (np.isfinite(low) and np.isfinite(high)):
        return dyadic_histogram(flat[np.isfinite(flat)])
    # Equal entries still need a width; far below float32's resolution at that size bins would be empty.
    span = max(high - low, max(abs(low), abs(high)) * 2.0**-10, 2.0**-40)
    exponent = int(np.ceil(np.log2(span / FINE_BINS)))
    # Scaling by a power of two is exact, and so is the floor.
    position = np.floor(flat * np.float64(2.0**-exponent)).astype(np.int64)
    start = int(position.min()) if flat.size else 0
    return DyadicHistogram(exponent, start, np.bincount(position - start, minlength=1))


def common_bins(histograms: Sequence[DyadicHistogram], most: int) -> tuple[NDArray[np.float32], NDArray[np.uint32]]:
    """Bring histograms to one grid of at most `most` bins.

    Returns:
        edges (B+1,) float32 and counts (len(histograms), B) uint32; B ≤ most.
    """
    exponent = max(h.exponent for h in histograms)
    while True:
        coarse = [h.coarsened(exponent) for h in histograms]
        start, stop = min(h.start for h in coarse), max(h.stop for h in coarse)
        if stop - start <= most:
            break
        exponent += 1
    counts = np.zeros((len(coarse), stop - start), np.uint32)
    for row, h in zip(counts, coarse, strict=True):
        row[h.start - start : h.stop - start] = h.counts
    edges = (start + np.arange(stop - start + 1)) * 2.0**exponent
    return edges.astype(np.float32), counts


MAX_DECADES = 6.0
"""Values further than this below the largest are round-off of a matrix without full rank: no bin holds them."""


def log_bins(values: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Edges in equal steps of the logarithm for the positive and finite of `values`, shape (n, K): (B+1,) for any n.

    Twice the root of K of them, at least 10 and at most 60, from the smallest value but 0.5 % to the largest.
    """
    bins = int(np.clip(2 * values.shape[1] ** 0.5, 10, 60))
    positive = values[np.isfinite(values) & (values > 0)].astype(np.float64)
    if not len(positive):
        return np.geomspace(0.1, 10, bins + 1)
    logs = np.log10(positive)
    high = float(logs.max())
    low = max(float(np.quantile(logs, 0.005)), high - MAX_DECADES)
    margin = max(0.01 * (high - low), 1e-3)
    return np.logspace(low - margin, high + margin, bins + 1)
