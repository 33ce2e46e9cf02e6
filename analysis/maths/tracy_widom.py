"""How large the largest eigenvalue of a random matrix is: Tracy and Widom's law, and what small matrices need of it.

For an N × M matrix of independent Gaussian entries of variance s², (λ_max / s² − μ) / σ follows the Tracy–Widom law of
real matrices (β = 1) as the sides grow (Johnstone 2001, "On the distribution of the largest eigenvalue in principal
components analysis"), with

    μ = (√(N − ½) + √(M − ½))²,   σ = √μ (1/√(N − ½) + 1/√(M − ½))^⅓

where the halves bring the error from M^(−1/3) to M^(−2/3) (Ma 2012, "Accuracy of the Tracy–Widom limits for the extreme
eigenvalues in white Wishart matrices"). The law itself is that of a shifted gamma variable to 1e-3 or so of a quantile
(Chiani 2014, "Distribution of the largest eigenvalue for real Wishart and Gaussian random matrices and a simple
approximation for the Tracy–Widom distribution").

The variance is not known: it is measured on the same matrix, and the ratio of λ_max to it varies less than λ_max does
(Nadler 2011, "On the distribution of the ratio of the largest eigenvalue to the trace of a Wishart matrix"), by an
amount that falls as slowly as M^(−2/3). A table of simulated quantiles of that ratio, standardised by μ and σ, holds
for sides up to 128; from there to Tracy and Widom's law it is taken to be linear in M^(−2/3).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[Any]

_SHAPE, _SCALE, _SHIFT = 46.446, 0.186054, 9.84801
"""Chiani's gamma variable for β = 1."""

SIDES = (*range(2, 17), 24, 32, 64, 128)
"""Smaller sides M of the table."""
ROOTS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""√(M / N) of the table."""
EXCEEDED = (1e-2, 1e-3, 1e-4)
"""Shares of matrices that lie above the table's quantiles."""


def tracy_widom_quantile(exceeded: Array | float) -> Any:
    """What a share `exceeded` of Tracy–Widom variables (β = 1) lies above; any shape."""
    return special.gammainccinv(_SHAPE, exceeded) * _SCALE - _SHIFT


def tracy_widom_exceeded(value: Array | float) -> Any:
    """The share of Tracy–Widom variables (β = 1) above `value`; any shape."""
    return special.gammaincc(_SHAPE, np.maximum(np.asarray(value) + _SHIFT, 0.0) / _SCALE)


def centre_and_scale(n: int, m: int) -> tuple[float, float]:
    """μ and σ of the largest eigenvalue of an n × m matrix with independent entries of variance 1."""
    one, other = math.sqrt(n - 0.5), math.sqrt(m - 0.5)
    return (one + other) ** 2, (one + other) * (1 / one + 1 / other) ** (1 / 3)


def ratio_exceeded_by(exceeded: float, n: int, m: int) -> float:
    """What λ_max over the mean square entry is above in a share `exceeded`, at most 0.01, of random n × m matrices.

    Args:
        exceeded: at most 0.01; below 1e-4 the table is continued along Tracy and Widom's law.
        n, m: sides, n ≥ m ≥ 2.
    """
    centre, scale = centre_and_scale(n, m)
    limit, values = _quantiles(n, m)
    return centre + scale * float(_along(float(tracy_widom_quantile(exceeded)), limit, values))


def share_above(ratios: Array, n: int, m: int) -> Array:
    """The share of random n × m matrices whose λ_max over the mean square entry is above each of `ratios`, any shape.

    The inverse of `ratio_exceeded_by`; of smaller ratios than those that 1 % exceed it is 1 % or more, and rough.
    """
    centre, scale = centre_and_scale(n, m)
    limit, values = _quantiles(n, m)
    found: Array = tracy_widom_exceeded(_along((np.asarray(ratios) - centre) / scale, values, limit))
    return found


def _along(place: Any, places: Array, values: Array) -> Any:
    """Values between and beyond places, piecewise linear; both ascend."""
    first, last = ((values[i + 1] - values[i]) / (places[i + 1] - places[i]) for i in (0, len(places) - 2))
    before, after = values[0] + (place - places[0]) * first, values[-1] + (place - places[-1]) * last
    inside = np.interp(place, places, values)
    return np.where(place < places[0], before, np.where(place > places[-1], after, inside))


