"""Norms of convolutions against the dense matrix of the operator, and folded BatchNorm against PyTorch."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from weightreel.analysis.maths.operator_norm import batchnorm_gain, convolution_norm, fold, zero_padded_norm

RNG = np.random.default_rng(0)


def dense(kernel: np.ndarray, rows: int, columns: int, padding: str) -> np.ndarray:
    """The matrix of a convolution with `same` size, a column for each entry of the input."""
    out, fan, height, width = kernel.shape
    convolution = nn.Conv2d(fan, out, (height, width), padding="same", padding_mode=padding, bias=False)
    convolution.weight.data = torch.from_numpy(kernel.astype(np.float32))
    basis = torch.eye(fan * rows * columns).reshape(-1, fan, rows, columns)
    with torch.no_grad():
        return convolution(basis).flatten(1).numpy().T


@pytest.mark.parametrize(
    ("shape", "rows", "columns"),
    [((5, 3, 3, 3), 6, 6), ((2, 4, 3, 3), 5, 8), ((3, 3, 5, 5), 7, 5), ((4, 2, 1, 1), 4, 4), ((6, 6, 3, 3), 4, 4)],
)
def test_is_the_dense_operator_s_norm(shape: tuple[int, ...], rows: int, columns: int) -> None:
    kernel = RNG.normal(size=shape)
    expected = np.linalg.norm(dense(kernel, rows, columns, "circular"), 2)
    assert convolution_norm(kernel, (rows, columns)) == pytest.approx(expected, rel=1e-5)


def test_a_kernel_larger_than_its_map_wraps_around() -> None:
    kernel = RNG.normal(size=(3, 2, 3, 3))
    wrapped = np.zeros((3, 2, 2, 2))
    for i in range(3):
        for j in range(3):
            wrapped[:, :, i % 2, j % 2] += kernel[:, :, i, j]
    transfer = np.fft.fft2(wrapped).transpose(2, 3, 0, 1)
    expected = np.linalg.svd(transfer, compute_uv=False).max()
    assert convolution_norm(kernel, (2, 2)) == pytest.approx(expected, rel=1e-5)


def test_zero_padding_stays_below_the_circular_norm_of_the_padded_map() -> None:
    kernel = RNG.normal(size=(4, 4, 3, 3))
    zero = np.linalg.norm(dense(kernel, 8, 8, "zeros"), 2)
    assert zero <= convolution_norm(kernel, (10, 10)) * (1 + 1e-5)
    assert zero > 0.85 * convolution_norm(kernel, (8, 8))


@pytest.mark.parametrize("smooth", [0.0, 0.3, 3.0])
def test_frequencies_that_are_passed_over_hold_nothing_larger(smooth: float) -> None:
    """The largest value is that of all singular values of all transfer matrices, for flat and for peaked spectra."""
    kernel = RNG.normal(size=(24, 16, 3, 3)) + smooth
    transfer = np.fft.fft2(kernel, (12, 12)).transpose(2, 3, 0, 1)
    expected = np.linalg.svd(transfer, compute_uv=False).max()
    assert convolution_norm(kernel, (12, 12)) == pytest.approx(expected, rel=1e-5)


def test_lies_between_the_reshaped_norm_and_its_known_multiple() -> None:
    """‖W‖ ≤ operator ≤ √(h w) ‖W‖ for the reshaped matrix W: one patch alone gives the first bound."""
    kernel = RNG.normal(size=(8, 5, 3, 3))
    matrix = np.linalg.norm(kernel.reshape(8, -1), 2)
    assert matrix <= convolution_norm(kernel, (16, 16)) * (1 + 1e-5) <= 3 * matrix * (1 + 1e-4)


@pytest.mark.parametrize("unit", [1e-25, 1e25])
def test_very_small_and_very_large_kernels_keep_their_norm(unit: float) -> None:
    kernel = RNG.normal(size=(3, 4, 3, 3))
    assert convolution_norm(unit * kernel, (6, 6)) == pytest.approx(unit * convolution_norm(kernel, (6, 6)), rel=1e-5)
    assert convolution_norm(0 * kernel, (6, 6)) == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_kernel_that_is_not_finite_has_no_norm(bad: float) -> None:
    kernel = RNG.normal(size=(2, 2, 3, 3))
    kernel[0, 0, 0, 0] = bad
    assert np.isnan(convolution_norm(kernel, (4, 4)))


def test_a_folded_weight_does_what_convolution_and_batchnorm_do() -> None:
    convolution, norm = nn.Conv2d(3, 5, 3, padding=1, bias=False), nn.BatchNorm2d(5)
    norm.weight.data, norm.running_var = torch.rand(5) + 0.5, torch.rand(5) + 0.1
    both = nn.Sequential(convolution, norm).eval()
    gain = batchnorm_gain(norm.weight.detach().numpy(), norm.running_var.numpy(), norm.eps)
    folded = nn.Conv2d(3, 5, 3, padding=1, bias=False)
    folded.weight.data = torch.from_numpy(fold(convolution.weight.detach().numpy(), gain))
    x, y = torch.randn(2, 1, 3, 6, 6)
    with torch.no_grad():
        assert torch.allclose(both(x) - both(y), folded(x) - folded(y), atol=1e-5)


@pytest.mark.parametrize(
    ("feature_map", "shape"),
    [
        ((2, 2), (5, 4, 3, 3)),
        ((4, 4), (6, 3, 3, 3)),
        ((3, 5), (4, 4, 5, 3)),
        ((8, 8), (3, 5, 3, 3)),
        ((1, 1), (4, 6, 3, 3)),
    ],
)
def test_with_zeros_around_it_is_that_of_the_dense_matrix(
    feature_map: tuple[int, int], shape: tuple[int, int, int, int]
) -> None:
    """The matrix of PyTorch's own convolution, column by column, and its singular values by LAPACK."""
    kernel = torch.from_numpy(np.random.default_rng(sum(shape)).normal(size=shape))
    units = torch.eye(shape[1] * math.prod(feature_map), dtype=torch.float64).reshape(-1, shape[1], *feature_map)
    dense = torch.nn.functional.conv2d(units, kernel, padding=(shape[2] // 2, shape[3] // 2)).flatten(1)
    exact = float(torch.linalg.matrix_norm(dense, 2))
    assert zero_padded_norm(kernel.numpy(), feature_map) == pytest.approx(exact, rel=1e-5)
    larger = (feature_map[0] + shape[2] - 1, feature_map[1] + shape[3] - 1)
    assert exact <= convolution_norm(kernel.numpy(), larger) * (1 + 1e-5)


def test_zero_padding_of_what_has_no_norm() -> None:
    assert zero_padded_norm(np.zeros((2, 2, 3, 3)), (4, 4)) == 0
    assert np.isnan(zero_padded_norm(np.full((2, 2, 3, 3), np.nan), (4, 4)))
    assert np.isnan(zero_padded_norm(np.ones((2, 2, 2, 2)), (4, 4)))
