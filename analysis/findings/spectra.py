"""A layer's spectrum over the epochs, ready to be drawn: binned once, in decades."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from weightreel.analysis.findings.report import fc31
from weightreel.analysis.findings.spectral.intervals import interval_ends
from weightreel.analysis.findings.spectral.randomness import (
    Array,
    Baseline,
    Bulk,
    log_density,
    log_edges,
    measured_epochs,
)
from weightreel.analysis.findings.time import evenly_spaced
from weightreel.analysis.findings.words.gaps import HUGE, readable
from weightreel.analysis.store.nodes import Layer, Run
from weightreel.analysis.store.schema.fields import FitStatus, eigenvalue_count


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
        alpha_low, alpha_high: ends of alpha's intervals, (E,); NaN, or None for all, where none was measured.
        lambda_max: largest eigenvalue, (E,); NaN, as the density is, where it is too large to be drawn.
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
    alpha_low: Array | None = None
    alpha_high: Array | None = None

    @classmethod
    def of(cls, run: Run, layer: Layer, bins: int | None = None) -> Self:
        """Read a layer's `spectrum/`; `bins` defaults to what its number of eigenvalues carries.

        Raises:
            WeightreelError: the layer holds no spectrum.
        """
        eigenvalues = layer["spectrum/eigenvalues"]
        there = readable(layer["spectrum/lambda_max"], HUGE**2)
        if not there.all():
            eigenvalues = np.where(there[:, None], eigenvalues, np.float32(np.nan))
        edges = log_edges(eigenvalues, bins)
        total = eigenvalue_count(layer.shape)
        low, high = interval_ends(layer)
        scalars = ("alpha", "alpha_error", "xmin", "ks_distance", "n_tail")
        return cls(
            layer.name,
            run.epochs.astype(float),
            eigenvalues.shape[1],
            edges,
            log_density(eigenvalues, edges, total),
            (eigenvalues < 10 ** edges[0]).sum(1),
            **{name: layer[f"spectrum/{name}"].astype(float) for name in scalars},
            lambda_max=np.where(there, layer["spectrum/lambda_max"].astype(float), np.nan),
            status=layer["spectrum/status"].astype(float),
            baseline=Baseline.of(layer),
            bulk=Bulk.of(layer),
            n_unknown=total - eigenvalues.shape[1] if layer.top is not None else 0,
            alpha_low=low,
            alpha_high=high,
        )

    @property
    def n_all(self) -> int:
        """Eigenvalues of the matrix, known or not."""
        return self.n_eigenvalues + self.n_unknown

    @property
    def fitted(self) -> Array:
        """Whether there is a power law to draw, (E,)."""
        numbers = np.stack([self.alpha, self.xmin, self.lambda_max])
        known = (self.status != FitStatus.FAILED) & np.isfinite(numbers).all(0)
        return np.asarray(known & (self.xmin > 0) & (self.n_tail > 0))

    def measured(self) -> Self:
        """The epochs that are measured and known, for what is said of the first and the last; all where none is."""
        known = (self.status != FitStatus.NOT_MEASURED) & np.isfinite(self.lambda_max)
        if known.all() or not known.any():
            return self
        per_epoch = (
            "epochs",
            "density",
            "hidden",
            "alpha",
            "alpha_error",
            "xmin",
            "ks_distance",
            "n_tail",
            "lambda_max",
            "status",
        )
        return replace(
            self,
            **{name: getattr(self, name)[known] for name in per_epoch},
            baseline=self.baseline and replace(self.baseline, density=self.baseline.density[known]),
            alpha_low=None if self.alpha_low is None else self.alpha_low[known],
            alpha_high=None if self.alpha_high is None else self.alpha_high[known],
            bulk=self.bulk and Bulk(*(history[known] for history in vars(self.bulk).values())),
        )

    @property
    def tail(self) -> tuple[Array, Array]:
        """log10 density of the fitted tail at xmin and at the largest eigenvalue, (E,) each; NaN where no fit is."""
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log10(self.xmin), np.log10(self.lambda_max)
        start, end = log_tail(self.alpha, *logs, self.n_tail / self.n_all)
        return np.where(self.fitted, start, np.nan), np.where(self.fitted, end, np.nan)

    @property
    def fits(self) -> Array:
        """alpha, alpha_error, log10 xmin, ks_distance, n_tail and log10 of the largest eigenvalue, (E, 6).

        NaN where there is no power law to draw.
        """
        with np.errstate(invalid="ignore", divide="ignore"):
            logs = np.log10(self.xmin), np.log10(self.lambda_max)
        rows = np.stack([self.alpha, self.alpha_error, logs[0], self.ks_distance, self.n_tail, logs[1]], 1)
        return np.where(self.fitted[:, None], rows, np.nan)

    @property
    def ends(self) -> Array:
        """Lower and upper end of alpha's intervals, (E, 2); NaN where none was measured, or no fit stands."""
        if self.alpha_low is None or self.alpha_high is None:
            return np.full((len(self.epochs), 2), np.nan)
        return np.where(self.fitted[:, None], np.stack([self.alpha_low, self.alpha_high], 1), np.nan)

    @property
    def doubted(self) -> Array:
        """FitStatus as it is told, (E,): a fit that cannot be drawn has failed, whatever the store calls it."""
        told = self.fitted | (self.status == FitStatus.NOT_MEASURED)
        return np.where(told, self.status, FitStatus.FAILED)


