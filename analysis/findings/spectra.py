"""A layer's spectrum over the epochs, ready to be drawn: binned once, in decades."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.numbers import listed
from weightreel.analysis.store.nodes import Layer, Run
from weightreel.analysis.store.schema.paths import FitStatus, eigenvalue_count
from weightreel.scenes.instruments.instrument import interpolate

Array = NDArray[Any]

MAX_DECADES = 6.0
"""Eigenvalues further than this below the largest are round-off of a matrix without full rank, and are left out."""
HIDDEN_SHARE = 0.005
"""At most this share of all eigenvalues, the smallest, may lie left of the axis within those decades."""


@dataclass(frozen=True)
class Baseline:
    """ESD of the same entries, permuted.

    Attributes:
        edges: bin edges, log10 of the eigenvalue, (B+1,).
        density: log10 of the density by λ, -inf where a bin is empty, NaN where it is not measured, (E, B).
    """

    edges: Array
    density: Array

    @classmethod
    def of(cls, layer: Layer) -> Self | None:
        """Read a layer's `spectrum/random/`; None where the store holds no density of it."""
        if not layer.has("spectrum/random/density"):
            return None
        with np.errstate(divide="ignore"):
            density = np.log10(layer["spectrum/random/density"].astype(float))
        return cls(np.log10(layer["spectrum/random/edges"].astype(float)), density)


@dataclass(frozen=True)
class Bulk:
    """The Marchenko–Pastur law that was fitted to a layer's bulk.

    Attributes:
        lambda_plus: its upper edge, (E,); NaN where no bulk was found.
        spike_edge: that edge widened by its fluctuation, (E,); NaN likewise.
        n_spikes: eigenvalues above spike_edge, (E,); NaN likewise.
        reach: the largest eigenvalue over spike_edge, above 1 where it has left the bulk, (E,); NaN likewise.
    """

    lambda_plus: Array
    spike_edge: Array
    n_spikes: Array
    reach: Array

    @classmethod
    def of(cls, layer: Layer) -> Self | None:
        """Read a layer's `spectrum/marchenko_pastur/`; None where the store holds none."""
        if not layer.has("spectrum/marchenko_pastur/n_spikes"):
            return None
        plus, edge, spikes = (
            layer[f"spectrum/marchenko_pastur/{key}"].astype(float) for key in ("lambda_plus", "spike_edge", "n_spikes")
        )
        found = np.isfinite(plus) & np.isfinite(edge) & (plus > 0)
        plus, edge, spikes = (np.where(found, values, np.nan) for values in (plus, edge, spikes))
        return cls(plus, edge, spikes, layer["spectrum/lambda_max"].astype(float) / edge)


@dataclass(frozen=True)
class Spectrum:
    """ESD and power-law fit of one layer, epoch first.

    Attributes:
        name: module path of the layer.
        epochs: (E,).
        n_eigenvalues: K.
        edges: bin edges, log10 of the eigenvalue, (B+1,).
        density: log10 of the ESD's density by λ, -inf where a bin is empty, (E, B).
        hidden: eigenvalues left of the first edge, (E,).
        alpha, alpha_error, xmin, ks_distance, n_tail: of the fit, (E,); NaN (n_tail: 0) where it failed.
        lambda_max: largest eigenvalue, (E,).
        status: FitStatus, (E,).
        baseline, bulk: what a random matrix would have; None where the store holds none.
        n_unknown: eigenvalues below those, of which a randomised method found the largest alone; the density and the
            tail are of all.
    """

    name: str
    epochs: Array
    n_eigenvalues: int
    edges: Array
    density: Array
    hidden: Array
    alpha: Array
    alpha_error: Array
    xmin: Array
    ks_distance: Array
    n_tail: Array
    lambda_max: Array
    status: Array
    baseline: Baseline | None = None
    bulk: Bulk | None = None
    n_unknown: int = 0

    @classmethod
    def of(cls, run: Run, layer: Layer, bins: int | None = None) -> Self:
        """Read a layer's `spectrum/`; `bins` defaults to what its number of eigenvalues carries.

        Raises:
            WeightreelError: the layer holds no spectrum.
        """
        eigenvalues = layer["spectrum/eigenvalues"]
        edges = log_edges(eigenvalues, bins or int(np.clip(2 * eigenvalues.shape[1] ** 0.5, 10, 60)))
        total = eigenvalue_count(layer.shape)
        scalars = ("alpha", "alpha_error", "xmin", "ks_distance", "n_tail", "lambda_max", "status")
        return cls(
            layer.name,
            run.epochs.astype(float),
            eigenvalues.shape[1],
            edges,
            log_density(eigenvalues, edges, total),
            (eigenvalues < 10 ** edges[0]).sum(1),
            **{name: layer[f"spectrum/{name}"].astype(float) for name in scalars},
            baseline=Baseline.of(layer),
            bulk=Bulk.of(layer),
            n_unknown=total - eigenvalues.shape[1] if layer.top is not None else 0,
        )

    @property
    def n_all(self) -> int:
        """Eigenvalues of the matrix, known or not."""
        return self.n_eigenvalues + self.n_unknown

    @property
    def fitted(self) -> Array:
        """Whether there is a power law to draw, (E,)."""
        numbers = np.stack([self.alpha, self.xmin, self.lambda_max])
        return (self.status != FitStatus.FAILED) & np.isfinite(numbers).all(0) & (self.xmin > 0) & (self.n_tail > 0)

    def measured(self) -> Self:
        """The epochs that are measured, for what is said of the first and the last; all where none is."""
        known = self.status != FitStatus.NOT_MEASURED
        if known.all() or not known.any():
            return self
        per_epoch = ("epochs", "density", "hidden", "alpha", "alpha_error", "xmin", "ks_distance", "n_tail",
                     "lambda_max", "status")  # fmt: skip
        return replace(
            self,
            **{name: getattr(self, name)[known] for name in per_epoch},
            baseline=self.baseline and replace(self.baseline, density=self.baseline.density[known]),
            bulk=self.bulk and Bulk(*(history[known] for history in vars(self.bulk).values())),
        )

    def fit_at(self, t: float) -> tuple[float, Array]:
        """The fit at epoch `t`.

        Returns:
            How far a fit stands at `t`, 0 … 1: it fades between an epoch with one and an epoch without; and alpha,
            alpha_error, log10 xmin, ks_distance, n_tail and log10 of the largest eigenvalue, (6,), of the nearest
            epoch with a fit where only one neighbour has one. All NaN where no epoch has one.
        """
        fitted = self.fitted
        if not fitted.any():
            return 0.0, np.full(6, np.nan)
        with np.errstate(invalid="ignore", divide="ignore"):
            rows = np.stack(
                [self.alpha, self.alpha_error, np.log10(self.xmin), self.ks_distance, self.n_tail,
                 np.log10(self.lambda_max)], 1,
            )[fitted]  # fmt: skip
        strength = float(interpolate(self.epochs, fitted.astype(float), t))
        here = self.epochs[fitted]
        if strength == 1:
            return strength, interpolate(here, rows, t)
        return strength, rows[int(np.argmin(np.abs(here - t)))]

    def status_at(self, t: float) -> int:
        """Status of the fit at the epoch nearest to `t`."""
        return int(self.status[int(np.argmin(np.abs(self.epochs - t)))])


