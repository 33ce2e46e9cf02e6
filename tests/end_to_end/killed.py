"""Commands in processes of their own that can be killed at any moment with all that they started."""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.context
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from weightreel.analysis.training import measuring
from weightreel.cli import main

ROOT = Path(__file__).parents[2]
MODULES = [
    "weightreel.cli",
    "weightreel.analysis.training.experiment",
    "weightreel.analysis.training.jobs",
    "weightreel.analysis.training.run",
    "weightreel.analysis.training.measuring",
    "weightreel.analysis.training.remeasure",
    "weightreel.analysis.store.merge",
    "weightreel.analysis.export.formats",
    "sklearn.datasets",
    "torch._dynamo",
]
"""Imported once, and then forked: that would be half of the work of many small processes."""
WAITS = 300
"""Seconds for what takes some: more is a hang."""
Process = multiprocessing.context.ForkServerProcess
Begin = Callable[..., Process]


def run_here(arguments: list[str], told: Path, beside: bool) -> None:
    """What a process of `weightreel` does, in a session of its own, so that all of it can be killed."""
    os.setsid()
    if beside:  # even so small a training is measured beside
        measuring.STARTING, measuring.usable_cores = 0.0, lambda: 64
    os.chdir(ROOT)
    with told.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.exit(main(arguments))


def beginner(told: Path) -> Begin:
    """A function that begins a command in a process of its own.

    Args:
        told: where what it says is kept for the test's failure; `process.told` is this path.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(MODULES)

    def begin(*arguments: object, beside: bool = False) -> Process:
        process = context.Process(target=run_here, args=(list(map(str, arguments)), told, beside))
        process.start()
        process.told = told  # type: ignore[attr-defined]
        return process

    return begin


def finished(process: Process) -> Process:
    """A process after its end, which must be a success."""
    process.join(WAITS)
    assert process.exitcode == 0, process.told.read_text()  # type: ignore[attr-defined]
    return process


def killed(process: Process, after: float, pid: Callable[[int], int] | None = None) -> None:
    """End a process without warning, and all that it started; or only the process that `pid` finds."""
    process.join(after)
    with contextlib.suppress(ProcessLookupError):
        if process.is_alive():
            os.kill(pid(process.pid), signal.SIGKILL) if pid else os.killpg(process.pid, signal.SIGKILL)
    process.join(WAITS)
    assert process.exitcode is not None
