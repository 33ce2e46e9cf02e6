"""What is put around networks and their parts: parallel, compiled, sharded, checkpointed, averaged."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from torch import Tensor, nn
from torch.distributed.fsdp import FullyShardedDataParallel
from torch.nn.utils.parametrize import is_parametrized
from torch.optim.swa_utils import AveragedModel

_ALWAYS = ("_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module")
"""Under what torch.compile, FSDP and activation checkpointing keep what they wrap."""
_PARALLEL = (nn.DataParallel, nn.parallel.DistributedDataParallel, AveragedModel)
"""What keeps it as `module`, and so do other libraries' averages and engines."""


def unwrapped(model: nn.Module) -> nn.Module:
    """The network inside DistributedDataParallel, DataParallel, FSDP, torch.compile, an average of it and the like."""
    while inner := _inner(model) or _lone(model):
        model = inner
    return model


def plain_modules(model: nn.Module) -> list[tuple[str, nn.Module]]:
    """Modules by name, as the network without parametrisations and wrappers has them; each once.

    The position is WeightWatcher's layer_id.
    """
    return list(_walk(model, "", set()))


def is_sharded(model: nn.Module) -> bool:
    """Whether no process has all of the parameters, so that all processes must take part in reading them."""
    return _is_flat(model) or any(hasattr(parameter, "full_tensor") for parameter in model.parameters())


@contextlib.contextmanager
def gathered(model: nn.Module) -> Iterator[None]:
    """Have the parameters whole that FullyShardedDataParallel keeps in parts; others are as they are."""
    with contextlib.ExitStack() as stack:
        if _is_flat(model):
            stack.enter_context(FullyShardedDataParallel.summon_full_params(model, writeback=False))
        yield


def whole_tensor(tensor: Tensor) -> Tensor:
    """The tensor, put together where its parts lie in several processes, which must all ask for it."""
    return tensor.full_tensor() if hasattr(tensor, "full_tensor") else tensor


def _is_flat(model: nn.Module) -> bool:
    return any(isinstance(module, FullyShardedDataParallel) for module in model.modules())


def _walk(module: nn.Module, name: str, seen: set[nn.Module]) -> Iterator[tuple[str, nn.Module]]:
    if module in seen:
        return
    seen.add(module)
    if (inner := _inner(module)) is not None:
        yield from _walk(inner, name, seen)
        return
    yield name, module
    for key, child in module._modules.items():
        if child is not None and not (key == "parametrizations" and is_parametrized(module)):
            yield from _walk(child, f"{name}.{key}" if name else key, seen)


def _inner(module: nn.Module) -> nn.Module | None:
    """What a wrapper wraps, None where the module is none."""
    keys = (*_ALWAYS, "module") if isinstance(module, _PARALLEL) else _ALWAYS
    return next((found for key in keys if (found := module._modules.get(key)) is not None), None)


def _lone(model: nn.Module) -> nn.Module | None:
    """What a module holds that has nothing else, under the name by which wrappers of other libraries keep it."""
    if list(model._modules) != ["module"] or model._parameters or isinstance(model, nn.ModuleDict):
        return None
    return model._modules["module"]
