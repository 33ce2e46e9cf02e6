"""Where noise lies among images: against NumPy, and against statistics that BatchNorm was given."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tests.measures.attacks.test_gradient import MEAN, NORMALISE, SIZE, STD, a_cnn, a_linear_network, some_pixels
from weightreel.analysis.measures.attacks.place import batchnorm_names, place_of_noise
from weightreel.analysis.networks.cnn import build
from weightreel.analysis.networks.pixels import Network
from weightreel.analysis.recipe.defence import DefenceRecipe
from weightreel.analysis.recipe.recipe import NetworkRecipe

CLASSES = 3
LABELS = np.arange(40) % 2  # of the third class there is none


def normalised(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    return np.asarray((pixels / 255 - MEAN) / STD)


def hooks_of(model: nn.Module) -> int:
    return sum(len(module._forward_pre_hooks) + len(module._forward_hooks) for module in model.modules())


def test_distances_in_the_features_before_the_last_linear_layer() -> None:
    network = a_linear_network(CLASSES)  # its features are the normalised pixels
    noise, images = some_pixels(30, seed=1), some_pixels(40, seed=2)
    place = place_of_noise(network, noise, images, LABELS)
    flat, ours = normalised(noise).reshape(30, -1), normalised(images).reshape(40, -1)
    for label in (0, 1):
        mean = ours[label == LABELS].mean(0)
        assert place["distance"][label] == pytest.approx(np.linalg.norm(flat - mean, axis=1).mean(), rel=1e-5)
        spread = np.linalg.norm(ours[label == LABELS] - mean, axis=1).mean()
        assert place["spread"][label] == pytest.approx(spread, rel=1e-5)
    assert place["distance"].shape == place["spread"].shape == (CLASSES,)
    assert np.isnan([place["distance"][2], place["spread"][2]]).all()
    assert len(place["batchnorm_shift"]) == len(place["batchnorm_ratio"]) == 0


def test_features_are_those_that_enter_the_last_of_several_linear_layers() -> None:
    network, noise, images = a_linear_network(5), some_pixels(30, seed=1), some_pixels(40, seed=2)
    deeper = Network(nn.Sequential(network.model, nn.Linear(5, CLASSES)), NORMALISE, CLASSES)
    with torch.no_grad():
        entering, ours = (network.logits(network.tensor(pixels)).numpy() for pixels in (noise, images))
    expected = np.linalg.norm(entering - ours[LABELS == 0].mean(0), axis=1).mean()
    assert place_of_noise(deeper, noise, images, LABELS)["distance"][0] == pytest.approx(expected, rel=1e-4)


def test_scales_of_the_logits() -> None:
    network, noise, images = a_cnn(), some_pixels(30, seed=1), some_pixels(40, seed=2)
    place = place_of_noise(network, noise, images, LABELS)
    with torch.no_grad():
        for key, pixels in (("logit_scale", noise), ("image_logit_scale", images)):
            logits = network.logits(network.tensor(pixels)).numpy()
            assert place[key] == pytest.approx(logits.std(1).mean(), rel=1e-5)
        network.model.classifier[-1].weight.mul_(5)  # type: ignore[index, operator, union-attr]
        network.model.classifier[-1].bias.mul_(5)  # type: ignore[index, operator, union-attr]
    assert place_of_noise(network, noise, images, LABELS)["logit_scale"] == pytest.approx(5 * place["logit_scale"])


def with_batchnorm(offset: float, factor: float, pixels: NDArray[np.uint8]) -> Network:
    """A network whose first BatchNorm has run on data `offset` standard deviations below, `factor` times as wide."""
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.BatchNorm2d(3, eps=0), nn.BatchNorm2d(3, eps=3), nn.Flatten(), nn.Linear(3 * SIZE * SIZE, 3)
    )
    values = normalised(pixels)
    std = torch.from_numpy(values.std((0, 1, 2)) * factor).float()
    model[0].running_var = std**2
    model[0].running_mean = torch.from_numpy(values.mean((0, 1, 2))).float() - offset * std
    return Network(model.eval(), NORMALISE, 3)


@pytest.mark.parametrize(("offset", "factor"), [(0.0, 1.0), (-1.5, 1.0), (0.5, 4.0)])
def test_batchnorm_beside_its_running_statistics(offset: float, factor: float) -> None:
    noise = some_pixels(300)  # more than one batch
    place = place_of_noise(with_batchnorm(offset, factor, noise), noise, some_pixels(40), LABELS)
    assert place["batchnorm_shift"][0] == pytest.approx(abs(offset), abs=1e-5)
    assert place["batchnorm_ratio"][0] == pytest.approx(1 / factor, rel=1e-5)
    # The second is fed what the first makes of the noise, and has run on nothing: mean 0, variance 1 + 3.
    assert place["batchnorm_shift"][1] == pytest.approx(abs(offset) / 2, abs=1e-4)
    assert place["batchnorm_ratio"][1] == pytest.approx(1 / factor / 2, rel=1e-4)


def test_batchnorms_by_name_in_the_order_of_the_network() -> None:
    recipe = NetworkRecipe(width=2, depth=4)
    plain = build(DefenceRecipe(), recipe, CLASSES, SIZE, seed=0)
    normed = build(DefenceRecipe(spectral="all"), recipe, CLASSES, SIZE, seed=0)
    names = ["features.1", "features.4", "features.8", "features.11"]
    assert batchnorm_names(plain) == batchnorm_names(normed) == names
    assert batchnorm_names(nn.Sequential(nn.BatchNorm2d(3, track_running_stats=False))) == []
    place = place_of_noise(Network(normed, NORMALISE, CLASSES), some_pixels(20), some_pixels(40), LABELS)
    assert place["batchnorm_shift"].shape == place["batchnorm_ratio"].shape == (4,)
    assert (place["batchnorm_ratio"] > 0).all()


def test_a_network_without_a_linear_layer() -> None:
    model = nn.Sequential(nn.Conv2d(3, CLASSES, SIZE), nn.Flatten())
    place = place_of_noise(Network(model, NORMALISE, CLASSES), some_pixels(20), some_pixels(40), LABELS)
    assert np.isnan(place["distance"]).all()
    assert place["logit_scale"] > 0


class Failing(nn.Module):
    """A layer that does not get through."""

    def forward(self, x: Tensor) -> Tensor:
        raise ArithmeticError


def test_hooks_are_removed_whether_it_ends_well_or_not() -> None:
    network = a_cnn()
    place_of_noise(network, some_pixels(5), some_pixels(40), LABELS)
    assert hooks_of(network.model) == 0
    model = nn.Sequential(nn.BatchNorm2d(3), nn.Flatten(), Failing(), nn.Linear(3 * SIZE * SIZE, CLASSES))
    with pytest.raises(ArithmeticError):
        place_of_noise(Network(model, NORMALISE, CLASSES), some_pixels(5), some_pixels(40), LABELS)
    assert hooks_of(model) == 0