def log_tail(alpha: Array, log_xmin: Array, log_max: Array, share: Array) -> tuple[Array, Array]:
    """Height of the fitted tail beside the density of all eigenvalues: p(λ) = share · (α - 1) / xmin · (λ / xmin)^-α.

    The fit is WeightWatcher's continuous power law on [xmin, ∞), of area 1: the law whose likelihood alpha maximises,
    and to which D is the distance. Times the tail's share of the eigenvalues it is what their density, of area 1 as
    well, is expected to be. Where it expects eigenvalues beyond the largest, (λ_max / xmin)^(1 - α) of the tail, it
    runs below the bins, and D counts that as misfit; a line of the tail's whole area below λ_max would be another,
    truncated law, which nothing was fitted to, and would hide it.

    Args:
        alpha: above 1, as every fit's; NaN where there is none. Like all arguments of any one shape.
        log_xmin, log_max: log10 of where the tail starts and of the largest eigenvalue.
        share: eigenvalues in the tail, of all.

    Returns:
        log10 p at xmin and at λ_max: on log-log axes the tail is the straight line between them. NaN without a fit.
    """
    alpha, log_xmin, log_max, share = (np.asarray(values, float) for values in (alpha, log_xmin, log_max, share))
    with np.errstate(divide="ignore", invalid="ignore"):
        start = np.where(share > 0, np.log10(share * (alpha - 1)) - log_xmin, np.nan)
    return start, start - alpha * (log_max - log_xmin)


def layers_with_spectra(run: Run) -> list[Layer]:
    """The layers of a run that have an ESD, in the order of the network."""
    return [layer for layer in run.layers.values() if layer.has("spectrum/eigenvalues")]


def fitted_layers(run: Run) -> list[Layer]:
    """The layers of a run that a power law was fitted to, whether that succeeded or not, in the network's order."""
    return [layer for layer in run.layers.values() if layer.has("spectrum/alpha")]


def main_layer(run: Run) -> Layer | None:
    """The linear layer that the report calls FC layer 31, else the one with most eigenvalues; None where none is.

    An embedding, a table rather than a map, only where there is nothing else; no layer whose eigenvalues are not known
    at any record.
    """
    layers = [la for la in layers_with_spectra(run) if np.isfinite(la["spectrum/eigenvalues"][:, -1]).any()]
    by_size = sorted(layers, key=lambda la: (la.kind == "embedding", -la["spectrum/eigenvalues"].shape[1]))
    return fc31(layers) or next(iter(by_size), None)


def panel_layers(run: Run) -> list[Layer]:
    """The layers that have a panel where not all do: the first and the last convolution, the first linear, the main.

    Those that are measured, in the network's order.
    """
    stored = [layer for layer in layers_with_spectra(run) if len(measured_epochs(layer))]
    convolutions = [layer.name for layer in stored if layer.kind.startswith("conv")]
    linear = [layer.name for layer in stored if layer.kind == "linear"]
    main = main_layer(run)
    chosen = {*convolutions[:1], *convolutions[-1:], *linear[:1], *([main.name] if main is not None else ())}
    return [layer for layer in stored if layer.name in chosen]


def spread(layers: list[Layer], most: int) -> list[Layer]:
    """At most `most` of the layers, evenly spaced, the first and the last among them."""
    return [layers[i] for i in evenly_spaced(len(layers), most)]
