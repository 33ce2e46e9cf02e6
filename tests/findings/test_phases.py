"""What is said of phases: when they held, and which may be the learning rate's doing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from weightreel.analysis.findings.phases import (
    NAMES,
    Turn,
    losses_in_words,
    phase_stretches,
    schedule_in_words,
    spread_by_then_in_words,
    turn_in_words,
    turn_of,
)
from weightreel.analysis.store.nodes import Run
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import STAGES, Phase
from weightreel.analysis.store.writer import write

Scheduled = Callable[[np.ndarray, np.ndarray], Run]


@pytest.fixture
def scheduled(small_store: Path, tmp_path: Path) -> Scheduled:
    """A run with these learning rates and phases by losses; the phases by spectra never change."""

    def make(rate: np.ndarray, phases: np.ndarray) -> Run:
        with Store(small_store) as known:
            contents = known.contents()
        contents.datasets["/runs/cnn-s0/learning_rate"] = rate.astype(np.float32)
        contents.datasets["/runs/cnn-s0/phase/validation"] = phases.astype(np.uint8)
        contents.datasets["/runs/cnn-s0/phase/spectral"] = np.zeros(len(phases), np.uint8)
        path = tmp_path / "scheduled.h5"
        write(path, contents)
        return Store(path).run("cnn-s0")

    return make


def test_every_phase_has_a_name_and_a_stage() -> None:
    assert set(NAMES) == set(Phase)
    assert len(STAGES) == len(Phase)


def test_phases_that_return_are_stretches_of_their_own() -> None:
    found = phase_stretches(np.arange(6), np.array([0, 1, 1, 2, 1, 1]))
    assert found == [
        ("under-fitting", 0, 0),
        ("generalising", 1, 2),
        ("over-fitting", 3, 3),
        ("generalising", 4, 5),
    ]


def test_a_change_after_the_learning_rate_fell_may_be_the_schedule_s(scheduled: Scheduled, small_store: Path) -> None:
    with Store(small_store) as store:
        epochs = len(store.run("cnn-s0").epochs)
    steady, early = np.full(epochs, 0.1), np.minimum(np.arange(epochs), 1)
    assert schedule_in_words([scheduled(steady, early)]) == ""
    fell = np.where(np.arange(epochs) > epochs - 4, 0.01, 0.1)  # long after the change at epoch 1
    assert schedule_in_words([scheduled(fell, early)]) == ""
    late = np.where(np.arange(epochs) >= epochs - 2, 2, 1)
    said = schedule_in_words([scheduled(fell, late)])
    assert f"over-fitting by losses (cnn-s0, epoch {epochs - 2}): that may be the schedule's doing" in said
    cosine = np.cos(np.linspace(0, 1.5, epochs))
    assert "of cnn-s0 falls all along" in schedule_in_words([scheduled(cosine, late)])


class Losses:
    """A run of which nothing but the losses is known."""

    def __init__(self, train: list[float], validation: list[float]) -> None:
        self.values = {"train/loss": np.array(train), "validation/loss": np.array(validation)}
        self.epochs = np.arange(len(train)) * 2

    def has(self, path: str) -> bool:
        return path in self.values

    def __getitem__(self, path: str) -> np.ndarray:
        return self.values[path]


def test_losses_part_where_the_one_on_unseen_images_is_lowest() -> None:
    run: Any = Losses([2.0, 1.0, 0.5, 0.1], [2.0, 1.2, 1.0, 1.4])
    turn = turn_of(run)
    assert turn == Turn(2, 4, 1.0, 1.4, pytest.approx(0.4), (0.5, 0.1))
    assert "After epoch 4" in turn_in_words(turn)
    assert "40.0 %" in turn_in_words(turn)
    assert losses_in_words(turn) == "On unseen images 1.00 becomes 1.40, on its own 0.500 becomes 0.100."
    assert "75 % of its way" in spread_by_then_in_words(turn, np.array([1.0, 1.5, 2.5, 3.0]))
    assert spread_by_then_in_words(turn, np.array([1.0, 1.5, 4.0, 3.0])) == ""


@pytest.mark.parametrize(
    ("train", "validation"),
    [
        ([2.0, 1.0, 0.5], [2.0, 1.5, 1.0]),
        ([2.0, 1.0, 1.5], [2.0, 1.0, 1.5]),
        ([2.0, 1.0, 0.5], [1.0, 1.5, 2.0]),
        ([2.0, 1.0, 0.5], [2.0, np.nan, 1.0]),
    ],
    ids=["still falling", "both rise", "never fell", "unknown"],
)
def test_no_turn_is_told_where_there_is_none(train: list[float], validation: list[float]) -> None:
    run: Any = Losses(train, validation)
    assert turn_of(run) is None
