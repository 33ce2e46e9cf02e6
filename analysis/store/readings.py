"""How alpha is read. The report and WeightWatcher's authors disagree: both are shown, neither is preferred."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf


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
