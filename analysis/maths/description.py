"""Statistics of arrays of any size: read in parts, described, forgotten; descriptions of several can be merged.

Nothing here copies a whole array, so that describing a network takes little more memory than its largest tensor.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.maths.histogram import DyadicHistogram, dyadic_histogram

Array = NDArray[Any]

PART = 2**17
"""Entries that are worked on at a time: their copies stay in the processor's cache."""

_LOW, _HIGH = 1e-8, 1e8
"""Sizes of the largest entry between which its fourth power is a float32."""
_HALF = 2**16


@dataclass(frozen=True)
class Description:
    """What is known of the finite entries of one or more arrays.

    Attributes:
        count: how many there are; those that are not finite are in `n_not_finite` and nowhere else.
        mean: of them, NaN where there are none.
        sums: (M2, M3, M4), sums of the powers 2, 3, 4 of the distances to the mean.
        fine: their histogram.
        ranks: (65536,) int64, how many have each leading half of the key that orders float32, see `_keys`.
    """

    count: int
    n_not_finite: int
    mean: float
    sums: tuple[float, float, float]
    minimum: float
    maximum: float
    fine: DyadicHistogram
    ranks: NDArray[np.int64]

    def merged(self, other: Description) -> Description:
        """That of both together; exact but for rounding in float64.

        Sums by Pébay (2008), "Formulas for robust, one-pass parallel computation of covariances and arbitrary-order
        statistical moments", after Chan, Golub and LeVeque; the histogram is that of the concatenated arrays.
        """
        if not (self.count and other.count):
            one = other if other.count else self
            nothing = self if one is other else other
            return replace(one, n_not_finite=one.n_not_finite + nothing.n_not_finite)
        a, b, n = float(self.count), float(other.count), float(self.count + other.count)
        (a2, a3, a4), (b2, b3, b4), d = self.sums, other.sums, other.mean - self.mean
        sums = (
            a2 + b2 + d**2 * a * b / n,
            a3 + b3 + d**3 * a * b * (a - b) / n**2 + 3 * d * (a * b2 - b * a2) / n,
            a4
            + b4
            + d**4 * a * b * (a * a - a * b + b * b) / n**3
            + 6 * d**2 * (a * a * b2 + b * b * a2) / n**2
            + 4 * d * (a * b3 - b * a3) / n,
        )
        return Description(
            self.count + other.count,
            self.n_not_finite + other.n_not_finite,
            self.mean + d * b / n,
            sums,
            min(self.minimum, other.minimum),
            max(self.maximum, other.maximum),
            self.fine.merged(other.fine, min(self.minimum, other.minimum), max(self.maximum, other.maximum)),
            self.ranks + other.ranks,
        )

    def moments(self) -> dict[str, float]:
        """Mean, std, skewness and excess kurtosis as scipy.stats gives them (biased, Fisher), smallest and largest."""
        m2, m3, m4 = (np.float64(s) / max(self.count, 1) for s in self.sums)
        with np.errstate(divide="ignore", invalid="ignore"):
            std = np.sqrt(np.maximum(m2, 0.0))
            return {
                "mean": self.mean,
                "std": float(std),
                "skewness": float(m3 / std**3),
                "kurtosis": float(m4 / m2**2 - 3),
                "minimum": self.minimum,
                "maximum": self.maximum,
            }


