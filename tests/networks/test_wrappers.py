"""Networks are found in whatever is around them and their parts."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.distributed.algorithms._checkpoint.checkpoint_wrapper import checkpoint_wrapper
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FullyShardedDataParallel, fully_shard
from torch.optim.swa_utils import AveragedModel

from weightreel import Recorder, Store
from weightreel.analysis.networks.live import LiveNetwork
from weightreel.analysis.networks.wrappers import unwrapped
from weightreel.analysis.store.check.faults import check


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(16, 24), nn.ReLU(), nn.Linear(24, 8))


class OtherAverage(nn.Module):
    """As other libraries have it."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.module = model


@pytest.mark.parametrize(
    "wrap",
    [
        nn.DataParallel, torch.compile, AveragedModel, checkpoint_wrapper, OtherAverage,
        lambda model: torch.compile(nn.DataParallel(model)), lambda model: AveragedModel(torch.compile(model)),
    ],
)  # fmt: skip
def test_around_a_network(wrap: Callable[[nn.Module], nn.Module]) -> None:
    wrapped = wrap(model := network())
    assert isinstance(unwrapped(wrapped), nn.Sequential)
    with torch.no_grad():
        model[0].weight.mul_(2)
    found, plain = LiveNetwork(wrapped), LiveNetwork(network())
    assert found.layers == plain.layers and found.skipped == {}


def test_an_average_is_read_and_not_what_it_averages() -> None:
    average = AveragedModel(model := network())
    average.update_parameters(model)
    with torch.no_grad():
        model[0].weight.fill_(9)
    average.update_parameters(model)
    wanted = average.module[0].weight.detach().numpy()
    np.testing.assert_array_equal(LiveNetwork(average).state()["0.weight"], wanted)
    assert abs(wanted - 4.5).max() < 0.5


def test_around_its_parts() -> None:
    plain = network()
    mixed = nn.Sequential(torch.compile(plain[0]), nn.DataParallel(plain[1]), checkpoint_wrapper(plain[2]))
    assert LiveNetwork(mixed).layers == LiveNetwork(plain).layers


def test_a_module_may_have_any_name() -> None:
    model = nn.ModuleDict({"module": nn.Linear(3, 4), "parametrizations": nn.Linear(4, 5), "network": nn.Linear(5, 6)})
    assert [layer.name for layer in LiveNetwork(model).layers] == list(model)


def wrapped_in_parallel(processes: int) -> Iterator[tuple[str, Callable[[nn.Sequential], nn.Module]]]:
    cpu, mesh = torch.device("cpu"), init_device_mesh("cpu", (processes,))

    def sharded(model: nn.Sequential) -> nn.Module:
        for part in (model[0], model):
            fully_shard(part, mesh=mesh)
        return model

    def flat(model: nn.Sequential) -> nn.Module:
        return FullyShardedDataParallel(model, device_id=cpu)

    def flat_in_parts(model: nn.Sequential) -> nn.Module:
        inner = FullyShardedDataParallel(model[0], device_id=cpu, use_orig_params=True)
        parts = nn.Sequential(inner, model[1], model[2])
        return FullyShardedDataParallel(parts, device_id=cpu, use_orig_params=True)

    yield from {
        "ddp": nn.parallel.DistributedDataParallel, "sharded": sharded, "flat": flat, "flat-in-parts": flat_in_parts,
        "compiled": lambda model: torch.compile(nn.parallel.DistributedDataParallel(model), backend="eager"),
    }.items()  # fmt: skip


def recorded_in_parallel(rank: int, processes: int, folder: Path, shared: str) -> None:
    """One process of trainings that are the same as that of a plain network."""
    torch.distributed.init_process_group("gloo", init_method=f"file://{shared}", rank=rank, world_size=processes)
    for name, wrap in wrapped_in_parallel(processes):
        plain = network()
        model, x = wrap(copy.deepcopy(plain)), torch.ones(4, 16)
        optimisers = [torch.optim.SGD(one.parameters(), 0.1) for one in (plain, model)]
        means = [float(plain[0].weight.detach().mean())]
        path = folder / f"{name}-{processes}.h5"
        with Recorder(path, model, spectra=False) as rec:
            for _ in range(3):
                for one, optimiser in zip((plain, model), optimisers, strict=True):
                    optimiser.zero_grad()
                    one(x).square().mean().backward()
                    optimiser.step()
                means.append(float(plain[0].weight.detach().mean()))
                rec.epoch(loss=rank)
        assert rec.active == (rank == 0)
        if rank == 0:
            assert check(path) == [], name
            with Store(path) as store:
                run = store.select()[0]
                assert list(run.layers) == ["0", "2"] and not run.skipped, name
                np.testing.assert_allclose(run.layer("0")["weight/mean"], means, rtol=1e-5, atol=1e-8, err_msg=name)
                np.testing.assert_array_equal(run["train/loss"][1:], 0, err_msg=name)
    torch.distributed.destroy_process_group()


def test_trained_by_one_process_of_a_group(tmp_path: Path) -> None:
    recorded_in_parallel(0, 1, tmp_path, str(tmp_path / "shared"))
    assert len(list(tmp_path.glob("*.h5"))) == 5


@pytest.mark.slow
def test_trained_by_two_processes(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory() as shared:
        torch.multiprocessing.spawn(recorded_in_parallel, (2, tmp_path, str(Path(shared) / "shared")), nprocs=2)
    assert len(list(tmp_path.glob("*.h5"))) == 5
