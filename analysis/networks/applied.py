"""Tensors of a module as its forward pass applies them in evaluation mode, read without moving anything.

No hook of the training's, no power iteration, no buffer, no random number, no cache of parametrisations and no gradient
is touched: what a parametrisation remembers is copied before it is applied, and older hooks are applied to a stand-in.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import ParametrizationList, is_parametrized
from torch.nn.utils.prune import BasePruningMethod
from torch.nn.utils.spectral_norm import SpectralNorm
from torch.nn.utils.weight_norm import WeightNorm

Read = Callable[[], Tensor]

MADE_OF = ("_orig", "_g", "_v", "_u", "_mask")
"""How the tensors end that the older hooks and pruning make a parameter of."""
_ALONE = ("weight", "bias")
"""What is recomputed as from a checkpoint, where one hook makes it."""
_FLAT = "_flat_param"


def tensors_of(module: nn.Module) -> Iterator[tuple[str, Read]]:
    """A module's own parameters by name, parametrised ones as they are applied, and what older hooks make them of.

    What several hooks make in turn, such as a pruned direction of weight_norm, comes as the forward pass has it; what
    one makes of a weight or a bias, as the tensors that it is made of.
    """
    own = {key: parameter for key, parameter in module._parameters.items() if parameter is not None and key != _FLAT}
    hooks = [hook for hook in module._forward_pre_hooks.values() if _made_by(hook)]
    made = [_made_by(hook) for hook in hooks]
    chained = len(set(made)) < len(made) or not set(made) <= set(_ALONE)
    for key, parameter in own.items():
        if not (chained and _stem(key) in made):
            yield key, _reader(parameter)
    for key, chain in chains_of(module).items():
        yield key, partial(_parametrised, chain)
    if chained:
        for key in made:
            if _stem(key) not in made:
                yield key, partial(_hooked, module, hooks, key)
    elif made:
        for key, buffer in module._buffers.items():
            if key.endswith(MADE_OF) and buffer is not None:
                yield key, _reader(buffer)


def chains_of(module: nn.Module) -> dict[str, ParametrizationList]:
    """Parametrisations by the name of the parameter that they make; a module of that name may be anything."""
    held = module._modules.get("parametrizations") if is_parametrized(module) else None
    return {
        key: chain for key, chain in (held or nn.Module())._modules.items() if isinstance(chain, ParametrizationList)
    }


def _reader(tensor: Tensor) -> Read:
    return lambda: tensor


def _made_by(hook: Any) -> str:
    """The parameter that one of PyTorch's older hooks makes, empty for any other hook."""
    if isinstance(hook, WeightNorm | SpectralNorm):
        return str(hook.name)
    return str(hook._tensor_name) if isinstance(hook, BasePruningMethod) else ""


def _stem(key: str) -> str:
    """The parameter that a tensor is a part of, by its name; empty where it is none."""
    stem, _, last = key.rpartition("_")
    return stem if f"_{last}" in MADE_OF else ""


def _hooked(module: nn.Module, hooks: Sequence[Any], key: str) -> Tensor:
    """A parameter as hooks make it before the next forward pass in evaluation mode, in their order."""
    tensors = {name: value for name, value in vars(module).items() if isinstance(value, Tensor)}
    tensors |= {name: t for name, t in (module._buffers | module._parameters).items() if t is not None}
    stand_in = SimpleNamespace(training=False, **{name: tensor.detach() for name, tensor in tensors.items()})
    with torch.no_grad():
        for hook in hooks:
            hook(stand_in, ())
    found: Tensor = getattr(stand_in, key)
    return found


def _parametrised(chain: ParametrizationList) -> Tensor:
    """What a chain of parametrisations gives, as it would in evaluation mode."""
    own = dict(tensors_of(chain))
    hooks = [hook for hook in chain._forward_pre_hooks.values() if _made_by(hook)]
    keys = ["original"] if chain.is_tensor else [f"original{i}" for i in range(chain.ntensors)]
    originals = [own[key]() if key in own else _hooked(chain, hooks, key) for key in keys]
    parts = [part for key, part in chain._modules.items() if part is not None and key.isdigit()]
    with torch.no_grad(), _resting(parts, originals):
        found: Any = parts[0].forward(*originals)
        for part in parts[1:]:
            found = part.forward(found)
    result: Tensor = found
    return result


@contextlib.contextmanager
def _resting(parts: Sequence[nn.Module], tensors: Sequence[Tensor]) -> Iterator[None]:
    """Evaluation mode, buffers that are copies, and random numbers that are drawn again afterwards."""
    modules = [module for part in parts for module in part.modules()]
    modes = [module.training for module in modules]
    buffers = [dict(module._buffers) for module in modules]
    devices = sorted({tensor.device.index for tensor in tensors if tensor.is_cuda})
    with torch.random.fork_rng(devices):
        try:
            for module, kept in zip(modules, buffers, strict=True):
                module.training = False
                module._buffers.update({key: None if b is None else b.clone() for key, b in kept.items()})
            yield
        finally:
            for module, mode, kept in zip(modules, modes, buffers, strict=True):
                module.training = mode
                module._buffers.clear()
                module._buffers.update(kept)
