"""A live network and its checkpoint are read alike, whatever its weights are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import prune

from weightreel.analysis.kinds import KINDS, TABLE, kind_of_class
from weightreel.analysis.networks.effective import effective
from weightreel.analysis.networks.layers import ROOT, Header, layout_of
from weightreel.analysis.networks.live import LiveNetwork


def read_as_a_checkpoint(tensors: dict[str, Tensor]) -> dict[str, np.ndarray]:
    """What importing reads of a state_dict."""
    headers = {name: Header(tuple(t.shape), str(t.dtype).removeprefix("torch.")) for name, t in tensors.items()}
    return {
        f"{name}.{key}": effective(parameter, lambda tensor: tensors[tensor].float().numpy())
        for name, part in layout_of(headers).parts.items()
        for key, parameter in part.parameters.items()
    }


def pruned(module: nn.Module) -> nn.Module:
    prune.random_unstructured(module, "weight", amount=0.5)
    prune.random_unstructured(module, "bias", amount=0.5)
    return module


HOOKS: dict[str, Callable[[nn.Module], Any]] = {
    "weight_norm": nn.utils.weight_norm,
    "spectral_norm": nn.utils.spectral_norm,
    "pruned": pruned,
}


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_weights_of_older_hooks_are_computed_anew(hook: str) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU())
    HOOKS[hook](network[0])
    network.eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(5.0)  # as an optimiser's step does: no forward pass has seen it
    assert [layer.kind for layer in LiveNetwork(network).layers] == ["conv2d"]
    found = LiveNetwork(network).state()
    alike = read_as_a_checkpoint(network.state_dict())
    network(torch.zeros(1, 2, 8, 8))  # computes the weight
    assert sorted(found) == sorted(alike) == ["0.bias", "0.weight"]
    for name in found:
        np.testing.assert_array_equal(found[name], alike[name], err_msg=name)
    np.testing.assert_allclose(found["0.weight"], network[0].weight.detach().numpy(), rtol=1e-5, atol=1e-7)


def test_a_network_that_is_one_layer_is_read() -> None:
    layer = nn.Linear(4, 3)
    live = LiveNetwork(layer)
    assert [(found.name, found.kind, found.shape) for found in live.layers] == [(ROOT, "linear", (3, 4))]
    np.testing.assert_array_equal(live.state()[f"{ROOT}.weight"], layer.weight.detach().numpy())


def test_a_transformer_is_read_as_its_checkpoint_is() -> None:
    network = nn.TransformerEncoderLayer(8, 2, 16)
    live, alike = LiveNetwork(network).state(), read_as_a_checkpoint(network.state_dict())
    assert list(live) == list(alike)
    for name, values in live.items():
        np.testing.assert_array_equal(values, alike[name], err_msg=name)


def test_every_kind_is_told_by_a_class_of_pytorch() -> None:
    assert len(set(KINDS)) == len(TABLE)
    for kind in TABLE:
        for name in kind.classes:
            cls = getattr(nn, name, None) or getattr(nn.modules.batchnorm, name, None)
            cls = cls or getattr(nn.modules.instancenorm, name)
            assert kind_of_class(cls.__mro__) == kind.name


def test_classes_of_elsewhere_are_told_by_their_names() -> None:
    class LlamaRMSNorm(nn.Module): ...

    class MyLinear(nn.Linear): ...

    assert kind_of_class(LlamaRMSNorm.__mro__) == "rmsnorm"
    assert kind_of_class(MyLinear.__mro__) == "linear"
    assert kind_of_class(nn.ReLU.__mro__) == ""
