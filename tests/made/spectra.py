"""Made-up spectra: a Marchenko–Pastur bulk that grows a power-law tail, and everything a store keeps of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from weightreel.analysis.store.schema.fields import MIN_EIGENVALUES, FitStatus
from weightreel.analysis.store.writer import Contents

if TYPE_CHECKING:
    from tests.made.store import FakeLayer

Array = np.ndarray[Any, Any]

TAIL = 0.15
"""Share of the eigenvalues that leave the bulk."""
FEW_COLUMNS, REPLICAS = 100, 5
WHOLE_EPOCHS = 3
RESAMPLES = 250
RESHAPED, OPERATOR = 2.56, 1.7
"""Squares of how much larger the reshaped matrix's norm is than the slices', and the operator's than that."""
LEADING = (1.0, 0.7, 0.5)


@dataclass(frozen=True)
class Matrices:
    """The matrices of a layer: `slices` of N × M, M ≤ N, with K eigenvalues together."""

    small: int
    large: int
    slices: int

    @classmethod
    def of(cls, layer: FakeLayer) -> Matrices:
        out, fan = layer.shape[:2]
        return cls(min(out, fan), max(out, fan), int(np.prod(layer.shape[2:])))

    @property
    def n(self) -> int:
        """Eigenvalues, K."""
        return self.small * self.slices

    @property
    def edges(self) -> tuple[float, float]:
        """Density of the law for sigma = 1."""
        root = (self.small / self.large) ** 0.5
        return (1 - root) ** 2, (1 + root) ** 2

    def bulk(self, n: int) -> Array:
        """The law's quantiles for sigma = 1, ascending, (n,); their mean is 1."""
        low, high = self.edges
        places = low + (high - low) * np.sin(np.linspace(0, np.pi / 2, 4001)) ** 2
        middle = (places[1:] + places[:-1]) / 2
        mass = np.sqrt((high - middle) * (middle - low)) / middle * np.diff(places)
        return np.interp((np.arange(n) + 0.5) / n, np.append(0, np.cumsum(mass) / mass.sum()), places)


def add_spectrum(
    store: Contents, at: str, rng: np.random.Generator, layer: FakeLayer, progress: Array, order: int, *,
    normalised: bool, folded: bool, complete: bool,
) -> None:  # fmt: skip
    """Write a layer's `spectrum/` at path `at`.

    Args:
        progress: how far the tail has grown, 0 … 1, (E,); at 0 the spectrum is a random matrix's.
        order: of the layer; every seventh has a few epochs whose fit failed.
        normalised: whether spectral normalisation holds the reshaped matrix's norm at 1.
        folded: whether a BatchNorm follows.
        complete: whether the training is over, so that there is a p-value.
    """
    matrices = Matrices.of(layer)
    n = matrices.n
    u = (np.arange(n) + 0.5) / n
    bulk = matrices.bulk(n)
    exponent = rng.uniform(2.2, 4.5)
    start = np.quantile(bulk, 1 - TAIL)
    tail = start * np.maximum((1 - u) / TAIL, 1e-9) ** (-1 / (exponent - 1)) * np.exp(rng.normal(0, 0.02, n))
    heavy = np.sort(np.where(u > 1 - TAIL, np.maximum(tail, bulk), bulk))
    scale = np.full(len(progress), matrices.large / (3 * layer.fan_in))  # sigma² of the bulk, (E,)
    eigenvalues = np.sort(bulk + progress[:, None] * (heavy - bulk), 1) * scale[:, None]  # (E, K)
    ratio = np.clip(0.4 * eigenvalues.sum(1) / eigenvalues[:, -1], 1, RESHAPED if layer.kind == "conv2d" else 1)
    if normalised:
        shrink = 1 / (ratio * eigenvalues[:, -1])
        eigenvalues, scale = eigenvalues * shrink[:, None], scale * shrink
    eigenvalues = np.maximum(eigenvalues, 1e-8).astype(np.float32)
    status = _status(n, len(progress), order)
    maximum, square = eigenvalues[:, -1].astype(float), eigenvalues.astype(float).sum(1)
    share = eigenvalues / square[:, None]
    store.add(
        at,
        {
            "eigenvalues": eigenvalues,
            **_tail(eigenvalues, status),
            "lambda_max": maximum,
            "frobenius_norm": square**0.5,
            "stable_rank": square / maximum,
            "entropy": -(share * np.log(share)).sum(1) / np.log(max(n, 2)),
            **_bulk(matrices, eigenvalues, scale),
            **_shuffled(matrices, eigenvalues, rng),
            **_sigmas(layer, eigenvalues, ratio, progress, rng, folded=folded),
        },
    )
    if complete:
        store.add(at, _interval(eigenvalues, status))
        store.describe(f"{at}/interval", resamples=RESAMPLES, seed=0, level=0.95)
        store.add(at, {"p_value": np.nan if status[-1] == FitStatus.FAILED else rng.uniform(0, 0.6)})
        store.describe(f"{at}/p_value", resamples=RESAMPLES, seed=0)
    store.describe(at, weightwatcher_scale=0.5 if layer.kind == "conv2d" else 1.0)
    store.describe(f"{at}/random", seed=0, replicas=_replicas(matrices), side=matrices.small)
    store.describe(f"{at}/marchenko_pastur", Q=matrices.large / matrices.small, square_law="weightwatcher")


