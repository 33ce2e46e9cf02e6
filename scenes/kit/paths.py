"""Many lines or rectangles as one path: a mobject costs more than its curves."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

MOST_BENDS = 51
"""As many as the report's runs have epochs, so that a frame of longer ones costs no more."""


def polyline(corners: np.ndarray) -> np.ndarray:
    """Bézier points (4(n−1), 3) of the straight lines between corners (n, 3); lines at a NaN are left out."""
    start, end = corners[:-1], corners[1:]
    drawn = np.isfinite(start).all(1) & np.isfinite(end).all(1)
    start, end = start[drawn], end[drawn]
    third = (end - start) / 3
    return np.stack([start, start + third, end - third, end], axis=1).reshape(-1, 3)


def rectangles(left: Array, right: Array, bottom: Array, top: Array) -> Array:
    """Closed rectangles as the subpaths of one path; those without area are left out.

    Args:
        left, right, bottom, top: broadcast against each other, (n,).

    Returns:
        Points, (16 m, 3) for the m rectangles with an area.
    """
    sides = np.broadcast_arrays(*(np.atleast_1d(np.asarray(a, float)) for a in (left, right, bottom, top)))
    left, right, bottom, top = (side[(sides[1] > sides[0]) & (sides[3] > sides[2])] for side in sides)
    x = np.stack([left, right, right, left, left], 1)  # (m, 5)
    y = np.stack([bottom, bottom, top, top, bottom], 1)
    corners = np.stack([x, y, np.zeros_like(x)], 2)
    start, end = corners[:, :-1], corners[:, 1:]
    return np.stack([start, (2 * start + end) / 3, (start + 2 * end) / 3, end], 2).reshape(-1, 3)


def bends(history: Array) -> Array:
    """At which epochs lines through a history, (E,) or (E, N), bend: at all, of many lines at MOST_BENDS at most."""
    n = len(history)
    most = n if history.ndim == 1 or history.shape[1] == 1 else MOST_BENDS
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(int))
