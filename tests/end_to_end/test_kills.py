"""A process killed at any moment leaves a store that opens, and resumes to the store of a run that was left alone."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.end_to_end.killed import beginner, finished, killed
from weightreel.analysis.runs.folder import ExperimentFiles
from weightreel.analysis.store.check.faults import check, same

SETTINGS = (
    "training.epochs=3 training.threads=1 dataset.n_train=256 dataset.n_validation=64 dataset.n_test=100 "
    "network.width=4 noise.trials=200 noise.history=50 gradient.images=4 certificate.images=3 "
    "certificate.n_estimation=100 fooling.steps=10 worst_case.images=5 worst_case.steps=5 worst_case.fab_steps=3 "
    "worst_case.queries=10 masking.images=5 masking.queries=10 spectra.interval_resamples=50"
).split()
"""Every measure and attack, as little of each as there is: what matters is where it is killed."""
LEAST_KILLS = 9
"""`make kills` does twenty."""


def arguments(out: Path, *more: str) -> list[str]:
    settings = [word for setting in SETTINGS for word in ("--set", setting)]
    return ["run", "data/digits.toml", "--out", str(out), *settings, *more]


@pytest.mark.slow
@pytest.mark.parametrize("beside", [False, True], ids=["measured-between", "measured-beside"])
def test_killed_at_random_moments_it_resumes_to_the_same_store(
    tmp_path: Path, beside: bool, request: pytest.FixtureRequest
) -> None:
    begin = beginner(tmp_path / "told.txt")
    reference, alone = tmp_path / "reference.h5", tmp_path / "left-alone.h5"
    finished(begin(*arguments(reference)))  # the first one waits for the imports
    started = time.monotonic()
    finished(begin(*arguments(alone), beside=beside))
    duration = time.monotonic() - started
    assert check(reference) == []
    assert same(reference, alone) == []

    moments = random.Random(0)
    for kill in range(max(LEAST_KILLS, int(request.config.getoption("--kills")))):
        out = tmp_path / f"killed-{kill}.h5"
        killed(begin(*arguments(out), beside=beside), moments.uniform(0.02, 1.0) * duration)
        if out.exists():
            assert check(out) == [], f"kill {kill}"
        begun = out.exists() or ExperimentFiles(out).experiment.exists()
        resumed = begin(*arguments(out, "--resume"), beside=beside)
        resumed.join()
        told = (tmp_path / "told.txt").read_text()
        assert resumed.exitcode == 0, f"kill {kill} (begun: {begun}): {told}"
        assert same(reference, out) == [], f"kill {kill}"  # and so `check` finds nothing, as in the reference
