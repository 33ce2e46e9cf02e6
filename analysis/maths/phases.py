"""When a network learns nothing, under-fits, generalises, over-fits, memorises or diverges: by its losses."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.store.schema.fields import Phase

Array = NDArray[Any]

LEARNT = 0.75
"""Share of the fall of the validation loss that ends under-fitting: what is left is a quarter, two halvings."""

RISEN = 0.10
"""Share of that fall by which the validation loss must rise again: above the wobble of a loss on 1,000 images."""

WINDOW = 3
"""Epochs over which losses and spectra are smoothed, and for which a change must hold."""

SOMETHING = 0.05
"""Share of the training loss at the start that must be gone before a network has learnt anything."""

USEFUL = 0.10
"""Share of the validation loss at the start that must be gone before what is learnt carries over to other data."""

BY_HEART = 1 / 3
"""Share of the training loss that is gone where a network memorises: far more than USEFUL of the validation loss."""

COLLAPSED = 0.25
"""Share of the best that it had learnt below which a network has lost it again."""
EXPLODED = 1.5
"""Times the training loss at the start above which it is lost."""
HAD_LEARNT = 0.2
"""Share of the training loss that was gone before a network can be said to have lost what it had learnt."""

AS_LOW = 0.01
"""Share of the training loss at the start by which it may rise and count as still falling."""

VALIDATION_RULE = (
    f"Losses are running medians of {WINDOW} epochs, and are held against the loss at the start: that of epoch 0 "
    "or, if that is lower, the logarithm of the number of classes. A network has diverged where a loss is not "
    f"finite, where the training loss is {EXPLODED:g} times that of epoch 0, or where less than {COLLAPSED:.0%} is "
    f"left of what it had learnt of the training loss. From epoch {WINDOW} on it is not learning until "
    f"{SOMETHING:.0%} of the training loss at the start is gone. It is memorising where {BY_HEART:.0%} of the "
    f"training loss is gone and never yet {USEFUL:.0%} of the validation loss; under-fitting until the validation "
    f"loss has first made {LEARNT:.0%} of its first fall (to its minimum before any over-fitting); over-fitting "
    f"from the epoch after a minimum from which it stays, for {WINDOW} epochs, more than {RISEN:.0%} of the fall "
    "to that minimum above it while the training loss is no higher than there, until it has lost half of its rise "
    "for as long; generalising in all other epochs. Phases may return."
)

RULES = ("validation", "spectral")


def validation_phases(
    train_loss: NDArray[np.floating[Any]], validation_loss: NDArray[np.floating[Any]], classes: int | None = None
) -> NDArray[np.uint8]:
    """Phase of every epoch by VALIDATION_RULE, from the epochs seen so far.

    While a training goes on they are provisional: its first minimum may still come. The thresholds were set by
    reading the rule's answers on three CIFAR-10 and ten digits trainings; tests hold it to others.

    Args:
        train_loss: shape (E,), epoch 0 the initialisation, in evaluation mode as the validation loss is.
        validation_loss: shape (E,).
        classes: how many answers there are, where the losses are cross-entropies (nats); a network that knows
            nothing then has the logarithm of it, whatever its initialisation.

    Returns:
        Values of `Phase`, shape (E,) uint8.
    """
    finite = np.isfinite(train_loss) & np.isfinite(validation_loss)
    phases = np.full(len(finite), Phase.DIVERGED, np.uint8)
    if finite.any():
        train, validation = running_median(train_loss[finite]), running_median(validation_loss[finite])
        states = training_states(train, classes)
        own = _by_validation(gone(train, classes), gone(validation, classes))
        phases[finite] = np.where(states == Phase.GENERALISING, own, states)
    return phases


def gone(loss: NDArray[np.float64], classes: int | None) -> NDArray[np.float64]:
    """Share of the loss at the start that is gone at each epoch, (E,): 0 where nothing is learnt, 1 where loss is 0.

    A loss that is not positive throughout (the likelihood of a density, say) is counted in its own range.
    """
    start = min(loss[0], np.log(classes)) if classes and classes > 1 else loss[0]
    scale = start if start > 0 and loss.min() >= 0 else np.ptp(loss) or 1.0
    found: NDArray[np.float64] = (start - loss) / scale
    return found


def training_states(train: NDArray[np.float64], classes: int | None) -> NDArray[np.uint8]:
    """What the training loss alone tells of each epoch, (E,); later epochs change nothing about earlier ones.

    Args:
        train: smooth, finite training losses (E,).
        classes: as for `validation_phases`.

    Returns:
        DIVERGED, NOT_LEARNING, UNDER_FITTING (before anything is learnt, in the first epochs), else GENERALISING.
    """
    share = gone(train, classes)
    best = np.maximum.accumulate(share)
    states = np.full(len(train), Phase.GENERALISING, np.uint8)
    states[best < SOMETHING] = Phase.NOT_LEARNING
    states[:WINDOW][best[:WINDOW] < SOMETHING] = Phase.UNDER_FITTING
    lost = (best >= HAD_LEARNT) & (share < COLLAPSED * best)
    exploded = train > train[0] + (EXPLODED - 1) * abs(train[0])
    states[lost | exploded] = Phase.DIVERGED
    return states


def _by_validation(train: NDArray[np.float64], validation: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Phases of a network that learns, from the shares of its smooth losses that are gone, (E,) each."""
    best = np.maximum.accumulate(validation)
    over, first_bottom = _over_fitting(train, validation)
    phases = np.full(len(validation), Phase.GENERALISING, np.uint8)
    phases[over] = Phase.OVER_FITTING
    fall = validation[: first_bottom + 1].max()
    early = np.cumsum(validation >= LEARNT * fall) == 0
    by_heart = (best < USEFUL) & (np.maximum.accumulate(train) >= BY_HEART)
    # What was memorised before it was understood has left under-fitting behind.
    phases[(early | (best < USEFUL)) & ~np.maximum.accumulate(by_heart)] = Phase.UNDER_FITTING
    phases[by_heart] = Phase.MEMORISING
    return phases


