"""One number of a network for each measure of its layers: WeightWatcher's summary, without fits that failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from weightreel.analysis.findings.spectra import fitted_layers
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.store.nodes import Layer, Run
from weightreel.analysis.store.schema.fields import FitStatus

MEASURES = {
    "log_norm": "field/log_norm",
    "alpha": "alpha",
    "alpha_weighted": "field/alpha_weighted",
    "log_alpha_norm": "field/log_alpha_norm",
    "log_spectral_norm": "field/log_spectral_norm",
    "stable_rank": "stable_rank",
    "mp_softrank": "marchenko_pastur/soft_rank",
}
"""What is averaged, by WeightWatcher's names of it, and where it stands below a layer's spectrum."""
OF_FITS = ("alpha", "alpha_weighted", "log_alpha_norm")


@dataclass(frozen=True)
class Summary:
    """Means over the layers of a run at its last record.

    Attributes:
        n_layers: layers that are measured.
        n_fitted: those of them with a power law.
        means: by WeightWatcher's names, over the layers that have the measure; those of OF_FITS over the fitted layers
            alone: WeightWatcher's `get_summary` averages its mark for a failed fit, −1, with the others. NaN where no
            layer has one.
    """

    n_layers: int
    n_fitted: int
    means: dict[str, float]

    @classmethod
    def of(cls, run: Run) -> Self | None:
        """Read a run's layers; None where none is measured."""
        layers = [layer for layer in fitted_layers(run) if layer["spectrum/status"][-1] != FitStatus.NOT_MEASURED]
        if not layers:
            return None
        fitted = [layer for layer in layers if layer["spectrum/status"][-1] != FitStatus.FAILED]
        means = {name: _mean(fitted if name in OF_FITS else layers, path) for name, path in MEASURES.items()}
        return cls(len(layers), len(fitted), means)


def _mean(layers: list[Layer], path: str) -> float:
    values = np.array([float(la[f"spectrum/{path}"][-1]) for la in layers if la.has(f"spectrum/{path}")])
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else np.nan


def summary_in_words(found: Summary) -> str:
    """Which layers are not averaged in; empty where all are."""
    if found.n_fitted == found.n_layers:
        return ""
    return phrase(
        "Means of alpha are over {n} of {total} layers: the others' fits failed.",
        n=found.n_fitted,
        total=found.n_layers,
    )
