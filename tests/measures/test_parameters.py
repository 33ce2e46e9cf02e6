"""What is kept of a network at an epoch, against NumPy and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import torch
import torchvision
from torch import nn

from weightreel.analysis.measures.parameters import QUANTILES, record_parameters
from weightreel.analysis.networks.cnn import build
from weightreel.analysis.networks.live import LiveNetwork, effective_state
from weightreel.analysis.recipe.defence import CNN, SPECTRAL_CNN
from weightreel.analysis.recipe.recipe import NetworkRecipe


@pytest.fixture(scope="module")
def recorded() -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    model = build(SPECTRAL_CNN, NetworkRecipe(width=4, depth=4), 5, 16, seed=0).eval()
    state = {key: value.numpy() for key, value in effective_state(model).items()}
    return state, record_parameters(LiveNetwork(model).layers, state, sample=50)


def test_statistics_are_scipys(recorded: tuple[dict[str, np.ndarray], dict[str, np.ndarray]]) -> None:
    state, record = recorded
    values = state["classifier.0.weight"].ravel().astype(np.float64)
    root = "layers/classifier.0/weight"
    assert record[f"{root}/mean"] == pytest.approx(values.mean(), abs=1e-7)
    assert record[f"{root}/std"] == pytest.approx(values.std(), rel=1e-5)
    assert record[f"{root}/skewness"] == pytest.approx(scipy.stats.skew(values), abs=1e-4)
    assert record[f"{root}/kurtosis"] == pytest.approx(scipy.stats.kurtosis(values), abs=1e-4)
    assert (record[f"{root}/minimum"], record[f"{root}/maximum"]) == (values.min(), values.max())
    nearest = np.quantile(values, QUANTILES, method="nearest")
    assert record[f"{root}/quantiles"] == pytest.approx(nearest, rel=0.02)


def test_all_layers_together(recorded: tuple[dict[str, np.ndarray], dict[str, np.ndarray]]) -> None:
    state, record = recorded
    matrices = [v for k, v in state.items() if k.endswith("weight") and v.ndim >= 2]
    assert record["parameters/weight/fine/counts"].sum() == sum(v.size for v in matrices)
    together = np.concatenate([v.ravel() for v in matrices])
    assert record["parameters/weight/std"] == pytest.approx(together.std(), rel=1e-5)


def test_batchnorm_is_a_layer_and_not_among_the_weights(
    recorded: tuple[dict[str, np.ndarray], dict[str, np.ndarray]],
) -> None:
    _, record = recorded
    assert record["layers/features.1/weight/mean"] == 1  # the scale at the start
    assert record["layers/features.1/bias/maximum"] == 0


def test_samples_follow_the_same_entries(recorded: tuple[dict[str, np.ndarray], dict[str, np.ndarray]]) -> None:
    state, record = recorded
    moved = {key: value + np.float32(1) for key, value in state.items()}
    model = build(CNN, NetworkRecipe(width=4, depth=4), 5, 16, seed=0).eval()
    again = record_parameters(LiveNetwork(model).layers, moved, sample=50)
    key = "layers/classifier.0/weight/sample"
    assert record[key].shape == (50,)
    assert again[key] == pytest.approx(record[key] + 1)
    small = "layers/features.0/bias/sample"
    assert np.array_equal(record[small], state["features.0.bias"])


def test_only_the_first_convolution_keeps_filters(
    recorded: tuple[dict[str, np.ndarray], dict[str, np.ndarray]],
) -> None:
    state, record = recorded
    kept = [key for key in record if key.endswith("/filters")]
    assert kept == ["layers/features.0/filters"]
    assert np.array_equal(record[kept[0]], state["features.0.weight"])


def test_a_layer_without_bias_and_a_constant_one() -> None:
    model = nn.Sequential(nn.Linear(4, 3, bias=False), nn.Linear(3, 3)).eval()
    nn.init.constant_(model[1].weight, 0.5)
    state = {key: value.numpy() for key, value in effective_state(model).items()}
    record = record_parameters(LiveNetwork(model).layers, state, sample=4)
    assert "layers/0/bias/mean" not in record
    assert record["layers/1/weight/std"] == 0
    assert np.isnan(record["layers/1/weight/skewness"])


def test_an_example_shows_feature_maps_and_which_batchnorm_follows() -> None:
    """In a network whose modules are not called in the order in which they stand, nor all of them once."""
    network = torchvision.models.resnet18(weights=None).eval()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    layers = {layer.name: layer for layer in LiveNetwork(network, torch.zeros(1, 3, 64, 64)).layers}
    assert layers["conv1"].feature_map is None  # stride 2
    assert layers["conv1"].batchnorm == "bn1"
    assert layers["layer1.0.conv2"].feature_map == (16, 16)
    assert layers["layer1.0.conv2"].batchnorm == "layer1.0.bn2"
    assert layers["layer2.0.downsample.0"].batchnorm == "layer2.0.downsample.1"
    assert layers["layer1.0.conv2"].batchnorm_eps == network.layer1[0].bn2.eps
    assert layers["fc"].batchnorm == ""
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert all(layer.feature_map is None and not layer.batchnorm for layer in LiveNetwork(network).layers)


def test_spectral_normalisation_hides_neither() -> None:
    network = build(SPECTRAL_CNN, NetworkRecipe(width=2, depth=2), 3, 16, seed=0).eval()
    layer = LiveNetwork(network, torch.zeros(1, 3, 16, 16)).layers[0]
    assert (layer.name, layer.feature_map, layer.batchnorm) == ("features.0", (16, 16), "features.1")
