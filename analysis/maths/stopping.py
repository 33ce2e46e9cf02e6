"""Where rules of phases would end a training, what that costs, and how well two rules agree."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.maths.phases import validation_phases
from weightreel.analysis.maths.spectral_phases import SpectralCues, spectral_phases
from weightreel.analysis.store.schema.fields import STAGES, STOPPING

Array = NDArray[Any]


def agreement(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> tuple[float, float]:
    """How well two histories of phases (E,) agree on the stage of a training: `STAGES` says which phases are one.

    Returns:
        The share of epochs at which they name the same stage, and Cohen's kappa (1960): 1 for full agreement, 0 for
        what chance would give, NaN where both hold but one stage.
    """
    from sklearn.metrics import cohen_kappa_score  # a second to import

    stages = np.array(STAGES)
    first, second = stages[one], stages[other]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of one stage in both
        kappa = float(cohen_kappa_score(first, second))
    return float(np.mean(first == second)), kappa


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
    classes: int | None = None,
) -> Stop:
    """The first epoch that a rule, seeing no later one, calls by a phase of STOPPING, and what stopping there costs.

    Args:
        rule: one of RULES.
        train_loss: shape (E,), as for `validation_phases`.
        validation_loss: shape (E,).
        accuracy: on the validation images, shape (E,).
        cues: of the spectra; None where there are none, and then the spectral rule never stops.
        classes: as for `validation_phases`.
    """
    called: Iterable[bool]
    if rule == "validation":
        called = (
            validation_phases(train_loss[:seen], validation_loss[:seen], classes)[-1] in STOPPING
            for seen in range(1, len(accuracy) + 1)
        )
    else:
        called = np.isin(spectral_phases(cues, train_loss, classes), STOPPING).tolist() if cues else ()
    epoch = next((epoch for epoch, over in enumerate(called) if over), -1)
    left = float(accuracy[epoch])
    best = float(np.nanmax(accuracy)) if np.isfinite(accuracy).any() else np.nan
    return Stop(epoch, left, best - left)
