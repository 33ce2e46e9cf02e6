"""What of an epoch needs no device: measured between two epochs of the training, or beside it in another process.

Beside it, the epochs that wait are measured and kept in their order, so that what lies on the disk is at every moment
what a training that measures in between would have left there a while ago.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Protocol, Self

import torch
from numpy.typing import NDArray

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.kinds import LayerInfo
from weightreel.analysis.measures.parameters import record_parameters
from weightreel.analysis.measures.spectra import measure_goodness, measure_spectra
from weightreel.analysis.processes import usable_cores
from weightreel.analysis.recipe.recipe import SpectraRecipe

Array = NDArray[Any]
State = Mapping[str, Array]
Keep = Callable[[dict[str, Array]], None]
"""Takes what was measured, and keeps it."""
Part = Literal["epoch", "goodness"]

WAITING = 2
"""Epochs that may wait to be measured, beside the one that is; a training that is faster waits for them."""
STARTING = 15.0
"""Seconds of measuring that starting a process is worth: it takes some, and memory."""
PACE = 0.5
"""Seconds between reports of what is waited for."""


@dataclass(frozen=True)
class Measures:
    """What is measured of a state.

    Attributes:
        run: its name, for people.
        layers: of the network.
        sample: entries of each parameter to follow.
        spectra: what of spectra, None for nothing.
        threads: how many to use.
    """

    run: str
    layers: tuple[LayerInfo, ...]
    sample: int
    spectra: SpectraRecipe | None
    threads: int

    def of(self, part: Part, state: State) -> dict[str, Array]:
        """Arrays by path below the run: histograms, samples and spectra of an epoch, or its power laws' p-values."""
        if part == "goodness":
            return measure_goodness(self.layers, state, self.spectra, self.threads) if self.spectra else {}
        found = record_parameters(self.layers, state, self.sample)
        if self.spectra:
            found |= measure_spectra(self.layers, state, self.spectra, self.threads)
        return found


class Measuring(Protocol):
    """Where states are measured; left by an exception that is no WeightreelError, those that wait are dropped."""

    def give(self, part: Part, name: str, state: State, keep: Keep) -> None:
        """Have a state measured and kept; `name` is that of the work, for people.

        Raises:
            WeightreelError: this or an earlier one could not be measured or kept.
        """

    def wait(self) -> None:
        """Wait until all is measured and kept; errors as `give`."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Give back what was used."""


def measuring_of(
    measures: Measures, device: torch.device, jobs: int, epochs: int, waiting: Callable[[str], None]
) -> Measuring:
    """Where a training is measured the soonest.

    A device trains while the processor measures. A training on the processor that takes its share of the cores has none
    left: what is measured beside it makes it slower by as much. One that takes at most half of them is measured beside,
    once that pays.

    Args:
        measures: what is measured; its threads are also those of a training on the processor.
        device: that trains.
        jobs: runs that share the cores.
        epochs: that there will be at most.
        waiting: as for `Beside`.
    """
    if device.type != "cpu":
        return Beside(measures, waiting)
    spare = usable_cores() // jobs >= 2 * measures.threads
    return OnceItPays(measures, waiting, epochs) if spare else Between(measures)


class Between:
    """Measures where it is asked to: the training goes on afterwards."""

    def __init__(self, measures: Measures) -> None:
        self.measures = measures

    def give(self, part: Part, name: str, state: State, keep: Keep) -> None:
        """As in `Measuring`."""
        keep(self.measures.of(part, state))

    def wait(self) -> None:
        """Nothing ever waits."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is used."""


@dataclass(frozen=True)
class _Task:
    part: Part
    name: str
    state: State
    keep: Keep


