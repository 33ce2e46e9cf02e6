"""Gram matrices and their eigenvalues, without a copy in float64 of what is large."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigvalsh
from scipy.linalg.blas import dsyrk

Array = NDArray[Any]

_CHUNK = 2**23
"""Entries that are brought to float64 at a time."""
_SMALLEST, _LARGEST = 1e-16, 1e19
"""Of a matrix's largest entry and of its norm: their squares are below and above its largest eigenvalue."""
_COPIED = 2048
"""Sides of Gram matrices up to which a copy of one does not matter."""


def is_measurable(values: Array) -> bool:
    """Whether all entries are finite, and of a size at which float32 holds a matrix's eigenvalues; zeros are.

    It makes no array of as many answers.
    """
    largest = max(-float(values.min()), float(values.max()))
    if not np.isfinite(largest):
        return False
    return largest == 0 or (largest > _SMALLEST and largest * float(values.size) ** 0.5 < _LARGEST)


def eigenvalues_of(slices: Array) -> tuple[Array, float]:
    """All eigenvalues of matrices (S, n, m), ascending in each, (S, min(n, m)), and the sum of all squared entries."""
    if slices.size > _CHUNK:
        found, square_norm = [], 0.0
        for matrix in slices:
            gram = _gram(matrix)
            square_norm += float(np.trace(gram))
            found.append(_eigenvalues_of_gram(gram))
        return np.stack(found), square_norm
    gram = _gram(slices)
    return _eigenvalues_of_gram(gram), float(np.trace(gram, axis1=-2, axis2=-1).sum())


def square_norm_of(weight: Array) -> float:
    """Sum of all squared entries, in float64."""
    flat, part = np.ravel(weight), _CHUNK // 64
    parts = (flat[begin : begin + part].astype(np.float64) for begin in range(0, flat.size, part))
    return float(sum(values @ values for values in parts))


def squared_singular_values(matrices: Array) -> Array:
    """Squared singular values, ascending, of matrices (..., n, m); shape (..., min(n, m)) float64."""
    return _eigenvalues_of_gram(_gram(matrices))


def _gram(matrices: Array) -> Array:
    """Gram matrices of the shorter side of (..., n, m), in float64: their lower triangles, which eigvalsh reads.

    Large ones are summed over parts, so that no copy of the whole matrix in float64 is needed.
    """
    short = matrices if matrices.shape[-2] <= matrices.shape[-1] else matrices.swapaxes(-1, -2)
    if short.ndim > 2 or short.size <= _CHUNK:
        wide = short.astype(np.float64)
        found: Array = wide @ wide.swapaxes(-1, -2)
        return found
    gram = np.zeros((len(short), len(short)), order="F")
    columns = max(1, _CHUNK // len(short))
    buffer = np.empty(len(short) * columns)
    for begin in range(0, short.shape[1], columns):
        width = min(columns, short.shape[1] - begin)
        part = buffer[: len(short) * width].reshape(len(short), width)
        np.copyto(part, short[:, begin : begin + width])
        gram = dsyrk(1.0, part.T, beta=1.0, c=gram, trans=1, lower=1, overwrite_c=1)
    return gram


def _eigenvalues_of_gram(gram: Array) -> Array:
    if gram.ndim == 2 and len(gram) > _COPIED:
        found = eigvalsh(gram if gram.flags.f_contiguous else gram.T, lower=True, overwrite_a=True,
                         check_finite=False, driver="evd")  # fmt: skip
        return np.maximum(found, 0.0)  # type: ignore[no-any-return]
    return np.maximum(np.linalg.eigvalsh(gram), 0.0)  # rounding makes zeros slightly negative
