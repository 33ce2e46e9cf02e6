"""`Recorder`: watch any training from within its loop, and write what `weightreel film` needs."""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from numpy.typing import NDArray
from torch import nn

from weightreel.analysis.networks.wrappers import unwrapped
from weightreel.analysis.recording.counting import Every
from weightreel.analysis.recording.wanted import Wanted, count_of_option, name_of_run, settings_of
from weightreel.analysis.recording.watching import Watch

Array = NDArray[Any]


class Recorder:
    """Records a network while any code trains it; epoch 0, the initialisation, when it is entered.

        with Recorder("run.h5", model) as rec:
            for epoch in range(50):
                loss = train(model)
                rec.epoch(loss=loss)

    What is recorded is copied at once and measured beside the training, in a thread of its own; a record is on disk
    when the call for the next one returns. Once it is entered, nothing that goes wrong here ends the training: what
    cannot be recorded is missing, and one sentence on the standard error stream says what. Left by an exception, the
    store is valid and says that the training goes on; `resume` takes it up. Where several processes train together,
    that of rank 0 records; of a sharded network all must make a Recorder and call it alike.

    Args:
        store: the file, such as `run.h5`.
        model: any network; its effective weights are read. None where `epoch` and `step` get arrays.
        title: of the network, for people; by default the name of its class.
        name: of the run, before its seed: letters, digits and hyphens; by default made of the title.
        seed: of the training, the last part of the run's name.
        dataset: what it is trained on, for people.
        every: None counts epochs; a number records every so many steps, "log" at steps that are spaced evenly on a
            logarithmic scale, ten a decade.
        recipe: settings as in a recipe's tables `record` and `spectra`, or a TOML file that has them.
        spectra: whether to measure spectra; a number: at every so many records only.
        resume: go on with what is there.
        force: begin again, replacing what is there.
        epoch, step: how many have ended where the model stands, as after loading a checkpoint: records beyond are
            dropped, and the model is recorded there where the store lacks it. None where it is not told: then the
            first call tells it, or the weights of a record, if they are the model's.
        gap: what to do where records are missing between the store's and those to come: "refuse" or "keep".
        durable: whether a record is in the store when the call that made it returns; else when the next one does, on
            disk beside the store.

    Raises:
        WeightreelError: bad settings; and when it is entered nothing to record, a gap that is refused, or as
            `runs.record.RunWriter`.
    """

    def __init__(
        self,
        store: str | Path,
        model: nn.Module | None = None,
        *,
        title: str = "",
        name: str = "",
        seed: int = 0,
        dataset: str = "",
        every: Every = None,
        recipe: Mapping[str, Any] | str | Path | None = None,
        spectra: bool | int = True,
        resume: bool = False,
        force: bool = False,
        epoch: int | None = None,
        step: int | None = None,
        gap: Literal["refuse", "keep"] = "refuse",
        durable: bool = False,
    ) -> None:
        title = title or (type(unwrapped(model)).__name__ if model is not None else "Network")
        settings = settings_of(recipe)
        told = count_of_option("epoch", epoch), count_of_option("step", step)
        wanted = Wanted(
            Path(store), model, title, name or name_of_run(title), seed, dataset, every, *settings, int(spectra),
            resume, force, *told, gap, durable,
        )  # fmt: skip
        self._watch = Watch(wanted)
        self._process, self._lock = os.getpid(), threading.RLock()
        atexit.register(_close_at_exit, weakref.ref(self))

    @property
    def every(self) -> Every:
        """What is recorded: None for epochs, else steps."""
        return self._watch.wanted.every

    @property
    def active(self) -> bool:
        """Whether this process records."""
        return self._watch.writes

    def __enter__(self) -> Self:
        if self._watch.model is not None:
            self._watch.open()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._is_here() and not self._watch.ended:
            self._watch.close(complete=kind is None)

    def epoch(
        self,
        *,
        epoch: int | None = None,
        step: int | None = None,
        parameters: Mapping[str, Array] | None = None,
        **numbers: Any,
    ) -> None:
        """An epoch ended: record it, unless steps are counted.

        Args:
            epoch: how many epochs have ended with this one; by default one more than before. Records that the store
                has of this one and of later ones are dropped.
            step: how many steps of the optimiser have.
            parameters: arrays by name, such as `layer.weight`, where there is no model; the first are epoch 0.
            numbers: loss, accuracy, val_loss, val_accuracy, learning_rate, and others under their own names; of any
                type that has a number. None is passed over.

        Raises:
            WeightreelError: at the first call alone, where it does not fit the store: epochs are missing in between
                and `gap` is "refuse", it is not told after which record a resumed training goes on, `epoch` is the
                initialisation's, or there are neither a model nor parameters.
        """
        self._called("epoch", epoch, step, parameters, numbers)

    def step(
        self,
        *,
        step: int | None = None,
        epoch: int | None = None,
        parameters: Mapping[str, Array] | None = None,
        **numbers: Any,
    ) -> None:
        """The optimiser took a step: count it, and record it where that is due; arguments and errors as `epoch`."""
        self._called("step", epoch, step, parameters, numbers)

    def flush(self) -> None:
        """Wait until every record is on disk, in the store itself; what cannot be written is told, never raised."""
        with self._lock:
            if self._watch.records is not None and self._is_here() and not self._watch.ended:
                self._watch.records.flush()

    @property
    def last_epoch(self) -> int | None:
        """The epoch of the last record that is safe on disk, also right after opening; None where there is none."""
        return self._last("epoch")

    @property
    def last_step(self) -> int | None:
        """How many steps had been taken at the last record that is safe on disk; None where there is none."""
        return self._last("step")

    @property
    def steps(self) -> int:
        """How many steps have ended."""
        return max(self._watch.place.clock.step, 0)

    def __getstate__(self) -> dict[str, Any]:
        """A copy, as of a model that holds its Recorder, records nothing."""
        return {"_watch": replace(self._watch.wanted, model=None)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._watch = Watch(state["_watch"])
        self._watch.ended = True
        self._process, self._lock = os.getpid(), threading.RLock()

    def _last(self, key: str) -> int | None:
        done, records = self._watch.place.complete, self._watch.records
        return done.get(key) if done else records.last(key) if records is not None else None

    def _is_here(self) -> bool:
        """Whether this is the process that made it, and none that was forked from it."""
        return os.getpid() == self._process

    def _called(
        self, what: Literal["epoch", "step"], epoch: Any, step: Any, parameters: Any, numbers: Mapping[str, Any]
    ) -> None:
        if not self._is_here():
            return
        with self._lock:
            if self._watch.ended:
                words = f"nothing more is recorded in {self._watch.store}: its Recorder is closed"
                self._watch.warnings.tell("closed", words)
            else:
                self._watch.called(what, epoch, step, parameters, numbers)


def _close_at_exit(recorder: weakref.ref[Recorder]) -> None:
    """Of a Recorder that nobody left: the store is brought up to the last record, and can be resumed."""
    if (found := recorder()) is not None:
        found.__exit__(SystemExit, None, None)
