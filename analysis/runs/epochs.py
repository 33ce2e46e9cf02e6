"""Apply a measure to every epoch of runs, here, in other processes or on a cluster, and remember what is done."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from joblib import Parallel, delayed, parallel_config
from numpy.typing import NDArray
from rich.markup import escape
from rich.progress import Progress, TaskID

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.files import Held, alone
from weightreel.analysis.interrupts import stop_if_interrupted
from weightreel.analysis.runs.folder import ExperimentFiles, load_arrays, save_arrays
from weightreel.analysis.runs.raw_weights import stored_weights
from weightreel.analysis.runs.same_weights import Recorded
from weightreel.analysis.runs.stack import stack_epochs
from weightreel.analysis.store.nodes import Run

Array = NDArray[Any]
State = dict[str, Array]
Measure = Callable[[State], dict[str, Array]]


@contextlib.contextmanager
def workers(jobs: int, dask: str) -> Iterator[Parallel]:
    """Where tasks are worked on: this process, processes of joblib, or a Dask cluster; results come as they are ready.

    Raises:
        WeightreelError: the scheduler cannot be reached or has no workers, or Dask is not installed.
    """
    if not dask:
        yield Parallel(jobs, batch_size=1, return_as="generator_unordered")
        return
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise WeightreelError("--dask needs the package distributed: pip install 'weightreel[cluster]'.") from error
    try:
        connect: Any = Client
        client = connect(dask, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise WeightreelError(
            f"there is no Dask scheduler at {dask} ({error}); start one with `dask scheduler` and name its address."
        ) from error
    with client, parallel_config(backend="dask", client=client):
        if not client.scheduler_info()["workers"]:
            raise WeightreelError(f"the Dask scheduler at {dask} has no workers; start some with `dask worker {dask}`.")
        yield Parallel(batch_size=1, return_as="generator_unordered")


def with_index(tasks: Iterable[Any]) -> Iterator[Any]:
    """Tasks that give their index with their result."""
    for index, (function, positional, named) in enumerate(tasks):
        yield delayed(_with_its_index)(index, function, positional, named)


def _with_its_index(index: int, function: Callable[..., Any], positional: Any, named: Any) -> tuple[int, Any]:
    return index, function(*positional, **named)


class Epochs:
    """Goes through the epochs of runs, remembering each on disk, so that a stopped work goes on where it was."""

    def __init__(self, files: ExperimentFiles, stage: str, settings: str = "") -> None:
        """Args: the files; what is measured; by which settings: what others measured is forgotten."""
        self.files = files
        self.stage = stage
        self.settings = settings
        self.folder = files.remembered(stage)
        self.progress = Progress(*Progress.get_default_columns())
        self._bars: dict[str, TaskID] = {}
        self._lock = self.folder / "lock"
        self._held = contextlib.ExitStack()

    def __enter__(self) -> Epochs:
        try:
            self.folder.mkdir(exist_ok=True)
            self._held.enter_context(alone(self._lock))
        except Held as error:
            raise WeightreelError(
                f"another process measures {self.stage} for {self.files.store}; wait until it ends."
            ) from error
        except OSError as error:
            raise WeightreelError(
                f"{self.folder.parent} cannot be written to ({error.strerror}); allow it, or copy the store elsewhere."
            ) from error
        self._forget_other_settings()
        self.progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.progress.stop()
        self._held.close()
        # What an interrupted work remembers stays; so does what an unfinished training has yet to take over.
        if kind is None and not self.files.parts.exists():
            for path in self.folder.iterdir():
                path.unlink()
        with contextlib.suppress(OSError):
            self._lock.unlink(missing_ok=True)
            self.folder.rmdir()

    def _forget_other_settings(self) -> None:
        noted = self.folder / "settings"
        if not noted.is_file() or noted.read_text(encoding="utf-8") != self.settings:
            for path in self.folder.glob("*.npz"):
                path.unlink()
            noted.write_text(self.settings, encoding="utf-8")

    def over(self, runs: Iterable[Run]) -> list[Run]:
        """The runs, after a look whether all their weights are there.

        Raises:
            WeightreelError: those of a run were not kept, are gone, or are of fewer epochs.
        """
        chosen = list(runs)
        for run in chosen:
            count, _ = stored_weights(self.files, run.name, Recorded(run))
            if count < len(run.epochs):
                raise WeightreelError(
                    f"{self.files.weights} holds {count} epochs of {run.name}, and the store {len(run.epochs)}; put "
                    "the weights of that very training there, or train it anew with record.weights = true."
                )
        return chosen

    def measure(self, run: Run, measure: Measure, parallel: Parallel) -> dict[str, Array]:
        """Apply `measure` to the state of every epoch that the store has, and stack what it gives.

        Raises:
            WeightreelError: the weights of an epoch are not those that the run was measured on.
        """
        _, read = stored_weights(self.files, run.name, Recorded(run))
        self.measure_new(run.name, len(run.epochs), read, measure, parallel)
        return stack_epochs([load_arrays(self._path(run.name, epoch)) for epoch in range(len(run.epochs))], bins=1)

    def measure_new(
        self, run: str, count: int, read: Callable[[int], State], measure: Measure, parallel: Parallel
    ) -> None:
        """Apply `measure` to those of the first `count` epochs of a run that it was not applied to yet."""
        if run not in self._bars:
            self._bars[run] = self.progress.add_task(f"{self.stage} {escape(run)}")
        missing = [epoch for epoch in range(count) if not self._path(run, epoch).is_file()]
        self.progress.update(self._bars[run], total=count, completed=count - len(missing))
        tasks = (delayed(measure)(read(epoch)) for epoch in missing)
        for index, arrays in parallel(with_index(tasks)):
            save_arrays(self._path(run, missing[index]), arrays)
            self.progress.advance(self._bars[run])
            stop_if_interrupted()

    def measure_once(
        self, run: Run, tasks: Mapping[str, Callable[[dict[str, Array]], dict[str, Array]]], known: Mapping[str, Array]
    ) -> dict[str, Array]:
        """What each of a run's tasks gives, together; those that were done before are remembered.

        Args:
            run: whose tasks they are.
            tasks: by name; each takes what is `known` and what those before it gave, by path below the run.
            known: what the store holds, and no task measures again.
        """
        found: dict[str, Array] = {}
        bar = self.progress.add_task(f"{self.stage} {escape(run.name)}, last epoch", total=len(tasks))
        for name, task in tasks.items():
            path = self.folder / f"{run.name}-{name}.npz"
            if not path.is_file():
                save_arrays(path, task({**known, **found}))
            found |= load_arrays(path)
            self.progress.advance(bar)
            stop_if_interrupted()
        return found

    def _path(self, run: str, epoch: int) -> Path:
        return self.folder / f"{run}-{epoch:06d}.npz"
