"""A layer's eigenvalues in bins, and those of random matrices beside them: shuffled entries, Marchenko–Pastur's law."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.words.gaps import HUGE, readable
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.numbers import percent, plain
from weightreel.analysis.maths.histogram import HIDDEN_SHARE, MAX_DECADES, log_bins
from weightreel.analysis.store.nodes import Layer, Run
from weightreel.analysis.store.schema.fields import MIN_EIGENVALUES, FitStatus, eigenvalue_count

Array = NDArray[Any]


def log_edges(eigenvalues: Array, bins: int | None = None) -> Array:
    """Edges of equal width in log10 that hold every epoch's eigenvalues but the tiniest, (B+1,).

    They are those of `weightreel.analysis.maths.histogram.log_bins`: up to 0.5 % of all, the smallest, may lie left of
    them, and what is further than six decades below the largest.

    Args:
        eigenvalues: (E, K); those that are not positive are in no bin.
        bins: how many, B; by default what K eigenvalues carry.
    """
    return np.log10(log_bins(eigenvalues, bins))


def hidden_in_words() -> str:
    """Which eigenvalues lie left of the edges of every picture."""
    return phrase(
        "the smallest eigenvalues are not drawn: up to {share} of all, and those below {least} of the largest",
        share=percent(HIDDEN_SHARE),
        least=plain(10**-MAX_DECADES),
    )


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
        one = density_of_one(edges, total or eigenvalues.shape[1])
        return np.asarray(np.log10(bin_counts(eigenvalues, edges) * one))


def bin_counts(eigenvalues: Array, edges: Array) -> NDArray[np.intp]:
    """Eigenvalues (E, K) in each bin between edges of log10 λ (B+1,), (E, B); none of an epoch without any."""
    logs = np.log10(np.maximum(np.nan_to_num(eigenvalues, nan=0.0), 1e-300, dtype=float))
    return np.stack([np.histogram(row, edges)[0] for row in logs])


def density_of_one(edges: Array, total: int) -> Array:
    """The density by λ that one of `total` eigenvalues gives each bin between edges of log10 λ (B+1,), (B,)."""
    return np.asarray(1 / (total * np.diff(10.0**edges)))


def few_eigenvalues(layer: Layer) -> bool:
    """Whether a layer has, or at some epoch had, fewer eigenvalues than a fit or a bulk must rest on to be trusted."""
    known = layer.top or eigenvalue_count(layer.shape)
    return known < MIN_EIGENVALUES or bool((layer["spectrum/status"] == FitStatus.FEW_EIGENVALUES).any())


def measured_epochs(layer: Layer) -> NDArray[np.intp]:
    """Indices of the records at which a layer's spectrum is measured and known, ascending.

    That of weights which are no numbers, or too large, is not.
    """
    asked = layer["spectrum/status"] != FitStatus.NOT_MEASURED
    return np.flatnonzero(asked & readable(layer["spectrum/lambda_max"], HUGE**2))


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
        edge: λ₊ with its fluctuation, the one edge that is drawn and counted from, (E,); NaN where no bulk was found.
        n_spikes: eigenvalues above it, (E,); NaN likewise.
        reach: the largest eigenvalue over it, above 1 where it has left the bulk, (E,); NaN likewise.
    """

    edge: Array
    n_spikes: Array
    reach: Array

    @classmethod
    def of(cls, layer: Layer) -> Self | None:
        """Read a layer's `spectrum/marchenko_pastur/`; None where the store holds none."""
        if not layer.has("spectrum/marchenko_pastur/n_spikes"):
            return None
        edge, spikes = (layer[f"spectrum/marchenko_pastur/{key}"].astype(float) for key in ("spike_edge", "n_spikes"))
        found = np.isfinite(edge) & (edge > 0) & readable(layer["spectrum/lambda_max"], HUGE**2)
        edge, spikes = (np.where(found, values, np.nan) for values in (edge, spikes))
        return cls(edge, spikes, layer["spectrum/lambda_max"].astype(float) / edge)


@dataclass(frozen=True)
class Randomness:
    """How far a layer's spectrum is from random at the last record; NaN where that is not stored or not measured.

    Attributes:
        n_spikes: eigenvalues above the bulk's edge.
        soft_rank: λ₊ over the largest eigenvalue.
        distance, first_distance: Jensen–Shannon, to the shuffled entries, √nat; at the last and at the first record.
        n_traps: eigenvalues of the shuffled entries above their own bulk, of one shuffle: where the store counts those
            of several together, their mean.
    """

    n_spikes: float
    soft_rank: float
    distance: float
    first_distance: float
    n_traps: float

    @classmethod
    def of(cls, layer: Layer) -> Randomness:
        """Read a layer's bulk and shuffled baseline."""
        n_spikes, soft_rank = _where_known(layer, "spectrum/marchenko_pastur", "sigma", ("n_spikes", "soft_rank"))
        distance, n_traps = _where_known(layer, "spectrum/random", "js_distance", ("js_distance", "n_traps"))
        first = float(layer["spectrum/random/js_distance"][0]) if np.isfinite(distance) else np.nan
        random = layer.attributes_of("spectrum/random")
        if random.get("traps_of") != "one":
            n_traps /= int(random.get("replicas", 1))
        return cls(n_spikes, soft_rank, distance, first, n_traps)


