"""Spectrum of a layer: eigenvalues of X = WᵀW, norms, the fitted tail, the random bulk, and the shuffled baseline.

A k×k convolution is taken as k² matrices (out, in) whose eigenvalues are pooled, as WeightWatcher does (Martin, Peng
and Mahoney 2021, "Predicting trends in the quality of state-of-the-art neural networks without access to training or
testing data"); what it does was read from version 0.7.7.
"""

from __future__ import annotations

import math
import zlib
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import jensenshannon

from weightreel.analysis.maths.field_measures import FieldMeasures, field_measures, matrix_entropy, rank_loss
from weightreel.analysis.maths.gram import eigenvalues_of, is_measurable, square_norm_of, squared_singular_values
from weightreel.analysis.maths.krylov import largest_eigenvalues
from weightreel.analysis.maths.marchenko_pastur import NO_BULK, Bulk, fit_bulk
from weightreel.analysis.maths.power_law import NO_FIT, PowerLaw, fit_power_law
from weightreel.analysis.maths.random_bulk import RandomBulk, random_bulk

Array = NDArray[Any]

LEADING = 3
"""Largest singular values that are kept of the reshaped matrix."""

FEW_COLUMNS = 100
"""Matrices with a shorter side below this are shuffled several times, as WeightWatcher does."""
REPLICAS = 5

LARGEST_SHUFFLE = 2**23
"""Entries of a matrix above which its shuffled baseline is measured on a block of BLOCK of them."""
BLOCK = 2**21


class Spectrum(NamedTuple):
    """A layer's spectrum at one epoch; its eigenvalues are unscaled."""

    eigenvalues: Array
    """(K,) float32, ascending."""
    tail: PowerLaw
    """The fitted power law, its bounds unscaled too."""
    bulk: Bulk
    slice_sigma: Array
    """Scale of the random bulk of each slice, (S,), see `RandomBulk`; NaN where WeightWatcher's law is fitted, which
    knows one for all."""
    n_slice_spikes: int
    """Eigenvalues above the edges of their own slices; as n_spikes where WeightWatcher's law is fitted."""
    lambda_max: float
    frobenius_norm: float
    stable_rank: float
    entropy: float
    """Entropy of the eigenvalues' shares of their sum, see `matrix_entropy`."""
    field: FieldMeasures
    rank_loss: int
    """Singular values that are 0 but for rounding, see `field_measures.rank_loss`; 0 where they are not all known."""

    @property
    def largest_sigma(self) -> float:
        """The largest singular value of any of the slices."""
        return math.sqrt(self.lambda_max)


class Shuffled(NamedTuple):
    """The spectrum of a layer whose entries are shuffled; its eigenvalues are unscaled."""

    eigenvalues: Array
    """(K · replicas,) float32, ascending, of all shuffles."""
    lambda_max: float
    js_distance: float
    """Jensen–Shannon distance (nat to the power ½) between the layer's ascending vector of eigenvalues and the first
    shuffle's, each divided by its sum: WeightWatcher's `rand_distance`."""
    w1_distance: float
    """Wasserstein-1 distance between the two distributions of eigenvalues, over the layer's mean eigenvalue."""
    softrank: float
    """Largest eigenvalue of the first shuffle over the layer's: WeightWatcher's `ww_softrank`."""
    maxdist: float
    """The layer's largest eigenvalue less that of the first shuffle, unscaled: WeightWatcher's `ww_maxdist`."""
    n_traps: int
    """Spikes of one shuffle, the median over the shuffles, called correlation traps; 0 where no bulk is found. By
    WeightWatcher's law those of all shuffles pooled, its `num_traps`."""


def weightwatcher_scale(kind: str) -> float:
    """Factor that `WeightWatcher.analyze()` applies to the eigenvalues of a layer of this kind before it fits them.

    0.5 for two-dimensional convolutions: its `apply_normalize_Wmats` multiplies every kernel slice by
    √(conv2d_count / 2), where conv2d_count is 1, and so eigenvalues, `lambda_max`, `xmin` and `xmax` by a half. Alpha
    and D depend on it only through the threshold below which eigenvalues are left out. 1 for all else.
    """
    return 0.5 if kind == "conv2d" else 1.0


def slices_of(weight: Array) -> Array:
    """The matrices of a weight (out, in) or (out, in, *kernel): shape (slices, out, in), a view where it can be."""
    out, fan = weight.shape[:2]
    return weight.reshape(out, fan, -1).transpose(2, 0, 1)


