"""How the rate of sure answers to noise moves, and with what: where the noise lies among the images, epoch by epoch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.attacks.noise import rates_of
from weightreel.analysis.findings.statistics import rank_correlation
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.numbers import signed
from weightreel.analysis.store.nodes import Attack, Run

Array = NDArray[Any]

WILD = 0.1
"""From this span between two epochs of one network, in absolute rate, a rate is said to swing."""
LEAST_CHANGES = 8
"""From so many changes between epochs on a correlation is told: of fewer, chance makes any."""
SPIKES = 0.04
"""Share of the epochs that may leave an axis at each end."""
TOGETHER = 0.4
"""From this rank correlation on, two histories are said to move together."""


@dataclass(frozen=True)
class NoiseLocation:
    """Where noise lies for one network, at every epoch; NaN where the store does not say.

    Attributes:
        run: the training.
        rate: share of noise images answered surely, (E,).
        noise_logits: mean standard deviation of the logits for noise, (E,).
        image_logits: mean standard deviation of the logits for images, (E,).
        nearest: distance of the noise to the nearest class mean, in units of that class's own spread, (E,).
        layer_shifts: how far noise moves each BatchNorm's input from its running mean, in running standard deviations,
            first layer first, (E, L); L is 0 without BatchNorm.
        shift: root mean square of these over the layers, (E,).
    """

    run: Run
    rate: Array
    noise_logits: Array
    image_logits: Array
    nearest: Array
    layer_shifts: Array
    shift: Array

    @classmethod
    def of(cls, run: Run, attack: Attack) -> NoiseLocation | None:
        """What the store holds of it; None where it holds nothing, or no rates beside it."""
        rates = rates_of(attack)
        if not len(rates) or not attack.has("place/logit_scale"):
            return None
        unknown = np.full(len(rates), np.nan)

        def history(key: str) -> Array:
            return attack[f"place/{key}"] if attack.has(f"place/{key}") else unknown

        layers = attack["place/batchnorm_shift"] if attack.has("place/batchnorm_shift") else np.zeros((len(rates), 0))
        near = attack.has("place/distance") and attack.has("place/spread")
        return cls(
            run,
            rates,
            history("logit_scale"),
            history("image_logit_scale"),
            nearest_of(attack["place/distance"], attack["place/spread"]) if near else unknown,
            layers,
            np.sqrt((layers**2).mean(1)) if layers.shape[1] else unknown,
        )

    def told(self) -> dict[str, tuple[float, Array]]:
        """How measures of where noise lies move with the rate from epoch to epoch, with their histories (E,), by name.

        The size of the logits is not among them: that sure answers have large logits is nearly what sure means.
        """
        found = {
            phrase("how far noise lies from the nearest class"): (moves_with(self.rate, self.nearest), self.nearest),
            phrase("how far noise is from what its layers are used to"): (
                moves_with(self.rate, self.shift),
                self.shift,
            ),
        }
        return {name: value for name, value in found.items() if np.isfinite(value[0])}


def visible_span(values: Array) -> tuple[float, float]:
    """The range of an axis on which a history's usual course is seen: single spikes leave it.

    Args:
        values: (E,), NaN where unknown.
    """
    known = values[np.isfinite(values)]
    if not len(known):
        return 0.0, 1.0
    low, high = (float(v) for v in np.quantile(known, (SPIKES, 1 - SPIKES)))
    room = 0.15 * (high - low) or 0.1 * max(abs(high), 0.1)
    return max(low - room, 0.0) if low >= 0 else low - room, high + room


def nearest_of(distance: Array, spread: Array) -> Array:
    """Distance to the nearest class mean in units of that class's spread, (E,), of distances and spreads (E, C)."""
    nearest = np.argmin(np.where(np.isfinite(distance), distance, np.inf), axis=1)[:, None]
    near, wide = (np.take_along_axis(np.asarray(values), nearest, 1)[:, 0] for values in (distance, spread))
    return np.asarray(np.divide(near, wide, out=np.full(len(near), np.nan), where=wide > 0))


def moves_with(rate: Array, other: Array) -> float:
    """Rank correlation (Spearman) of the changes from one epoch to the next; NaN of too few, or where one stands still.

    Changes, not levels: two histories that both rise over a training go together by their trend alone.
    """
    changes = np.diff(rate), np.diff(other)
    known = np.isfinite(changes[0]) & np.isfinite(changes[1])
    if known.sum() < LEAST_CHANGES:
        return float("nan")
    return rank_correlation(changes[0][known], changes[1][known])


def why_in_words(correlation: float) -> str:
    """Whether the rate moves with a measure, by the rank correlation of their changes from epoch to epoch."""
    value = signed(correlation)
    if abs(correlation) < TOGETHER:
        return phrase("One square a step: they hardly move together (rank correlation {value}).", value=value)
    if correlation > 0:
        return phrase("One square a step: both tend to rise together (rank correlation {value}).", value=value)
    return phrase("One square a step: one tends to fall as the other rises (rank correlation {value}).", value=value)
