"""Runs side by side: how many, on which device, and what they tell."""

from __future__ import annotations

import queue
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from tests.made.recipe import tiny_recipe
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.recipe.recipe import Recipe
from weightreel.analysis.runs.folder import RunFolder
from weightreel.analysis.training import jobs as pool
from weightreel.analysis.training.job import Job

GIB = 2**30


def jobs_on(monkeypatch: pytest.MonkeyPatch, memory: list[int], cores: int, recipe: Recipe) -> int:
    monkeypatch.setattr(pool, "choose_device", lambda _: torch.device("cuda" if memory else "cpu"))
    monkeypatch.setattr(pool, "usable_cores", lambda: cores)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: len(memory))
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda i: SimpleNamespace(total_memory=memory[i]))
    return pool.jobs_of(recipe)


@pytest.mark.parametrize(
    ("memory", "cores", "seeds", "expected"),
    [
        ([], 64, 5, 1),  # on the processor one run takes all cores
        ([80 * GIB], 16, 3, 6),  # the full study on one H100: all of its runs
        ([80 * GIB], 16, 9, 8),  # a core to lead each, and one to measure beside it
        ([80 * GIB], 64, 9, 10),  # memory
        ([24 * GIB, 24 * GIB], 64, 9, 6),
        ([4 * GIB], 2, 3, 1),
        ([80 * GIB], 1, 3, 1),
    ],
)
def test_runs_share_devices_by_memory_and_cores(
    monkeypatch: pytest.MonkeyPatch, memory: list[int], cores: int, seeds: int, expected: int
) -> None:
    assert jobs_on(monkeypatch, memory, cores, tiny_recipe(seeds=list(range(seeds)))) == expected


class Heard:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def progress(self, run: str, done: int, part: float) -> None:
        self.told.append(("progress", run, done, part))

    def kept(self, run: str, epoch: int) -> None:
        self.told.append(("kept", run, epoch))

    def waiting(self, run: str, what: str) -> None:
        self.told.append(("waiting", run, what))


class Threads:
    """Stands for multiprocessing: processes that are threads."""

    Queue = staticmethod(queue.Queue)

    class Process:
        exitcode = 0

        def __init__(self, target: Any, args: tuple[Any, ...]) -> None:
            self.thread = threading.Thread(target=target, args=args)
            self.start, self.join = self.thread.start, self.thread.join

        def terminate(self) -> None:
            """A thread ends by itself."""


def jobs(tmp_path: Path, seeds: int) -> list[Job]:
    recipe = tiny_recipe(models=["cnn"], seeds=list(range(seeds)))
    return [Job(recipe, name, model, seed, RunFolder(tmp_path / name)) for name, model, seed in recipe.runs()]


def test_those_that_go_side_by_side_have_places_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = {0: threading.Lock(), 1: threading.Lock()}
    took: list[int] = []

    def train(job: Job, messages: Any, place: int) -> None:
        assert job.jobs == 2
        if not free[place].acquire(blocking=False):
            messages.put((job.name, "error", f"two runs stand at place {place}"))
            return
        took.append(place)
        sent = pool._Sent(messages)
        sent.progress(job.name, 0, 0.5)
        sent.waiting(job.name, "measuring epoch 1")
        sent.kept(job.name, 1)
        free[place].release()
        messages.put((job.name, "end"))

    monkeypatch.setattr(pool, "_train_in_process", train)
    monkeypatch.setattr(pool.multiprocessing, "get_context", lambda _: Threads)
    heard = Heard()
    pool.run_jobs(jobs(tmp_path, 5), None, 2, heard)  # type: ignore[arg-type]
    assert len(took) == 5 and set(took) <= {0, 1} and took[0] == 0
    assert [told[2:] for told in heard.told if told[1] == "cnn-s3"] == [(0, 0.5), ("measuring epoch 1",), (1,)]


def test_an_error_in_one_ends_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def train(job: Job, messages: Any, place: int) -> None:
        messages.put((job.name, "error", "it diverged"))

    monkeypatch.setattr(pool, "_train_in_process", train)
    monkeypatch.setattr(pool.multiprocessing, "get_context", lambda _: Threads)
    with pytest.raises(WeightreelError, match="it diverged"):
        pool.run_jobs(jobs(tmp_path, 2), None, 2, Heard())  # type: ignore[arg-type]


@pytest.mark.parametrize(("devices", "expected"), [(1, []), (4, [1])])
def test_several_devices_are_used_in_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, devices: int, expected: list[int]
) -> None:
    chosen: list[int] = []
    threads: list[int] = []
    recipe = tiny_recipe(models=["cnn"], training={"device": "cuda", "threads": 0})
    job = Job(recipe, "cnn-s0", "cnn", 0, RunFolder(tmp_path / "cnn-s0"), jobs=2)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: devices)
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    monkeypatch.setattr(torch, "set_num_threads", threads.append)
    monkeypatch.setattr(pool.os, "cpu_count", lambda: 16)
    monkeypatch.setattr(pool.signal, "signal", lambda *_: None)
    monkeypatch.setattr(pool, "load_dataset", lambda *_, **__: None)
    monkeypatch.setattr(pool, "train_run", lambda *_: None)
    messages: queue.Queue[tuple[Any, ...]] = queue.Queue()
    pool._train_in_process(job, messages, place=5)
    assert chosen == expected  # 5 of 4: the second
    assert threads == [8]  # its share of the cores
    assert messages.get() == ("cnn-s0", "end")
