"""Reading in a process of its own: that it dies, hangs or takes too much is a problem of the file, in words."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.store.guard import known, process
from weightreel.analysis.store.guard.process import apart, problems_of
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.seal import seal
from weightreel.cli import main

RUN = "/runs/cnn-s0"


@pytest.fixture
def foreign(pristine: Path, tmp_path: Path) -> Callable[[Callable[[h5py.File], object]], Path]:
    """A store that was changed by somebody and sealed again, and that nobody has seen here."""

    def make(spoil: Callable[[h5py.File], object]) -> Path:
        path = Path(shutil.copy(pristine, tmp_path / "foreign.h5"))
        with h5py.File(path, "r+") as file:
            spoil(file)
        seal(path)
        return path

    return make


def doing(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """Let the process apart do something else than its task, after it said where it is."""
    real = process.subprocess.Popen

    def popen(command: list[str], **how: object) -> object:
        code = command[3].replace("main()", f"t.TASKS['examine'] = lambda path, at: (at('/here'), {what}); main()")
        code = code.replace(
            "worker import main", "worker import main; from weightreel.analysis.store.guard import worker as t"
        )
        return real([*command[:3], code, *command[4:]], **how)

    monkeypatch.setattr(process.subprocess, "Popen", popen)


@pytest.mark.parametrize(
    ("what", "death"),
    [
        ("__import__('os').kill(__import__('os').getpid(), 11)", "ends the program that reads it (SIGSEGV)"),
        ("__import__('os').abort()", "ends the program that reads it (SIGABRT)"),
        ("__import__('os')._exit(3)", "ends the program that reads it"),
        ("[0 for _ in iter(int, 1)]", "is not read after 1 s of work, which is far longer than a store takes"),
        ("__import__('time').sleep(99)", "is not read after 5 s"),
        ("bytearray(3 << 30)", "takes more than 2 GiB of memory to read"),
        ("1 / 0", "cannot be read (ZeroDivisionError: division by zero)"),
    ],
)
def test_its_death_is_told(pristine: Path, monkeypatch: pytest.MonkeyPatch, what: str, death: str) -> None:
    if "2 GiB" in death and sys.platform == "darwin":
        pytest.skip("macOS has no limit of addresses")
    monkeypatch.setattr(process, "SECONDS", 1.0)
    monkeypatch.setattr(process, "SECONDS_A_MEGABYTE", 0.0)
    doing(monkeypatch, what)
    monkeypatch.setattr(process, "PATIENCE", 5.0 if "5 s" in death else 60.0)
    assert problems_of(pristine) == [["/here", death]]


def test_a_file_that_dies_is_refused_by_all_who_open_it(
    foreign: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = foreign(lambda file: file["/"].attrs.__setitem__("licence", "mine"))
    doing(monkeypatch, "__import__('os').abort()")
    for command in (["show", str(path)], ["export", str(path), "--to", "json"], ["figures", str(path)]):
        assert main(command) == 2
        said = capsys.readouterr().err
        assert said.startswith(f"weightreel: {path} is damaged or not as a store is: /here: ends the program")
        assert f"`weightreel rescue {path} --out NEW` writes what can still be read." in said
    assert main(["check", str(path)]) == 1
    assert "/here: ends the program that reads it (SIGABRT)" in capsys.readouterr().out


def test_one_that_is_clean_is_read_once_and_then_known(
    foreign: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(known, "cache_folder", lambda: tmp_path / "known")
    monkeypatch.setattr(known, "_here", set())
    path = foreign(lambda file: file["/"].attrs.__setitem__("licence", "mine"))
    Store(path).close()
    assert len([*(tmp_path / "known").iterdir()]) == 1
    monkeypatch.setattr(process.subprocess, "Popen", None)
    known._here.clear()
    with Store(path) as store:
        assert store.attributes["licence"] == "mine"


def test_what_does_not_add_up_is_refused_and_can_be_looked_at_all_the_same(foreign: Callable[..., Path]) -> None:
    path = foreign(lambda file: file[f"{RUN}/train/loss"].attrs.__setitem__("units", "m"))
    with pytest.raises(WeightreelError, match=r"/runs/cnn-s0/train/loss: has units 'm'; the schema says 'nat'"):
        Store(path)
    with Store(path, guarded=False) as store:
        assert len(store.run("cnn-s0").epochs) == 6


def test_a_store_that_is_none_is_told_as_that(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "keras.h5", "w") as file:
        file.attrs["layer_names"] = np.array([b"a", b"b"])
        file.create_group("a")
    with pytest.raises(WeightreelError, match="is an HDF5 file but not a Weightreel store"):
        Store(tmp_path / "keras.h5")


def test_ctrl_c_ends_it(pristine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    doing(monkeypatch, "__import__('time').sleep(99)")
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 1.0)
    with pytest.raises(KeyboardInterrupt):
        apart("examine", pristine)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
