"""What a layer does to lengths at most: the largest singular value of a convolution, and of one with BatchNorm."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

MARGIN = 1 + 1e-5
"""For the rounding of bounds in single precision."""

_CHUNK = 2**22
"""Entries of transfer matrices that are held at a time."""


def convolution_norm(kernel: NDArray[np.floating[Any]], feature_map: tuple[int, int]) -> float:
    """Largest singular value of a two-dimensional convolution with stride 1 and circular padding, as it acts on images.

    Such a convolution is diagonal in the Fourier basis: at each frequency of the feature map it is a matrix (out, in),
    the transfer matrix, and its singular values are those of all of these matrices together (Sedghi, Gupta and Long
    2019, "The singular values of convolutional layers"). With zero padding, as most networks have it, the norm on
    H × W is at most that of the circular one on (H + k - 1) × (W + k - 1), and close to it for maps much larger than
    the kernel.

    Args:
        kernel: shape (out, in, h, w).
        feature_map: rows and columns of the input. A kernel larger than the map wraps around it.

    Returns:
        The norm, to about 1e-6 of itself; NaN where the kernel is not finite.
    """
    if not np.isfinite(kernel).all():
        return float("nan")
    unit = float(np.abs(kernel).max())  # squares of squares of a network that diverges leave single precision
    if unit == 0:
        return 0.0
    out, fan, height, width = kernel.shape
    rows, columns = feature_map
    taps = np.ascontiguousarray((kernel / unit).transpose(2, 3, 0, 1), np.complex64).reshape(height * width, out * fan)
    # A real kernel: the other half of the frequencies have the conjugate matrices.
    by_row = np.exp(-2j * np.pi * np.outer(np.arange(rows) / rows, np.arange(height)))
    by_column = np.exp(-2j * np.pi * np.outer(np.arange(columns // 2 + 1) / columns, np.arange(width)))
    phases = np.einsum("ra,cb->rcab", by_row, by_column).reshape(-1, height * width).astype(np.complex64)
    largest = 0.0
    step = max(1, _CHUNK // (out * fan))
    for begin in range(0, len(phases), step):
        transfer = (phases[begin : begin + step] @ taps).reshape(-1, out, fan)
        short = transfer if out <= fan else transfer.swapaxes(1, 2)
        largest = _largest_eigenvalue(short @ short.conj().swapaxes(1, 2), largest)
    return unit * float(largest**0.5)


def _largest_eigenvalue(grams: Array, known: float) -> float:
    """The largest eigenvalue of Hermitian, not negative matrices (F, n, n), or `known` where that is larger.

    The Frobenius norm bounds the largest eigenvalue, that of the square bounds its square, and nearer: of a trained
    layer a few frequencies are left whose eigenvalues must be computed.
    """
    bounds = np.linalg.norm(grams, axis=(1, 2))
    known = max(known, float(np.linalg.eigvalsh(grams[np.argmax(bounds)])[-1]))
    # Where not even the least of them falls away, as in a random layer, squaring the others would be in vain.
    if _nearer_bounds(grams[[np.argmin(bounds)]])[0] < known:
        grams = grams[bounds * MARGIN > known]
        grams = grams[_nearer_bounds(grams) * MARGIN > known]
    return max(known, float(np.linalg.eigvalsh(grams)[:, -1].max())) if len(grams) else known


def _nearer_bounds(grams: Array) -> Array:
    found: Array = np.sqrt(np.linalg.norm(grams @ grams, axis=(1, 2)))
    return found


def batchnorm_gain(scale: Array, running_variance: Array, eps: float) -> Array:
    """Factor by which BatchNorm in evaluation mode multiplies each channel: γ / √(running variance + ε), (out,)."""
    gain: Array = scale / np.sqrt(running_variance + eps)
    return gain


def fold(weight: Array, gain: Array) -> Array:
    """A weight (out, in, *kernel) whose output channels are multiplied by `gain` (out,)."""
    folded: Array = weight * gain.reshape(-1, *(1,) * (weight.ndim - 1))
    return folded
