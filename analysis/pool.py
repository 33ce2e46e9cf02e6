"""Train several runs, one after the other or side by side in processes of their own."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import signal
import traceback
from collections import deque
from typing import Any

import torch

from analysis.datasets import Dataset, load_dataset
from analysis.errors import WeightreelError
from analysis.notices import unsaid
from analysis.worker import Job, Report, train_run


def run_jobs(jobs: list[Job], dataset: Dataset, side_by_side: int, report: Report) -> None:
    """Train `jobs`, at most `side_by_side` at a time.

    Raises:
        WeightreelError: a run failed; the others are stopped, and what they finished is kept.
    """
    if side_by_side <= 1 or len(jobs) <= 1:
        for job in jobs:
            train_run(job, dataset, report)
        return
    context = multiprocessing.get_context("spawn")
    messages: Any = context.Queue()
    waiting = deque(jobs)
    running: dict[str, Any] = {}
    try:
        while waiting or running:
            while waiting and len(running) < side_by_side:
                job = waiting.popleft()
                process = context.Process(target=_train_in_process, args=(job, messages, side_by_side))
                process.start()
                running[job.name] = process
            try:
                name, *message = messages.get(timeout=0.5)
            except queue.Empty:
                _refuse_dead(running)
                continue
            if message[0] == "end":
                running.pop(name).join()
            elif message[0] == "error":
                raise WeightreelError(message[1])
            else:
                report(name, message[0], message[1])
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


def _train_in_process(job: Job, messages: Any, side_by_side: int) -> None:
    # Ctrl-C reaches the whole group; the parent alone speaks, and ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not job.recipe.training.threads:
        torch.set_num_threads(max(1, (os.cpu_count() or 1) // side_by_side))
    with contextlib.suppress(BrokenPipeError):
        try:
            dataset = load_dataset(job.recipe.dataset, tell=unsaid)
            train_run(job, dataset, lambda name, done, part: messages.put((name, done, part)))
            messages.put((job.name, "end"))
        except WeightreelError as error:
            messages.put((job.name, "error", str(error)))
        except Exception:
            messages.put((job.name, "error", f"training {job.name} failed unexpectedly:\n{traceback.format_exc()}"))