def layer_spectrum(weight: NDArray[np.floating[Any]], kind: str, square_law: str = "scaled") -> Spectrum:
    """Eigenvalues, norms, the power law of the tail and the Marchenko–Pastur bulk of a layer at one epoch.

    Eigenvalues come from the Gram matrix of the shorter side in float64, whose rounding, about 1e-16 of the largest, is
    far below that of float32 weights and below the fit's threshold.

    Args:
        weight: effective weight, shape (out, in) or (out, in, *kernel).
        kind: the layer's kind as the store names it; it decides the scale at which the tail is fitted.
        square_law: `scaled` for the law of each slice and the edge of `random_bulk`, `weightwatcher` for
            `marchenko_pastur.fit_bulk`.

    Returns:
        The spectrum, its K = min(out, in) · slices eigenvalues all known. Where the weight is not finite all is NaN and
        the fits FAILED; where it is all zero, what divides by its size is NaN.
    """
    slices = slices_of(weight)
    if not is_measurable(weight):
        nothing = np.full(min(slices.shape[1:]) * len(slices), np.nan)
        return _spectrum(nothing, math.nan, NO_FIT, _no_bulk(len(slices)), weightwatcher_scale(kind))
    by_slice, square_norm = eigenvalues_of(slices)
    eigenvalues = np.sort(by_slice, axis=None)
    scale = weightwatcher_scale(kind)
    tail = fit_power_law(eigenvalues * scale)
    tail = tail._replace(xmin=tail.xmin / scale, xmax=tail.xmax / scale)
    longer = max(slices.shape[1:])
    found = _spectrum(eigenvalues, math.sqrt(square_norm), tail, bulk_of(by_slice, longer, square_law), scale)
    return found._replace(rank_loss=rank_loss(by_slice, longer))


def bulk_of(by_slice: Array, longer: int, square_law: str) -> RandomBulk:
    """The random part of a layer's spectrum, by either law.

    Args:
        by_slice: eigenvalues, ascending in each slice, (S, M).
        longer: N.
        square_law: `scaled` or `weightwatcher`.
    """
    if square_law == "scaled":
        return random_bulk(by_slice, longer, by_slice.shape[1])
    bulk = fit_bulk(np.sort(by_slice, axis=None), longer / by_slice.shape[1], longer)
    return _no_bulk(len(by_slice))._replace(bulk=bulk, n_slice_spikes=bulk.n_spikes)


def _no_bulk(slices: int) -> RandomBulk:
    return RandomBulk(NO_BULK, np.full(slices, np.nan), 0)


def top_spectrum(weight: NDArray[np.floating[Any]], kind: str, top: int, seed: tuple[int, ...]) -> Spectrum:
    """What `layer_spectrum` gives, as far as the largest eigenvalues tell it: of layers too large for all of them.

    Args:
        weight: effective weight, shape (out, in) or (out, in, *kernel).
        kind: the layer's kind as the store names it.
        top: how many eigenvalues.
        seed: of the randomised method, see `weightreel.analysis.maths.krylov.largest_eigenvalues`.

    Returns:
        The spectrum with `eigenvalues` (min(top, K),). The tail is fitted to these alone; where the best fit
        needs all of them its xmin may lie below them, and the fit is FAILED. The norms are exact; the Marchenko-Pastur
        bulk, which needs the whole spectrum, is FAILED, and the entropy NaN.
    """
    slices = slices_of(weight)
    known = min(top, min(slices.shape[1:]) * len(slices))
    if not is_measurable(weight):
        return _spectrum(np.full(known, np.nan), math.nan, NO_FIT, _no_bulk(len(slices)), weightwatcher_scale(kind))
    found = [largest_eigenvalues(matrix, known, (*seed, place)) for place, matrix in enumerate(slices)]
    eigenvalues = np.sort(np.concatenate(found))[-known:]
    scale = weightwatcher_scale(kind)
    tail = fit_power_law(eigenvalues * scale)
    tail = NO_FIT if tail.n_tail == known else tail._replace(xmin=tail.xmin / scale, xmax=tail.xmax / scale)
    spectrum = _spectrum(eigenvalues, math.sqrt(square_norm_of(weight)), tail, _no_bulk(len(slices)), scale)
    return spectrum._replace(entropy=math.nan, field=field_measures(np.full(1, np.nan), scale, tail))


def shuffled_spectrum(
    weight: NDArray[np.floating[Any]], eigenvalues: Array, seed: tuple[int, ...], square_law: str = "scaled"
) -> Shuffled:
    """A layer's spectrum with the entries of each of its matrices in random order: what is left without correlations.

    Of matrices with a shorter side below 100 there are five shuffles, pooled, as WeightWatcher takes them. A matrix of
    more than LARGEST_SHUFFLE entries is represented by a block of the same aspect ratio with BLOCK of its entries,
    drawn without repetition; its eigenvalues are brought to the whole matrix's size by the ratio of the sides, by which
    the law of independent entries scales.

    Args:
        weight: effective weight, shape (out, in) or (out, in, *kernel).
        eigenvalues: those of the layer, (K,), ascending, or the largest of them; the distance is then NaN.
        seed: of the shuffles; the same for every epoch, so that a baseline moves only because entries do.
        square_law: as for `layer_spectrum`.
    """
    slices = slices_of(weight)
    n_slices, out, fan = slices.shape
    replicas = replicas_of(*weight.shape[:2])
    out_block, fan_block = block_of(out, fan)
    if not np.isfinite(eigenvalues).all():
        nothing = np.full(min(out_block, fan_block) * n_slices * replicas, np.nan, np.float32)
        return _random(nothing, (math.nan,) * 4, 0)
    rng = np.random.default_rng(seed)
    shuffled = [
        squared_singular_values(_shuffled(matrix, (out_block, fan_block), rng))
        for _ in range(replicas)
        for matrix in slices
    ]
    scale = max(out, fan) / max(out_block, fan_block)
    found = np.array(shuffled) * scale  # (replicas · slices, M)
    first = np.sort(found[:n_slices], axis=None)
    pooled = np.sort(found, axis=None)
    n_traps = _traps(found.reshape(replicas, n_slices, -1), max(out_block, fan_block), square_law)
    if len(eigenvalues) != min(out, fan) * n_slices:
        return _random(pooled, (math.nan, math.nan, *_beside(eigenvalues, first)), n_traps)
    # Of a block the quantiles stand for those of the whole.
    ranks = np.linspace(0, 1, len(eigenvalues))
    baseline = first if len(first) == len(eigenvalues) else np.interp(ranks, np.linspace(0, 1, len(first)), first)
    if eigenvalues[-1] <= 0:
        return _random(pooled, (math.nan,) * 4, n_traps)
    distance = float(jensenshannon(eigenvalues, baseline))
    w1_distance = float(np.abs(eigenvalues - baseline).mean() / eigenvalues.mean())  # both ascend
    return _random(pooled, (distance, w1_distance, *_beside(eigenvalues, first)), n_traps)


