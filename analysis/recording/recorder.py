"""`Recorder`: watch any training from within its loop, and write what `weightreel film` needs."""

from __future__ import annotations

import atexit
import os
import re
import threading
import time
import weakref
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.parameter import UninitializedParameter

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.networks.live import LiveNetwork, count_of
from weightreel.analysis.networks.wrappers import is_sharded, unwrapped
from weightreel.analysis.recording.clock import Clock, Every, in_words
from weightreel.analysis.recording.numbers import Numbers
from weightreel.analysis.recording.options import count_of_option, refuse_bad_options, settings_of
from weightreel.analysis.recording.place import Place
from weightreel.analysis.recording.records import Records, told
from weightreel.analysis.recording.source import GivenArrays
from weightreel.analysis.recording.warnings import Warnings, reasons_in_words
from weightreel.analysis.runs.about import RunAbout
from weightreel.analysis.runs.record import RunWriter, completed

Array = NDArray[Any]

FREE = 0.5
"""Seconds that writing the store may take with every record, so that it is not behind the files beside it."""


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
        refuse_bad_options(every, gap, resume, force)
        self.store, self.model, self.every = Path(store), model, every
        self.record_settings, self.spectra_settings = settings_of(recipe)
        self.spectra, self.resume, self.force, self.durable = int(spectra), resume, force, durable
        self._title = title or (type(unwrapped(model)).__name__ if model is not None else "Network")
        self._name = name or re.sub(r"[^a-z0-9]+", "-", self._title.lower()).strip("-")
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]*", self._name):
            raise WeightreelError(f"name={self._name!r} is no name of a run; use letters, digits and hyphens.")
        self._seed, self._dataset = seed, dataset
        self.active = not _is_follower()
        self._warnings = Warnings()
        self._numbers = Numbers(self._warnings)
        self._network: LiveNetwork | GivenArrays | None = None
        self._records: Records | None = None
        self._place = Place(
            Clock(every), count_of_option("epoch", epoch), count_of_option("step", step), resume=resume,
            keep_gap=gap == "keep", has_model=model is not None, warnings=self._warnings, store=str(self.store),
        )  # fmt: skip
        self._state: Literal["open", "closed"] = "open"
        self._sharded = False
        self._began = time.perf_counter()
        self._process, self._lock = os.getpid(), threading.RLock()

    def __enter__(self) -> Self:
        if self.model is not None:
            self._open()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._close(complete=kind is None)

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
            if self._records is not None and self._is_here():
                self._records.flush()

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
        return max(self._place.clock.step, 0)

    def __getstate__(self) -> dict[str, Any]:
        """A copy, as of a model that holds its Recorder, records nothing."""
        inert = {"_state": "closed", "_records": None, "_network": None, "model": None, "active": False}
        return {key: value for key, value in (vars(self) | inert).items() if key not in ("_lock", "_place")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._lock, self._place = threading.RLock(), Place(Clock(self.every), warnings=self._warnings)

    def _last(self, key: str) -> int | None:
        done = self._place.complete
        return done.get(key) if done else self._records.last(key) if self._records is not None else None

    def _is_here(self) -> bool:
        """Whether this is the process that made it, and none that was forked from it."""
        return os.getpid() == self._process

    def _called(
        self, what: Literal["epoch", "step"], epoch: Any, step: Any, parameters: Any, numbers: Mapping[str, Any]
    ) -> None:
        if self._state == "closed":
            self._warnings.tell("closed", f"nothing more is recorded in {self.store}: its Recorder is closed")
        if self._state == "closed" or not self._is_here():
            return
        with self._lock:
            try:
                self._numbers.take(numbers)
                if self._network is None:
                    self._open(parameters, late=True)
                if self._place.moves(what, epoch, step):
                    self._record(parameters)
            except WeightreelError:
                raise
            except Exception as error:
                self._tell(error)

    def _open(self, parameters: Mapping[str, Array] | None = None, *, late: bool = False) -> None:
        """Look at the network and at what the store has of it.

        Args:
            parameters: the first ones, where there is no model.
            late: whether it is not the initialisation that is there.
        """
        if self.model is not None:
            network: LiveNetwork | GivenArrays = LiveNetwork(self.model)
            if not network.layers and not late and self._is_lazy():
                self._warnings.tell("lazy", "the network has no values yet; it is recorded from its first epoch on")
                return
        elif parameters is None:
            raise WeightreelError(
                "a Recorder without a model needs parameters={name: array} at each record; give them."
            )
        else:
            network = GivenArrays(parameters)
        if self.model is not None and not network.layers and late:
            self._state = "closed"
            self._warnings.tell("lazy", f"nothing is recorded in {self.store}: the network has no layer that can be")
            return
        self._network = network
        self._sharded = self.model is not None and is_sharded(self.model)
        if self.active or self._sharded:
            state = network.state() if self.model is not None else {}
            if self.active and self._begin(network):
                self._stand(state, late)

    def _begin(self, network: LiveNetwork | GivenArrays) -> bool:
        """Open the store; False where it holds this run already, complete."""
        if not network.layers:
            raise WeightreelError(
                f"{self._title} has no layer that can be recorded: {reasons_in_words(network.skipped) or 'it is empty'}."
            )
        about = self._about(network)
        if self.resume and (done := completed(self.store, about.name)):
            self._place.complete = done
            return False
        if network.skipped:
            self._warnings.tell("skipped", f"not recorded: {reasons_in_words(network.skipped)}")
        writer = RunWriter(self.store, about, resume=self.resume, force=self.force, free=FREE)
        self._records = Records(
            writer, network.layers, self.record_settings, self.spectra_settings, self.spectra, self._warnings, self.durable
        )  # fmt: skip
        atexit.register(_close_at_exit, weakref.ref(self))
        return True

    def _about(self, network: LiveNetwork | GivenArrays) -> RunAbout:
        device, count = "not known", network.count if isinstance(network, GivenArrays) else 0
        if self.model is not None:
            device = next((str(p.device) for p in self.model.parameters()), device)
            count = count_of(self.model)
        return RunAbout(
            name=f"{self._name}-s{self._seed}",
            title=self._title,
            model=self._name,
            seed=self._seed,
            clock=self._place.clock.counts,
            layers=tuple(network.layers),
            n_parameters=count,
            device=device,
            source="recorded while other code trained it",
            skipped=network.skipped,
            dataset_name=self._dataset,
            recipe={
                "source": "recorder",
                "every": self.every,
                "record": self.record_settings.model_dump(mode="json"),
                "spectra": self.spectra_settings.model_dump(mode="json") if self.spectra else None,
            },
            sample=self.record_settings.sample,
            bins=self.record_settings.bins,
            spectra=self.spectra_settings,
        )

    def _stand(self, state: Mapping[str, Array], late: bool) -> None:
        """Record the network as it was entered, or go on with the records that there are."""
        assert self._records is not None
        try:
            held = self._records.holds(state) if self.resume and state else None
            todo = self._place.begin(self._records, held)
        except BaseException:
            self._close(complete=False)
            raise
        if late and self.model is not None:
            self._place.keep_gap = True  # nobody saw the initialisation
        elif todo == "record":
            self._give(state)
        elif todo == "wait":
            self._place.give_initial = lambda: self._give(state, epoch=0, step=0)

    def _record(self, parameters: Mapping[str, Array] | None) -> None:
        """Read the network and hand it over; what cannot be read is told."""
        network = self._network
        if network is None or (self._records is None and not self._sharded):
            return
        if isinstance(network, GivenArrays):
            if parameters is None:
                self._tell(ValueError("there were no parameters={name: array}"))
                return
            network.given = parameters
        state = network.state()
        if self._records is None:
            return
        if network.lacks:
            now = self._place.clock.now
            since = f"from {in_words(self._place.clock.counts, now, now)} on not recorded"
            self._warnings.tell(f"lacks {sorted(network.lacks)}", f"{since}: {reasons_in_words(network.lacks)}")
        self._give(state, **self._numbers.taken())

    def _give(self, state: Mapping[str, Array], **numbers: float) -> None:
        assert self._records is not None
        now, clock = time.perf_counter(), self._place.clock
        counts: dict[str, float] = {"epoch": max(clock.epoch, 0), "seconds": now - self._began}
        if clock.step > 0 or self.every is not None:
            counts["step"] = max(clock.step, 0)
        self._began = now
        self._records.give(state, counts | numbers)

    def _tell(self, error: Exception) -> None:
        counts, now = self._place.clock.counts, self._place.clock.now
        self._warnings.tell("record", f"{in_words(counts, now, now)} is not recorded in {self.store}: {told(error)}")

    def _is_lazy(self) -> bool:
        assert self.model is not None
        return any(isinstance(parameter, UninitializedParameter) for parameter in self.model.parameters())

    def _close(self, complete: bool) -> None:
        """Complete the store, or leave one that can be resumed; nothing is raised."""
        if self._state == "closed" or not self._is_here():
            return
        self._state = "closed"
        if self._records is None:
            return
        with self._lock:
            try:
                if self._place.give_initial is not None:
                    self._place.give_initial()
                self._records.close(complete)
            except Exception as error:
                self._warnings.tell("close", f"{self.store} could not be completed: {told(error)}")


def _close_at_exit(recorder: weakref.ref[Recorder]) -> None:
    """Of a Recorder that nobody left: the store is brought up to the last record, and can be resumed."""
    found = recorder()
    if found is not None:
        found._close(complete=False)


def _is_follower() -> bool:
    """Whether this is another process of a distributed training than the first."""
    parallel = torch.distributed
    return parallel.is_available() and parallel.is_initialized() and parallel.get_rank() != 0
