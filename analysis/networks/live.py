"""A network of PyTorch, read as a checkpoint of it would be, but with the classes of its modules known.

Effective values are read, those that the forward pass uses in evaluation mode: parametrisations are applied without
moving what they remember, and the weights of the older hooks are computed anew. What layers share is read once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.parameter import UninitializedParameter

from weightreel.analysis.kinds import LayerInfo, kind_of_class
from weightreel.analysis.networks.effective import effective
from weightreel.analysis.networks.layers import FLOATS, ROOT, Effective, Header, Part, layers_of_parts, layout_of
from weightreel.analysis.networks.off_device import Copies, as_arrays

Array = NDArray[Any]

_WRAPPERS = ("module", "_orig_mod")
"""Attributes in which DDP, DataParallel and torch.compile keep the network."""
_HOOKS = ("_orig", "_g", "_v", "_u", "_mask")
"""How the tensors end that the older hooks and pruning make a parameter of."""


class LiveNetwork:
    """A network's layers, what is left out of it, and its parameters as they are whenever they are asked for.

    Args:
        model: any network, also inside DistributedDataParallel, DataParallel or torch.compile.
        example: an input, run once through the network to see feature maps and which BatchNorm follows which layer;
            without one both stay unknown. The network must then be in evaluation mode.

    Attributes:
        layers: in the network's order; `layer_id` is WeightWatcher's.
        skipped: names of parameters that are not recorded, with the reason.
    """

    def __init__(self, model: nn.Module, example: Tensor | None = None) -> None:
        modules = plain_modules(unwrapped(model))
        self._tensors: dict[str, Callable[[], Tensor]] = {}
        headers = dict(self._headers(modules))
        layout = layout_of(headers, _kinds(modules))
        self.skipped = layout.skipped
        self._parts = {name: _as_applied(part, dict(modules).get(name)) for name, part in layout.parts.items()}
        numbers = _numbers(self._parts, [name for name, _ in modules])
        maps, norms, padded = _watch(model, dict(modules), example) if example is not None else ({}, {}, set())
        self.layers: list[LayerInfo] = []
        for layer in layers_of_parts(self._parts, numbers):
            norm, eps = norms.get(layer.name, ("", 0.0))
            found = replace(layer, feature_map=maps.get(layer.name), batchnorm=norm, batchnorm_eps=eps)
            self.layers.append(replace(found, zero_padded=layer.name in padded))

    def state(self) -> dict[str, Array]:
        """Every parameter as it is now, by `LAYER.weight` and `LAYER.bias`, copied, in float32."""
        wanted = {
            f"{name}.{key}": parameter
            for name, part in self._parts.items()
            for key, parameter in part.parameters.items()
            if not (part.tied and key == "weight")
        }
        arrays = self._copied({tensor for parameter in wanted.values() for tensor in parameter.tensors})
        return {name: effective(parameter, arrays.__getitem__) for name, parameter in wanted.items()}

    def _copied(self, names: Iterable[str]) -> dict[str, Array]:
        """Tensors on the processor in float32 and C order.

        Each is read, copied and forgotten, so that no second network of effective weights lies on the device, which is
        waited for once.
        """
        copies, found = Copies(), dict[str, Tensor]()
        with torch.no_grad():
            for name in names:
                tensor = self._tensors[name]()
                copy = torch.empty(tensor.shape, dtype=torch.float32)
                found[name] = copies.take(tensor) if tensor.is_cuda else copy.copy_(tensor)
        copies.arrive()
        return as_arrays({name: tensor.float() for name, tensor in found.items()})

    def _headers(self, modules: list[tuple[str, nn.Module]]) -> Iterator[tuple[str, Header]]:
        """What is known of each tensor that parameters are made of, by its name."""
        owners: dict[tuple[Any, ...], str] = {}
        for name, module in modules:
            for key, read in _tensors_of(module):
                full = f"{name}.{key}".lstrip(".")
                tensor = read()
                dtype, owner = _dtype_of(tensor), full
                if dtype in FLOATS and tensor.numel() and isinstance(tensor, nn.Parameter):
                    memory = (tensor.data_ptr(), tuple(tensor.shape), tensor.stride())
                    owner = owners.setdefault(memory, full)
                self._tensors[full] = read
                shape = () if dtype == "uninitialised" else tuple(tensor.shape)
                yield full, Header(shape, dtype, "" if owner == full else owner)


def effective_state(model: nn.Module) -> dict[str, Tensor]:
    """State of the network without parametrisations: the values that its forward pass uses.

    Returns:
        Tensors by the names that the plain network's `state_dict` has, buffers included, on the model's device. The
        model must be in evaluation mode, else reading a spectrally normalised weight moves its power iteration.

    Raises:
        RuntimeError: the model is in training mode.
    """
    if model.training:
        raise RuntimeError("effective_state wants the model in evaluation mode")
    state: dict[str, Tensor] = {}
    with torch.no_grad():
        for name, module in plain_modules(model):
            prefix = f"{name}." if name else ""
            for key, parameter in module.named_parameters(recurse=False):
                state[prefix + key] = parameter.detach()
            for key in getattr(module, "parametrizations", {}):
                state[prefix + key] = getattr(module, key).detach()
            for key, buffer in module.named_buffers(recurse=False):
                if key not in module._non_persistent_buffers_set:
                    state[prefix + key] = buffer.detach()
    return state


def plain_modules(model: nn.Module) -> list[tuple[str, nn.Module]]:
    """Modules by name as the network without parametrisations has them; the position is WeightWatcher's layer_id."""
    return [(n, m) for n, m in model.named_modules() if "parametrizations" not in n.split(".")]


