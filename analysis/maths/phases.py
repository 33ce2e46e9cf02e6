"""When a network is under-fitting, generalising and over-fitting: by its losses, and by its spectra alone."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.store.schema.fields import MIN_EIGENVALUES, FitStatus, Phase

Array = NDArray[Any]

LEARNT = 0.75
"""Share of the fall of the validation loss that ends under-fitting: what is left is a quarter, two halvings."""

RISEN = 0.10
"""Share of that fall by which the validation loss must rise again: above the wobble of a loss on 1,000 images."""

VALIDATION_RULE = (
    "Losses are running medians of three epochs. A network is under-fitting until its validation loss has first made "
    f"{LEARNT:.0%} of its fall from epoch 0 to its minimum; over-fitting from the epoch after the minimum from which "
    f"it stays more than {RISEN:.0%} of that fall above the minimum while the training loss stays below its value "
    "there; generalising in between. A network whose validation loss never falls is under-fitting."
)


OVER_TRAINED, UNDER_TRAINED = 2.0, 6.0
"""WeightWatcher's authors read alpha below 2 as over-trained and above 6 as under-trained (Martin, Peng and Mahoney,
Nature Communications 12, 2021)."""

LEFT_RANDOM = 3.0
"""How many times as far from random as at the initialisation, where the distance is that of two random matrices."""

WINDOW = 3
"""Epochs over which alpha is smoothed, and over which the spectra stand still."""

STILL = 0.01
"""Share of their whole movement so far that the spectra may make within WINDOW and count as standing still."""

SPECTRAL_RULE = (
    f"From the spectra alone, of layers with at least {MIN_EIGENVALUES} eigenvalues. A network is under-fitting until "
    f"the median of their alphas (over {WINDOW} epochs) is at most {UNDER_TRAINED:g}, above which WeightWatcher's "
    f"authors read it as under-trained, and their mean Jensen-Shannon distance to the shuffled weights at least "
    f"{LEFT_RANDOM:g} times that at the initialisation; over-fitting from the first later epoch at which that median "
    f"is below {OVER_TRAINED:g}, their over-trained, or the spectra stand still: over {WINDOW} epochs neither that "
    f"distance nor the mean logarithm of the stable rank has moved by {STILL:.0%} of its range so far, so that what is "
    "still learnt no longer shows in them; generalising in between. Each epoch is judged by itself and those before it."
)

RULES = ("validation", "spectral")


def validation_phases(
    train_loss: NDArray[np.floating[Any]], validation_loss: NDArray[np.floating[Any]]
) -> NDArray[np.uint8]:
    """Phase of every epoch by VALIDATION_RULE, from the epochs seen so far.

    The phases are contiguous and in order. While a training goes on they are provisional: its minimum may still come.

    Args:
        train_loss: shape (E,), epoch 0 the initialisation, in evaluation mode as the validation loss is.
        validation_loss: shape (E,). An epoch where either loss is not finite takes the phase of the epoch before it.

    Returns:
        Values of `Phase`, shape (E,) uint8.
    """
    finite = np.isfinite(train_loss) & np.isfinite(validation_loss)
    phases = np.full(len(finite), Phase.UNDER_FITTING, np.uint8)
    if finite.any():
        phases[finite] = _phases(_running_median(train_loss[finite]), _running_median(validation_loss[finite]))
    return np.maximum.accumulate(phases)


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


def spectral_phases(cues: SpectralCues) -> NDArray[np.uint8]:
    """Phase of every epoch by SPECTRAL_RULE: contiguous and in order; later epochs change nothing about earlier ones.

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
                phase = Phase.GENERALISING
        elif alpha < OVER_TRAINED or _stands_still(cues, epoch):
            phase = Phase.OVER_FITTING
        phases[epoch] = phase
    return phases


def _stands_still(cues: SpectralCues, epoch: int) -> bool:
    """Whether neither the stable rank nor the distance to random has moved over the last WINDOW epochs."""
    if epoch < WINDOW:
        return False
    for history in (cues.log_stable_rank, cues.distance):
        seen, recent = history[: epoch + 1], history[epoch - WINDOW : epoch + 1]
        # NaN compares as False: a history that is not known does not stand still.
        if not np.ptp(recent) < STILL * (np.nanmax(seen, initial=-np.inf) - np.nanmin(seen, initial=np.inf)):
            return False
    return True


def agreement(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> tuple[float, float]:
    """How well two histories of phases (E,) agree.

    Returns:
        The share of epochs at which they are the same, and Cohen's kappa (1960): 1 for full agreement, 0 for what
        chance would give, NaN where both hold but one phase.
    """
    from sklearn.metrics import cohen_kappa_score  # a second to import

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of one phase in both
        kappa = float(cohen_kappa_score(one, other))
    return float(np.mean(one == other)), kappa


class Stop(NamedTuple):
    """Where a rule would have ended a training, had it seen no later epoch."""

    epoch: int
    """-1 where it would not."""
    accuracy: float
    """On the validation images, of the network that it would have left: at that epoch, or the last."""
    cost: float
    """The best validation accuracy of all epochs that were recorded, minus that accuracy."""


def stop_of(
    rule: str,
    train_loss: NDArray[np.floating[Any]],
    validation_loss: NDArray[np.floating[Any]],
    accuracy: NDArray[np.floating[Any]],
    cues: SpectralCues | None,
) -> Stop:
    """The first epoch that a rule calls over-fitting at that epoch itself, and what stopping there costs.

    Args:
        rule: one of RULES.
        train_loss: shape (E,), as for `validation_phases`.
        validation_loss: shape (E,).
        accuracy: on the validation images, shape (E,).
        cues: of the spectra; None where there are none, and then the spectral rule never stops.
    """
    if rule == "validation":
        called = (
            validation_phases(train_loss[: epoch + 1], validation_loss[: epoch + 1])[-1] == Phase.OVER_FITTING
            for epoch in range(len(accuracy))
        )
    else:
        called = iter(spectral_phases(cues) == Phase.OVER_FITTING) if cues else iter(())
    epoch = next((epoch for epoch, over in enumerate(called) if over), -1)
    left = float(accuracy[epoch])
    best = float(np.nanmax(accuracy)) if np.isfinite(accuracy).any() else np.nan
    return Stop(epoch, left, best - left)


def _phases(train: NDArray[np.float64], validation: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The rule, on smooth and finite losses (E,)."""
    phases = np.full(len(validation), Phase.UNDER_FITTING, np.uint8)
    best = int(np.argmin(validation))
    fall = validation[0] - validation[best]
    if fall <= 0:
        return phases
    phases[np.argmax(validation <= validation[0] - LEARNT * fall) :] = Phase.GENERALISING
    risen = (validation > validation[best] + RISEN * fall) & (train < train[best])
    onset = len(risen) - int(np.argmin(np.append(risen[::-1], False)))
    phases[onset:] = Phase.OVER_FITTING
    return phases


def _running_median(loss: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Median of each epoch and its neighbours, (E,). Epoch 0 stands as it is: an initialisation is no noisy neighbour.

    The last epoch takes the last three, so that one bad epoch at the end of an unfinished run starts no phase.
    """
    smooth = np.asarray(loss, np.float64).copy()
    for epoch in range(1, len(loss)):
        first = max(min(epoch - 1, len(loss) - 3), 0)
        smooth[epoch] = np.median(loss[first : first + 3])
    return smooth