def _status(n: int, epochs: int, order: int) -> Array:
    """FitStatus, (E,)."""
    status = np.full(epochs, FitStatus.OK if n >= MIN_EIGENVALUES else FitStatus.FEW_EIGENVALUES, int)
    if order % 7 == 3:
        status[1:4] = FitStatus.FAILED
    return status


def _tail(eigenvalues: Array, status: Array) -> dict[str, Array]:
    """The maximum-likelihood power law of the largest eigenvalues."""
    n = eigenvalues.shape[1]
    n_tail = max(min(n, 2), round(TAIL * n))
    xmin = eigenvalues[:, -n_tail].astype(float)
    logs = np.log(eigenvalues[:, -n_tail:] / xmin[:, None])
    alpha = 1 + n_tail / np.maximum(logs.sum(1), 1e-6)
    expected = 1 - np.exp(-logs * (alpha[:, None] - 1))
    failed = status == FitStatus.FAILED
    numbers = {
        "alpha": alpha,
        "alpha_error": (alpha - 1) / n_tail**0.5,
        "xmin": xmin,
        "xmax": eigenvalues[:, -1],
        "ks_distance": np.abs(expected - np.arange(n_tail) / n_tail).max(1),
    }
    fit = {name: np.where(failed, np.nan, values) for name, values in numbers.items()}
    return {**fit, "n_tail": np.where(failed, 0, n_tail), "status": status}


def _interval(eigenvalues: Array, status: Array) -> dict[str, Array]:
    """Three times the error given xmin to either side, of the fits at the first and the last epoch."""
    fit = _tail(eigenvalues, status)
    at = np.isin(np.arange(len(status)), (0, len(status) - 1))
    half = 3 * fit["alpha_error"]
    n_tail = fit["n_tail"].astype(float)
    found = {
        "alpha_low": np.maximum(fit["alpha"] - half, (1 + fit["alpha"]) / 2),
        "alpha_high": fit["alpha"] + half,
        "xmin_low": 0.8 * fit["xmin"],
        "xmin_high": fit["xmin"],
        "n_tail_low": np.maximum(n_tail / 2, 2),
        "n_tail_high": n_tail,
        "stability": np.where(np.arange(len(status)) == 0, 0.2, 0.9),
    }
    known = at & np.isfinite(fit["alpha"])
    return {f"interval/{key}": np.where(known, values, np.nan) for key, values in found.items()}


