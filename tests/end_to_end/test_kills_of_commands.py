"""Commands killed at any moment leave what was there whole, and once more called give what an unkilled one gives.

Three kills of each; `make kills` does twenty.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.killed import WAITS, Begin, beginner, finished, killed
from tests.made.recipe import TINY
from tests.made.store import synthetic_store
from weightreel.analysis.store.check.faults import check, same

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def begin(tmp_path_factory: pytest.TempPathFactory) -> Begin:
    return beginner(tmp_path_factory.mktemp("told") / "told.txt")


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--kills"))


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipe") / "tiny.toml"

    def lines(table: dict[str, object], name: str = "") -> Iterator[str]:
        yield from (f"{key} = {json.dumps(value)}" for key, value in table.items() if not isinstance(value, dict))
        for key, value in table.items():
            if isinstance(value, dict):
                yield f"[{name}{key}]"
                yield from lines(value, f"{name}{key}.")

    path.write_text("\n".join(lines({**TINY, "models": ["cnn"], "seeds": [0, 1]})))
    return path


@pytest.fixture(scope="module")
def trained(recipe: Path, begin: Begin, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of two small runs, with their raw weights beside it."""
    store = tmp_path_factory.mktemp("trained") / "tiny.h5"
    finished(begin("run", recipe, "--out", store))
    return store


def beside(store: Path, folder: Path) -> Path:
    """A copy of a store and its raw weights."""
    folder.mkdir()
    for path in store.parent.glob("tiny*.h5"):
        shutil.copy(path, folder)
    return folder / store.name


AGAIN = {
    "spectra": ("--set", "spectra.resamples=60", "--set", "spectra.seed=3"),
    "attack": ("--set", "noise.trials=400", "--set", "noise.seed=3"),
}


@pytest.mark.parametrize("command", AGAIN)
def test_measured_again(command: str, trained: Path, begin: Begin, tmp_path: Path, kills: int) -> None:
    reference = beside(trained, tmp_path / "reference")
    began = time.monotonic()
    finished(begin(command, reference, *AGAIN[command]))
    duration = time.monotonic() - began
    moments = random.Random(command)
    for kill in range(kills):
        store = beside(trained, tmp_path / f"killed-{kill}")
        killed(begin(command, store, *AGAIN[command]), moments.uniform(0.02, 1.0) * duration)
        assert check(store) == [], f"kill {kill}"
        finished(begin(command, store, *AGAIN[command]))
        assert same(reference, store) == [], f"kill {kill}"
        assert not list(store.parent.glob("*.parts")), f"kill {kill}"


def test_merged(begin: Begin, tmp_path: Path, kills: int) -> None:
    stores = [synthetic_store(tmp_path / f"{name}.h5", 31, n_layers=3, models=(name,)) for name in ("cnn", "other")]
    out, before, reference = tmp_path / "out.h5", tmp_path / "before.h5", tmp_path / "reference.h5"
    began = time.monotonic()
    finished(begin("merge", *stores, "--out", reference))
    duration = time.monotonic() - began
    shutil.copy(stores[0], before)
    moments = random.Random(0)
    for kill in range(kills):
        shutil.copy(before, out)
        killed(begin("merge", *stores, "--out", out, "--force"), moments.uniform(0.02, 1.0) * duration)
        assert out.read_bytes() in (before.read_bytes(), reference.read_bytes()), f"kill {kill}"
        finished(begin("merge", *stores, "--out", out, "--force"))
        assert same(reference, out) == [], f"kill {kill}"


@pytest.mark.parametrize("to", ["json", "csv"])
def test_exported(to: str, begin: Begin, tmp_path: Path, kills: int) -> None:
    store, out, reference = synthetic_store(tmp_path / "a.h5", 31, n_layers=3), tmp_path / "out", tmp_path / "reference"
    began = time.monotonic()
    finished(begin("export", store, "--to", to, "--out", reference))
    duration = time.monotonic() - began
    whole = {path.name: path.read_bytes() for path in reference.glob("[!.]*")}
    moments = random.Random(to)
    for kill in range(kills):
        shutil.rmtree(out, ignore_errors=True)
        killed(begin("export", store, "--to", to, "--out", out), moments.uniform(0.02, 1.0) * duration)
        left = {path.name: path.read_bytes() for path in out.glob("[!.]*")}
        assert left.items() <= whole.items(), f"kill {kill}"
        finished(begin("export", store, "--to", to, "--out", out))
        assert {path.name: path.read_bytes() for path in out.glob("[!.]*")} == whole, f"kill {kill}"


def test_filmed(begin: Begin, tmp_path: Path, kills: int) -> None:
    """Each kill ends `weightreel film` alone or Manim with it; the film that was there stays until a whole one is."""
    store = synthetic_store(tmp_path / "a.h5", 3, n_layers=2, models=("cnn",))
    film = ("film", store, "--films", "biases", "--quality", "t", "--force", "--out", tmp_path / "films")
    folder = tmp_path / "films" / "a" / "t"
    began = time.monotonic()
    finished(begin(*film))
    duration = time.monotonic() - began
    parts = [folder / f"biases{ending}" for ending in (".mp4", ".srt", ".png")]
    before = [path.read_bytes() for path in parts]
    moments = random.Random(0)
    for kill in range(kills):
        alone = (lambda pid: pid) if kill % 2 else None
        killed(begin(*film), moments.uniform(0.1, 0.95) * duration, alone)
        assert [path.read_bytes() for path in parts] == before, f"kill {kill}"
    finished(begin(*film))
    assert [path.read_bytes() for path in parts] == before
    assert not list(folder.glob("*partial"))


def children_of(pid: int) -> list[int]:
    """Processes that one started, by Linux' account."""
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in found.read_text().split()] if found.exists() else []


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds children as Linux tells of them")
def test_one_of_two_jobs(recipe: Path, trained: Path, begin: Begin, tmp_path: Path, kills: int) -> None:
    moments = random.Random(0)
    for kill in range(kills):
        store = tmp_path / f"killed-{kill}.h5"
        process = begin("run", recipe, "--out", store, "--jobs", "2")
        deadline = time.monotonic() + WAITS
        while process.is_alive() and time.monotonic() < deadline and len(trainers(process.pid)) < 2:
            time.sleep(0.01)
        process.join(moments.uniform(0.5, 6.0))
        victims = trainers(process.pid)
        if process.is_alive() and victims:
            os.kill(moments.choice(victims), signal.SIGKILL)
        process.join(WAITS)
        told = process.told.read_text()  # type: ignore[attr-defined]
        assert process.exitcode == 0 or (process.exitcode == 2 and "--resume and fewer --jobs" in told), told
        assert "Traceback" not in told
        if store.exists():
            assert check(store) == [], f"kill {kill}"
        finished(begin("run", recipe, "--out", store, "--resume"))
        assert same(trained, store) == [], f"kill {kill}"


def trainers(pid: int) -> list[int]:
    """Children that train, not what multiprocessing keeps beside them."""
    found = []
    for child in children_of(pid):
        with contextlib.suppress(OSError):
            if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                found.append(child)
    return found
