"""Whether the BatchNorm that follows a convolution undoes the norm that spectral normalisation holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.store.nodes import Run

TOLERANCE = 0.1
"""Relative distance from 1 up to which a norm counts as held: power iteration follows the weights with a delay."""


@dataclass(frozen=True)
class Folding:
    """σ of the reshaped matrices of a run's convolutions at the last epoch, each of shape (layers,)."""

    run: str
    plain: NDArray[np.float32]
    """As trained."""
    folded: NDArray[np.float32]
    """With the BatchNorm that follows folded in."""

    @property
    def normalised(self) -> bool:
        """Whether every convolution's norm is 1, as spectral normalisation makes it."""
        return bool(np.all(np.abs(self.plain - 1) <= TOLERANCE))

    @property
    def undone(self) -> int:
        """How many convolutions have a norm above 1 once BatchNorm is folded in."""
        return int(np.count_nonzero(self.folded > 1 + TOLERANCE))

    def sentence(self) -> str:
        """What folding does to the norms of this run."""
        count = len(self.plain)
        before, after = (
            " to ".join(dict.fromkeys(f"{x:.2f}" for x in (n.min(), n.max()))) for n in (self.plain, self.folded)
        )
        found = f"{self.run}: σ of {count} convolutions {before} as trained, {after} with BatchNorm folded in"
        if not self.normalised:
            return f"{found} (no normalisation)."
        if not self.undone:
            return f"{found}: folding does not undo the normalisation."
        return f"{found}: folding undoes the normalisation in {self.undone} of {count}."


def folding(run: Run) -> Folding | None:
    """Norms without and with BatchNorm of a run's convolutions, None where none is followed by one or is measured."""
    pairs = [
        (layer["spectrum/sigma/reshaped"][-1], layer["spectrum/sigma/folded/reshaped"][-1])
        for layer in run.layers.values()
        if layer.kind.startswith("conv") and layer.has("spectrum/sigma/folded/reshaped")
    ]
    norms = np.array([pair for pair in pairs if np.isfinite(pair).all()], np.float32).reshape(-1, 2)
    return Folding(run.name, norms[:, 0], norms[:, 1]) if len(norms) else None