@lru_cache(maxsize=256)
def _quantiles(n: int, m: int) -> tuple[Array, Array]:
    """Quantiles that EXCEEDED shares lie above: of Tracy and Widom's law, and of the standardised ratio of n × m."""
    limit = np.asarray(tracy_widom_quantile(np.array(EXCEEDED)))
    if m < 2:
        raise ValueError("a matrix of one column is its own variance: nothing is beyond it")
    root = math.sqrt(m / n)
    rows = np.array([[np.interp(root, ROOTS, row[k::3]) for k in range(3)] for row in _table()])  # (SIDES, 3)
    nearness = np.array([*SIDES, math.inf]) ** (-2 / 3)
    whole = np.vstack([rows, limit])
    found = np.array([np.interp(m ** (-2 / 3), nearness[::-1], whole[::-1, k]) for k in range(3)])
    # The ratio of the smallest matrices is bounded: quantiles that rounding made equal must ascend all the same.
    return limit, np.maximum.accumulate(found + np.arange(3) * 1e-3)


_TABLE = """
0.63 1.36 1.98 0.22 0.65 0.96 -0.21 -0.07 -0.01 -0.49 -0.47 -0.48 -0.69 -0.69 -0.69
1.00 1.89 2.66 0.69 1.40 2.00 0.33 0.78 1.10 -0.07 0.12 0.21 -0.37 -0.31 -0.31
1.19 2.14 2.97 0.95 1.80 2.54 0.66 1.31 1.86 0.32 0.74 1.06 0.00 0.22 0.34
1.32 2.30 3.15 1.12 2.05 2.86 0.87 1.66 2.33 0.59 1.20 1.68 0.28 0.68 0.95
1.40 2.40 3.26 1.23 2.22 3.10 1.01 1.88 2.64 0.78 1.50 2.10 0.49 1.03 1.44
1.47 2.50 3.38 1.32 2.35 3.25 1.13 2.06 2.89 0.89 1.68 2.34 0.66 1.29 1.80
1.51 2.56 3.48 1.39 2.43 3.34 1.22 2.22 3.10 1.01 1.88 2.62 0.78 1.50 2.11
1.56 2.63 3.55 1.44 2.51 3.44 1.28 2.32 3.25 1.10 2.01 2.82 0.89 1.69 2.36
1.59 2.70 3.68 1.48 2.56 3.52 1.34 2.37 3.26 1.17 2.13 2.97 0.98 1.82 2.53
1.61 2.70 3.64 1.52 2.61 3.57 1.38 2.44 3.38 1.23 2.23 3.14 1.05 1.95 2.75
1.64 2.75 3.71 1.56 2.67 3.66 1.43 2.51 3.47 1.28 2.29 3.18 1.12 2.06 2.89
1.66 2.78 3.76 1.57 2.67 3.63 1.46 2.55 3.52 1.32 2.36 3.29 1.18 2.13 2.95
1.68 2.81 3.78 1.60 2.72 3.70 1.50 2.59 3.54 1.37 2.43 3.39 1.21 2.19 3.06
1.70 2.81 3.77 1.62 2.77 3.80 1.52 2.64 3.63 1.40 2.45 3.39 1.26 2.27 3.17
1.71 2.84 3.81 1.65 2.79 3.79 1.54 2.68 3.70 1.42 2.52 3.51 1.30 2.33 3.27
1.79 2.94 3.93 1.73 2.90 3.94 1.68 2.85 3.86 1.59 2.74 3.79 1.48 2.61 3.66
1.84 3.01 4.01 1.78 3.01 4.12 1.74 2.93 4.00 1.68 2.89 3.99 1.58 2.76 3.84
1.90 3.11 4.19 1.87 3.07 4.11 1.82 3.05 4.16 1.82 3.04 4.12 1.77 2.96 4.01
1.96 3.18 4.19 1.95 3.18 4.24 1.92 3.20 4.38 1.89 3.13 4.24 1.86 3.07 4.11
"""
"""By side, by root, by share: made by `python -m scripts.random_edges`, to about 0.02, the last of three to 0.05."""


@lru_cache(maxsize=1)
def _table() -> Array:
    return np.array(_TABLE.split(), float).reshape(len(SIDES), -1)
