"""Eigenvalues beside a random matrix's: which leave the bulk and when, and whether their tail is a power law."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from weightreel.analysis.findings.alpha import SPURIOUS
from weightreel.analysis.findings.randomness import Array, Bulk, few_eigenvalues
from weightreel.analysis.findings.time import evenly_spaced
from weightreel.analysis.findings.words.language import phrase, phrase_n
from weightreel.analysis.findings.words.names import layer_in_words
from weightreel.analysis.findings.words.numbers import LEAST_P, direction, listed_briefly, p_in_words, significant
from weightreel.analysis.store.nodes import Layer, Run
from weightreel.analysis.store.schema.fields import MIN_EIGENVALUES, FitStatus

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
            if few_eigenvalues(layer):
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
        return phrase(
            "{layer}: at {clock} {epoch} no random bulk was found, so nothing can be said to have left it.",
            layer=name,
            epoch=epochs[-1],
        )
    values = {"n": f"{n_eigenvalues:,}", "end": epochs[-1], "last": f"{last:.0f}"}
    if len(epochs) == 1 or np.isnan(first):
        return phrase(
            "{layer}: {last} of {n} eigenvalues above the random edge λ₊ at {clock} {end}.", layer=name, **values
        )
    return phrase(
        "Above the random edge λ₊: {first} of {n} eigenvalues at {clock} {start}, {last} at {clock} {end}.",
        first=f"{first:.0f}",
        start=epochs[0],
        **values,
    )


def departure_in_words(bulk: Bulk, epochs: Array) -> str:
    """When the first eigenvalue left the bulk, and how far the largest has gone."""
    outside = np.flatnonzero(bulk.n_spikes > 0)
    last = bulk.reach[-1]
    if np.isnan(last):
        return phrase("At {clock} {epoch} no random bulk was found.", epoch=epochs[-1])
    values = {"end": epochs[-1], "factor": significant(last)}
    if not len(outside):
        return phrase(
            "No eigenvalue has left the random bulk: at {clock} {end} the largest eigenvalue is {factor} times λ₊.",
            **values,
        )
    if outside[0] == 0:
        return phrase(
            "Eigenvalues are above the random edge λ₊ from {clock} {start} on; at {clock} {end} the largest "
            "eigenvalue is {factor} times λ₊.",
            start=epochs[0],
            **values,
        )
    return phrase(
        "The first eigenvalue is above the random edge λ₊ at {clock} {start}; at {clock} {end} the largest "
        "eigenvalue is {factor} times λ₊.",
        start=epochs[outside[0]],
        **values,
    )


def layers_out_in_words(reaches: Reaches) -> str:
    """In how many layers the largest eigenvalue is outside the random bulk, first and last."""
    n = len(reaches.names)
    first, last = (int((values > 1).sum()) for values in (reaches.values[0], reaches.values[-1]))
    start, end = reaches.epochs[0], reaches.epochs[-1]
    if len(reaches.epochs) == 1:
        return phrase_n(
            "Largest eigenvalue outside the random bulk: {last} of {n} layer at {clock} {end}.",
            "Largest eigenvalue outside the random bulk: {last} of {n} layers at {clock} {end}.",
            n,
            last=last,
            end=end,
        )
    return phrase_n(
        "Largest eigenvalue outside the random bulk: {first} of {n} layer at {clock} {start}, {last} at {clock} {end}.",
        "Largest eigenvalue outside the random bulk: {first} of {n} layers at {clock} {start}, {last} at {clock} "
        "{end}.",
        n,
        first=first,
        start=start,
        last=last,
        end=end,
    )


def bulk_doubts_in_words(reaches: Reaches) -> str:
    """Layers that were left out or had no bulk at the last epoch; empty if none."""
    missing = [name for name, x in zip(reaches.names, reaches.values[-1], strict=True) if np.isnan(x)]
    parts = []
    if reaches.left_out:
        few = {"least": MIN_EIGENVALUES, "layers": listed_briefly(reaches.left_out)}
        parts.append(phrase("Left out, with fewer than {least} eigenvalues: {layers}.", **few))
    if missing:
        parts.append(phrase("No bulk found: {layers}.", layers=listed_briefly(missing)))
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
        return phrase(
            "{layer}: the fit failed, so there is nothing for the bootstrap to judge.", layer=layer_in_words(layer.name)
        )
    said = [_verdict(layer_in_words(layer.name), p, int(resamples or 0))]
    if len(known) > 1:
        rejected = sum(map(_rejected, known))
        said.append(phrase("It is rejected in {rejected} of {n} layers.", rejected=rejected, n=len(known)))
    return " ".join(said)


def goodness_cell(layer: Layer) -> str:
    """p of a layer's power law for a column that names it: `0.48`, `< 0.004` below what the resamples can tell."""
    if not layer.has("spectrum/p_value"):
        return "–"
    resamples = layer.attributes_of("spectrum/p_value").get("resamples")
    return p_in_words(float(layer["spectrum/p_value"]), 1 / resamples if resamples else LEAST_P).removeprefix("= ")


def _verdict(layer: str, p: float, resamples: int) -> str:
    written = f"p {p_in_words(p, 1 / resamples if resamples else LEAST_P)}"
    level = f"{REJECTED:g}"
    how = (
        phrase("{n} resamples, level {level}", n=resamples, level=level)
        if resamples
        else phrase("level {level}", level=level)
    )
    if _rejected(p):
        return phrase(
            "The bootstrap ({how}) rejects a power law for {layer}'s tail: {p}.", how=how, layer=layer, p=written
        )
    return phrase(
        "The bootstrap ({how}) does not reject a power law for {layer}'s tail: {p}.", how=how, layer=layer, p=written
    )


def _rejected(p: float) -> bool:
    return round(p, 6) <= REJECTED  # stored as float32


def tail_in_words(alpha: Array, epochs: Array) -> str:
    """How the fitted exponent moved; empty unless both ends have one."""
    first, last = float(alpha[0]), float(alpha[-1])
    if len(epochs) == 1 or not np.isfinite([first, last]).all() or direction(first, last) == "stays":
        return ""
    values = {"first": significant(first), "last": significant(last)}
    if first > SPURIOUS:
        return phrase(
            "The fitted α ends at {last}; the first, {first}, is above {limit}, spurious to WeightWatcher's authors.",
            limit=f"{SPURIOUS:g}",
            **values,
        )
    if last < first:
        return phrase("The fitted α falls from {first} to {last}.", **values)
    return phrase("The fitted α rises from {first} to {last}.", **values)


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
            level=f"{level:g}",
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
            level=f"{REJECTED:g}",
        )
    if any(layer.has("spectrum/random/js_distance") for layer in layers):
        yield phrase(
            "Distance to random: Jensen–Shannon (√nat, at most 0.83) to the eigenvalues with the entries shuffled."
        )