def _where_known(layer: Layer, group: str, judge: str, keys: Sequence[str]) -> list[float]:
    """The last values at `keys` of a group, NaN where the group's `judge` is not finite."""
    known = layer.has(f"{group}/{judge}") and np.isfinite(layer[f"{group}/{judge}"][-1])
    return [float(layer[f"{group}/{key}"][-1]) if known else np.nan for key in keys]


@dataclass(frozen=True)
class LargeEigenvalues:
    """A layer's larger eigenvalues over the records, from half of the median on.

    Attributes:
        epochs: where the clock stood at the records that are measured, (E,).
        edges: of bins in equal steps of log λ, (B+1,).
        counts: eigenvalues in each bin, (E, B).
        spike_epochs, spikes: every eigenvalue above the bulk's edge and its epoch, (S,) each.
        edge: of the random bulk, with its fluctuation, (E,); None where the store holds none.
        shuffled: the largest eigenvalue with the entries shuffled, (E,); None likewise.
    """

    epochs: Array
    edges: Array
    counts: Array
    spike_epochs: Array
    spikes: Array
    edge: Array | None
    shuffled: Array | None

    @classmethod
    def of(cls, run: Run, layer: Layer, bins: int) -> LargeEigenvalues:
        """Read and bin a layer whose eigenvalues are stored."""
        known = measured_epochs(layer)
        epochs, eigenvalues = run.epochs[known], layer["spectrum/eigenvalues"][known].astype(float)  # (E,), (E, K)
        edges = log_edges(np.where(eigenvalues > 0.5 * np.nanmedian(eigenvalues), eigenvalues, np.nan), bins)
        edge, at, index = None, np.empty(0, int), np.empty(0, int)
        if layer.top is None and (bulk := Bulk.of(layer)) is not None:
            edge = bulk.edge[known]
            at, index = np.nonzero(eigenvalues > edge[:, None])
        random = "spectrum/random/lambda_max"
        shuffled = layer[random][known] if layer.has(random) else None
        counts = bin_counts(eigenvalues, edges)
        return cls(epochs, 10**edges, counts, epochs[at], eigenvalues[at, index], edge, shuffled)


@dataclass(frozen=True)
class SquareBulks:
    """A square layer's bulk at the last record, by WeightWatcher's law and by the law whose support moves.

    For Q = 1 the law's density of x = √λ is √(4 σ² − x²) / (π σ²) on [0, 2 σ]. WeightWatcher 0.7.7 fits
    √(4 − x²) / (π σ²), which σ scales in height only, so that the edge that it reports, 4 σ², and the edge of what it
    fitted, 4, differ, and neither follows the bulk. The law itself is the store's where it holds it.

    Attributes:
        run, layer: whose they are.
        scaled: eigenvalues over their mean, ascending, (K,).
        sigma, spike_edge, n_spikes: of both laws, WeightWatcher's first, in units of the mean.
    """

    run: Run
    layer: Layer
    scaled: Array
    sigma: tuple[float, float]
    spike_edge: tuple[float, float]
    n_spikes: tuple[int, int]

    @classmethod
    def of(cls, run: Run, layer: Layer) -> Self | None:
        """Fit both laws; None where the layer is not square, or its eigenvalues or a bulk are not known."""
        from weightreel.analysis.maths.marchenko_pastur import fit_bulk  # imports SciPy
        from weightreel.analysis.maths.random_bulk import pooled_bulk

        if layer.shape[:1] != layer.shape[1:2] or not layer.has("spectrum/eigenvalues"):
            return None
        eigenvalues = layer["spectrum/eigenvalues"][-1].astype(float)
        if not np.isfinite(eigenvalues).all() or eigenvalues[-1] <= 0:
            return None
        mean, side = float(eigenvalues.mean()), layer.shape[0]
        scaled = eigenvalues / mean
        one, other = fit_bulk(scaled, 1.0, side), pooled_bulk(scaled, side, side, len(eigenvalues) // side).bulk
        sigma, edge, spikes = other.sigma, other.spike_edge, other.n_spikes
        group = "spectrum/marchenko_pastur"
        if layer.attributes_of(group).get("edge") == "tracy-widom":
            sigma, edge = float(layer[f"{group}/sigma"][-1]) / mean**0.5, float(layer[f"{group}/spike_edge"][-1]) / mean
            spikes = int(layer[f"{group}/n_spikes"][-1])
        if np.isnan([one.sigma, sigma]).any():
            return None
        return cls(run, layer, scaled, (one.sigma, sigma), (one.spike_edge, edge), (one.n_spikes, spikes))


def square_bulks(runs: Sequence[Run]) -> SquareBulks | None:
    """The square layer with most eigenvalues above the edge that moves; None where there is no square layer."""
    found = [SquareBulks.of(run, layer) for run in runs for layer in run.layers.values()]
    return max((bulks for bulks in found if bulks is not None), key=lambda bulks: bulks.n_spikes[1], default=None)
