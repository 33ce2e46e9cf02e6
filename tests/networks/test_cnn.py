"""The report's network: its shapes, its spectral twin, and what its forward pass uses."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.networks.cnn import ReportCNN, build
from weightreel.analysis.networks.live import effective_state
from weightreel.analysis.networks.wrappers import plain_modules
from weightreel.analysis.recipe.defence import CNN, SPECTRAL_CNN
from weightreel.analysis.recipe.recipe import NetworkRecipe

SMALL = NetworkRecipe(width=2, depth=4)


def test_the_reports_layers() -> None:
    network = ReportCNN(NetworkRecipe(), classes=10)
    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    assert [c.out_channels for c in convolutions] == [64, 64, 128, 128, 256, 256, 512, 512]
    assert all(c.kernel_size == (3, 3) and c.padding == (1, 1) for c in convolutions)
    linear = [m for m in network.modules() if isinstance(m, nn.Linear)]
    assert [(m.in_features, m.out_features) for m in linear] == [
        (2048, 1024), (1024, 1024), (1024, 512), (512, 512), (512, 256), (256, 10),
    ]  # fmt: skip
    rates = [m.p for m in network.modules() if isinstance(m, nn.Dropout)]
    assert rates == pytest.approx([0.4, 0.35, 0.3, 0.25, 0.2])


def test_first_linear_is_layer_31_in_both_networks() -> None:
    for model in (CNN, SPECTRAL_CNN):
        network = build(model, NetworkRecipe(width=2), 10, 32, seed=0)
        names = [name for name, _ in plain_modules(network)]
        assert names[31] == "classifier.0"


def test_weightwatcher_numbers_it_31_too() -> None:
    import weightwatcher

    details = weightwatcher.WeightWatcher(model=ReportCNN(NetworkRecipe(width=8), 10)).describe()
    assert 31 in set(details.layer_id)
    assert set(details.longname[details.layer_id == 31]) == {"classifier.0"}


def test_small_images_are_refused() -> None:
    with pytest.raises(WeightreelError, match=r"4×4 do not survive 4 poolings"):
        ReportCNN(NetworkRecipe(width=2), classes=2, size=4)


def test_pairs_start_from_the_same_parameters() -> None:
    plain, spectral = (build(model, SMALL, 3, 8, seed=5) for model in (CNN, SPECTRAL_CNN))
    original = spectral.features[0].parametrizations.weight.original
    assert torch.equal(original, plain.features[0].weight)
    assert torch.equal(spectral.classifier[0].weight, plain.classifier[0].weight)
    assert not torch.equal(build(CNN, SMALL, 3, 8, seed=6).features[0].weight, plain.features[0].weight)


def test_spectral_weights_have_unit_norm_from_the_start() -> None:
    network = build(SPECTRAL_CNN, NetworkRecipe(width=4), 10, 32, seed=0).eval()
    for name, value in effective_state(network).items():
        if name.startswith("features") and value.ndim == 4:
            sigma = torch.linalg.matrix_norm(value.flatten(1), ord=2).item()
            assert sigma == pytest.approx(1, abs=0.1), name  # power iteration estimates it from below


def test_effective_state_runs_in_the_plain_network() -> None:
    network = build(SPECTRAL_CNN, SMALL, 3, 8, seed=1)
    x = torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    for _ in range(3):
        network.train()(x)  # moves power iteration and running statistics
    network.eval()
    plain = ReportCNN(SMALL, 3, 8).eval()
    plain.load_state_dict(effective_state(network))
    assert torch.allclose(plain(x), network(x), atol=1e-6)
    assert effective_state(network).keys() == plain.state_dict().keys()


def test_reading_leaves_the_network_as_it_was() -> None:
    network = build(SPECTRAL_CNN, SMALL, 3, 8, seed=1).eval()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    effective_state(network)
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


def test_training_mode_is_refused() -> None:
    with pytest.raises(RuntimeError, match="evaluation mode"):
        effective_state(build(SPECTRAL_CNN, SMALL, 3, 8, seed=1).train())
