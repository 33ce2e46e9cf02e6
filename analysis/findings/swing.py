"""Why the rate of sure answers to noise swings: where the noise lies among the images, epoch by epoch, and in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.noise_claims import ranked
from weightreel.analysis.findings.rates import success_history
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import named
from weightreel.analysis.store.nodes import Attack, Run

Array = NDArray[Any]

LEAST_CHANGES = 8
"""From so many changes between epochs on a correlation is told: of fewer, chance makes any."""
TOGETHER = 0.4
"""From this rank correlation on, two histories are said to move together."""


@dataclass(frozen=True)
class Place:
    """Where noise lies for one network, at every epoch; NaN where the store does not say.

    Attributes:
        run: the training.
        rate: share of noise images answered surely, (E,).
        noise_logits, image_logits: mean standard deviation of the logits, (E,).
        nearest: distance of the noise to the nearest class mean, in units of that class's own spread, (E,).
        shift: how far noise moves BatchNorm's inputs from their running mean, in running standard deviations; root
            mean square over layers, (E,).
    """

    run: Run
    rate: Array
    noise_logits: Array
    image_logits: Array
    nearest: Array
    shift: Array

    @classmethod
    def of(cls, run: Run, attack: Attack) -> Place | None:
        """What the store holds of it; None where it holds no place, or no rates beside it."""
        rates = success_history(attack)
        if not rates or not attack.has("place/logit_scale"):
            return None
        unknown = np.full(len(rates), np.nan)

        def history(key: str) -> Array:
            return attack[f"place/{key}"] if attack.has(f"place/{key}") else unknown

        shift = history("batchnorm_shift")
        layers = shift.reshape(len(rates), -1)  # (E, layers), of which there may be none
        return cls(
            run, np.array([rate.value for rate in rates]), history("logit_scale"), history("image_logit_scale"),
            nearest_of(attack["place/distance"], attack["place/spread"])
            if attack.has("place/distance") and attack.has("place/spread") else unknown,
            np.sqrt((layers**2).mean(1)) if layers.shape[1] else unknown,
        )  # fmt: skip

    def companions(self) -> dict[str, float]:
        """How each measure moves with the rate from epoch to epoch, by its name; those that are not known left out."""
        found = {
            phrase("the size of noise's logits"): moves_with(self.rate, self.noise_logits),
            phrase("the noise's distance to the nearest class"): moves_with(self.rate, self.nearest),
            phrase("BatchNorm's shift"): moves_with(self.rate, self.shift),
        }
        return {name: value for name, value in found.items() if np.isfinite(value)}


def nearest_of(distance: Array, spread: Array) -> Array:
    """Distance to the nearest class mean in units of that class's spread, (E,), of distances and spreads (E, C)."""
    nearest = np.argmin(np.where(np.isfinite(distance), distance, np.inf), axis=1)[:, None]
    near, wide = (np.take_along_axis(of, nearest, 1)[:, 0] for of in (np.asarray(distance), np.asarray(spread)))
    return np.divide(near, wide, out=np.full(len(near), np.nan), where=wide > 0)


def moves_with(rate: Array, other: Array) -> float:
    """Rank correlation (Spearman) of the changes from one epoch to the next; NaN of too few, or where one stands still.

    Changes, not levels: two histories that both rise over a training go together by their trend alone.
    """
    changes = np.diff(rate), np.diff(other)
    known = np.isfinite(changes[0]) & np.isfinite(changes[1])
    if known.sum() < LEAST_CHANGES:
        return float("nan")
    first, second = (ranked(change[known]) for change in changes)
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])


def why_in_words(title: str, companions: Mapping[str, float]) -> str:
    """What the rate moves with, the strongest first."""
    name = named(title)
    if not companions:
        return phrase("{title}: too little moves in these {clocks} to tell what goes with the rate.", title=name)
    first = max(companions, key=lambda measure: abs(companions[measure]))
    strongest = companions[first]
    said = {"title": name, "measure": first, "correlation": signed(strongest)}
    if abs(strongest) < TOGETHER:
        return phrase(
            "{title}: the rate moves with none of these; rank correlations of changes up to {correlation}.", **said
        )
    if strongest > 0:
        return phrase("{title}: the rate moves with {measure}; rank correlation of changes {correlation}.", **said)
    return phrase("{title}: the rate moves against {measure}; rank correlation of changes {correlation}.", **said)


def signed(value: float) -> str:
    """`+0.81`, `−0.20`."""
    return f"{value:+.2f}".replace("-", "−")
