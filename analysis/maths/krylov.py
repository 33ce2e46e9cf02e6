"""The largest eigenvalues of a Gram matrix that is too large to make: a randomised block Krylov method.

Musco and Musco 2015, "Randomized block Krylov methods for stronger and faster approximate singular value
decomposition". The spectra of weights fall slowly, so that subspace iteration (scikit-learn's `randomized_svd`) needs
many passes to tell neighbouring eigenvalues apart; a Krylov space gets them from a few. ARPACK (`scipy.sparse.linalg.
svds`) gets them too, with one vector at a time, and so as many passes over the matrix as it has vectors.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import dsyrk

Array = NDArray[Any]

BLOCKS = 40
"""Blocks of the Krylov space, and passes over the matrix."""
SPARE = 8
"""Vectors of the space for each eigenvalue that is wanted. Of a random 4,096 × 4,096 matrix, the hardest case, the last
of the 256 largest is then found to 4e-7 and of the 128 largest to 2e-6; 4 vectors leave 1.4e-2 and 4.8e-2."""
_PASSES, _ORTHOGONAL = 8, 1e-5
_PART = 2**22
"""Entries of the matrix that are worked on at a time."""


def largest_eigenvalues(matrix: Array, top: int, seed: tuple[int, ...]) -> Array:
    """The largest squared singular values of a matrix.

    Args:
        matrix: shape (n, m), finite, floating.
        top: how many.
        seed: of the vectors that it begins with.

    Returns:
        Shape (min(top, n, m),), ascending, float64. Each is at most the true one, but for rounding.
    """
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    short = len(wide)
    top = min(top, short)
    size = min(short, max(-(-SPARE * top // BLOCKS), 8))
    block = np.random.default_rng(seed).standard_normal((short, size), np.float32)
    basis = np.empty((short, min(short, size * BLOCKS)), np.float32, order="F")
    filled = 0
    while True:
        block = _orthonormal(block, basis[:, :filled])
        take = min(block.shape[1], basis.shape[1] - filled)
        basis[:, filled : filled + take] = block[:, :take]
        filled += take
        if filled == basis.shape[1]:
            break
        block = _gram_times(wide, block)
    found: Array = np.maximum(np.linalg.eigvalsh(_projected(wide, basis))[-top:], 0.0)
    return found


def _orthonormal(block: Array, basis: Array) -> Array:
    """A basis of what the block adds to another.

    Twice, because once is not orthogonal in float32, and as often as it takes where the block adds next to nothing:
    what is left of it then is rounding, which must not be taken for a direction that is there already.
    """
    overlap = basis.T @ block
    for _ in range(_PASSES):
        block = np.linalg.qr(block - basis @ overlap)[0]
        overlap = basis.T @ block
        if not overlap.size or float(np.abs(overlap).max()) < _ORTHOGONAL:
            break
    return block


def _gram_times(wide: Array, block: Array) -> Array:
    """W Wᵀ times a block, part by part of the longer side, scaled so that float32 holds it."""
    found = np.zeros_like(block)
    for part in _parts(wide):
        found += part @ (part.T @ block)
    largest = float(np.abs(found).max())
    return found / np.float32(largest) if largest > 0 else found


def _projected(wide: Array, basis: Array) -> Array:
    """The Gram matrix within a basis, (B, B) float64: its lower triangle."""
    gram = np.zeros((basis.shape[1],) * 2, order="F")
    for part in _parts(wide):
        gram = dsyrk(1.0, (part.T @ basis).astype(np.float64, order="F"), beta=1.0, c=gram, trans=1, lower=1,
                     overwrite_c=1)  # fmt: skip
    return gram


def _parts(wide: Array) -> list[Array]:
    """Views of some columns each."""
    columns = max(1, _PART // len(wide))
    return [wide[:, begin : begin + columns] for begin in range(0, wide.shape[1], columns)]
