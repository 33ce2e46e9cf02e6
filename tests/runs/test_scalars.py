"""Where scalars go that a training loop records, or that a log has."""

from __future__ import annotations

import pytest

from weightreel.analysis.runs.scalars import LOGGED, RECORDED, path_of_logged, path_of_recorded
from weightreel.analysis.store.schema.fields import field_of


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("loss", "train/loss"),
        ("train/loss", "train/loss"),
        ("Val Loss", "validation/loss"),
        ("eval/accuracy", "validation/accuracy"),
        ("lr", "learning_rate"),
        ("perplexity (validation)", "metrics/perplexity_validation"),
        ("α", "metrics/metric"),
    ],
)
def test_where_numbers_stand(name: str, path: str) -> None:
    assert path_of_logged(name) == path


def test_a_second_training_loss_is_another_metric() -> None:
    assert path_of_logged("train_loss", {"train/loss"}) == "metrics/train_loss"


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("loss", "train/loss"),
        ("val_acc", "validation/accuracy"),
        ("eval/loss", "validation/loss"),
        ("running_loss", "running_loss"),
        ("gradient/norm", "metrics/gradient%2Fnorm"),
        ("test_loss", "metrics/test_loss"),
    ],
)
def test_where_a_recorded_number_stands(name: str, path: str) -> None:
    assert path_of_recorded(name) == path


def test_all_paths_are_the_schemas() -> None:
    assert [path for path in {*LOGGED, *RECORDED.values()} if field_of(f"/runs/a-s0/{path}") is None] == []
