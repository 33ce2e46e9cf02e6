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


SMALL_MAP = 8
"""Rows and columns of feature maps up to which zero padding is told from circular: beyond they differ by little."""
_STEPS, _SETTLED, _WITHIN = 200, 1e-6, 8
"""Steps at most, and by what share of itself the square of the norm may still grow within how many of the last."""


def zero_padded_norm(kernel: NDArray[np.floating[Any]], feature_map: tuple[int, int]) -> float:
    """Largest singular value of a two-dimensional convolution with stride 1 and zeros around its map, of one size.

    By Golub, Kahan and Lanczos with every vector kept, on the convolution as it is applied, tap by tap. It is at most
    the circular norm on a map larger by kernel − 1, and below that on the same map by up to 2 times on maps of 2 × 2.

    Args:
        kernel: shape (out, in, h, w), h and w odd.
        feature_map: rows and columns of the input.

    Returns:
        The norm, from below, to about 1e-5 of itself; NaN where the kernel is not finite, or a side of it is even.
    """
    out, fan, height, width = kernel.shape
    if not np.isfinite(kernel).all() or not height % 2 or not width % 2:
        return float("nan")
    unit = float(np.abs(kernel).max())
    if unit == 0:
        return 0.0
    rows, columns = feature_map
    scaled = (kernel / unit).astype(np.float64)
    taps = [
        (scaled[:, :, a, b], *_overlap(a - height // 2, rows), *_overlap(b - width // 2, columns))
        for a in range(height)
        for b in range(width)
    ]

    def forward(images: Array) -> Array:
        found = np.zeros((out, rows, columns))
        for tap, here, there, across, along in taps:
            found[:, here, across] += np.tensordot(tap, images[:, there, along], 1)
        return found

    def backward(images: Array) -> Array:
        found = np.zeros((fan, rows, columns))
        for tap, here, there, across, along in taps:
            found[:, there, along] += np.tensordot(tap.T, images[:, here, across], 1)
        return found

    start = np.random.default_rng(0).standard_normal((fan, rows, columns))
    basis = [start / np.linalg.norm(start)]
    diagonal: list[float] = []
    beside: list[float] = []
    known = [0.0] * _WITHIN
    while True:
        applied = backward(forward(basis[-1]))
        diagonal.append(float(np.vdot(basis[-1], applied)))
        for _ in range(2):
            for vector in basis:
                applied -= np.vdot(vector, applied) * vector
        largest = float(np.linalg.eigvalsh(np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1))[-1])
        left = float(np.linalg.norm(applied))
        settled = largest - known[-_WITHIN] <= _SETTLED * largest
        if settled or left <= 1e-12 * largest or len(diagonal) == _STEPS:
            return unit * float(max(largest, 0.0) ** 0.5)
        known.append(largest)
        beside.append(left)
        basis.append(applied / left)


def _overlap(shift: int, length: int) -> tuple[slice, slice]:
    """Places of the output that a tap `shift` away reads within the map, and the places that it reads."""
    begin = max(0, -shift)
    end = max(begin, min(length, length - shift))
    return slice(begin, end), slice(begin + shift, end + shift)


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