def _over_fitting(train: NDArray[np.float64], validation: NDArray[np.float64]) -> tuple[NDArray[np.bool_], int]:
    """Epochs of over-fitting (E,), and the epoch of the minimum before the first of them (or the best of all)."""
    over = np.zeros(len(validation), bool)
    bottom, top, rising, first_bottom = 0, 0, False, -1
    for epoch in range(len(validation)):
        following = slice(epoch, epoch + WINDOW)
        if rising:
            top = min(top, epoch, key=lambda place: validation[place])
            half = (validation[bottom] + validation[top]) / 2
            if np.all(validation[following] > half):
                rising, bottom = False, epoch
        elif validation[epoch] >= validation[bottom]:
            bottom = epoch
        else:
            risen = validation[bottom] - validation[following] > RISEN * validation[bottom]
            # Without a useful fall there is nothing that a rise could undo.
            if validation[bottom] >= USEFUL and np.all(risen & (train[following] >= train[bottom] - AS_LOW)):
                rising, top = True, epoch
                first_bottom = bottom if first_bottom < 0 else first_bottom
        over[epoch] = rising
    return over, first_bottom if first_bottom >= 0 else int(np.argmax(validation))


def running_median(loss: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Median of each epoch and its neighbours, (E,). Epoch 0 stands as it is: an initialisation is no noisy neighbour.

    The last epoch takes the last three, so that one bad epoch at the end of an unfinished run starts no phase.
    """
    smooth = np.asarray(loss, np.float64).copy()
    for epoch in range(1, len(loss)):
        first = max(min(epoch - 1, len(loss) - 3), 0)
        smooth[epoch] = np.median(loss[first : first + 3])
    return smooth