def describe(values: Array) -> Description:
    """Describe an array of floats of any shape; a view is taken of it where it is contiguous."""
    flat = np.ravel(values)
    low, high = (float(flat.min()), float(flat.max())) if flat.size else (np.nan, np.nan)
    finite = bool(np.isfinite(low) and np.isfinite(high))
    count, total = flat.size, 0.0
    if not finite:
        count, low, high = 0, np.inf, -np.inf
        for part in _parts(flat, finite):
            count += part.size
            if part.size:
                low, high = min(low, float(part.min())), max(high, float(part.max()))
                total += float(part.sum(dtype=np.float64))
    if not count:
        nothing = dyadic_histogram(np.empty(0, np.float32))
        nan = float("nan")
        return Description(0, flat.size, nan, (nan, nan, nan), nan, nan, nothing, np.zeros(_HALF, np.int64))
    mean = float(flat.mean(dtype=np.float64)) if finite else total / count
    sums, ranks = np.zeros(3), np.zeros(_HALF, np.int64)
    largest = max(-low, high)
    narrow = largest == 0 or _LOW < largest < _HIGH
    for part in _parts(flat, finite):
        centred: Array = (part if narrow else part.astype(np.float64)) - np.float32(mean)
        square = centred * centred
        sums += [float(power.sum(dtype=np.float64)) for power in (square, square * centred, square * square)]
        ranks += np.bincount(_leading(_keys(part)), minlength=_HALF)
    s2, s3, s4 = (float(s) for s in sums)
    d = mean - float(np.float32(mean))  # the sums are about the mean as float32 has it
    moved = (s2 - count * d**2, s3 - 3 * d * s2 + 2 * count * d**3, s4 - 4 * d * s3 + 6 * d**2 * s2 - 3 * count * d**4)
    return Description(count, flat.size - count, mean, moved, low, high, dyadic_histogram(flat), ranks)


def quantiles_of(found: Description, arrays: Iterable[Array], probabilities: Iterable[float]) -> Array:
    """Nearest-rank quantiles: entries that are there, as float32.

    Args:
        found: describes the arrays together.
        arrays: gives them once more, one at a time, in any order.
        probabilities: in [0,1].

    Returns:
        Shape (len(probabilities),); NaN where no entry is finite.
    """
    wanted = np.array(list(probabilities))
    if not found.count:
        return np.full(len(wanted), np.nan, np.float32)
    rank = np.round(wanted * (found.count - 1)).astype(np.int64)
    below = np.concatenate([[0], np.cumsum(found.ranks)])
    leading = np.searchsorted(below, rank, side="right") - 1
    chosen = np.unique(leading)
    slot = np.full(_HALF, -1, np.int64)
    slot[chosen] = np.arange(len(chosen))
    counts = np.zeros(len(chosen) * _HALF, np.int64)
    for array in arrays:
        _count(counts, slot, array, finite=not found.n_not_finite)
        del array  # before the next is read
    table = counts.reshape(len(chosen), _HALF).cumsum(1)
    found_keys = [
        (int(high) - _HALF // 2 << 16) | int(np.searchsorted(table[slot[high]], r - below[high], side="right"))
        for high, r in zip(leading, rank, strict=True)
    ]
    return _floats(np.array(found_keys, np.int32))


def _count(counts: NDArray[np.int64], slot: NDArray[np.int64], array: Array, finite: bool) -> None:
    """Count the keys of entries whose leading half has a slot. A function, so that no view outlives the array."""
    for part in _parts(np.ravel(array), finite):
        keys = _keys(part)
        slots = slot[_leading(keys)]
        inside = slots >= 0
        places, times = np.unique(slots[inside] * _HALF + (keys[inside] & (_HALF - 1)), return_counts=True)
        counts[places] += times


def _parts(flat: Array, finite: bool) -> Iterator[NDArray[np.float32]]:
    """Finite entries of a flat array, some at a time; `finite` says that all are."""
    for begin in range(0, flat.size, PART):
        part = flat[begin : begin + PART].astype(np.float32, copy=False)
        yield part if finite else part[np.isfinite(part)]


def _keys(part: NDArray[np.float32]) -> NDArray[np.int32]:
    """Integers that are ordered as the floats are: their bits, all but the sign flipped where they are negative."""
    bits = np.ascontiguousarray(part).view(np.int32)
    keys: NDArray[np.int32] = bits ^ ((bits >> 31) & np.int32(0x7FFFFFFF))
    return keys


def _floats(keys: NDArray[np.int32]) -> NDArray[np.float32]:
    return (keys ^ ((keys >> 31) & np.int32(0x7FFFFFFF))).view(np.float32)


def _leading(keys: NDArray[np.int32]) -> NDArray[np.int32]:
    """The leading half of each key, in [0, 65536)."""
    found: NDArray[np.int32] = (keys >> 16) + np.int32(_HALF // 2)
    return found
