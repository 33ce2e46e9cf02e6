"""Train several runs, one after the other or side by side in processes of their own."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import signal
import traceback
from collections import deque
from dataclasses import replace
from typing import Any

import torch

from weightreel.analysis.datasets import Dataset, load_dataset
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.networks.device import choose_device
from weightreel.analysis.notices import unsaid
from weightreel.analysis.processes import usable_cores
from weightreel.analysis.recipe.recipe import Recipe
from weightreel.analysis.training.job import Job, Report
from weightreel.analysis.training.run import train_run

MEMORY_A_RUN = 8 * 2**30
"""Bytes of a device that a run of the report's network is given; it takes some 6 GB."""
CORES_A_RUN = 2


def jobs_of(recipe: Recipe) -> int:
    """How many runs are trained side by side where nobody says: as many as share their device without getting slower.

    On the processor one, with all cores. On CUDA devices one for every MEMORY_A_RUN of their memory and every
    CORES_A_RUN cores, since each needs one core to lead it and another to measure beside it; at most as many as the
    recipe has.

    Raises:
        WeightreelError: the device that the recipe asks for is not there.
    """
    if choose_device(recipe.training).type != "cuda":
        return 1
    memory = [torch.cuda.get_device_properties(i).total_memory for i in range(torch.cuda.device_count())]
    room = sum(max(1, int(bytes_there / MEMORY_A_RUN)) for bytes_there in memory)
    return max(1, min(room, usable_cores() // CORES_A_RUN, len(recipe.runs())))


def run_jobs(jobs: list[Job], dataset: Dataset, side_by_side: int, report: Report) -> None:
    """Train `jobs`, at most `side_by_side` at a time; several CUDA devices are used in turn.

    Raises:
        WeightreelError: a run failed; the others are stopped, and what they finished is kept.
    """
    if side_by_side <= 1 or len(jobs) <= 1:
        for job in jobs:
            train_run(job, dataset, report)
        return
    context = multiprocessing.get_context("spawn")
    messages: Any = context.Queue()
    waiting = deque(replace(job, jobs=side_by_side) for job in jobs)
    running: dict[str, Any] = {}
    places: dict[str, int] = {}
    try:
        while waiting or running:
            while waiting and len(running) < side_by_side:
                job = waiting.popleft()
                places[job.name] = min({*range(side_by_side)} - {places[name] for name in running})
                process = context.Process(target=_train_in_process, args=(job, messages, places[job.name]))
                process.start()
                running[job.name] = process
            try:
                name, kind, *about = messages.get(timeout=0.5)
            except queue.Empty:
                _refuse_dead(running)
                continue
            if kind == "end":
                running.pop(name).join()
            elif kind == "error":
                raise WeightreelError(*about)
            else:
                getattr(report, kind)(name, *about)
    finally:
        for process in running.values():
            process.terminate()
        for process in running.values():
            process.join()


def _refuse_dead(running: dict[str, Any]) -> None:
    for name, process in running.items():
        if process.exitcode not in (None, 0):
            raise WeightreelError(
                f"the process that trained {name} died (exit code {process.exitcode}, out of memory perhaps); "
                "go on with --resume and fewer --jobs."
            )


class _Sent:
    """Sends what is told of a run to the process that leads."""

    def __init__(self, messages: Any) -> None:
        self.messages = messages

    def progress(self, run: str, done: int, part: float) -> None:
        self.messages.put((run, "progress", done, part))

    def kept(self, run: str, epoch: int) -> None:
        self.messages.put((run, "kept", epoch))

    def waiting(self, run: str, what: str) -> None:
        self.messages.put((run, "waiting", what))


def _train_in_process(job: Job, messages: Any, place: int) -> None:
    # Ctrl-C reaches the whole group; the parent alone speaks, and ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(job.recipe.training.threads or max(1, (os.cpu_count() or 1) // job.jobs))
    if job.recipe.training.device in ("auto", "cuda") and torch.cuda.device_count() > 1:
        torch.cuda.set_device(place % torch.cuda.device_count())
    with contextlib.suppress(BrokenPipeError):
        try:
            dataset = load_dataset(job.recipe.dataset, tell=unsaid)
            train_run(job, dataset, _Sent(messages))
            messages.put((job.name, "end"))
        except WeightreelError as error:
            messages.put((job.name, "error", str(error)))
        except Exception:
            messages.put((job.name, "error", f"training {job.name} failed unexpectedly:\n{traceback.format_exc()}"))
