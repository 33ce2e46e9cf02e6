"""Whether the BatchNorm that follows a convolution undoes the norm that spectral normalisation holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.words.language import phrase, phrase_n
from weightreel.analysis.store.nodes import Run

Array = NDArray[Any]

TOLERANCE = 0.1
"""Relative distance from 1 up to which a norm counts as held: power iteration follows the weights with a delay."""
NORMALISED = "spectral-cnn"
"""Model whose convolutions are spectrally normalised."""


@dataclass(frozen=True)
class Folding:
    """σ of the reshaped matrices of a network's convolutions at the last epoch, each of shape (layers,).

    Attributes:
        title: of the network or its run, for people.
        plain: as trained.
        folded: with the BatchNorm that follows folded in.
        spectral: whether the network is spectrally normalised, by its model's name.
    """

    title: str
    plain: Array
    folded: Array
    spectral: bool = False

    @property
    def normalised(self) -> bool:
        """Whether every convolution's norm is 1, as spectral normalisation makes it."""
        return bool(np.all(np.abs(self.plain - 1) <= TOLERANCE))

    @property
    def undone(self) -> int:
        """How many convolutions have a norm above 1 once BatchNorm is folded in."""
        return int(np.count_nonzero(self.folded > 1 + TOLERANCE))


def folding(run: Run) -> Folding | None:
    """Norms without and with BatchNorm of a run's convolutions, None where none is followed by one or is measured."""
    pairs = [
        (layer["spectrum/sigma/reshaped"][-1], layer["spectrum/sigma/folded/reshaped"][-1])
        for layer in run.layers.values()
        if layer.kind.startswith("conv") and layer.has("spectrum/sigma/folded/reshaped")
    ]
    norms = np.array([pair for pair in pairs if np.isfinite(pair).all()], np.float32).reshape(-1, 2)
    return Folding(run.name, norms[:, 0], norms[:, 1], run.model == NORMALISED) if len(norms) else None


def folding_in_words(found: Folding) -> str:
    """What folding BatchNorm in does to the norms of all convolutions."""
    n = len(found.plain)
    values = {
        "title": found.title,
        "before": range_in_words(found.plain),
        "after": range_in_words(found.folded),
    }
    if found.spectral and not found.normalised:
        held = int((np.abs(found.plain - 1) <= TOLERANCE).sum())
        return phrase(
            "{title}: σ {before} as trained, {after} with BatchNorm folded in; the normalisation holds within "
            "{tolerance} in {held} of {n}.",
            tolerance=f"{TOLERANCE:.0%}",
            held=held,
            n=n,
            **values,
        )
    if not found.normalised:
        return phrase_n(
            "{title}: σ of {n} convolution {before} as trained, {after} with BatchNorm folded in (no normalisation).",
            "{title}: σ of {n} convolutions {before} as trained, {after} with BatchNorm folded in (no normalisation).",
            n,
            **values,
        )
    if not found.undone:
        return phrase_n(
            "{title}: σ of {n} convolution {before} as trained, {after} with BatchNorm folded in: folding does not "
            "undo the normalisation.",
            "{title}: σ of {n} convolutions {before} as trained, {after} with BatchNorm folded in: folding does not "
            "undo the normalisation.",
            n,
            **values,
        )
    return phrase_n(
        "{title}: σ of {n} convolution {before} as trained, {after} with BatchNorm folded in: folding undoes the "
        "normalisation in {undone} of {n}.",
        "{title}: σ of {n} convolutions {before} as trained, {after} with BatchNorm folded in: folding undoes the "
        "normalisation in {undone} of {n}.",
        n,
        undone=found.undone,
        **values,
    )


def undoing_in_words(runs: Sequence[Run]) -> str:
    """Whether BatchNorm undoes the norms that were held at 1, for a title; empty where none were."""
    found = [norms for run in runs if (norms := folding(run)) is not None and norms.normalised]
    if not found:
        return ""
    undone, count = sum(norms.undone for norms in found), sum(len(norms.plain) for norms in found)
    if not undone:
        return phrase("BatchNorm does not undo the normalisation")
    return phrase("BatchNorm undoes the normalisation of {undone} of {count} convolutions", undone=undone, count=count)


def range_in_words(values: Array) -> str:
    """`1.92 to 2.68` of what is measured, `1.00` where all are alike, empty of none."""
    known = values[np.isfinite(values)]
    if not len(known):
        return ""
    low, high = (f"{x:.2f}" for x in (known.min(), known.max()))
    return low if low == high else phrase("{low} to {high}", low=low, high=high)
