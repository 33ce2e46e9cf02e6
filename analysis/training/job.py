"""One run of a recipe as work to be done, and whom it tells how far it is."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from weightreel.analysis.recipe.recipe import Recipe
from weightreel.analysis.runs.folder import RunFolder

REPORT_EVERY = 0.5
"""Seconds between reports of progress within an epoch."""


@dataclass(frozen=True)
class Job:
    """One run of a recipe, and which stages follow each epoch of its training."""

    recipe: Recipe
    name: str
    model: str
    seed: int
    folder: RunFolder
    spectra: bool = True
    attack: bool = True
    jobs: int = 1
    """Runs that share the cores."""


class Report(Protocol):
    """Told of a run by its name."""

    def progress(self, run: str, done: int, part: float) -> None:
        """`done` epochs (epoch 0 not counted) are trained and a share `part` of the next one; after the last, 1 and the
        share of what is measured once."""

    def kept(self, run: str, epoch: int) -> None:
        """An epoch is measured and kept."""

    def waiting(self, run: str, what: str) -> None:
        """The training waits for something, such as "measuring epoch 12"."""


def paced(tell: Callable[[int], None]) -> Callable[[], None]:
    """Count batches and tell of them every REPORT_EVERY seconds. A process whose parent was killed stops here."""
    count, last, parent = 0, time.monotonic(), multiprocessing.parent_process()

    def after_batch() -> None:
        nonlocal count, last
        count += 1
        now = time.monotonic()
        if now - last >= REPORT_EVERY:
            last = now
            if parent is not None and not parent.is_alive():
                raise SystemExit(1)
            tell(count)

    return after_batch