class Beside:
    """Measures in a process of its own, and keeps in a thread, one state after the other.

    Not a thread alone: Python's lock would make each step of the training wait for the measuring. The process ends with
    this one, however that ends.

    Args:
        measures: what is measured.
        waiting: told from time to time what is waited for, while `give` and `wait` do.
    """

    def __init__(self, measures: Measures, waiting: Callable[[str], None]) -> None:
        self.measures, self.waiting = measures, waiting
        self._tasks: deque[_Task] = deque()  # those at work or waiting, the oldest first
        self._changed = threading.Condition()
        self._failure: BaseException | None = None
        self._leaving = False
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, measures), daemon=True)
        self._thread = threading.Thread(target=self._work, name="weightreel", daemon=True)

        self._process.start()
        theirs.close()
        self._thread.start()

    def give(self, part: Part, name: str, state: State, keep: Keep) -> None:
        """As in `Measuring`; waits while WAITING others do."""
        self._wait_until(lambda: len(self._tasks) <= WAITING)
        with self._changed:
            self._tasks.append(_Task(part, name, state, keep))
            self._changed.notify_all()

    def wait(self) -> None:
        """As in `Measuring`."""
        self._wait_until(lambda: not self._tasks)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        try:
            # A training that diverged has its epochs before that; an interrupt is to be heeded at once.
            if self._failure is None and (kind is None or issubclass(kind, WeightreelError)):
                self.wait()
        finally:
            self._leaving = True
            with self._changed:
                self._tasks.clear()
                self._changed.notify_all()
            self._process.terminate()
            self._thread.join()
            self._process.join()
            self._pipe.close()

    def _wait_until(self, ready: Callable[[], bool]) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: ready() or self._failure is not None, timeout=PACE)
                if self._failure is not None:
                    raise self._failure
                if ready():
                    return
                name = self._tasks[0].name
            self.waiting(name)

    def _work(self) -> None:
        """What the thread does: hand the oldest task over, keep what comes back, and the next."""
        try:
            while (task := self._oldest()) is not None:
                task.keep(self._measured(task))
                with self._changed:
                    if self._tasks:
                        self._tasks.popleft()
                    self._changed.notify_all()
        except BaseException as error:  # it is raised in the training's thread
            with self._changed:
                self._failure = error
                self._changed.notify_all()

    def _oldest(self) -> _Task | None:
        with self._changed:
            self._changed.wait_for(lambda: self._tasks or self._leaving)
            return None if self._leaving else self._tasks[0]

    def _measured(self, task: _Task) -> dict[str, Array]:
        try:
            self._pipe.send((task.part, task.state))
            found: dict[str, Array] | _Failed = self._pipe.recv()
        except (EOFError, OSError) as error:
            self._process.join(PACE)
            raise WeightreelError(
                f"the process that was {task.name} of {self.measures.run} died (exit code {self._process.exitcode}, "
                "out of memory perhaps); what was measured before is kept, go on with --resume."
            ) from error
        if isinstance(found, _Failed):
            raise WeightreelError(
                f"{task.name} of {self.measures.run} failed ({found.what}); what was measured before is kept, "
                "go on with --resume."
            ) from RuntimeError(f"in the process that measures:\n{found.where}")
        return found


class OnceItPays:
    """Measures in between until as much as is left to measure takes longer than to start another process; then beside.

    Args:
        measures, waiting: as for `Beside`.
        epochs: that will be measured at most.
    """

    def __init__(self, measures: Measures, waiting: Callable[[str], None], epochs: int) -> None:
        self.measures, self.waiting, self.left = measures, waiting, epochs
        self._own: Measuring = Between(measures)

    def give(self, part: Part, name: str, state: State, keep: Keep) -> None:
        """As in `Measuring`."""
        began = time.perf_counter()
        self._own.give(part, name, state, keep)
        self.left -= 1
        if isinstance(self._own, Between) and (time.perf_counter() - began) * self.left > STARTING:
            self._own = Beside(self.measures, self.waiting)

    def wait(self) -> None:
        """As in `Measuring`."""
        self._own.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._own.__exit__(kind, error, _)


@dataclass(frozen=True)
class _Failed:
    """What went wrong in the other process."""

    what: str
    where: str


def _serve(pipe: Any, measures: Measures) -> None:
    """What the other process does, until the training's end or death closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the training heeds it
    torch.set_num_threads(measures.threads)
    with contextlib.suppress(EOFError, OSError):
        while True:
            part, state = pipe.recv()
            try:
                answer: dict[str, Array] | _Failed = measures.of(part, state)
            except Exception as error:
                answer = _Failed(f"{type(error).__name__}: {error}", traceback.format_exc())
            pipe.send(answer)
