"""How alpha is read. The report and WeightWatcher's authors disagree: both are shown, neither is preferred."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isnan

from weightreel.analysis.store.schema.paths import FitStatus


@dataclass(frozen=True)
class Band:
    """The alphas from `low` up to, not including, `high`, and what they are taken for."""

    low: float
    high: float
    words: str


@dataclass(frozen=True)
class Reading:
    """Whose reading it is, and its bands, ascending; between them it says nothing."""

    source: str
    bands: tuple[Band, ...]

    def of(self, alpha: float) -> str:
        """What `alpha` is taken for; empty where this reading says nothing of it, or where alpha is NaN."""
        return next((band.words for band in self.bands if band.low <= alpha < band.high), "")


REPORT = Reading("the report", (Band(2, 3, "over-fitting"), Band(4, 5, "well regularised")))
"""`Low α (~2–3) → heavy-tailed, overfitting. High α (~4–5) → well-regularized, smooth generalization`."""

AUTHORS = Reading(
    "WeightWatcher's authors",
    (Band(-inf, 2, "over-trained"), Band(2, 6, "well trained"), Band(6, inf, "under-trained")),
)
"""Martin, Peng and Mahoney, Nature Communications 12 (2021); best near 2."""


def sentence(name: str, alpha: float, alpha_error: float, epoch: int) -> str:
    """What a layer's last alpha is taken for by either reading, undecided."""
    if isnan(alpha):
        return f"{name}: at epoch {epoch} the power law could not be fitted, so there is no alpha to read."
    report, authors = REPORT.of(alpha), AUTHORS.of(alpha)
    first = f"“{report}” to the report" if report else "in neither of the report's ranges"
    return f"{name} ends at α = {alpha:.2f} ± {alpha_error:.2f}: {first}, “{authors}” to WeightWatcher's authors."


def warning(status: int, n_eigenvalues: int) -> str:
    """What a viewer must know of a fit before believing it, in few letters; empty where nothing."""
    if status == FitStatus.FAILED:
        return "fit failed"
    if status == FitStatus.NOT_MEASURED:
        return "not measured yet"
    if status == FitStatus.FEW_EIGENVALUES:
        return f"only {n_eigenvalues} eigenvalues"
    return ""
