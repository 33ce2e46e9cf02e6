"""When a network is under-fitting, generalising and over-fitting, by a rule on its losses."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.store.schema import Phase

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