def _beside(eigenvalues: Array, shuffled: Array) -> tuple[float, float]:
    """Soft rank and distance of the largest eigenvalues, WeightWatcher's `ww_softrank` and `ww_maxdist`."""
    own, other = float(eigenvalues[-1]), float(shuffled[-1])
    return other / own if own > 0 else math.nan, own - other


def _traps(found: Array, longer: int, square_law: str) -> int:
    """Spikes of shuffled eigenvalues (replicas, S, M): of one shuffle, or as WeightWatcher counts them of all."""
    if square_law == "scaled":
        return int(np.median([bulk_of(np.sort(one, 1), longer, square_law).bulk.n_spikes for one in found]))
    return bulk_of(found.reshape(-1, found.shape[-1]), longer, square_law).bulk.n_spikes


def random_seed(seed: int, layer: str) -> tuple[int, int]:
    """Seed of a layer's shuffles and bootstrap: by its name, so that layers can be measured in any order."""
    return seed, zlib.crc32(layer.encode("utf-8", "surrogatepass"))


def replicas_of(out: int, fan: int) -> int:
    """How many shuffles there are of each matrix of shape (out, fan)."""
    return REPLICAS if min(out, fan) < FEW_COLUMNS else 1


def block_of(out: int, fan: int) -> tuple[int, int]:
    """Shape of the matrix whose shuffled spectrum is measured for one of shape (out, fan)."""
    if out * fan <= LARGEST_SHUFFLE:
        return out, fan
    shrink = math.sqrt(BLOCK / (out * fan))
    return max(1, round(out * shrink)), max(1, round(fan * shrink))


def aspect_ratio(out: int, fan: int) -> float:
    """Q = N / M ≥ 1 of a matrix of shape (out, fan)."""
    return max(out, fan) / min(out, fan)


def largest_singular_values(matrix: Array, count: int = LEADING) -> Array:
    """The largest singular values of a matrix (n, m), descending, shape (min(count, n, m),) float64.

    NaN where the matrix is not finite.
    """
    if not is_measurable(matrix):
        return np.full(min(count, *matrix.shape), np.nan)
    found: Array = np.sqrt(squared_singular_values(matrix)[::-1][:count])
    return found


def reshaped(weight: Array) -> Array:
    """The matrix (out, in · kernel) that `torch.nn.utils.parametrizations.spectral_norm` bounds."""
    return weight.reshape(len(weight), -1)


def _shuffled(matrix: Array, shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """Entries of a matrix in random order, as many as `shape` holds."""
    entries = np.ravel(matrix)
    wanted = math.prod(shape)
    if wanted == len(entries):
        return rng.permuted(entries).reshape(shape)
    # Enough draws to have so many different ones: a permutation of all would cost more than the eigenvalues.
    places = np.sort(rng.integers(0, len(entries), int(wanted * 1.5)))
    places = places[np.append(True, np.diff(places) > 0)]
    return rng.permuted(entries[places])[:wanted].reshape(shape)


def _spectrum(eigenvalues: Array, frobenius: float, tail: PowerLaw, random: RandomBulk, scale: float) -> Spectrum:
    """Put a spectrum together; `eigenvalues` ascending, and of finite and whole matrices all of them."""
    largest, total = float(eigenvalues[-1]), float(eigenvalues.sum())
    return Spectrum(
        eigenvalues.astype(np.float32),
        tail,
        *random,
        lambda_max=largest,
        frobenius_norm=frobenius,
        stable_rank=frobenius**2 / largest if largest > 0 else math.nan,
        entropy=matrix_entropy(eigenvalues) if total > 0 else math.nan,
        field=field_measures(eigenvalues, scale, tail),
        rank_loss=0,
    )


def _random(eigenvalues: Array, distances: tuple[float, float, float, float], n_traps: int) -> Shuffled:
    return Shuffled(eigenvalues.astype(np.float32), float(eigenvalues[-1]), *distances, n_traps)
