"""The command line: exit codes, one sentence on bad input, and no torch where none is needed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.hiding import without
from tests.made.store import synthetic_store
from tests.signals import heed_interrupts
from weightreel.analysis.notices import say, tell
from weightreel.cli import EXIT_BAD_INPUT, main

ROOT = Path(__file__).parents[2]
TINY_SETTINGS = (
    "dataset.n_train=64 dataset.n_validation=20 dataset.n_test=20 dataset.size=16 network.width=2 network.depth=2 "
    "training.epochs=1 training.threads=1 noise.trials=20 noise.history=10 gradient.images=3 certificate.images=2 "
    "certificate.n_estimation=20 fooling.steps=3"
).split()


def settings(*more: str) -> list[str]:
    return [word for setting in (*TINY_SETTINGS, *more) for word in ("--set", setting)]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cli") / "synthetic.h5"
    synthetic_store(path, epochs=4)
    return path


def test_run_then_resume_then_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "tiny.h5"
    arguments = ["run", str(ROOT / "data" / "digits.toml"), "--out", str(out), *settings()]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert "cnn-s0: epoch 1/1" in printed
    assert "min left" in printed
    assert main(arguments) == 2
    assert "--resume" in capsys.readouterr().err
    assert main([*arguments, "--resume"]) == 0
    assert "nothing to do" in capsys.readouterr().out
    assert main(["check", str(out)]) == 0
    assert main(["show", str(out)]) == 0
    assert "Spectral CNN" in capsys.readouterr().out


def test_train_then_single_stages(tmp_path: Path) -> None:
    out = tmp_path / "tiny.h5"
    assert main(["train", str(ROOT / "data" / "digits.toml"), "--out", str(out), *settings('models=["cnn"]')]) == 0
    assert main(["check", str(out)]) == 0
    assert main(["spectra", str(out)]) == 0
    assert main(["attack", str(out)]) == 0
    assert main(["check", str(out)]) == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "nowhere.toml"], ["nowhere.toml", "data/"]),
        (["run", "{recipe}", "--out", "{tmp}/a.h5", "--set", "training.epoch=3"], ["training.epoch", "epochs"]),
        (["run", "{recipe}", "--out", "{tmp}/a.h5", "--set", "noise.threshold=2"], ["noise.threshold"]),
        (["run", "{recipe}", "--out", "{tmp}/a.h5", "--set", "gradient.epsilons=[-1]"], ["gradient.epsilons"]),
        (["run", "{recipe}", "--out", "{tmp}/a.h5", "--set", "gradient.attacks=['magic']"], ["magic", "fgsm", "pgd10"]),
        (["run", "{recipe}", "--out", "{tmp}/a.h5", "--set", "models=['cnn', 'shield']"], ["shield", "defences"]),
        (["show", "{tmp}/missing.h5"], ["missing.h5", "weightreel run"]),
        (["check", "{recipe}"], ["digits.toml", "not a store"]),
        (["figures", "{tmp}/missing.h5"], ["missing.h5"]),
        (["spectra", "{tmp}/missing.h5"], ["missing.h5"]),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: list[str]
) -> None:
    filled = [a.format(tmp=tmp_path, recipe=ROOT / "data" / "digits.toml") for a in arguments]
    assert main(filled) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "Traceback" not in error
    for word in words:
        assert word in error


@pytest.mark.slow
def test_reading_needs_no_torch(store: Path, tmp_path: Path) -> None:
    """show, check and figures run where importing torch fails."""
    code = without(["torch", "weightwatcher"]) + "from weightreel.cli import main; sys.exit(main(sys.argv[1:]))"
    for arguments in (["show", store], ["check", store], ["figures", store, "--out", tmp_path / "figures"]):
        done = subprocess.run([sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert list((tmp_path / "figures").glob("*.png"))


def test_without_torch_training_says_what_to_install(tmp_path: Path) -> None:
    code = without(["torch"]) + "from weightreel.cli import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", code, "run", str(ROOT / "data" / "digits.toml"), "--out", str(tmp_path / "a.h5")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "weightreel[analysis]" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_ctrl_c_gives_130_and_can_be_resumed(tmp_path: Path) -> None:
    out = tmp_path / "tiny.h5"
    arguments = ["run", str(ROOT / "data" / "digits.toml"), "--out", str(out), *settings("training.epochs=100000")]
    process = subprocess.Popen(
        [sys.executable, "-m", "weightreel", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        preexec_fn=heed_interrupts,
    )
    deadline = time.monotonic() + 60
    while not out.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "--resume" in error
    assert "Traceback" not in error
    assert main(["check", str(out)]) == 0


def test_what_is_told_of_a_name_does_nothing_to_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", str(tmp_path / "\x1b]0;pwned\x07\u202e.h5")]) == EXIT_BAD_INPUT
    assert r"\x1b]0;pwned\x07\u202e.h5" in capsys.readouterr().err
    tell("a\x9b31m\ud800\nb")
    assert capsys.readouterr().out == "a\\x9b31m\\ud800\nb\n"
    say("[red]\x1b[2J[/nope]")
    assert r"[red]\x1b[2J[/nope]" in capsys.readouterr().err
