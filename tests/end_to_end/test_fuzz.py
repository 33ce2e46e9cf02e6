"""Changed files are read rightly or refused in one sentence; and the fuzzer notices where they are not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tests.fuzz import __main__ as fuzz
from tests.fuzz import trials
from tests.fuzz.trials import TRIALS, Made, Trial, changed_store, ground

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is changed, made once."""
    return ground(tmp_path_factory.mktemp("fuzz") / "ground")


def fails(path: Path) -> int:
    raise KeyError(path.name)


def says(text: str, code: int) -> int:
    print(text, file=sys.stderr)
    return code


@pytest.mark.parametrize(
    ("run", "outcome"),
    [
        (lambda path: 0, "read"),
        (lambda path: says("weightreel: x.h5 is damaged.", 2), "sentence"),
        (fails, "a traceback"),
        (lambda path: os.kill(os.getpid(), 11) or 0, "ends with SIGSEGV"),
        (lambda path: time.sleep(60) or 0, "hangs"),
        (lambda path: len(bytearray(b"x") * (400 << 20)) * 0, "takes too much memory"),
        (lambda path: says("", 2), "leaves with 2 and many words"),
        (lambda path: says("weightreel: " + "x" * 4000, 2), "leaves with 2 and many words"),
        (lambda path: 3, "leaves with 3 and no word"),
    ],
)
def test_it_tells_how_a_trial_ended(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[[Path], int], outcome: str
) -> None:
    monkeypatch.setattr(fuzz, "SECONDS", 1)
    monkeypatch.setattr(fuzz, "PATIENCE", 3)
    if outcome == "takes too much memory":
        monkeypatch.setattr(fuzz, "MEMORY", 300 << 20)
    (tmp_path / "ground").symlink_to(base)

    def make(_: Random, folder: Path, __: Path) -> Made:
        (folder / "x.h5").write_bytes(b"x")
        return Made(folder / "x.h5", ["nothing"])

    monkeypatch.setitem(TRIALS, "mine", Trial(1, make, lambda path, _, __: run(path)))
    line = fuzz.try_one("mine", 0, tmp_path, base)
    assert line["outcome"] == outcome, line
    assert (tmp_path / "bad" / "mine-0.h5").exists() == (outcome not in fuzz.GOOD)


def test_a_case_is_the_same_when_it_is_tried_again(base: Path, tmp_path: Path) -> None:
    made = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        made.append([changed_store(Random(f"check {number}"), tmp_path / name, base) for number in range(6)])
    assert [one.changes for one in made[0]] == [one.changes for one in made[1]]
    assert len({"; ".join(one.changes) for one in made[0]}) == 6


def test_it_goes_on_where_it_stopped() -> None:
    every = [*fuzz.wanted(["check", "export"], 0.001, set())]
    assert every.count(("export", 0)) == 1
    assert len(every) == 11
    assert [*fuzz.wanted(["check", "export"], 0.001, set(every[:4]))] == every[4:]


@pytest.mark.slow
def test_a_minute_of_changed_stores_brings_nothing_but_readings_and_sentences(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--out", tmp_path, "--seconds", "50", "--only",
         "check,show,export,merge,page,rescue,layout"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [json.loads(line) for line in (tmp_path / "cases.jsonl").read_text().splitlines()]
    assert len(lines) >= 10
    assert {line["outcome"] for line in lines} <= set(fuzz.GOOD)
    assert len({change.partition(":")[0] for line in lines for change in line["changes"]}) > 8
    assert trials.SMALL in {line["changes"][0] for line in lines}
