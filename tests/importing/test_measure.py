"""What is measured of a checkpoint, tensor by tensor: the same here and on a cluster."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from distributed import LocalCluster
from torch import nn

from weightreel.analysis.importing.measure import Resources, measured_parameters, measured_spectra
from weightreel.analysis.measures.parameters import record_parameters
from weightreel.analysis.measures.spectra import measure_spectra
from weightreel.analysis.networks.checkpoints.agree import agree
from weightreel.analysis.networks.checkpoints.find import Checkpoint
from weightreel.analysis.networks.layers import Part, layers_of_parts
from weightreel.analysis.networks.live import LiveNetwork
from weightreel.analysis.recipe.recipe import SpectraRecipe
from weightreel.analysis.runs.epochs import workers


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[nn.Module, Checkpoint, dict[str, Part]]:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.Flatten(), nn.Linear(24, 30), nn.Linear(30, 8))
    path = tmp_path_factory.mktemp("saved") / "a.pt"
    torch.save({"state_dict": network.state_dict()}, path)
    checkpoint = Checkpoint("a.pt", (path,))
    return network.eval(), checkpoint, agree([checkpoint]).layouts[0].parts


def test_the_same_as_with_the_models_code(saved: tuple[nn.Module, Checkpoint, dict[str, Part]]) -> None:
    network, checkpoint, parts = saved
    state = {key: value.numpy() for key, value in network.state_dict().items()}
    wanted = record_parameters(LiveNetwork(network).layers, state, 16)
    found = measured_parameters(checkpoint, parts, 16)
    assert found.keys() == wanted.keys()
    assert all(np.array_equal(found[key], wanted[key], equal_nan=True) for key in wanted)
    assert [(la.name, la.kind, la.shape) for la in layers_of_parts(parts)] == [
        (la.name, la.kind, la.shape) for la in LiveNetwork(network).layers
    ]


def test_a_tied_layer_keeps_its_own_bias_alone(tmp_path: Path) -> None:
    network = nn.Sequential(nn.Linear(60, 70), nn.Linear(60, 70))
    network[1].weight = network[0].weight
    torch.save(network.state_dict(), tmp_path / "a.pt")
    checkpoint = Checkpoint("a.pt", (tmp_path / "a.pt",))
    found = measured_parameters(checkpoint, agree([checkpoint]).layouts[0].parts, 16)
    assert not [key for key in found if key.startswith("layers/1/weight")]
    np.testing.assert_allclose(found["layers/1/bias/mean"], network[1].bias.detach().numpy().mean(), rtol=1e-5)
    assert found["parameters/bias/fine/counts"].sum() == 2 * 70
    assert found["parameters/weight/fine/counts"].sum() == 60 * 70


@pytest.mark.parametrize("where", ["here", "cluster"])
def test_spectra_are_the_same_everywhere(where: str, saved: tuple[nn.Module, Checkpoint, dict[str, Part]]) -> None:
    network, checkpoint, parts = saved
    recipe = SpectraRecipe(randomised_above=20, top=10)
    state = {key: value.numpy() for key, value in network.state_dict().items()}
    wanted = measure_spectra(LiveNetwork(network).layers, state, recipe, 1)
    if where == "here":
        found = list(measured_spectra(checkpoint, parts, recipe, Resources(None, 1)))
    else:
        with (
            LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None) as cluster,
            workers(1, cluster.scheduler_address) as parallel,
        ):
            found = list(measured_spectra(checkpoint, parts, recipe, Resources(parallel, 1, sends=True)))
    assert len(found) == 3  # layer by layer
    together = {key: value for one in found for key, value in one.items()}
    assert together.keys() == wanted.keys()
    assert together["layers/3/spectrum/eigenvalues"].shape == (10,)
    for key, value in wanted.items():
        assert together[key] == pytest.approx(value, rel=1e-6, nan_ok=True), key
