"""Checkpoints that no one here wrote, and memory that does not grow with the network."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torchvision
from safetensors.torch import save_file
from torch import nn

from weightreel.analysis.store.check.faults import check
from weightreel.analysis.store.reader import Store
from weightreel.cli import main

pytestmark = pytest.mark.slow


def test_a_folder_of_resnets_and_one_of_transformers(tmp_path: Path) -> None:
    torch.manual_seed(0)
    resnet = torchvision.models.resnet18(num_classes=10)
    layer = nn.TransformerEncoderLayer(64, 4, 128, batch_first=True)
    transformer = nn.ModuleDict(
        {"wte": nn.Embedding(100, 64), "h": nn.TransformerEncoder(layer, 2), "head": nn.Linear(64, 100, bias=False)}
    )
    for epoch in range(2):
        for network in (resnet, transformer):
            with torch.no_grad():
                for parameter in network.parameters():
                    parameter.add_(0.01 * torch.randn_like(parameter))
        torch.save({"model": nn.DataParallel(resnet).state_dict()}, tmp_path / f"resnet-epoch{epoch}.pth")
        folder = tmp_path / f"checkpoint-{500 * (epoch + 1)}"
        folder.mkdir()
        tensors = {key: value.to(torch.bfloat16) for key, value in transformer.state_dict().items()}
        for shard in range(2):
            part = dict(list(tensors.items())[shard::2])
            save_file(part, folder / f"model-0000{shard + 1}-of-00002.safetensors")
    out = tmp_path / "run.h5"
    assert main(["import", f"{tmp_path}/*.pth", "--out", str(out), "--title", "ResNet-18", "--jobs", "2"]) == 0
    assert main(["import", f"{tmp_path}/checkpoint-*", "--out", str(out), "--title", "Transformer"]) == 0
    assert check(out) == []
    with Store(out) as store:
        kinds = {run.title: [layer.kind for layer in run.layers.values()] for run in store.runs.values()}
        clocks = {run.title: (run.clock, run.epochs.tolist()) for run in store.runs.values()}
        about = store.contents().attributes
        parameters = {run.title: about[run.path]["n_parameters"] for run in store.runs.values()}
    assert {kind: kinds["ResNet-18"].count(kind) for kind in set(kinds["ResNet-18"])} == {
        "conv2d": 20, "batchnorm": 20, "linear": 1,
    }  # fmt: skip
    assert {kind: kinds["Transformer"].count(kind) for kind in set(kinds["Transformer"])} == {
        "embedding": 1, "linear": 2 * 6 + 1, "layernorm": 2 * 2,
    }  # fmt: skip
    assert clocks == {"ResNet-18": ("epoch", [0, 1]), "Transformer": ("step", [500, 1000])}
    for title, network in (("ResNet-18", resnet), ("Transformer", transformer)):
        assert parameters[title] == sum(parameter.numel() for parameter in network.parameters())


PEAK = """
import sys
from pathlib import Path
from weightreel.analysis.importing.options import Import
from weightreel.analysis.importing.series import import_checkpoints

for path in map(Path, sys.argv[1:]):
    import_checkpoints(Import((str(path),), path.with_suffix(".h5"), title="x"), lambda _: None)
    lines = Path("/proc/self/status").read_text().splitlines()
    print(next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
def test_peak_memory_grows_by_less_than_twice_the_largest_tensor(tmp_path: Path) -> None:
    small, large = 2**23, 2**25  # entries; below, the parts that are worked on at a time count for more
    files = {"small": (small, torch.float32), "large": (large, torch.float32), "half": (large, torch.bfloat16)}
    for name, (size, dtype) in files.items():
        values = torch.randn(64, size // 64, generator=torch.Generator().manual_seed(0)).to(dtype)
        save_file({f"{i}.weight": values.clone() for i in range(2)}, tmp_path / f"{name}.safetensors")
    paths = [str(tmp_path / f"{name}.safetensors") for name in files]
    done = subprocess.run([sys.executable, "-c", PEAK, *paths], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    first, *others = map(int, done.stdout.split())
    for name, peak in zip(("float32", "bfloat16"), others, strict=True):
        grown = (peak - first) / (4 * (large - small))
        print(f"{name}: {peak / 2**20:.0f} MiB, {grown:.2f} of the largest tensor above that of a small network")
        assert grown < 2