def unwrapped(model: nn.Module) -> nn.Module:
    """The network inside DistributedDataParallel, DataParallel and torch.compile."""
    wrappers = (nn.DataParallel, nn.parallel.DistributedDataParallel)
    while isinstance(model, wrappers) or hasattr(model, "_orig_mod"):
        inner = next(getattr(model, name) for name in _WRAPPERS if isinstance(getattr(model, name, None), nn.Module))
        model = inner
    return model


def count_of(model: nn.Module) -> int:
    """Trainable parameters, shared ones once, those without values yet not at all."""
    trainable = (p for p in unwrapped(model).parameters() if p.requires_grad)
    return sum(math.prod(p.shape) for p in trainable if not isinstance(p, UninitializedParameter))


def _kinds(modules: list[tuple[str, nn.Module]]) -> dict[str, str]:
    """Kinds of layers by name; attention's packed projections and a recurrent network's matrices are linear layers."""
    found: dict[str, str] = {}
    for name, module in modules:
        inner = f"{name}." if name else ""
        if isinstance(module, nn.MultiheadAttention):
            found |= {f"{inner}{part}_proj": "linear" for part in "qkv"}
        elif isinstance(module, nn.RNNBase):
            keys = (key for key, _ in module.named_parameters(recurse=False))
            found |= {inner + key.removeprefix("weight_"): "linear" for key in keys if key.startswith("weight_")}
        elif _is_transposed(module):
            found[name] = "linear"
        else:
            found[name] = kind_of_class(type(module).__mro__)
    return found


def _is_transposed(module: nn.Module) -> bool:
    """Whether it is a linear layer of GPT-2, whose weight maps from rows to columns."""
    return type(module).__name__ == "Conv1D" and hasattr(module, "nf")


def _as_applied(part: Part, module: nn.Module | None) -> Part:
    if module is None or not _is_transposed(module):
        return part
    weight = part.parameters["weight"]
    turned = Effective(weight.shape[::-1], weight.tensors, weight.how, transposed=True)
    return Part(part.kind, part.parameters | {"weight": turned}, part.tied)


def _numbers(parts: Mapping[str, Part], modules: list[str]) -> dict[str, int]:
    """Places among the network's modules by layer; a part of a module has the place of that."""
    places = {name: place for place, name in enumerate(modules)}
    outer = {name: name if name in places else name.rpartition(".")[0] for name in parts}
    return {name: places["" if name == ROOT and name not in places else outer[name]] for name in parts}


def _tensors_of(module: nn.Module) -> Iterator[tuple[str, Callable[[], Tensor]]]:
    """A module's own parameters by name, parametrised ones as they are applied, and what the older hooks remember."""
    own = dict(module.named_parameters(recurse=False))
    for key in [*own, *getattr(module, "parametrizations", {})]:
        yield key, _reader(module, key)
    if any(key.endswith(("_orig", "_g")) for key in own):
        for key, _ in module.named_buffers(recurse=False):
            if key.endswith(_HOOKS):
                yield key, _reader(module, key)


def _reader(module: nn.Module, key: str) -> Callable[[], Tensor]:
    def read() -> Tensor:
        with _resting(module, key):
            tensor: Tensor = getattr(module, key)
        return tensor

    return read


@contextmanager
def _resting(module: nn.Module, key: str) -> Iterator[None]:
    """Keep a parametrisation from moving what it remembers, as spectral_norm does while it trains."""
    chain = getattr(getattr(module, "parametrizations", None), key, None)
    parts = [part for part in chain.modules() if part.training] if chain is not None else []
    for part in parts:
        part.training = False
    try:
        yield
    finally:
        for part in parts:
            part.training = True


def _dtype_of(tensor: Tensor) -> str:
    if isinstance(tensor, UninitializedParameter):
        return "uninitialised"
    return "meta" if tensor.device.type == "meta" else dtype_of(tensor)


def dtype_of(tensor: Tensor) -> str:
    """A tensor's dtype as a `Header` has it."""
    if tensor.layout != torch.strided:
        return "sparse"
    return "quantised" if tensor.is_quantized else str(tensor.dtype).removeprefix("torch.")


def _watch(
    model: nn.Module, modules: Mapping[str, nn.Module], example: Tensor
) -> tuple[dict[str, tuple[int, int]], dict[str, tuple[str, float]], set[str]]:
    """Feature maps of convolutions, name and ε of the BatchNorm that follows a layer, and which pads with zeros."""
    padded: set[str] = set()
    maps: dict[str, tuple[int, int]] = {}
    norms: dict[str, tuple[str, float]] = {}
    outputs: list[tuple[str, Tensor]] = []  # held, so that no later tensor is mistaken for one of them

    def hook(name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        def after(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                before = next((n for n, tensor in outputs if tensor is inputs[0]), None)
                if before and module.affine and module.track_running_stats:
                    norms[before] = (name, module.eps)
                return
            outputs.append((name, output))
            if isinstance(module, nn.Conv2d) and {*module.stride, *module.dilation, module.groups} == {1}:
                maps[name] = (inputs[0].shape[-2], inputs[0].shape[-1])
                if module.padding_mode == "zeros" and output.shape[-2:] == inputs[0].shape[-2:]:
                    padded.add(name)

        return after

    watched = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear, nn.modules.batchnorm._BatchNorm)
    handles = [m.register_forward_hook(hook(n)) for n, m in modules.items() if isinstance(m, watched)]
    try:
        with torch.no_grad():
            model(example)
    finally:
        for handle in handles:
            handle.remove()
    return maps, norms, padded
