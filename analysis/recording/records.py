"""Records of a training: measured beside it, kept on disk, and never worth stopping it for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.kinds import LayerInfo
from weightreel.analysis.measures.parameters import not_finite, record_parameters
from weightreel.analysis.measures.spectra import measure_spectra
from weightreel.analysis.recipe.recipe import RecordRecipe, SpectraRecipe
from weightreel.analysis.recording.counting import in_words
from weightreel.analysis.recording.thread import Beside
from weightreel.analysis.recording.warnings import Warnings
from weightreel.analysis.runs.record import RunWriter
from weightreel.analysis.runs.same_weights import is_of_same_weights

Array = NDArray[Any]
State = Mapping[str, Array]
Given = tuple[State, Mapping[str, float]]


class Records:
    """The records of one training.

    Args:
        writer: of the store.
        layers: those that are recorded.
        record: how parameters are.
        spectra: how spectra are.
        every: at which records spectra are measured; 0 for none.
        warnings: where to tell what is missing.
        durable: whether a record is in the store when `give` returns.
    """

    def __init__(
        self,
        writer: RunWriter,
        layers: list[LayerInfo],
        record: RecordRecipe,
        spectra: SpectraRecipe,
        every: int,
        warnings: Warnings,
        durable: bool,
    ) -> None:
        self.writer, self.layers, self.record, self.spectra, self.every = writer, layers, record, spectra, every
        self.warnings, self.durable = warnings, durable
        self._counts = writer.about.clock
        self._beside: Beside[Given] = Beside(self._work, self._lost)

    def give(self, state: State, numbers: Mapping[str, float]) -> None:
        """Hand over a state; the one before is on disk when this returns, this one too where it is to be durable."""
        self._beside.give((state, numbers))
        if self.durable:
            self.flush()

    def flush(self) -> None:
        """Wait until all is on disk, in the store itself."""
        self._beside.wait()
        self._try(self.writer.write)

    def keep(self, count: int) -> None:
        """Drop all records but the first so many, in the store too."""
        self._beside.wait()
        self._try(lambda: self.writer.keep(count))

    def counted(self) -> list[int]:
        """Where the clock stood at each record."""
        self._beside.wait()
        return [int(record[self._counts]) for record in self.writer.records]

    def last(self, key: str) -> int | None:
        """What `epoch` or `step` was at the last record that is on disk; None where none is."""
        saved = self.writer.saved
        return int(self.writer.records[saved - 1].get(key, 0)) if saved else None

    def holds(self, state: State) -> int | None:
        """Which record, the last one if there are several, is of a network in this very state; None where none is."""
        found = record_parameters(self.layers, state, self.record.sample)
        numbers = reversed(range(len(self.writer.records)))
        return next((number for number in numbers if is_of_same_weights(found, self.writer.records[number])), None)

    def close(self, complete: bool) -> None:
        """Complete the store, or leave one that can be resumed; tell what it lacks."""
        self._beside.close()
        self._try(lambda: self.writer.close(complete=complete))
        lost = [int(record[self._counts]) for record in self.writer.records[self.writer.saved :]]
        if lost:
            words = in_words(self._counts, lost[0], lost[-1])
            self.warnings.tell("lost", f"{self.writer.files.store} lacks {words}, which could not be written")

    def _work(self, given: Given) -> None:
        record = self._measured(*given)
        self._try(lambda: self.writer.add(record))

    def _lost(self, given: Given, error: BaseException) -> None:
        now = int(given[1][self._counts])
        self.warnings.tell(
            "record",
            f"{in_words(self._counts, now, now)} could not be measured ({told(error)}) and is missing in "
            f"{self.writer.files.store}; the training goes on",
        )

    def _try(self, writing: Callable[[], None]) -> None:
        """Write, and where that fails tell it; what is not written is tried again with the next record."""
        try:
            writing()
        except Exception as error:
            self.warnings.tell(
                "disk", f"the training goes on, and its records wait in memory to be written: {told(error)}"
            )

    def _measured(self, state: State, numbers: Mapping[str, float]) -> dict[str, Array]:
        found = record_parameters(self.layers, state, self.record.sample)
        there = [layer for layer in self.layers if layer.tied or f"{layer.name}.weight" in state]
        self._tell_of_what_is_not_finite(found)
        if self.every and self.writer.recorded() % self.every == 0:
            try:
                found |= measure_spectra(there, state, self.spectra, 1)
            except Exception as error:
                now = int(numbers[self._counts])
                self.warnings.tell(
                    "spectra",
                    f"spectra of {in_words(self._counts, now, now)} could not be measured ({told(error)}); the rest is "
                    "recorded",
                )
        with np.errstate(over="ignore"):  # what float32 cannot hold is infinite
            own = {
                key: np.asarray(value if key in ("epoch", "step") else np.float32(value))
                for key, value in numbers.items()
            }
        return found | own

    def _tell_of_what_is_not_finite(self, found: Mapping[str, Array]) -> None:
        for name, count in not_finite(found).items():
            self.warnings.tell(
                f"not finite {name}",
                f"{name} has {count:,} entries that are NaN or infinite; the others are recorded",
            )


def told(error: BaseException) -> str:
    """An error in words, without a full stop."""
    words = " ".join(str(error).split()).rstrip(".")
    return words or type(error).__name__
