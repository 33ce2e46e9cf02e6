"""The learning rate of a run: at each record, and where it fell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from weightreel.analysis.findings.training import Array, recorded
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import named
from weightreel.analysis.findings.words.numbers import listed, plain
from weightreel.analysis.store.nodes import Run

MOST_FALLS = 8
"""Falls of the learning rate that are marked; a schedule that falls more often is not marked."""


def learning_rates(run: Run) -> Array:
    """The learning rate of the epoch that ended at each record, (E,); NaN where the run has none."""
    return recorded(run, "learning_rate")


def falls(epochs: Array, learning_rate: Array) -> list[tuple[float, float]]:
    """Epochs after which the learning rate fell, and what it fell to.

    Args:
        epochs: ascending, (E,).
        learning_rate: of the epoch that ended, (E,).
    """
    rate = np.asarray(learning_rate, float)
    fell = np.flatnonzero(rate[1:] < 0.999 * rate[:-1])
    return [(float(epochs[i]), float(rate[i + 1])) for i in fell]


def falls_of(run: Run) -> list[tuple[float, float]]:
    """Epochs after which a run's learning rate fell, and to what share of what it was; none where it is not known."""
    rates = learning_rates(run)
    index = {float(epoch): i for i, epoch in enumerate(run.epochs)}
    return [(epoch, rate / float(rates[index[epoch]])) for epoch, rate in falls(run.epochs, rates)]


def falls_in_words(networks: Sequence[tuple[str, Sequence[tuple[float, float]]]]) -> str:
    """When each network's learning rate first fell; empty where none did."""
    parts = [
        phrase("after {clock} {epoch} ({title})", epoch=plain(fell[0][0]), title=named(title))
        for title, fell in networks
        if fell
    ]
    return phrase("The learning rate first falls {when}.", when=listed(parts)) if parts else ""
