"""After which of its records a training goes on, and whether what it says of that fits the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.recording.counting import Clock, in_words, missing
from weightreel.analysis.recording.handed import counted
from weightreel.analysis.recording.records import Records
from weightreel.analysis.recording.warnings import Warnings


class Resumption:
    """Where a training stands, beside the records that there are.

    Args:
        clock: which it moves.
        epoch, step: where the network stands when the Recorder is entered, as far as that is told.
        resume: whether there may be records from before.
        keep_gap: whether missing records are taken.
        has_model: whether the network can be recorded as it stands.
        warnings: where to tell what is dropped.
        store: its name, for sentences.

    Attributes:
        clock: where it stands.
        complete: `epoch` and `step` of the last record of a run that is complete already; else empty.
        keep_gap: whether missing records are taken.
        was_entered: whether the network was seen before the first call.
        give_initial: called where the network that was entered turns out to be the initialisation.
    """

    def __init__(
        self, clock: Clock, epoch: int | None = None, step: int | None = None, *, warnings: Warnings,
        resume: bool = False, keep_gap: bool = False, has_model: bool = True, store: str = "",
    ) -> None:  # fmt: skip
        self.clock, self.complete = clock, dict[str, int]()
        self.give_initial: Callable[[], None] | None = None
        self._told = epoch if clock.every is None else step
        self.was_entered = True
        self.keep_gap, self._resume, self._has_model = keep_gap, resume, has_model
        self._warnings, self._store = warnings, store
        self._records: Records | None = None
        self._unsettled = self._moved = False
        self._held: int | None = None
        self._step_is_told = step is not None
        clock.epoch, clock.step = epoch or 0, step or 0
        if not has_model and self._told is None:
            clock.now = -1  # the first arrays are the initialisation

    def begin(self, records: Records, held: int | None) -> Literal["record", "wait", "nothing"]:
        """Look at what is there, and say what becomes of the network as it was entered.

        Args:
            records: of the run.
            held: which of them is of a network with the same weights, if any.

        Raises:
            WeightreelError: records are missing before it, and gaps are refused.
        """
        self._records = records
        recorded, at = records.counted(), self._told
        if not self._resume:
            return "record" if self._has_model else "nothing"
        if at is None:
            self._held, self._unsettled = held, bool(recorded)
            return "nothing" if recorded or not self._has_model else "wait"
        if at not in recorded or (at == 0 and self._has_model and held != 0):
            self._go_on(at, recorded)
            return "record" if self._has_model and self.clock.is_due() else "nothing"
        number = recorded.index(at)
        if self._has_model and held != number:
            words = in_words(self.clock.counts, at, at)
            self._warnings.tell("weights", f"the network has other weights than {self._store} recorded at {words}")
        if not self._step_is_told:
            self.clock.step = int(records.writer.records[number].get("step", 0))
        self._go_on(at + 1, recorded)
        return "nothing"

    def moves(self, what: Literal["epoch", "step"], epoch: Any, step: Any) -> bool:
        """An epoch or a step ended: move the clock, and say whether a record is due.

        Raises:
            WeightreelError: at the first call alone, where it does not fit the records that there are.
        """
        told = {"epoch": self._count("epoch", epoch), "step": self._count("step", step)}
        new = Clock(self.clock.every, self.clock.epoch, self.clock.step)
        self._advance(new, what, told)
        counts = self.clock.counts
        explicit = told[counts] is not None
        if what != counts and not (explicit and new.now != self.clock.now):
            self.clock.epoch, self.clock.step = new.epoch, new.step
            return False
        if self.complete:
            self._is_complete(new.now if explicit else None)
        elif self._records is not None and not self._moved:
            self._first(new, what, told)
        elif self._records is not None and explicit and new.now <= self.clock.now:
            self._go_on(new.now, self._records.counted())
        self._moved = True
        self.clock.epoch, self.clock.step = new.epoch, new.step
        return self.clock.is_due()

    def _count(self, name: str, value: Any) -> int | None:
        if value is None:
            return None
        try:
            return counted(value)
        except Exception as error:
            sentence = f"{name}={value!r} is no count of {name}s that have ended; give a whole number"
            if not self._moved:
                raise WeightreelError(f"{sentence}.") from error
            self._warnings.tell(f"count {name}", f"{sentence}; it was taken for the next one")
            return None

    @staticmethod
    def _advance(clock: Clock, what: str, told: dict[str, int | None]) -> None:
        epoch, step = told["epoch"], told["step"]
        clock.epoch = clock.epoch + (what == "epoch") if epoch is None else epoch
        clock.step = clock.step + (what == "step") if step is None else step

    def _first(self, new: Clock, what: Literal["epoch", "step"], told: dict[str, int | None]) -> None:
        """The first call after opening: it tells where the training goes on, unless that is known.

        Raises:
            WeightreelError: it does not.
        """
        assert self._records is not None
        counts, recorded = self.clock.counts, self._records.counted()
        if self._unsettled:
            if told[counts] is not None:
                number = sum(at < new.now for at in recorded) - 1
            elif self._held is None or (self._held == 0 and len(recorded) > 1):
                words = in_words(counts, recorded[-1], recorded[-1])
                raise WeightreelError(
                    f"{self._store} was recorded up to {words}, and nothing tells whether the training goes on from "
                    f"there; say it: rec.{counts}({counts}=…) counts the {counts}s that have ended, or open it with "
                    f"Recorder(…, resume=True, {counts}=…)."
                )
            else:
                number = self._held
            if number >= 0:
                record = self._records.writer.records[number]
                new.epoch, new.step = (int(record.get(key, 0)) for key in ("epoch", "step"))
            self._advance(new, what, told)
        elif self.give_initial is not None:
            if missing([0], new.now, new.every) is None and new.now > 0:
                self.give_initial()
                recorded = [0]
            self.give_initial = None
        elif self._has_model and new.now <= self.clock.now:
            raise WeightreelError(
                f"{counts}={new.now} at the first call: the network as it was entered is {counts} {self.clock.now}; "
                f"give how many {counts}s have ended, such as rec.{counts}({counts}={counts} + 1) in a loop from 0."
            )
        elif (
            self._has_model and self.was_entered and not recorded
        ):  # it was entered there, even if that could not be recorded
            recorded = [self.clock.now]
        self._go_on(new.now, recorded)

    def _go_on(self, now: int, recorded: Sequence[int]) -> None:
        """Make `now` the next record: those that are there of it and of later ones are dropped.

        Raises:
            WeightreelError: others are missing before it, and gaps are refused.
        """
        counts = self.clock.counts
        kept = [at for at in recorded if at < now]
        gap = missing(kept, now, self.clock.every)
        if gap and not self.keep_gap and not self._moved:
            there = f"{self._store} was recorded up to {counts} {kept[-1]}" if kept else f"{self._store} has no record"
            raise WeightreelError(
                f"{there}, and the training goes on at {counts} {now}: {in_words(counts, *gap)} would be missing; go "
                f'on from an earlier checkpoint, or open it with gap="keep" to have them missing.'
            )
        if gap and not self._moved:
            self._warnings.tell("gap", f"missing in {self._store}: {in_words(counts, *gap)}")
        if self._records is not None and len(kept) < len(recorded):
            dropped = in_words(counts, recorded[len(kept)], recorded[-1])
            self._warnings.tell("dropped", f"dropped from {self._store}, since the training goes on before: {dropped}")
            self._records.keep(len(kept))

    def _is_complete(self, now: int | None) -> None:
        last = self.complete[self.clock.counts]
        if now is not None and now > last and not self._moved:
            raise WeightreelError(
                f"{self._store} holds this run already, complete up to {self.clock.counts} {last}; what goes on after "
                "it is another run: give it another name or seed, or begin it again with force=True."
            )
        self._warnings.tell("complete", f"{self._store} holds this run already, complete; nothing more is recorded")
