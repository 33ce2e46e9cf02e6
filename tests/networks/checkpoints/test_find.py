"""Which checkpoints files, folders and patterns name, in which order, and what the names tell."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.networks.checkpoints.find import Checkpoint, find_checkpoints
from weightreel.analysis.networks.checkpoints.order import in_order, natural


def touched(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def named(*names: str) -> list[Checkpoint]:
    return [Checkpoint(name, (Path(name),)) for name in names]


def names_of(checkpoints: list[Checkpoint]) -> list[str]:
    return [checkpoint.name for checkpoint in checkpoints]


def test_a_folder_holds_files_and_folders_of_one_checkpoint_each(tmp_path: Path) -> None:
    touched(
        tmp_path,
        "a.pt",
        "b.safetensors",
        "notes.txt",
        "logs/events",
        "checkpoint-500/model.safetensors",
        "checkpoint-500/pytorch_model.bin",
        "checkpoint-500/optimizer.pt",
        "checkpoint-1000/model-00001-of-00002.safetensors",
        "checkpoint-1000/model-00002-of-00002.safetensors",
        "checkpoint-1000/model.safetensors.index.json",
    )
    found = find_checkpoints([str(tmp_path)])
    assert sorted(names_of(found)) == ["a.pt", "b.safetensors", "checkpoint-1000", "checkpoint-500"]
    files = {checkpoint.name: [file.name for file in checkpoint.files] for checkpoint in found}
    assert files["checkpoint-500"] == ["model.safetensors"]
    assert files["checkpoint-1000"] == ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]


def test_patterns_name_each_checkpoint_once(tmp_path: Path) -> None:
    touched(tmp_path, "run-1.pt", "run-2.pt", "x/model-00001-of-00002.bin", "x/model-00002-of-00002.bin", "x/a.json")
    found = find_checkpoints([f"{tmp_path}/run-*.pt", str(tmp_path / "run-1.pt"), f"{tmp_path}/x/*"])
    assert names_of(found) == ["run-1.pt", "run-2.pt", "x"]
    assert names_of(find_checkpoints([f"{tmp_path}/**/*.bin"])) == ["x"]
    touched(tmp_path, "x/optimizer.pt", "x/rng_state_0.pth", "x/training_args.bin")
    assert names_of(find_checkpoints([f"{tmp_path}/x/*"])) == ["x"]


@pytest.mark.parametrize(
    ("argument", "told"),
    [
        ("nowhere", "no file or folder"),
        ("*.pt", "no file fits the pattern"),
        ("empty", "holds no checkpoint"),
        ("a.txt", "of no kind that is read"),
        ("half/model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors is not there"),
    ],
)
def test_what_cannot_be_found_is_told(argument: str, told: str, tmp_path: Path) -> None:
    touched(tmp_path, "a.txt", "half/model-00001-of-00002.safetensors")
    (tmp_path / "empty").mkdir()
    with pytest.raises(WeightreelError, match=told):
        find_checkpoints([str(tmp_path / argument)])


@pytest.mark.parametrize(
    ("names", "clock", "ticks"),
    [
        (["epoch=10-step=120.ckpt", "epoch=2-step=36.ckpt"], "epoch", (2, 10)),
        (["epoch=0-step=10.ckpt", "epoch=0-step=20.ckpt"], "step", (10, 20)),
        (["checkpoint-1000", "checkpoint-500"], "step", (500, 1000)),
        (["net_ep3_acc0.91.pth", "net_ep12_acc0.95.pth"], "epoch", (3, 12)),
        (["global_step20", "global_step3"], "step", (3, 20)),
        (["model_iter_200.pt", "model_iter_1000.pt"], "step", (200, 1000)),
        (["Epoch-1.npz", "Epoch-0.npz"], "epoch", (0, 1)),
        (["model_012.pt", "model_004.pt"], "checkpoint", (4, 12)),
        (["resnet18-1.pt", "resnet18-0.pt"], "checkpoint", (0, 1)),
        (["last.pt"], "checkpoint", (0,)),
        (["checkpoint-500"], "step", (500,)),
        (["step-0 of run 7.pt", "step-5 of run 7.pt"], "step", (0, 5)),
    ],
)
def test_names_tell_the_clock(names: list[str], clock: str, ticks: tuple[int, ...]) -> None:
    found = in_order(named(*names))
    assert (found.clock, found.ticks) == (clock, ticks)
    assert [c.name for c in found.checkpoints] == sorted(names, key=natural)


def test_epochs_bring_their_steps_along() -> None:
    assert in_order(named("epoch=1-step=36.ckpt", "epoch=0-step=18.ckpt")).steps == (18, 36)
    assert in_order(named("epoch=1-step=36.ckpt", "epoch=0.ckpt")).steps == ()


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["a.pt", "b.pt"], "do not tell the order"),
        (["model_1_2.pt", "model_2_1.pt"], "differ in 2 numbers"),
        (["a/model_1.pt", "b/model_1.pt"], "same number 1"),
        (["model_1.pt", "model_01.pt"], "same number 1"),
        (["best.pt", "epoch1.pt"], "do not tell the order"),
    ],
)
def test_what_names_leave_open_is_asked_for(names: list[str], told: str) -> None:
    given = [Checkpoint(Path(name).name, (Path(name),)) for name in names]
    with pytest.raises(WeightreelError, match=told) as error:
        in_order(given)
    assert "--order" in str(error.value)


def test_orders_that_are_asked_for(tmp_path: Path) -> None:
    touched(tmp_path, "b-2.pt", "b-10.pt", "a.pt")
    for age, name in enumerate(["b-10.pt", "a.pt", "b-2.pt"]):
        os.utime(tmp_path / name, (age, age))
    found = find_checkpoints([str(tmp_path)])
    assert names_of(list(in_order(found, "name").checkpoints)) == ["a.pt", "b-2.pt", "b-10.pt"]
    by_time = in_order(found, "time")
    assert names_of(list(by_time.checkpoints)) == ["b-10.pt", "a.pt", "b-2.pt"]
    assert (by_time.clock, by_time.ticks) == ("checkpoint", (0, 1, 2))
    listing = tmp_path / "order.txt"
    listing.write_text("# two of them\nb-2.pt\na.pt\n")
    assert names_of(list(in_order(found, str(listing)).checkpoints)) == ["b-2.pt", "a.pt"]
    for text, told in (("c.pt\n", "no checkpoint of that name"), ("a.pt\na.pt\n", "twice"), ("", "none")):
        listing.write_text(text)
        with pytest.raises(WeightreelError, match=told):
            in_order(found, str(listing))
    with pytest.raises(WeightreelError, match="neither name, step, epoch, time nor a text file"):
        in_order(found, "backwards")
    with pytest.raises(WeightreelError, match="tells no one epoch"):
        in_order(found, "epoch")


def test_both_orders_that_a_name_tells() -> None:
    lightning = named("epoch=0-step=10.ckpt", "epoch=1-step=20.ckpt")
    assert in_order(lightning, "step").ticks == (10, 20)
    with pytest.raises(WeightreelError, match="have the same epoch 0"):
        in_order(named("epoch=0-step=10.ckpt", "epoch=0-step=20.ckpt"), "epoch")


def test_a_gap_in_a_series_is_told() -> None:
    assert "epoch 3 is not there" in in_order(named("epoch1.pt", "epoch2.pt", "epoch4.pt")).notes[1]
    gap = in_order(named(*(f"step{n}.pt" for n in (0, 100, 200, 500, 600)))).notes[1]
    assert gap.startswith("steps 300, 400 are not there")
    assert len(in_order(named("step1.pt", "step2.pt", "step4.pt", "step8.pt", "step16.pt")).notes) == 1
