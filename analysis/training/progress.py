"""Progress with the time left: bars on a terminal, a line an epoch elsewhere."""

from __future__ import annotations

import time
from typing import Any

from numpy.typing import NDArray
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from weightreel.analysis.measures.evaluation import validated
from weightreel.analysis.plain_text import visible

LOG_EVERY = 60.0
"""Seconds between lines on what is waited for, where they are not written over each other."""


class RichWatcher:
    """Shows how far an experiment is."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console()
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[count]}  {task.fields[news]}", markup=False),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(elapsed_when_finished=False),
            console=self._console,
            disable=not self._console.is_terminal,
            speed_estimate_period=600,
        )
        self._tasks: dict[str, TaskID] = {}
        self._last: dict[str, TaskID] = {}
        self._waited: dict[str, float] = {}
        self._epochs = 0

    def __enter__(self) -> RichWatcher:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def begin(self, runs: list[str], epochs: int) -> None:
        """Show a bar for each run."""
        self._epochs = epochs
        for run in runs:
            self._tasks[run] = self._progress.add_task(run, total=epochs, news="", count="")

    def progress(self, run: str, done: int, part: float) -> None:
        """Move the run's bar; after its last epoch, that of its last measurements."""
        if part < 1:
            self._progress.update(self._tasks[run], completed=done + part, count=f"{done}/{self._epochs} epochs")
            return
        if run not in self._last:
            self._last[run] = self._progress.add_task(f"{run}, attacks", total=1.0, news="", count="")
            self._log(f"{run}: attacks on the network of epoch {done}")
        self._progress.update(self._last[run], completed=part - 1, count=f"{part - 1:.0%}")

    def waiting(self, run: str, what: str) -> None:
        """Say what a training waits for; in a log once a minute."""
        self._progress.update(self._tasks[run], news=what)
        now = time.monotonic()
        if now - self._waited.get(run, -LOG_EVERY) >= LOG_EVERY:
            self._waited[run] = now
            self._log(f"{run}: waiting for the process that is {what}")

    def stored(self, run: str, epoch: int, record: dict[str, NDArray[Any]]) -> None:
        """Say how good the network is after an epoch."""
        accuracy, loss = validated(record)
        news = f"validation accuracy {accuracy:.3f}"
        self._progress.update(self._tasks[run], news=news)
        seconds = float(record["seconds"])
        left = seconds * (self._epochs - epoch)
        self._log(
            f"{run}: epoch {epoch}/{self._epochs}, {news}, validation loss {loss:.3f}, "
            f"{seconds:.1f} s, about {left / 60:.0f} min left"
        )

    def _log(self, line: str) -> None:
        """A line where there are no bars."""
        if not self._console.is_terminal:
            self._console.print(visible(line), markup=False, highlight=False, soft_wrap=True)
