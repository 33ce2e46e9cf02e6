"""Progress as people read it."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from weightreel.analysis.training import progress
from weightreel.analysis.training.progress import RichWatcher


def watcher(*, terminal: bool) -> tuple[RichWatcher, io.StringIO]:
    screen = io.StringIO()
    made = RichWatcher(Console(file=screen, force_terminal=terminal, width=160))
    made.begin(["cnn-s0", "cnn-s1"], 50)
    return made, screen


def record() -> dict[str, Any]:
    return {key: np.asarray(0.5) for key in ("validation/accuracy", "validation/loss", "seconds")}


def test_a_log_says_what_is_waited_for_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    made, screen = watcher(terminal=False)
    for _ in range(100):
        made.waiting("cnn-s0", "measuring epoch 12")
        now[0] += 0.5
    made.waiting("cnn-s1", "measuring epoch 3")
    now[0] += 60
    made.waiting("cnn-s0", "measuring epoch 13")
    assert screen.getvalue().splitlines() == [
        "cnn-s0: waiting for the process that is measuring epoch 12",
        "cnn-s1: waiting for the process that is measuring epoch 3",
        "cnn-s0: waiting for the process that is measuring epoch 13",
    ]


def test_a_bar_says_what_is_waited_for_until_the_epoch_is_kept() -> None:
    made, screen = watcher(terminal=True)
    with made:
        made.progress("cnn-s0", 12, 0.0)
        made.waiting("cnn-s0", "measuring epoch 12")
        made._progress.refresh()
        assert "measuring epoch 12" in screen.getvalue()
        made.stored("cnn-s0", 12, record())
        screen.truncate(0)
        made._progress.refresh()
    assert "measuring epoch 12" not in screen.getvalue() and "validation accuracy 0.500" in screen.getvalue()


def test_epochs_that_are_kept_late_move_no_bar_back() -> None:
    made, _ = watcher(terminal=True)
    made.progress("cnn-s0", 13, 0.5)
    made.stored("cnn-s0", 11, record())
    assert made._progress.tasks[0].completed == 13.5
