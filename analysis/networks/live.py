"""A network of PyTorch, read as a checkpoint of it would be, but with the classes of its modules known.

Effective values are read, those that the forward pass uses in evaluation mode: parametrisations are applied without
moving what they remember, and the weights of the older hooks are computed anew. What layers share is read once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.parameter import UninitializedParameter

from weightreel.analysis.kinds import LayerInfo, kind_of_class
from weightreel.analysis.networks.applied import MADE_OF, chains_of, tensors_of
from weightreel.analysis.networks.effective import effective
from weightreel.analysis.networks.layers import (
    FLOATS,
    ROOT,
    Effective,
    Header,
    Layout,
    Part,
    layers_of_parts,
    layout_of,
)
from weightreel.analysis.networks.off_device import Copies, as_arrays
from weightreel.analysis.networks.wrappers import gathered, plain_modules, unwrapped, whole_tensor

Array = NDArray[Any]


class LiveNetwork:
    """A network's layers, what is left out of it, and its parameters as they are whenever they are asked for.

    The network may change: its modules are looked up anew whenever it is read. Where it is sharded, all processes must
    make one and read it together.

    Args:
        model: any network, also inside DistributedDataParallel, DataParallel, FSDP or torch.compile.
        example: an input, run once through the network to see feature maps and which BatchNorm follows which layer;
            without one both stay unknown. The network must then be in evaluation mode.

    Attributes:
        layers: in the network's order; `layer_id` is WeightWatcher's.
        skipped: names of parameters that are not recorded, with the reason.
        lacks: layers that could not be read when the network was last read, and what was not there when it was first,
            with the reason.
    """

    def __init__(self, model: nn.Module, example: Tensor | None = None) -> None:
        self._model = model
        self._tensors: dict[str, Callable[[], Tensor]] = {}
        self.lacks: dict[str, str] = {}
        with gathered(model):
            modules = plain_modules(unwrapped(model))
            self._seen = _looks(modules)
            layout = self._layout(modules)
        self.skipped = layout.skipped
        self._parts = self._first = layout.parts
        numbers = _numbers(self._parts, [name for name, _ in modules])
        maps, norms, padded = _watch(model, dict(modules), example) if example is not None else ({}, {}, set())
        self.layers: list[LayerInfo] = []
        for layer in layers_of_parts(self._parts, numbers):
            norm, eps = norms.get(layer.name, ("", 0.0))
            found = replace(layer, feature_map=maps.get(layer.name), batchnorm=norm, batchnorm_eps=eps)
            self.layers.append(replace(found, zero_padded=layer.name in padded))

    def state(self) -> dict[str, Array]:
        """Every parameter as it is now, by `LAYER.weight` and `LAYER.bias`, copied, in float32.

        Those of layers in `lacks` are left out.
        """
        with gathered(self._model):
            modules = plain_modules(unwrapped(self._model))
            if (looks := _looks(modules)) != self._seen:
                self._seen = looks
                self._look_again(modules)
            wanted = {
                f"{name}.{key}": parameter
                for name, part in self._parts.items()
                for key, parameter in part.parameters.items()
                if not (self._first[name].tied and key == "weight")
            }
            # In one order: where the network is sharded all processes ask for the same tensor at the same time.
            arrays = self._copied(dict.fromkeys(t for parameter in wanted.values() for t in parameter.tensors))
        whole = {name: made for name, made in wanted.items() if all(tensor in arrays for tensor in made.tensors)}
        return {name: effective(parameter, arrays.__getitem__) for name, parameter in whole.items()}

    def _layout(self, modules: list[tuple[str, nn.Module]]) -> Layout:
        self._tensors.clear()
        layout = layout_of(dict(self._headers(modules)), _kinds(modules))
        layout.parts = {name: _as_applied(part, dict(modules).get(name)) for name, part in layout.parts.items()}
        return layout

    def _look_again(self, modules: list[tuple[str, nn.Module]]) -> None:
        """Find the layers of a network that was changed; only those that were there at first are read."""
        layout = self._layout(modules)
        self._parts, self.lacks = {}, {}
        for name, first in self._first.items():
            part = layout.parts.get(name)
            if part is None:
                self.lacks[name] = layout.skipped.get(name, "it is no longer in the network")
            elif (part.kind, part.shapes["weight"]) != (first.kind, first.shapes["weight"]):
                self.lacks[name] = f"it is now a {part.kind} layer of shape {part.shapes['weight']}"
            else:
                same = {k: p for k, p in part.parameters.items() if first.shapes.get(k) == p.shape}
                self._parts[name] = Part(part.kind, same)
        new = layout.parts.keys() - self._first.keys()
        self.lacks |= {name: "it was added while the network was trained" for name in layout.parts if name in new}

    def _copied(self, names: Iterable[str]) -> dict[str, Array]:
        """Tensors on the processor in float32 and C order.

        Each is read, copied and forgotten, so that no second network of effective weights lies on the device, which is
        waited for once.
        """
        copies, found = Copies(), dict[str, Tensor]()
        with torch.no_grad():
            for name in names:
                try:
                    tensor = whole_tensor(self._tensors[name]())
                    copy = torch.empty(tensor.shape, dtype=torch.float32)
                    found[name] = copies.take(tensor) if tensor.is_cuda else copy.copy_(tensor)
                except Exception as error:  # of other people's parametrisations
                    self.lacks[name] = f"it cannot be read ({' '.join(str(error).split())[:200]})"
        copies.arrive()
        return as_arrays({name: tensor.float() for name, tensor in found.items()})

    def _headers(self, modules: list[tuple[str, nn.Module]]) -> Iterator[tuple[str, Header]]:
        """What is known of each tensor that parameters are made of, by its name."""
        owners: dict[tuple[Any, ...], str] = {}
        for name, module in modules:
            for key, read in tensors_of(module):
                full = f"{name}.{key}".lstrip(".")
                self._tensors[full] = read
                try:
                    tensor = read()
                except Exception:  # of other people's parametrisations
                    yield full, Header((), "uncomputed")
                    continue
                dtype, owner = _dtype_of(tensor), full
                if dtype in FLOATS and tensor.numel() and isinstance(tensor, nn.Parameter):
                    owner = owners.setdefault(_memory(tensor), full)
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
            for key in chains_of(module):
                state[prefix + key] = getattr(module, key).detach()
            for key, buffer in module.named_buffers(recurse=False):
                if key not in module._non_persistent_buffers_set:
                    state[prefix + key] = buffer.detach()
    return state


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
            keys = (key for key, _ in tensors_of(module))
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


def _looks(modules: list[tuple[str, nn.Module]]) -> list[tuple[Any, ...]]:
    """What tells whether a network is made of the same tensors still; values may differ."""
    found: list[tuple[Any, ...]] = []
    for name, module in modules:
        for inner in (module, *chains_of(module).values()):
            found.append((name, inner, *inner._forward_pre_hooks))
            made_of = {key: buffer for key, buffer in inner._buffers.items() if key.endswith(MADE_OF)}
            for key, tensor in (inner._parameters | made_of).items():
                if tensor is not None:
                    dtype = _dtype_of(tensor)
                    found.append((key, dtype, () if dtype == "uninitialised" else tuple(tensor.shape), id(tensor)))
    return found


def _memory(tensor: Tensor) -> tuple[Any, ...]:
    """What two tensors share that are one."""
    if hasattr(tensor, "full_tensor"):
        return (id(tensor),)
    return (tensor.data_ptr(), tuple(tensor.shape), tensor.stride())


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
