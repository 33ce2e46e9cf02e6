"""A process killed at any moment leaves a store that opens, and resumes to the store of a run that was left alone."""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.context
import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest

from weightreel.analysis.runs.folder import ExperimentFiles
from weightreel.analysis.store.check.faults import check, same
from weightreel.analysis.training import measuring as measuring_process
from weightreel.cli import main

ROOT = Path(__file__).parents[2]
SETTINGS = (
    "training.epochs=3 training.threads=1 dataset.n_train=256 dataset.n_validation=64 dataset.n_test=100 "
    "network.width=4 noise.trials=200 noise.history=50 gradient.images=10 certificate.images=3 fooling.steps=20"
).split()
KILLS = 20


MODULES = [
    "weightreel.cli",
    "weightreel.analysis.training.experiment",
    "weightreel.analysis.training.jobs",
    "weightreel.analysis.training.run",
    "weightreel.analysis.training.measuring",
    "sklearn.datasets",
    "torch._dynamo",
]
"""Imported once, and then forked: that would be half of the work of the forty processes here."""


def run_here(arguments: list[str], told: Path, beside: bool) -> None:
    """What a process of `weightreel` does, in a session of its own, so that all of it can be killed."""
    os.setsid()
    if beside:  # even so small a training is measured beside
        measuring_process.STARTING, measuring_process.usable_cores = 0.0, lambda: 64
    os.chdir(ROOT)
    with told.open("w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.exit(main(arguments))


@pytest.fixture(scope="module")
def processes() -> multiprocessing.context.ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(MODULES)
    return context


def arguments(out: Path, *more: str) -> list[str]:
    settings = [word for setting in SETTINGS for word in ("--set", setting)]
    return ["run", "data/digits.toml", "--out", str(out), *settings, *more]


@pytest.mark.slow
@pytest.mark.parametrize("beside", [False, True], ids=["measured-between", "measured-beside"])
def test_killed_at_random_moments_it_resumes_to_the_same_store(
    tmp_path: Path, processes: multiprocessing.context.ForkServerContext, beside: bool
) -> None:
    told = tmp_path / "told.txt"

    def begin(out: Path, *more: str, beside: bool = beside) -> multiprocessing.context.ForkServerProcess:
        process = processes.Process(target=run_here, args=(arguments(out, *more), told, beside))
        process.start()
        return process

    reference = tmp_path / "reference.h5"
    begin(reference, beside=False).join()  # the first one waits for the imports
    started = time.monotonic()
    left_alone = begin(tmp_path / "left-alone.h5")
    left_alone.join()
    duration = time.monotonic() - started
    assert left_alone.exitcode == 0, told.read_text()
    assert check(reference) == []
    assert same(reference, tmp_path / "left-alone.h5") == []

    moments = random.Random(0)
    for kill in range(KILLS):
        out = tmp_path / f"killed-{kill}.h5"
        process = begin(out)
        process.join(moments.uniform(0.02, 1.0) * duration)
        if process.is_alive():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        process.join()
        if out.exists():
            assert check(out) == [], f"kill {kill}"
        files = ExperimentFiles(out)
        begun = out.exists() or files.experiment.exists()
        resumed = begin(out, "--resume")
        resumed.join()
        assert resumed.exitcode == 0, f"kill {kill} (begun: {begun}): {told.read_text()}"
        assert same(reference, out) == [], f"kill {kill}"  # and so `check` finds nothing, as in the reference