def _bulk(matrices: Matrices, eigenvalues: Array, scale: Array) -> dict[str, Array]:
    """The law that the bulk was drawn from, with WeightWatcher's allowance for its upper edge."""
    mean = eigenvalues.mean(1, dtype=float)
    low, high = (edge * scale for edge in matrices.edges)
    q = matrices.large / matrices.small
    fluctuation = np.sqrt((high / mean) ** (2 / 3) * matrices.small ** (-2 / 3) / q**0.5) * mean
    edge = (high + fluctuation).astype(np.float32)
    status = FitStatus.OK if matrices.n >= MIN_EIGENVALUES else FitStatus.FEW_EIGENVALUES
    found = {
        "sigma": scale**0.5,
        "lambda_minus": low,
        "lambda_plus": high,
        "spike_edge": edge,
        "n_spikes": (eigenvalues > edge[:, None]).sum(1),
        "soft_rank": high / eigenvalues[:, -1],
        "status": np.full(len(scale), status),
    }
    return {f"marchenko_pastur/{key}": value for key, value in found.items()}


def _replicas(matrices: Matrices) -> int:
    return REPLICAS if matrices.small < FEW_COLUMNS else 1


def _shuffled(matrices: Matrices, eigenvalues: Array, rng: np.random.Generator) -> dict[str, Array]:
    """A random matrix of the same norm: shuffling keeps the entries, and so the eigenvalues' sum."""
    epochs, n = eigenvalues.shape
    pooled = n * _replicas(matrices)
    noise = np.exp(rng.normal(0, 0.003, (epochs, pooled)))
    shuffled = np.sort(matrices.bulk(pooled) * noise * eigenvalues.mean(1, dtype=float)[:, None], 1)
    first = shuffled[:, :: _replicas(matrices)].astype(np.float32)
    logs = np.log10(np.maximum(shuffled, 1e-12))
    margin = max(0.01 * np.ptp(logs), 1e-3)
    edges = np.logspace(logs.min() - margin, logs.max() + margin, int(np.clip(2 * pooled**0.5, 10, 60)) + 1)
    counts = np.stack([np.histogram(row, edges)[0] for row in shuffled])
    whole = np.unique(np.linspace(0, epochs - 1, WHOLE_EPOCHS).round().astype(int))
    found = {
        "edges": edges,
        "density": counts / (pooled * np.diff(edges)),
        "epoch": whole,
        "eigenvalues": shuffled[whole],
        "lambda_max": shuffled[:, -1],
        "js_distance": _jensen_shannon(eigenvalues, first),
        "n_traps": np.zeros(epochs, int),
    }
    return {f"random/{key}": value for key, value in found.items()}


def _jensen_shannon(one: Array, other: Array) -> Array:
    """Distance (√nat) between rows of positive vectors (E, K), each divided by its sum."""
    p, q = (x / x.sum(1, keepdims=True, dtype=float) for x in (one, other))
    middle = (p + q) / 2
    divergence = (p * np.log(p / middle) + q * np.log(q / middle)).sum(1) / 2
    return np.sqrt(np.maximum(divergence, 0))


def _sigmas(
    layer: FakeLayer, eigenvalues: Array, ratio: Array, progress: Array, rng: np.random.Generator, *, folded: bool
) -> dict[str, Array]:
    """Norms: slices ≤ reshaped ≤ operator, all equal for a linear layer; a BatchNorm multiplies them as it learns."""
    slices = eigenvalues[:, -1].astype(float) ** 0.5
    reshaped = slices * ratio**0.5
    if layer.kind == "linear":
        leading = eigenvalues[:, : -len(LEADING) - 1 : -1].astype(float) ** 0.5
    else:
        leading = reshaped[:, None] * np.array(LEADING)[: min(layer.shape[0], layer.fan_in)]
    operator = reshaped * (OPERATOR**0.5 if layer.kind == "conv2d" else 1)
    found = {"slices": slices, "reshaped": reshaped, "operator": operator, "leading": leading}
    if folded:
        gain = 1 / slices + rng.uniform(0.5, 2) * progress  # running variance of a fresh layer's outputs is small
        found |= {f"folded/{key}": (value.T * gain).T for key, value in found.items()}
    return {f"sigma/{key}": value for key, value in found.items()}
