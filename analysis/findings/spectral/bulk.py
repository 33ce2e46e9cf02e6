"""Eigenvalues beside a random matrix's: which leave the bulk and when, and whether their tail is a power law."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from weightreel.analysis.findings.spectral.randomness import Array, Bulk, measured_epochs
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.numbers import LEAST_P, direction, p_in_words, plain, significant
from weightreel.analysis.store.nodes import Layer, Run
from weightreel.analysis.store.schema.fields import FitStatus

REJECTED = 0.1
"""Clauset, Shalizi and Newman 2009 rule a power law out where p is at most this."""


def leaves_bulk(bulk: Bulk | None) -> bool:
    """Whether more eigenvalues are above the random edge at the last epoch than at the first."""
    return bulk is not None and bool(bulk.n_spikes[-1] > bulk.n_spikes[0])


def verdict_in_words(layer: Layer) -> str:
    """Whether the power law is rejected, in plain words; that it was not measured, where it was not."""
    index = measured_epochs(layer)[-1:]
    if len(index) and layer["spectrum/status"][index[0]] == FitStatus.FAILED:
        return phrase("No power law could be fitted.")
    if not layer.has("spectrum/p_value"):
        return phrase("Whether it is one was not tested.")
    p, resamples = float(layer["spectrum/p_value"]), layer.attributes_of("spectrum/p_value").get("resamples")
    if not np.isfinite(p):
        return phrase("Whether it is one could not be tested.")
    said = p_in_words(p, 1 / resamples if resamples else LEAST_P)
    if _rejected(p):
        return phrase("A power law is rejected (p {p}).", p=said)
    return phrase("A power law is not rejected (p {p}), which does not prove it.", p=said)


def goodness_cell(layer: Layer) -> str:
    """p of a layer's power law for a column that names it: `0.48`, `< 0.004` below what the resamples can tell."""
    if not layer.has("spectrum/p_value"):
        return "–"
    resamples = layer.attributes_of("spectrum/p_value").get("resamples")
    return p_in_words(float(layer["spectrum/p_value"]), 1 / resamples if resamples else LEAST_P).removeprefix("= ")


def _rejected(p: float) -> bool:
    return round(p, 6) <= REJECTED  # stored as float32


def largest_in_words(lambda_max: Array, epochs: Array) -> str:
    """How the largest eigenvalue moved."""
    first, last = float(lambda_max[0]), float(lambda_max[-1])
    values = {"start": epochs[0], "end": epochs[-1], "last": significant(last)}
    if len(epochs) == 1:
        return phrase("The largest eigenvalue is {last}.", last=significant(last))
    verb = direction(first, last)
    if verb == "stays":
        return phrase("The largest eigenvalue stays at {last} from {clock} {start} to {end}.", **values)
    if verb == "rises":
        return phrase(
            "From {clock} {start} to {end} the largest eigenvalue grows from {first} to {last}.",
            first=significant(first),
            **values,
        )
    return phrase(
        "From {clock} {start} to {end} the largest eigenvalue shrinks from {first} to {last}.",
        first=significant(first),
        **values,
    )


def caveats(runs: Sequence[Run]) -> Iterator[str]:
    """What p-values of the bootstrap and distances to random mean, where any run has them."""
    layers = [layer for run in runs for layer in run.layers.values()]
    bulks = [layer.attributes_of("spectrum/marchenko_pastur") for layer in layers]
    if any(bulk.get("edge") == "tracy-widom" for bulk in bulks):
        level = next(float(bulk["level"]) for bulk in bulks if bulk.get("edge") == "tracy-widom")
        yield phrase(
            "Spikes: eigenvalues above the random edge λ₊; a random layer has any there with probability {level}.",
            level=plain(level),
        )
    if any(str(bulk.get("slices", "")).startswith("one") for bulk in bulks):
        yield phrase(
            "Spikes of convolutions: of pooled eigenvalues, the slices taken to be of one variance, as no weights were "
            "there to tell."
        )
    if any(layer.has("spectrum/random/n_traps") for layer in layers):
        yield phrase(
            "Traps: spikes of one shuffle of the entries; a mean other than 0 or single large entries make them, no "
            "correlation does."
        )
    if any(layer.has("spectrum/p_value") for layer in layers):
        yield phrase(
            "p: share of resamples as far from their own power law; up to {level} it speaks against the law, above it "
            "does not prove it, least of all for few eigenvalues.",
            level=plain(REJECTED),
        )
    if any(layer.has("spectrum/random/js_distance") for layer in layers):
        yield phrase(
            "Distance to random: Jensen–Shannon (√nat, at most 0.83) to the eigenvalues with the entries shuffled."
        )
