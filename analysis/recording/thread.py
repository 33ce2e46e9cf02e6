"""What a `Recorder` does beside the training: measure the states that it is handed, one after the other."""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.kinds import LayerInfo
from weightreel.analysis.measures.parameters import not_finite, record_parameters
from weightreel.analysis.measures.spectra import measure_spectra
from weightreel.analysis.notices import say
from weightreel.analysis.recipe.recipe import RecordRecipe, SpectraRecipe
from weightreel.analysis.runs.record import RunWriter

Array = NDArray[Any]
State = dict[str, Array]

WAITING = 2
"""States that may wait to be measured; a training that is faster waits for them."""


class MeasuringThread:
    """Measures states in a thread of its own, in their order, and keeps what it finds."""

    def __init__(
        self, writer: RunWriter, layers: list[LayerInfo], record: RecordRecipe, spectra: SpectraRecipe, every: int
    ) -> None:
        self.writer, self.layers, self.record, self.spectra, self.every = writer, layers, record, spectra, every
        self.failure: BaseException | None = None
        self._named: set[str] = set()
        self._queue: queue.Queue[tuple[State, Mapping[str, float]] | None] = queue.Queue(WAITING)
        self._thread = threading.Thread(target=self._run, name="weightreel", daemon=True)
        self._thread.start()

    def give(self, state: State, numbers: Mapping[str, float]) -> None:
        """Hand over a state, waiting while too many wait already."""
        self.complain()
        self._queue.put((state, numbers))

    def complain(self) -> None:
        """Raise what went wrong in the thread."""
        if self.failure is not None:
            raise self.failure

    def close(self, complete: bool) -> None:
        """Measure what waits, and close the store."""
        self._queue.put(None)
        self._thread.join()
        self.writer.close(complete=complete and self.failure is None)

    def _run(self) -> None:
        while (given := self._queue.get()) is not None:
            if self.failure is None:
                try:
                    self._measure(*given)
                except BaseException as error:  # it is raised in the training's thread
                    self.failure = error

    def _measure(self, state: State, numbers: Mapping[str, float]) -> None:
        found = record_parameters(self.layers, state, self.record.sample)
        self._tell_of_what_is_not_finite(found)
        if self.every and self.writer.recorded() % self.every == 0:
            found |= measure_spectra(self.layers, state, self.spectra, 1)
        self.writer.add(found | {key: np.asarray(value) for key, value in numbers.items()})

    def _tell_of_what_is_not_finite(self, found: Mapping[str, Array]) -> None:
        for name, count in not_finite(found).items():
            if name not in self._named:
                self._named.add(name)
                say(f"{name} has {count:,} entries that are NaN or infinite; the others are recorded.")


def skipped_in_words(skipped: Mapping[str, str], most: int = 4) -> str:
    """What is left out, and why, in words."""
    named = [f"{name}, because {reason}" for name, reason in list(skipped.items())[:most]]
    more = [f"{len(skipped) - most} more, which the store names"] if len(skipped) > most else []
    return "; ".join(named + more)
