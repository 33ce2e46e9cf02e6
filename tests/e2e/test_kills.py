"""A process killed at any moment leaves a store that opens, and resumes to the store of a run that was left alone."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from analysis.files import ExperimentFiles
from analysis.store.check import check, same

ROOT = Path(__file__).parents[2]
SETTINGS = (
    "training.epochs=3 training.threads=1 dataset.n_train=256 dataset.n_validation=64 dataset.n_test=100 "
    "network.width=4 noise.trials=200 noise.history=50 gradient.images=10 certificate.images=3 fooling.steps=20"
).split()
KILLS = 20


def command(out: Path, *more: str) -> list[str]:
    settings = [word for setting in SETTINGS for word in ("--set", setting)]
    return [sys.executable, "-m", "analysis", "run", "data/digits.toml", "--out", str(out), *settings, *more]


@pytest.mark.slow
def test_killed_at_random_moments_it_resumes_to_the_same_store(tmp_path: Path) -> None:
    reference = tmp_path / "reference.h5"
    started = time.monotonic()
    subprocess.run(command(reference), cwd=ROOT, check=True, capture_output=True)
    duration = time.monotonic() - started
    assert check(reference) == []

    moments = random.Random(0)
    for kill in range(KILLS):
        out = tmp_path / f"killed-{kill}.h5"
        process = subprocess.Popen(
            command(out), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        time.sleep(moments.uniform(0.2, 1.0) * duration)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if out.exists():
            assert check(out) == [], f"kill {kill}"
        files = ExperimentFiles(out)
        begun = out.exists() or files.experiment.exists()
        resumed = subprocess.run(command(out, "--resume"), cwd=ROOT, capture_output=True, text=True)
        assert resumed.returncode == 0, f"kill {kill} (begun: {begun}): {resumed.stderr}"
        assert same(reference, out) == [], f"kill {kill}"
        assert check(out) == []
