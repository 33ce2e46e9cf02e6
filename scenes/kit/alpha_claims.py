"""What a store supports saying of alpha: sentences chosen by its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.store import FitStatus, Run
from analysis.store.schema import MIN_EIGENVALUES
from scenes.kit.spectrum import some
from scenes.kit.wording import direction, significant

Array = NDArray[Any]


@dataclass(frozen=True)
class Alphas:
    """Alpha of every layer of one run.

    Attributes:
        title: of the run.
        names: of the layers.
        values: (E, L); NaN where a fit failed.
        status: FitStatus, (E, L).
    """

    title: str
    names: tuple[str, ...]
    values: Array
    status: Array

    @classmethod
    def of(cls, run: Run) -> Alphas:
        """Read the fits of every layer that has any."""
        layers = [layer for layer in run.layers.values() if layer.has("spectrum/alpha")]
        empty = np.empty((len(run.epochs), 0))
        return cls(
            run.title,
            tuple(layer.name for layer in layers),
            np.stack([layer["spectrum/alpha"] for layer in layers], 1) if layers else empty,
            np.stack([layer["spectrum/status"] for layer in layers], 1) if layers else empty,
        )

    @property
    def trusted(self) -> Array:
        """Whether a layer has eigenvalues enough for a fit, (L,)."""
        return ~(self.status == FitStatus.FEW_EIGENVALUES).any(0)

    @property
    def measured(self) -> Array:
        """Indices of the epochs whose spectra are measured of any layer; all of them where none is."""
        known = np.flatnonzero((self.status != FitStatus.NOT_MEASURED).any(1))
        return known if len(known) else np.arange(len(self.status))


def layers_in_words(found: Alphas) -> str:
    """The range of alpha over the layers at the last epoch that is measured."""
    values = found.values[found.measured[-1]][found.trusted]
    known = values[np.isfinite(values)]
    if not known.size:
        return f"At the last epoch no fit rests on {MIN_EIGENVALUES} eigenvalues or more."
    if known.size == 1:
        return f"At the last epoch one fit rests on {MIN_EIGENVALUES} eigenvalues or more: α = {known[0]:.2f}."
    values = f"α from {known.min():.2f} to {known.max():.2f}"
    return f"{known.size} fits rest on {MIN_EIGENVALUES} eigenvalues or more: {values}."


def doubts_in_words(found: Alphas) -> str:
    """Which layers' fits failed or rest on too few eigenvalues; empty if none."""
    few = [name for name, trusted in zip(found.names, found.trusted, strict=True) if not trusted]
    last = found.measured[-1]
    failed, waiting = (
        [name for name, s in zip(found.names, found.status[last], strict=True) if s == status]
        for status in (FitStatus.FAILED, FitStatus.NOT_MEASURED)
    )
    parts = []
    if few:
        parts.append(f"Fewer than {MIN_EIGENVALUES} eigenvalues: {some(few)}.")
    if failed:
        parts.append(f"Fit failed: {some(failed)}.")
    if waiting:
        parts.append(f"Not measured yet: {some(waiting)}.")
    if last < len(found.status) - 1:
        parts.append(f"Not measured yet: the epochs after {last}.")
    return " ".join(parts)


def medians_in_words(runs: Sequence[Alphas]) -> str:
    """The median over the layers of enough eigenvalues, first and last epoch measured, of each run."""
    parts = []
    for i, found in enumerate(runs):
        what = "median α" if i else "the layers' median α"
        medians = [
            np.nanmedian(row) if np.isfinite(row).any() else np.nan
            for row in found.values[found.measured][:, found.trusted]
        ]
        first, last = medians[0], medians[-1]
        if np.isnan(last):
            parts.append(f"{found.title}: no fit of enough eigenvalues.")
        elif len(medians) == 1 or np.isnan(first):
            parts.append(f"{found.title}: {what} is {last:.2f}.")
        else:
            verb = direction(first, last)
            moved = f"stays at {last:.2f}" if verb == "stays" else f"{verb} from {first:.2f} to {last:.2f}"
            parts.append(f"{found.title}: {what} {moved}.")
    return " ".join(parts)


def largest_in_words(lambda_max: Array, epochs: Array) -> str:
    """How the largest eigenvalue moved."""
    first, last = float(lambda_max[0]), float(lambda_max[-1])
    if len(epochs) == 1:
        return f"The largest eigenvalue is {significant(last)}."
    verb = {"rises": "grows", "falls": "shrinks", "stays": "stays"}[direction(first, last)]
    if verb == "stays":
        return f"The largest eigenvalue stays at {significant(last)} from epoch {epochs[0]} to {epochs[-1]}."
    return (
        f"From epoch {epochs[0]} to {epochs[-1]} the largest eigenvalue {verb} from {significant(first)} "
        f"to {significant(last)}."
    )
