"""Spectrum of a layer: eigenvalues of X = WᵀW, norms and ranks, and the power-law fit of the tail.

The fit is WeightWatcher's own, on the eigenvalues that `WeightWatcher.analyze()` would hand to it, so that alpha, xmin
and D are those that it reports (Martin, Peng and Mahoney 2021, "Predicting trends in the quality of state-of-the-art
neural networks without access to training or testing data"); what it does was read from version 0.7.7.
"""

from __future__ import annotations

import contextlib
import io
import logging
import math
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.store.schema import MIN_EIGENVALUES, FitStatus

Array = NDArray[Any]

FIT_THRESHOLD = 1e-5
"""Scaled eigenvalues at or below this are left out of the fit, as WeightWatcher's EVALS_THRESH has it."""

NARROWEST_TAIL = 1e-6
"""xmax / xmin - 1 below which a tail is one value to the precision of float32 weights, and has no exponent."""


class PowerLaw(NamedTuple):
    """A fitted tail: density ∝ λ^-alpha from xmin on. Eigenvalues are in the units that were fitted."""

    alpha: float
    alpha_error: float
    xmin: float
    xmax: float
    ks_distance: float
    n_tail: int
    status: FitStatus


NO_FIT = PowerLaw(math.nan, math.nan, math.nan, math.nan, math.nan, 0, FitStatus.FAILED)


def weightwatcher_scale(kind: str) -> float:
    """Factor that `WeightWatcher.analyze()` applies to the eigenvalues of a layer of this kind before it fits them.

    0.5 for two-dimensional convolutions: its `apply_normalize_Wmats` multiplies every kernel slice by
    √(conv2d_count / 2), where conv2d_count is 1, and so eigenvalues, `lambda_max`, `xmin` and `xmax` by a half. Alpha
    and D depend on it only through the threshold below which eigenvalues are left out. 1 for all else.
    """
    return 0.5 if kind == "conv2d" else 1.0


def layer_spectrum(weight: NDArray[np.floating[Any]], kind: str) -> dict[str, Array | float | int]:
    """Everything the store keeps of a layer's spectrum at one epoch, by path below `spectrum/`.

    A k×k convolution is taken as k² matrices (out, in) whose eigenvalues are pooled, as WeightWatcher does. They come
    from the Gram matrix of the shorter side in float64, whose rounding, about 1e-16 of the largest, is far below that
    of float32 weights and below the fit's threshold.

    Args:
        weight: effective weight, shape (out, in) or (out, in, *kernel).
        kind: the layer's kind as the store names it; it decides the scale at which the tail is fitted.

    Returns:
        `eigenvalues` (K,) float32, ascending, unscaled, with K = min(out, in) · slices; the rest are numbers. Where the
        weight is not finite all is NaN and the fit FAILED; where it is all zero, what divides by its size is NaN.
    """
    out, fan = weight.shape[:2]
    slices = weight.reshape(out, fan, -1).transpose(2, 0, 1).astype(np.float64)  # (k², out, in)
    n_eigenvalues = min(out, fan) * len(slices)
    if not np.isfinite(slices).all():
        return _spectrum(np.full(n_eigenvalues, np.nan), math.nan, math.nan, NO_FIT)
    eigenvalues = np.sort(_squared_singular_values(slices), axis=None)
    scale = weightwatcher_scale(kind)
    tail = fit_power_law(eigenvalues * scale)
    reshaped = (
        eigenvalues[-1]
        if len(slices) == 1
        else _squared_singular_values(slices.transpose(1, 2, 0).reshape(out, -1))[-1]
    )
    return _spectrum(
        eigenvalues,
        math.sqrt(np.sum(slices**2)),
        math.sqrt(reshaped),
        tail._replace(xmin=tail.xmin / scale, xmax=tail.xmax / scale),
    )


def fit_power_law(eigenvalues: Array) -> PowerLaw:
    """Fit the tail of a spectrum as `WeightWatcher.analyze()` does by default.

    Args:
        eigenvalues: shape (K,), scaled as `weightwatcher_scale` says. Those at or below FIT_THRESHOLD are left out.

    Returns:
        The fit that WeightWatcher makes; FAILED where it makes none, where its exponent is not that of a density
        (finite and above 1), or where the tail is one repeated value; FEW_EIGENVALUES where fewer than 50 were fitted.
    """
    kept = eigenvalues[eigenvalues > FIT_THRESHOLD]
    if len(kept) < 2:
        return NO_FIT
    # The fitter prints below 20 eigenvalues, and divides by zero where eigenvalues repeat.
    with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
        fit = _fitter()(kept)
    alpha, xmin, xmax = float(fit.alpha), float(fit.xmin), float(fit.xmax)
    if not (math.isfinite(alpha) and alpha > 1 and xmax / xmin - 1 > NARROWEST_TAIL):
        return NO_FIT
    status = FitStatus.OK if len(kept) >= MIN_EIGENVALUES else FitStatus.FEW_EIGENVALUES
    n_tail = int(np.count_nonzero(kept >= xmin))  # the small-sample estimator's own `data` may be shorter
    return PowerLaw(alpha, float(fit.sigma), xmin, xmax, float(fit.D), n_tail, status)


@cache
def _fitter() -> Callable[[Array], Any]:
    """WeightWatcher's WWFit, imported when first needed and without what the import does to logging and warnings.

    The package configures the root logger, warns of a missing GPU, and switches every warning off.
    """
    quiet, package = logging.NullHandler(), logging.getLogger("weightwatcher")
    logging.root.addHandler(quiet)
    package.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            from weightwatcher.WW_powerlaw import WWFit
    finally:
        logging.root.removeHandler(quiet)
        package.setLevel(logging.ERROR)
    return WWFit  # type: ignore[no-any-return]


def _squared_singular_values(matrices: Array) -> Array:
    """Squared singular values, ascending, of matrices (..., n, m) float64; shape (..., min(n, m))."""
    transposed = matrices.swapaxes(-1, -2)
    gram = matrices @ transposed if matrices.shape[-2] <= matrices.shape[-1] else transposed @ matrices
    return np.maximum(np.linalg.eigvalsh(gram), 0.0)  # rounding makes zeros slightly negative


def _spectrum(eigenvalues: Array, frobenius: float, reshaped: float, tail: PowerLaw) -> dict[str, Array | float | int]:
    """Put a spectrum together; `eigenvalues` ascending."""
    largest, total = float(eigenvalues[-1]), float(eigenvalues.sum())
    return {
        "eigenvalues": eigenvalues.astype(np.float32),
        **tail._asdict(),
        "status": int(tail.status),
        "lambda_max": largest,
        "frobenius_norm": frobenius,
        "stable_rank": frobenius**2 / largest if largest > 0 else math.nan,
        "entropy": matrix_entropy(eigenvalues) if total > 0 else math.nan,
        "sigma/slices": math.sqrt(largest),
        "sigma/reshaped": reshaped,
    }


def matrix_entropy(eigenvalues: Array) -> float:
    """Entropy of the eigenvalues' shares of their sum, over its largest value, log K for K of them: in [0, 1].

    0 for a matrix of rank one, 1 for an orthogonal one. WeightWatcher divides by the logarithm of the rank, which is K
    for nearly all trained layers; K is the same at every epoch, so that epochs can be compared.

    Args:
        eigenvalues: shape (K,), not negative, not all zero.
    """
    if len(eigenvalues) < 2:
        return 0.0
    shares = eigenvalues / eigenvalues.sum()
    shares = shares[shares > 0]
    return float(-np.sum(shares * np.log(shares)) / math.log(len(eigenvalues)))
