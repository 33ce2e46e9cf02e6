"""Effective weights are those of the forward pass in evaluation mode, and reading them moves nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations, parametrize, prune, spectral_norm, weight_norm

from weightreel.analysis.networks.live import LiveNetwork

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
Pruned = Callable[[nn.Module], nn.Module]


def pruned(*names: str) -> Pruned:
    def made(module: nn.Module) -> nn.Module:
        for name in names:
            prune.l1_unstructured(module, name, 0.4)
        return module

    return made


def linear() -> nn.Linear:
    return nn.Linear(20, 20)


def pruned_within_a_parametrisation() -> nn.Module:
    layer = parametrizations.weight_norm(linear())
    prune.l1_unstructured(layer.parametrizations.weight, "original1", 0.5)
    return layer


class Restless(nn.Module):
    """A parametrisation that counts, draws random numbers, and does something else while it trains."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, weight: Tensor) -> Tensor:
        self.calls += 1
        return weight * 3 + torch.randn_like(weight) * (1 if self.training else 0)


def restless() -> nn.Module:
    layer = linear()
    parametrize.register_parametrization(layer, "weight", Restless())
    return layer


MADE: dict[str, Callable[[], nn.Module]] = {
    "weight_norm": lambda: weight_norm(linear()),
    "weight_norm as a whole": lambda: weight_norm(linear(), dim=None),
    "weight_norm by columns": lambda: weight_norm(linear(), dim=1),
    "spectral_norm": lambda: spectral_norm(linear()),
    "pruned": lambda: pruned("weight", "bias")(linear()),
    "pruned twice": lambda: pruned("weight", "weight")(linear()),
    "pruned on weight_norm": lambda: pruned("weight_v", "weight_g")(weight_norm(linear())),
    "pruned on spectral_norm": lambda: pruned("weight_orig")(spectral_norm(linear())),
    "parametrised weight_norm": lambda: parametrizations.weight_norm(linear()),
    "parametrised spectral_norm": lambda: parametrizations.spectral_norm(linear()),
    "orthogonal": lambda: parametrizations.orthogonal(linear()),
    "spectral_norm of orthogonal": lambda: parametrizations.spectral_norm(parametrizations.orthogonal(linear())),
    "pruned within a parametrisation": pruned_within_a_parametrisation,
    "restless": restless,
}


def moved(model: nn.Module) -> None:
    """Two steps of a training, after which no forward pass has seen the parameters."""
    optimiser = torch.optim.SGD(model.parameters(), 0.5)
    for _ in range(2):
        optimiser.zero_grad()
        model(torch.ones(4, 20)).square().mean().backward()
        optimiser.step()


@pytest.mark.parametrize("name", MADE)
def test_the_next_forward_pass_uses_what_is_read(name: str) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(MADE[name]())
    moved(model)
    live = LiveNetwork(model)
    assert live.skipped == {}
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1.5)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    gradients = [parameter.grad.clone() for parameter in model.parameters()]
    versions = [tensor._version for tensor in model.state_dict(keep_vars=True).values()]
    drawn, attributes = torch.get_rng_state(), {key: id(value) for key, value in vars(model[0]).items()}
    state = live.state()
    assert torch.equal(drawn, torch.get_rng_state()) and all(module.training for module in model.modules())
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert [tensor._version for tensor in model.state_dict(keep_vars=True).values()] == versions
    assert all(torch.equal(p.grad, grad) for p, grad in zip(model.parameters(), gradients, strict=True))
    assert {key: id(value) for key, value in vars(model[0]).items()} == attributes
    model.eval()
    x = torch.randn(6, 20)
    used = model(x)
    np.testing.assert_allclose(state["0.weight"], model[0].weight.detach().numpy(), rtol=1e-5, atol=1e-7)
    given = x @ torch.from_numpy(state["0.weight"]).T + torch.from_numpy(state["0.bias"])
    torch.testing.assert_close(given, used.detach(), rtol=1e-4, atol=1e-5)


def test_hooks_of_others_are_not_called() -> None:
    model = nn.Sequential(weight_norm(linear()), parametrizations.spectral_norm(linear()))
    called: list[Any] = []
    for module in model.modules():
        module.register_forward_pre_hook(lambda *_: called.append(1))
        module.register_forward_hook(lambda *_: called.append(2))
    LiveNetwork(model).state()
    assert called == []


def test_a_cache_of_parametrisations_keeps_its_gradients() -> None:
    layer = parametrizations.spectral_norm(linear())
    with parametrize.cached():
        LiveNetwork(layer).state()
        layer(torch.ones(1, 20)).sum().backward()
    assert layer.parametrizations.weight.original.grad is not None


def test_recurrent_weights_under_a_hook() -> None:
    lstm = weight_norm(nn.LSTM(4, 6), "weight_hh_l0")
    model = nn.ModuleDict({"lstm": lstm})
    live = LiveNetwork(model)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(3)
    state = live.state()
    lstm(torch.ones(2, 1, 4))
    assert live.skipped == {}
    np.testing.assert_allclose(state["lstm.hh_l0.weight"], lstm.weight_hh_l0.detach().numpy(), rtol=1e-6)


def test_hooks_that_come_and_go_while_the_network_is_trained() -> None:
    model = nn.Sequential(linear())
    live = LiveNetwork(model)
    for change in (
        lambda: prune.l1_unstructured(model[0], "weight", 0.5),
        lambda: prune.remove(model[0], "weight"),
        lambda: weight_norm(model[0]),
        lambda: nn.utils.remove_weight_norm(model[0]),
        lambda: parametrizations.orthogonal(model[0]),
    ):
        change()
        state = live.state()
        assert live.lacks == {}
        model.eval()(torch.ones(1, 20))
        np.testing.assert_allclose(state["0.weight"], model[0].weight.detach().numpy(), rtol=1e-5, atol=1e-7)


def test_a_parametrisation_that_fails_is_named() -> None:
    class Fails(nn.Module):
        def forward(self, weight: Tensor) -> Tensor:
            if weight.requires_grad:
                return weight
            raise RuntimeError("no")

    model = nn.Sequential(linear(), nn.Linear(20, 4))
    parametrize.register_parametrization(model[0], "weight", nn.Identity())
    model[0].parametrizations.weight[0].forward = lambda _: 1 / 0
    found = LiveNetwork(model)
    assert [layer.name for layer in found.layers] == ["1"] and "parametrisation fails" in found.skipped["0"]


def test_the_same_network_with_a_recorder_ends_with_the_same_bits(tmp_path: Any) -> None:
    from weightreel import Recorder

    def train(watched: bool) -> tuple[dict[str, Tensor], Tensor]:
        torch.manual_seed(3)
        model = nn.Sequential(
            *(make() for make in MADE.values()), nn.Dropout(0.2), nn.BatchNorm1d(20), nn.Linear(20, 20)
        ).train()
        optimiser = torch.optim.Adam(model.parameters(), 1e-3)

        def epoch() -> Tensor:
            loss = (model(torch.randn(16, 20)) - 1).square().mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            return loss

        if watched:
            with Recorder(tmp_path / "run.h5", model) as rec:
                for _ in range(3):
                    rec.epoch(loss=epoch())
        else:
            for _ in range(3):
                epoch()
        return model.state_dict(), torch.get_rng_state()

    (one, drawn), (other, drawn_too) = train(watched=False), train(watched=True)
    assert torch.equal(drawn, drawn_too) and one.keys() == other.keys()
    for key, value in one.items():
        assert torch.equal(value, other[key]), key
