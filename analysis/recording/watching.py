"""What a `Recorder` watches: a network, or arrays, read whenever a record is due and handed to the records."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Literal

import torch
from numpy.typing import NDArray
from torch.nn.parameter import UninitializedParameter

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.networks.live import LiveNetwork, count_of
from weightreel.analysis.networks.wrappers import is_sharded
from weightreel.analysis.recording.counting import Clock, in_words
from weightreel.analysis.recording.handed import Numbers
from weightreel.analysis.recording.records import Records, told
from weightreel.analysis.recording.resumption import Resumption
from weightreel.analysis.recording.source import GivenArrays
from weightreel.analysis.recording.wanted import Wanted
from weightreel.analysis.recording.warnings import Warnings, reasons_in_words
from weightreel.analysis.runs.about import RunAbout
from weightreel.analysis.runs.record import RunWriter, completed

Array = NDArray[Any]

FREE = 0.5
"""Seconds that writing the store may take with every record, so that it is not behind the files beside it."""


class Watch:
    """A network that is watched, and its records.

    Args:
        wanted: what the Recorder was asked for.

    Attributes:
        writes: whether this process records; others take part in reading where the network is sharded.
        records: those of the store, None before it is opened.
        place: where the training stands.
    """

    def __init__(self, wanted: Wanted) -> None:
        self.wanted, self.model, self.store = wanted, wanted.model, wanted.store
        self.writes = not _is_follower()
        self.records: Records | None = None
        self.warnings = Warnings()
        self.numbers = Numbers(self.warnings)
        self.place = Resumption(
            Clock(wanted.every), wanted.epoch, wanted.step, resume=wanted.resume, keep_gap=wanted.gap == "keep",
            has_model=self.model is not None, warnings=self.warnings, store=str(self.store),
        )  # fmt: skip
        self.ended = False
        self._network: LiveNetwork | GivenArrays | None = None
        self._sharded = False
        self._began = time.perf_counter()

    def called(
        self, what: Literal["epoch", "step"], epoch: Any, step: Any, parameters: Any, numbers: Mapping[str, Any]
    ) -> None:
        """An epoch or a step ended.

        Raises:
            WeightreelError: at the first call alone, where it does not fit the records that there are.
        """
        try:
            self.numbers.take(numbers)
            if self._network is None:
                self.open(parameters, late=True)
            if not self.ended and self.place.moves(what, epoch, step):
                self._record(parameters)
        except WeightreelError:
            raise
        except Exception as error:
            self._tell(error)

    def open(self, parameters: Mapping[str, Array] | None = None, *, late: bool = False) -> None:
        """Look at the network and at what the store has of it.

        Args:
            parameters: the first ones, where there is no model.
            late: whether it is not the initialisation that is there.
        """
        if self.model is not None:
            network: LiveNetwork | GivenArrays = LiveNetwork(self.model)
            if not network.layers and not late and self._is_lazy():
                self.warnings.tell("lazy", "the network has no values yet; it is recorded from its first epoch on")
                return
        elif parameters is None:
            raise WeightreelError(
                "a Recorder without a model needs parameters={name: array} at each record; give them."
            )
        else:
            network = GivenArrays(parameters)
        if self.model is not None and not network.layers and late:
            self.ended = True
            self.warnings.tell("lazy", f"nothing is recorded in {self.store}: the network has no layer that can be")
            return
        self._network = network
        self._sharded = self.model is not None and is_sharded(self.model)
        if self.writes or self._sharded:
            state = network.state() if self.model is not None else {}
            if self.writes and self._begin(network):
                self._stand(state, late)

    def _begin(self, network: LiveNetwork | GivenArrays) -> bool:
        """Open the store; False where it holds this run already, complete."""
        if not network.layers:
            raise WeightreelError(
                f"{self.wanted.title} has no layer that can be recorded: "
                f"{reasons_in_words(network.skipped) or 'it is empty'}."
            )
        about, wanted = self._about(network), self.wanted
        if wanted.resume and (done := completed(self.store, about.name)):
            self.place.complete = done
            return False
        if network.skipped:
            self.warnings.tell("skipped", f"not recorded: {reasons_in_words(network.skipped)}")
        writer = RunWriter(self.store, about, resume=wanted.resume, force=wanted.force, free=FREE)
        self.records = Records(
            writer, network.layers, wanted.record_settings, wanted.spectra_settings, wanted.spectra, self.warnings,
            wanted.durable,
        )  # fmt: skip
        return True

    def _about(self, network: LiveNetwork | GivenArrays) -> RunAbout:
        device, count = "not known", network.count if isinstance(network, GivenArrays) else 0
        if self.model is not None:
            device = next((str(p.device) for p in self.model.parameters()), device)
            count = count_of(self.model)
        return RunAbout(
            name=f"{self.wanted.name}-s{self.wanted.seed}",
            title=self.wanted.title,
            model=self.wanted.name,
            seed=self.wanted.seed,
            clock=self.place.clock.counts,
            layers=tuple(network.layers),
            n_parameters=count,
            device=device,
            source="recorded while other code trained it",
            skipped=network.skipped,
            dataset_name=self.wanted.dataset,
            recipe={
                "source": "recorder",
                "every": self.wanted.every,
                "record": self.wanted.record_settings.model_dump(mode="json"),
                "spectra": self.wanted.spectra_settings.model_dump(mode="json") if self.wanted.spectra else None,
            },
            sample=self.wanted.record_settings.sample,
            bins=self.wanted.record_settings.bins,
            spectra=self.wanted.spectra_settings,
        )

    def _stand(self, state: Mapping[str, Array], late: bool) -> None:
        """Record the network as it was entered, or go on with the records that there are."""
        assert self.records is not None
        try:
            held = self.records.holds(state) if self.wanted.resume and state else None
            todo = self.place.begin(self.records, held)
        except BaseException:
            self.close(complete=False)
            raise
        if late and self.model is not None:
            self.place.keep_gap, self.place.was_entered = True, False
        elif todo == "record":
            self._give(state)
        elif todo == "wait":
            self.place.give_initial = lambda: self._give(state, epoch=0, step=0)

    def _record(self, parameters: Mapping[str, Array] | None) -> None:
        """Read the network and hand it over; what cannot be read is told."""
        network = self._network
        if network is None or (self.records is None and not self._sharded):
            return
        if isinstance(network, GivenArrays):
            if parameters is None:
                self._tell(ValueError("there were no parameters={name: array}"))
                return
            network.given = parameters
        state = network.state()
        if self.records is None:
            return
        if network.lacks:
            since = f"from {self._now_in_words()} on"
            known = {name.partition(" from ")[0] for name in network.skipped}
            new = {name: reason for name, reason in network.lacks.items() if name not in known}
            if new:
                self.warnings.tell(f"lacks {sorted(new)}", f"{since} not recorded: {reasons_in_words(new)}")
            network.skipped.update({f"{name} {since}": reason for name, reason in new.items()})  # the store says it
        self._give(state, **self.numbers.taken())

    def _give(self, state: Mapping[str, Array], **numbers: float) -> None:
        assert self.records is not None
        now, clock = time.perf_counter(), self.place.clock
        counts: dict[str, float] = {"epoch": max(clock.epoch, 0), "seconds": now - self._began}
        if clock.step > 0 or self.wanted.every is not None:
            counts["step"] = max(clock.step, 0)
        self._began = now
        self.records.give(state, counts | numbers)

    def _tell(self, error: Exception) -> None:
        self.warnings.tell("record", f"{self._now_in_words()} is not recorded in {self.store}: {told(error)}")

    def _now_in_words(self) -> str:
        return in_words(self.place.clock.counts, self.place.clock.now, self.place.clock.now)

    def _is_lazy(self) -> bool:
        assert self.model is not None
        return any(isinstance(parameter, UninitializedParameter) for parameter in self.model.parameters())

    def close(self, complete: bool) -> None:
        """Complete the store, or leave one that can be resumed; nothing is raised."""
        self.ended = True
        if self.records is None:
            return
        try:
            if self.place.give_initial is not None:
                self.place.give_initial()
            self.records.close(complete)
        except Exception as error:
            self.warnings.tell("close", f"{self.store} could not be completed: {told(error)}")


def _is_follower() -> bool:
    """Whether this is another process of a distributed training than the first."""
    parallel = torch.distributed
    return parallel.is_available() and parallel.is_initialized() and parallel.get_rank() != 0
