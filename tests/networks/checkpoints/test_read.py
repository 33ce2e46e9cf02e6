"""Checkpoints that are damaged or odd: read rightly, in part with reasons, or refused in one sentence."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tests.made.damaged_checkpoints import mutated_checkpoint
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.networks.checkpoints.find import Checkpoint, find_checkpoints
from weightreel.analysis.networks.checkpoints.order import in_order
from weightreel.analysis.networks.checkpoints.read import open_checkpoint
from weightreel.analysis.networks.checkpoints.state import LazyState
from weightreel.analysis.networks.layers import layout_of


def state_of(path: Path) -> LazyState:
    checkpoint = Checkpoint(path.name, (path,))
    return LazyState(checkpoint, layout_of(open_checkpoint(checkpoint)[0]).parts)


@pytest.mark.filterwarnings("ignore")
def test_checkpoints_changed_by_chance_are_read_or_refused(tmp_path: Path) -> None:
    read = 0
    for seed in range(150):
        path = mutated_checkpoint(seed, tmp_path)
        try:
            read += len([array.shape for array in state_of(path).values()]) > 0
        except WeightreelError as error:
            told = str(error)
            assert told.isprintable() and len(told) < 1500 and path.name in told, f"{seed}: {told[:2000]}"
            assert "weights_only" not in told
    assert 10 < read < 140


@pytest.mark.parametrize("suffix", [".pt", ".safetensors", ".npz"])
def test_names_that_no_layer_can_have_are_left_out(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    names = ["..weight", "x" * 60_000 + ".weight", "a.weight"] + (
        ["\ud800.weight", "a\0b.weight"] if suffix == ".pt" else []
    )
    tensors = {name: torch.ones(3, 2) for name in names}
    if suffix == ".pt":
        torch.save(tensors, path)
    elif suffix == ".npz":
        np.savez(path, **{name: tensor.numpy() for name, tensor in tensors.items()})
    else:
        save_file(tensors, path)
    layout = layout_of(open_checkpoint(Checkpoint("a", (path,)))[0])
    assert list(layout.parts) == ["a"]
    assert len(layout.skipped) == len(names) - 1
    assert all(len(name) < 100 and name.isprintable() for name in layout.skipped)


def npy(head: str, content: bytes, major: int = 1) -> bytes:
    told = head.encode() + b"\n"
    return b"\x93NUMPY" + bytes([major, 0]) + len(told).to_bytes(2 if major == 1 else 4, "little") + told + content


@pytest.mark.parametrize("major", [1, 2, 3])
def test_every_format_of_numpy(major: int, tmp_path: Path) -> None:
    head = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }"
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("a.weight.npy", npy(head, np.arange(6, dtype="<f4").tobytes(), major))
    assert np.array_equal(state_of(tmp_path / "a.npz")["a.weight"], np.arange(6).reshape(3, 2))


@pytest.mark.parametrize("shape", ["(65536, 65536)", "(3, 3)", "(-1, 2)", "(3,)", f"({2**62}, 8)"])
def test_an_array_that_is_not_as_large_as_it_says(shape: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("a.npy", npy(f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}", bytes(24)))
    with pytest.raises(WeightreelError, match=r"a\.npz cannot be read"):
        state_of(tmp_path / "a.npz")


def test_a_bomb_of_arrays_is_refused(tmp_path: Path) -> None:
    content = io.BytesIO()
    np.save(content, np.zeros((10_000, 10_000), np.float32))
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.weight.npy", content.getvalue())
    with pytest.raises(WeightreelError, match=r"would become 0\.4 GB once unpacked"):
        state_of(tmp_path / "a.npz")


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "epoch_1.pt")
    (tmp_path / "epoch_2.pt").symlink_to(tmp_path / "epoch_2.pt")
    with pytest.raises(WeightreelError, match="a named pipe"):
        open_checkpoint(find_checkpoints([str(tmp_path / "epoch_1.pt")])[0])
    with pytest.raises(WeightreelError, match="holds no checkpoint"):
        find_checkpoints([str(tmp_path)])
    with pytest.raises(WeightreelError, match=r"epoch_2\.pt cannot be read"):
        open_checkpoint(find_checkpoints([str(tmp_path / "epoch_2.pt")])[0])
    for name in (str(tmp_path / ("n" * 300)), "~nobody-of-that-name/x.pt"):
        with pytest.raises(WeightreelError):
            find_checkpoints([name])


def test_numbers_in_names_that_are_none_or_too_large(tmp_path: Path) -> None:
    for name in ("5²5.pt", "5²6.pt"):
        torch.save({"a.weight": torch.ones(2, 2)}, tmp_path / name)
    assert len(in_order(find_checkpoints([str(tmp_path)]), "name").checkpoints) == 2
    with pytest.raises(WeightreelError, match="which is too large"):
        in_order([Checkpoint("epoch_" + "9" * 30, (Path("x"),))])