def log_edges(eigenvalues: Array, bins: int) -> Array:
    """Edges of equal width in log10 that hold every epoch's eigenvalues but the tiniest, (bins+1,).

    Args:
        eigenvalues: (E, K), none negative but by round-off.
    """
    positive = eigenvalues[eigenvalues > 0]
    if positive.size == 0:
        return np.linspace(-1, 1, bins + 1)
    logs = np.log10(positive.astype(float))
    high = float(logs.max())
    low = max(float(np.quantile(logs, HIDDEN_SHARE)) if logs.size >= 1 / HIDDEN_SHARE else float(logs.min()),
              high - MAX_DECADES)  # fmt: skip
    pad = max(0.01 * (high - low), 1e-3)
    return np.linspace(low - pad, high + pad, bins + 1)


def log_density(eigenvalues: Array, edges: Array, total: int | None = None) -> Array:
    """log10 of the density by λ, whose integral over all λ is 1; -inf in empty bins.

    Args:
        eigenvalues: (E, K), or the largest of them.
        edges: log10, (B+1,); what lies below the first is in no bin.
        total: eigenvalues of the matrix, in whatever bin or none; K where not given.

    Returns:
        (E, B).
    """
    with np.errstate(divide="ignore"):
        counts = np.stack([np.histogram(np.log10(np.maximum(row, 1e-300, dtype=float)), edges)[0]
                           for row in eigenvalues])  # fmt: skip
        return np.log10(counts / ((total or eigenvalues.shape[1]) * np.diff(10.0**edges)))


def log_tail(alpha: float, log_xmin: float, log_max: float, share: float) -> tuple[float, float]:
    """The fitted tail p(λ) = C λ^-alpha, whose area from xmin to λ_max is the tail's share of the eigenvalues.

    Returns:
        log10 p at xmin and at λ_max: on log-log axes the tail is the straight line between them.
    """
    decades = log_max - log_xmin
    xmin = 10.0**log_xmin
    ratio = 10.0**decades
    # Of (λ / xmin)^-alpha from xmin to λ_max.
    area = xmin * (np.log(ratio) if abs(alpha - 1) < 1e-9 else (1 - ratio ** (1 - alpha)) / (alpha - 1))
    start = float(np.log10(share / area))
    return start, start - alpha * decades


def layers_with_spectra(run: Run) -> list[Layer]:
    """The layers of a run that have an ESD, in the order of the network."""
    return [layer for layer in run.layers.values() if layer.has("spectrum/eigenvalues")]


def main_layer(run: Run) -> Layer | None:
    """The linear layer that the report calls FC layer 31, else the one with most eigenvalues; None where none is.

    An embedding, a table rather than a map, only where there is nothing else.
    """
    layers = layers_with_spectra(run)
    named = [layer for layer in layers if layer.kind == "linear" and layer.layer_id == 31]
    by_size = sorted(layers, key=lambda la: (la.kind == "embedding", -la["spectrum/eigenvalues"].shape[1]))
    return next(iter(named + by_size), None)


def evenly_spaced(n: int, most: int) -> Array:
    """At most `most` of the indices 0 … n-1, evenly spaced, the first and the last among them."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(int))


def spread(layers: list[Layer], most: int) -> list[Layer]:
    """At most `most` of the layers, evenly spaced, the first and the last among them."""
    return [layers[i] for i in evenly_spaced(len(layers), most)]


MOST_NAMED = 5


def some(names: Sequence[str]) -> str:
    """Names in words, of many the first and how many more."""
    if len(names) <= MOST_NAMED:
        return listed(names)
    first = ", ".join(names[: MOST_NAMED - 1])
    return phrase("{names} and {n} more", names=first, n=len(names) - MOST_NAMED + 1)
