"""Numbers of a training that come from tables and logs, and their place beside the checkpoints."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.importing.metrics import aligned, read_metrics


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_by_epoch(tmp_path: Path) -> None:
    table = read_metrics(
        written(tmp_path / "m.csv", "epoch,loss,val_acc,Gradient norm\n0,2.5,0.1,7\n1,2.0,0.3,6\n3,1.0,0.5,\n")
    )
    found = aligned(table, "epoch", (1, 2, 3), ())
    assert set(found) == {"train/loss", "validation/accuracy", "metrics/gradient_norm"}
    assert np.array_equal(found["train/loss"], np.array([2, np.nan, 1], np.float32), equal_nan=True)
    assert np.array_equal(found["metrics/gradient_norm"], np.array([6, np.nan, np.nan], np.float32), equal_nan=True)


def test_lightnings_table_has_rows_for_training_and_validation(tmp_path: Path) -> None:
    text = "epoch,step,train_loss,val_loss,val_accuracy\n0,9,1.5,,\n0,9,,1.4,0.5\n1,19,1.0,,\n1,19,,1.1,0.7\n"
    table = read_metrics(written(tmp_path / "metrics.csv", text))
    for clock, ticks in (("epoch", (0, 1)), ("step", (9, 19))):
        found = aligned(table, clock, ticks, ())
        assert found["train/loss"].tolist() == [1.5, 1.0]
        assert found["validation/accuracy"].tolist() == [np.float32(0.5), np.float32(0.7)]
    by_step = read_metrics(written(tmp_path / "s.csv", "step;loss\n18;3\n36;2\n"))
    assert aligned(by_step, "epoch", (0, 1), (18, 36))["train/loss"].tolist() == [3, 2]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a,b\n1,2\n", "has no column epoch or step"),
        ("epoch,loss\n", "holds no numbers"),
        ("epoch,loss\ninf,1\nnan,2\n", "holds no numbers"),
        ("epoch,loss\n7,1\n", "no number at any epoch of the checkpoints"),
        ("step,loss\n1,1\n", "no number at any epoch of the checkpoints"),
    ],
)
def test_a_table_that_is_of_no_use_is_told(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(WeightreelError, match=told):
        aligned(read_metrics(written(tmp_path / "m.csv", text)), "epoch", (0, 1), ())


def test_a_table_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_bytes(b"epoch,loss\n1,\xff\xfe\n")
    os.mkfifo(tmp_path / "pipe.csv")
    for name in ("m.csv", "nowhere.csv", "pipe.csv"):
        with pytest.raises(WeightreelError, match="no CSV table that can be read"):
            read_metrics(tmp_path / name)


def test_tensorboards_logs(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from torch.utils.tensorboard import SummaryWriter

    for sub, tag in (("train", "train/loss"), ("eval", "eval/accuracy")):
        with SummaryWriter(str(tmp_path / sub)) as writer:
            for step in (10, 20, 30):
                writer.add_scalar(tag, step / 100, step)
                if sub == "train":
                    writer.add_scalar("epoch", step / 10, step)
    table = read_metrics(tmp_path)
    assert aligned(table, "step", (20, 30), ())["train/loss"] == pytest.approx([0.2, 0.3])
    by_epoch = aligned(table, "epoch", (1, 3), ())
    assert by_epoch["train/loss"] == pytest.approx([0.1, 0.3])
    assert by_epoch["validation/accuracy"] == pytest.approx([0.1, 0.3])


def test_without_tensorboard_its_logs_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard.backend.event_processing.event_accumulator", None)
    with pytest.raises(WeightreelError, match=r"pip install 'weightreel\[import\]'"):
        read_metrics(tmp_path)
