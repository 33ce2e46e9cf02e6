"""Where a training stands, which of its epochs or steps are recorded, and which are missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Every = int | Literal["log"] | None
"""None counts epochs; else steps, every so many, or "log": spaced evenly on a logarithmic scale."""

A_DECADE = 10
"""Records a decade of steps where they are spaced logarithmically."""


@dataclass
class Clock:
    """Epochs and steps that have ended, one of which counts the records."""

    every: Every
    epoch: int = 0
    step: int = 0

    @property
    def counts(self) -> Literal["epoch", "step"]:
        """What counts the records."""
        return "epoch" if self.every is None else "step"

    @property
    def now(self) -> int:
        """Where it stands."""
        return self.epoch if self.every is None else self.step

    @now.setter
    def now(self, value: int) -> None:
        if self.every is None:
            self.epoch = value
        else:
            self.step = value

    def is_due(self) -> bool:
        """Whether a record belongs where it stands."""
        return self.every is None or is_due(self.step, self.every)


def is_due(step: int, every: int | Literal["log"]) -> bool:
    """Whether a step is recorded; those that are spaced logarithmically are 10^(k / 10), rounded, and 0."""
    if every != "log":
        return step % every == 0
    if step < 2:
        return True
    place = round(A_DECADE * np.log10(step))
    return any(round(10 ** (k / A_DECADE)) == step for k in (place - 1, place, place + 1))


def missing(recorded: Sequence[int], now: int, every: Every) -> tuple[int, int] | None:
    """The first and the last epoch or step that should have been recorded before the one that ends now, if any.

    Args:
        recorded: where the clock stood at the records that there are, ascending.
        now: where it stands.
        every: as the Recorder has it. Epochs that were recorded with a spacing may go on with that.
    """
    last = recorded[-1] if recorded else -1
    if every is None:
        spacing = int(np.median(np.diff(recorded))) if len(recorded) > 1 else 1
        return (last + 1, now - 1) if now - last > spacing else None
    if every == "log":
        places = range(A_DECADE * (len(str(now)) + 1))
        due = [0, *sorted({round(10 ** (place / A_DECADE)) for place in places})]
        lost = [step for step in due if last < step < now]
    else:
        first = (last // every + 1) * every
        lost = [first, (now - 1) // every * every] if first < now else []
    return (lost[0], lost[-1]) if lost else None


def in_words(counts: str, first: int, last: int) -> str:
    """Epochs or steps from the first to the last: `epoch 6`, `epochs 6 to 8`."""
    return f"{counts} {first}" if first == last else f"{counts}s {first} to {last}"
