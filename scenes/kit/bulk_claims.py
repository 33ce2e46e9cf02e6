"""What a store supports saying of eigenvalues that leave the random bulk, and of the power law they are fitted with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.store import FitStatus, Layer, Run
from analysis.store.schema import MIN_EIGENVALUES
from scenes.kit.spectrum import Array, Bulk, evenly_spaced, some
from scenes.kit.wording import direction, significant

REJECTED = 0.1
"""Clauset, Shalizi and Newman 2009 rule a power law out where p is at most this."""


@dataclass(frozen=True)
class Reaches:
    """How far each layer's largest eigenvalue stands from the edge of its random bulk.

    Attributes:
        epochs: those that are measured, (E,).
        names: of the layers with eigenvalues enough for a bulk.
        values: largest eigenvalue over that edge, λ₊ widened by its fluctuation, above 1 outside the bulk, (E, L); NaN
            where no bulk was found.
        left_out: names of the layers with fewer.
    """

    epochs: Array
    names: tuple[str, ...]
    values: Array
    left_out: tuple[str, ...]

    @classmethod
    def of(cls, run: Run) -> Reaches:
        """Read every layer whose bulk the store holds; there may be none."""
        found, left_out = {}, []
        for name, layer in run.layers.items():
            bulk = Bulk.of(layer)
            if bulk is None:
                continue
            if (layer["spectrum/marchenko_pastur/status"] == FitStatus.FEW_EIGENVALUES).any():
                left_out.append(name)
            else:
                found[name] = bulk.reach
        if not found:
            return cls(run.epochs, (), np.empty((len(run.epochs), 0)), tuple(left_out))
        status = np.stack([run.layer(name)["spectrum/status"] for name in found], 1)
        known = (status != FitStatus.NOT_MEASURED).any(1)
        known = known if known.any() else ~known
        return cls(run.epochs[known], tuple(found), np.stack(list(found.values()), 1)[known], tuple(left_out))

    def only(self, most: int) -> Reaches:
        """At most `most` of the layers, evenly spaced, the first and the last among them."""
        chosen = evenly_spaced(len(self.names), most)
        return Reaches(self.epochs, tuple(self.names[i] for i in chosen), self.values[:, chosen], self.left_out)


def leaves_bulk(bulk: Bulk | None) -> bool:
    """Whether more eigenvalues are above the random edge at the last epoch than at the first."""
    return bulk is not None and bool(bulk.n_spikes[-1] > bulk.n_spikes[0])


def spikes_in_words(name: str, bulk: Bulk, epochs: Array, n_eigenvalues: int) -> str:
    """How many eigenvalues are above the random edge, first and last."""
    first, last = bulk.n_spikes[0], bulk.n_spikes[-1]
    if np.isnan(last):
        return f"{name}: at epoch {epochs[-1]} no random bulk was found, so nothing can be said to have left it."
    if len(epochs) == 1 or np.isnan(first):
        return f"{name}: {last:.0f} of {n_eigenvalues:,} eigenvalues above the random edge λ₊ at epoch {epochs[-1]}."
    count = f"{first:.0f} of {n_eigenvalues:,} eigenvalues at epoch {epochs[0]}, {last:.0f} at epoch {epochs[-1]}"
    return f"Above the random edge λ₊: {count}."


def departure_in_words(bulk: Bulk, epochs: Array) -> str:
    """When the first eigenvalue left the bulk, and how far the largest has gone."""
    outside = np.flatnonzero(bulk.n_spikes > 0)
    last = bulk.reach[-1] * bulk.spike_edge[-1] / bulk.lambda_plus[-1]
    if np.isnan(last):
        return f"At epoch {epochs[-1]} no random bulk was found."
    far = f"at epoch {epochs[-1]} the largest eigenvalue is {significant(last)} times λ₊"
    if not len(outside):
        return f"No eigenvalue has left the random bulk: {far}."
    if outside[0] == 0:
        return f"Eigenvalues are above the random edge λ₊ from epoch {epochs[0]} on; {far}."
    return f"The first eigenvalue is above the random edge λ₊ at epoch {epochs[outside[0]]}; {far}."


def layers_out_in_words(reaches: Reaches) -> str:
    """In how many layers the largest eigenvalue is outside the random bulk, first and last."""
    n = len(reaches.names)
    layers = "layer" if n == 1 else "layers"
    first, last = (int((values > 1).sum()) for values in (reaches.values[0], reaches.values[-1]))
    start, end = reaches.epochs[0], reaches.epochs[-1]
    if len(reaches.epochs) == 1:
        return f"Largest eigenvalue outside the random bulk: {last} of {n} {layers} at epoch {end}."
    moved = f"{first} of {n} {layers} at epoch {start}, {last} at epoch {end}"
    return f"Largest eigenvalue outside the random bulk: {moved}."


def bulk_doubts_in_words(reaches: Reaches) -> str:
    """Layers that were left out or had no bulk at the last epoch; empty if none."""
    missing = [name for name, x in zip(reaches.names, reaches.values[-1], strict=True) if np.isnan(x)]
    parts = []
    if reaches.left_out:
        parts.append(f"Left out, with fewer than {MIN_EIGENVALUES} eigenvalues: {some(reaches.left_out)}.")
    if missing:
        parts.append(f"No bulk found: {some(missing)}.")
    return " ".join(parts)


def goodness_in_words(layer: Layer, layers: list[Layer]) -> str:
    """Whether the bootstrap rejects a power law for a layer's tail, and for how many of all; empty where unmeasured.

    Layers of too few eigenvalues are not counted.
    """
    if not layer.has("spectrum/p_value"):
        return ""
    judged = [
        float(other["spectrum/p_value"])
        for other in layers
        if other.has("spectrum/p_value") and other["spectrum/status"][-1] == FitStatus.OK
    ]
    known = [p for p in judged if np.isfinite(p)]
    p, resamples = float(layer["spectrum/p_value"]), layer.attributes_of("spectrum/p_value").get("resamples")
    if np.isnan(p):
        return f"{layer.name}: the fit failed, so there is nothing for the bootstrap to judge."
    written = f"p < {significant(1 / resamples, 1)}" if p == 0 and resamples else f"p = {significant(p, 2)}"
    verdict = "rejects" if _rejected(p) else "does not reject"
    how = f" ({resamples} resamples, level {REJECTED:g})" if resamples else f" (level {REJECTED:g})"
    rejected = sum(map(_rejected, known))
    count = f" It is rejected in {rejected} of {len(known)} layers." if len(known) > 1 else ""
    return f"The bootstrap{how} {verdict} a power law for {layer.name}'s tail: {written}.{count}"


def _rejected(p: float) -> bool:
    return round(p, 6) <= REJECTED  # stored as float32


def tail_in_words(alpha: Array, epochs: Array) -> str:
    """How the fitted exponent moved; empty unless both ends have one."""
    first, last = float(alpha[0]), float(alpha[-1])
    if len(epochs) == 1 or not np.isfinite([first, last]).all() or direction(first, last) == "stays":
        return ""
    how = "heavier" if last < first else "lighter"
    return f"The fitted tail grows {how}: α from {significant(first)} to {significant(last)}."
