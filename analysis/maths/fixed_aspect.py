"""Alpha at a fixed aspect ratio: Fixed-Aspect-Ratio Matrix Subsampling (FARMS).

Hu, Goel, Killiakov and Yang 2025, "Eigenspectrum analysis of neural networks without aspect ratio bias" (ICML, arXiv
2506.06280): the shape of an ESD depends on Q = N / M, and so does its alpha, however a layer was trained. They cut each
matrix into submatrices of one Q, and fit the spectra of these. Alpha is Hill's estimator above the median eigenvalue.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.maths.gram import is_measurable, squared_singular_values

Array = NDArray[Any]


def fixed_aspect_alpha(slices: Array) -> float:
    """The mean alpha of the square blocks, Q = 1, that the matrices of a layer are cut into along their longer side.

    Args:
        slices: (S, out, in). Each is cut into ⌊N / M⌋ blocks M × M that do not overlap; eigenvalues of the blocks at
            one place of all slices are pooled, as the authors pool those of a kernel's slices.

    Returns:
        The mean over places; NaN where the weight is not finite, or a block has no two different positive eigenvalues.
    """
    long = slices if slices.shape[1] >= slices.shape[2] else slices.swapaxes(1, 2)
    _, longer, shorter = long.shape
    if not is_measurable(slices):
        return math.nan
    blocks = (long[:, place * shorter : (place + 1) * shorter] for place in range(longer // shorter))
    return float(np.mean([hill_alpha(np.sort(squared_singular_values(block), axis=None)) for block in blocks]))


def hill_alpha(eigenvalues: Array) -> float:
    """Hill's estimator of alpha from the median on: 1 + n / Σ log(λ / λ_median) over the n upper eigenvalues.

    Args:
        eigenvalues: (K,), ascending.
    """
    upper = eigenvalues[len(eigenvalues) // 2 :]
    if len(upper) < 2 or upper[0] <= 0 or upper[-1] <= upper[0]:
        return math.nan
    return 1 + len(upper) / float(np.sum(np.log(upper / upper[0])))
