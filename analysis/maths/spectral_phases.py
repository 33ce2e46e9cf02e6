"""What a network's spectra tell of its phases, beside its training loss and without any validation data."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.maths.phases import SOMETHING, WINDOW, training_states
from weightreel.analysis.store.schema.fields import MIN_EIGENVALUES, FitStatus, Phase

Array = NDArray[Any]

OVER_TRAINED, UNDER_TRAINED = 2.0, 6.0
"""Alpha below 2 is read as over-trained and above 6 as under-trained by WeightWatcher's code (0.7.7) and README."""

LEFT_RANDOM = 3.0
"""How many times as far from random as at the initialisation, where the distance is that of two random matrices."""

STILL = 0.01
"""Share of their whole movement so far that the spectra may make within WINDOW and count as standing still."""
MOVING = 0.02
"""Share from which spectra that stood still count as moving again."""

SPECTRAL_RULE = (
    f"From the spectra of layers with at least {MIN_EIGENVALUES} eigenvalues and from the training loss, without "
    "validation data. By the training loss (median of the last epochs) a network has diverged or is not learning "
    f"as in the rule on losses (not learning: from epoch {WINDOW} on, until {SOMETHING:.0%} of it is gone). It is "
    f"under-fitting until the median of the alphas (over {WINDOW} epochs) is at most {UNDER_TRAINED:g}, above "
    "which WeightWatcher reads a layer as under-trained, and the mean Jensen-Shannon distance to the shuffled "
    f"weights at least {LEFT_RANDOM:g} times that at the initialisation. Then it is learning (whether that carries "
    f"over to other data no spectrum tells); over-trained where that median is below {OVER_TRAINED:g}, "
    f"WeightWatcher's own word (it need be no over-fitting); at rest where the spectra stand still: over {WINDOW} "
    f"epochs neither that distance nor the mean logarithm of the stable rank has moved by {STILL:.0%} of its range "
    f"so far, until one moves by {MOVING:.0%}. Each epoch is judged by itself and those before it. Phases may "
    "return."
)


class SpectralCues(NamedTuple):
    """What the rule on spectra looks at, each of shape (E,); NaN where no layer tells."""

    alpha: NDArray[np.float64]
    """Median over layers."""
    log_stable_rank: NDArray[np.float64]
    """Mean over layers."""
    distance: NDArray[np.float64]
    """Mean Jensen–Shannon distance to the shuffled weights over layers."""

    @classmethod
    def of_layers(cls, status: Array, alpha: Array, stable_rank: Array, distance: Array) -> SpectralCues:
        """From histories of layers, each of shape (L, E): what `FitStatus` a fit has, and what is measured."""
        fitted = np.where(status == FitStatus.OK, alpha.astype(float), np.nan)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of epochs where no layer tells: NaN is the answer
            means = (np.nanmean(values.astype(float), 0) for values in (np.log(stable_rank.astype(float)), distance))
            return cls(np.nanmedian(fitted, 0), *means)


def spectral_phases(cues: SpectralCues, train_loss: Array | None = None, classes: int | None = None) -> Array:
    """Phase of every epoch by SPECTRAL_RULE; later epochs change nothing about earlier ones.

    Args:
        cues: of the spectra, (E,) each.
        train_loss: in evaluation mode (E,), epoch 0 the initialisation; None where it is not known.
        classes: as for `validation_phases`.

    Returns:
        Values of `Phase`, shape (E,) uint8.
    """
    phases = np.full(len(cues.alpha), Phase.UNDER_FITTING, np.uint8)
    phase = Phase.UNDER_FITTING
    for epoch in range(len(phases)):
        recent = cues.alpha[max(0, epoch + 1 - WINDOW) : epoch + 1]
        alpha = float(np.median(recent[np.isfinite(recent)])) if np.isfinite(recent).any() else np.nan
        if phase == Phase.UNDER_FITTING:
            if alpha <= UNDER_TRAINED and cues.distance[epoch] >= LEFT_RANDOM * cues.distance[0]:
                phase = Phase.LEARNING
        elif alpha < OVER_TRAINED:
            phase = Phase.OVER_TRAINED
        elif _moved_less(cues, epoch, MOVING if phase == Phase.AT_REST else STILL):
            phase = Phase.AT_REST
        elif np.isfinite(alpha):
            phase = Phase.LEARNING
        phases[epoch] = phase
    if train_loss is None:
        return phases
    states = _causal_states(np.asarray(train_loss, float), classes)
    return np.where(np.isin(states, (Phase.DIVERGED, Phase.NOT_LEARNING)), states, phases).astype(np.uint8)


def _causal_states(loss: NDArray[np.float64], classes: int | None) -> NDArray[np.uint8]:
    """What the training loss (E,) tells of each epoch by those up to it."""
    finite = np.isfinite(loss)
    states = np.full(len(loss), Phase.DIVERGED, np.uint8)
    if finite.any():
        known = loss[finite]
        trailing = [known[0], *(np.median(known[max(1, i - WINDOW + 1) : i + 1]) for i in range(1, len(known)))]
        states[finite] = training_states(np.array(trailing), classes)
    return states


def _moved_less(cues: SpectralCues, epoch: int, share: float) -> bool:
    """Whether stable rank and distance to random moved by less than a share of their range over the last WINDOW."""
    if epoch < WINDOW:
        return False
    for history in (cues.log_stable_rank, cues.distance):
        seen, recent = history[: epoch + 1], history[epoch - WINDOW : epoch + 1]
        # NaN compares as False: a history that is not known does not stand still.
        if not np.ptp(recent) < share * (np.nanmax(seen, initial=-np.inf) - np.nanmin(seen, initial=np.inf)):
            return False
    return True
