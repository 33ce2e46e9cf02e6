"""Histograms whose bins are fixed in hindsight.

A film needs the same bin edges at every epoch, but while a network is trained nobody knows how far its weights will go.
Each epoch therefore counts on a fine grid whose bin width is a power of two and whose edges are multiples of it. Two
such grids nest, so at the end all epochs are summed into one common grid, exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FINE_BINS = 2**13
"""Bins that one epoch's fine histogram spans, at most (one more where zero splits a bin)."""

_PART = 2**17
"""Entries that are brought to float64 at a time."""


@dataclass(frozen=True)
class DyadicHistogram:
    """Counts of bins [(start + i) · 2^exponent, (start + i + 1) · 2^exponent)."""

    exponent: int
    start: int
    counts: NDArray[np.int64]

    def coarsened(self, exponent: int) -> DyadicHistogram:
        """A histogram of these entries in bins of width 2^exponent, which must not be finer."""
        shift = exponent - self.exponent
        if shift < 0:
            raise ValueError(f"cannot refine bins of 2^{self.exponent} to 2^{exponent}")
        position = (self.start + np.arange(len(self.counts))) >> shift
        start = int(position[0])
        return DyadicHistogram(exponent, start, np.bincount(position - start, weights=self.counts).astype(np.int64))

    def merged(self, other: DyadicHistogram, low: float, high: float) -> DyadicHistogram:
        """That of the entries of both, which lie between `low` and `high`, as if they had been counted together."""
        exponent = max(_exponent(low, high), self.exponent, other.exponent)
        one, two = self.coarsened(exponent), other.coarsened(exponent)
        start = min(one.start, two.start)
        counts = np.zeros(max(one.stop, two.stop) - start, np.int64)
        for part in (one, two):
            counts[part.start - start : part.stop - start] += part.counts
        return DyadicHistogram(exponent, start, counts)

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
    finite = np.isfinite(low) and np.isfinite(high)
    if not finite:
        bounds = [(float(p.min()), float(p.max())) for part in _parts(flat) if (p := part[np.isfinite(part)]).size]
        low, high = min((b[0] for b in bounds), default=0.0), max((b[1] for b in bounds), default=0.0)
    exponent = _exponent(low, high)
    scale = np.float64(2.0**-exponent)
    start, stop = (int(np.floor(bound * scale)) for bound in (low, high))
    counts = np.zeros(stop - start + 1, np.int64)
    for part in _parts(flat):
        # Scaling by a power of two is exact, and so is the floor.
        position = np.floor((part if finite else part[np.isfinite(part)]) * scale).astype(np.int64)
        counts += np.bincount(position - start, minlength=len(counts))
    return DyadicHistogram(exponent, start, counts)


def _exponent(low: float, high: float) -> int:
    """That of the bins for entries between two bounds."""
    # Equal entries still need a width; far below float32's resolution at that size bins would be empty.
    span = max(high - low, max(abs(low), abs(high)) * 2.0**-10, 2.0**-40)
    return int(np.ceil(np.log2(span / FINE_BINS)))


def _parts(flat: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """An array in parts whose copies in float64 stay in the processor's cache."""
    for begin in range(0, flat.size, _PART):
        yield flat[begin : begin + _PART]


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


QUANTILE_BINS = 512
"""Bins in which entries are counted by their quantiles."""


def counted_by_quantiles(
    fixed: NDArray[Any], shares: NDArray[Any], totals: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Histograms in bins of equal width, of entries that lie evenly between their quantiles.

    Args:
        fixed: the smallest entry, quantiles and the largest of each of E histograms, (E, Q); NaN where there is none.
        shares: of the entries that lie below each, ascending from 0 to 1, (Q,).
        totals: how many entries each holds, (E,).

    Returns:
        edges (B + 1,) and counts (E, B), not whole numbers; none where a histogram is not known.
    """
    low, high = float(np.nanmin(fixed)), float(np.nanmax(fixed))
    edges = np.linspace(low, high if high > low else low + 1.0, QUANTILE_BINS + 1)
    counts = np.zeros((len(fixed), QUANTILE_BINS))
    for row in np.flatnonzero(np.isfinite(fixed).all(1)):
        counts[row] = totals[row] * np.diff(np.interp(edges, fixed[row], shares, 0.0, 1.0))
    return edges, counts


MAX_DECADES = 6.0
"""Values further than this below the largest are round-off of a matrix without full rank: no bin holds them."""
HIDDEN_SHARE = 0.005
"""At most this share of all values, the smallest, may lie below the first bin within those decades."""


def log_bins(values: NDArray[np.floating[Any]], bins: int | None = None) -> NDArray[np.float64]:
    """Edges in equal steps of the logarithm for the positive and finite of `values`, shape (n, K): (B+1,) for any n.

    They hold the smallest value but 0.5 % of all (of fewer than 200 the smallest) to the largest.

    Args:
        values: (n, K).
        bins: how many, B; by default twice the root of K, at least 10 and at most 60.
    """
    bins = bins or int(np.clip(2 * values.shape[1] ** 0.5, 10, 60))
    positive = values[np.isfinite(values) & (values > 0)].astype(np.float64)
    if not len(positive):
        return np.geomspace(0.1, 10, bins + 1)
    logs = np.log10(positive)
    high = float(logs.max())
    lowest = float(np.quantile(logs, HIDDEN_SHARE)) if len(logs) >= 1 / HIDDEN_SHARE else float(logs.min())
    low = max(lowest, high - MAX_DECADES)
    margin = max(0.01 * (high - low), 1e-3)
    return np.logspace(low - margin, high + margin, bins + 1)
