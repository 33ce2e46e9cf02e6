"""Whether the BatchNorm that follows a convolution undoes the norm that spectral normalisation holds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.words.language import phrase, phrase_n
from weightreel.analysis.findings.words.numbers import fixed, from_low_to_high, percent
from weightreel.analysis.store.nodes import Run

Array = NDArray[Any]

TOLERANCE = 0.1
"""Relative distance from its norm up to which a layer counts as held: power iteration follows with a delay."""
NORMALISED = "spectral-cnn"
"""The report's model whose convolutions are spectrally normalised."""


def norm_set_for(run: Run, layer: str) -> float:
    """The norm that spectral normalisation sets for a layer of a run by its recipe; NaN where it sets none.

    A network that other code trained has no recipe that could tell: NaN as well.
    """
    defence = run.defence or ({"spectral": "convolutions"} if run.model == NORMALISED else {})
    chosen, norm = defence.get("spectral", ()), defence.get("norm", 1.0)
    convolution = layer in run.layers and run.layers[layer].kind.startswith("conv")
    if (
        chosen == "all"
        or (chosen == "convolutions" and convolution)
        or (not isinstance(chosen, str) and layer in chosen)
    ):
        return float(norm.get(layer, 1.0) if isinstance(norm, dict) else norm)
    return math.nan


@dataclass(frozen=True)
class Folding:
    """σ of the reshaped matrices of a network's convolutions at the last epoch, each of shape (layers,).

    Attributes:
        title: of the network or its run, for people.
        plain: as trained.
        folded: with the BatchNorm that follows folded in.
        norms: that spectral normalisation sets, see `norm_set_for`.
        ours: whether a recipe tells which layers are normalised; of other code's networks nothing is said of it.
    """

    title: str
    plain: Array
    folded: Array
    norms: Array
    ours: bool = True

    @property
    def normalised(self) -> Array:
        """Which convolutions are normalised, (layers,) bool."""
        return np.asarray(np.isfinite(self.norms))

    @property
    def held(self) -> int:
        """How many have the norm that is set for them."""
        return int(np.count_nonzero(np.abs(self.plain / self.norms - 1) <= TOLERANCE))

    @property
    def undone(self) -> int:
        """How many have a larger norm than is set for them, by more than TOLERANCE, once BatchNorm is folded in."""
        return int(np.count_nonzero(self.folded / self.norms > 1 + TOLERANCE))


def folding(run: Run) -> Folding | None:
    """Norms without and with BatchNorm of a run's convolutions, None where none is followed by one or is measured."""
    pairs = [
        (
            layer["spectrum/sigma/reshaped"][-1],
            layer["spectrum/sigma/folded/reshaped"][-1],
            norm_set_for(run, layer.name),
        )
        for layer in run.layers.values()
        if layer.kind.startswith("conv") and layer.has("spectrum/sigma/folded/reshaped")
    ]
    norms = np.array([pair for pair in pairs if np.isfinite(pair[:2]).all()], np.float32).reshape(-1, 3)
    if not len(norms):
        return None
    plain, folded, of = norms.T
    return Folding(run.name, plain, folded, of, "source" not in run.attributes)


def folding_in_words(found: Folding) -> str:
    """What folding BatchNorm in does to the norms of all convolutions, and whether it undoes those that are set."""
    n, normalised = len(found.plain), int(found.normalised.sum())
    sigma = phrase_n(
        "{title}: σ of {n} convolution {before} as trained, {after} with BatchNorm folded in",
        "{title}: σ of {n} convolutions {before} as trained, {after} with BatchNorm folded in",
        n,
        title=found.title,
        before=range_in_words(found.plain),
        after=range_in_words(found.folded),
    )
    if not found.ours:
        return f"{sigma}."
    if not normalised:
        return phrase("{sigma} (no spectral normalisation).", sigma=sigma)
    values = {
        "sigma": sigma,
        "count": normalised,
        "norms": range_in_words(found.norms),
        "held": found.held,
        "undone": found.undone,
        "tolerance": percent(TOLERANCE, 0),
    }
    if found.held < normalised:
        return phrase(
            "{sigma}; of the {count} that are normalised to {norms}, {held} have that norm within {tolerance}.",
            **values,
        )
    if not found.undone:
        return phrase("{sigma}: folding undoes none of the {count} norms that are set ({norms}).", **values)
    return phrase(
        "{sigma}: folding raises {undone} of the {count} norms that are set ({norms}) by more than {tolerance}.",
        **values,
    )


def undoing_in_words(runs: Sequence[Run]) -> str:
    """Whether BatchNorm undoes the norms that are set and held, for a title; empty where none are."""
    found = [norms for run in runs if (norms := folding(run)) is not None and 0 < norms.normalised.sum() == norms.held]
    if not found:
        return ""
    undone, count = sum(norms.undone for norms in found), sum(int(norms.normalised.sum()) for norms in found)
    if not undone:
        return phrase("BatchNorm does not undo the normalisation")
    return phrase(
        "BatchNorm raises the norms of {undone} of {count} normalised convolutions by more than {tolerance}",
        undone=undone,
        count=count,
        tolerance=percent(TOLERANCE, 0),
    )


def range_in_words(values: Array) -> str:
    """`1.92 to 2.68` of what is measured, `1.00` where all are alike, empty of none."""
    known = values[np.isfinite(values)]
    if not len(known):
        return ""
    low, high = (fixed(x) for x in (known.min(), known.max()))
    return from_low_to_high(low, high)
