"""Any network of PyTorch as layers and arrays: what is recorded of it, and what is not, with the reason.

Effective values are read, those that the forward pass uses: parametrisations are applied without moving what they
remember. Weights that layers share are read once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.parameter import UninitializedParameter

from analysis.models import plain_modules
from analysis.off_device import Copies, as_arrays
from analysis.recorder import LayerInfo

Array = NDArray[Any]
Read = Callable[[], Tensor | None]

_KINDS: tuple[tuple[type[nn.Module], str], ...] = (
    (nn.ConvTranspose1d, "convtranspose1d"),
    (nn.ConvTranspose2d, "convtranspose2d"),
    (nn.ConvTranspose3d, "convtranspose3d"),
    (nn.Conv1d, "conv1d"),
    (nn.Conv2d, "conv2d"),
    (nn.Conv3d, "conv3d"),
    (nn.Linear, "linear"),
    (nn.Embedding, "embedding"),
    (nn.EmbeddingBag, "embedding"),
    (nn.modules.instancenorm._InstanceNorm, "instancenorm"),
    (nn.modules.batchnorm._BatchNorm, "batchnorm"),
    (nn.GroupNorm, "groupnorm"),
    (nn.LayerNorm, "layernorm"),
)
_WRAPPERS = ("module", "_orig_mod")
"""Attributes in which DDP, DataParallel and torch.compile keep the network."""
_PROJECTIONS = ("q_proj", "k_proj", "v_proj")


@dataclass
class Watched:
    """A network's layers, how each of their parameters is read, and what is left out.

    Attributes:
        layers: in the network's order.
        reads: by `LAYER.weight` and `LAYER.bias`.
        skipped: names of modules and parameters, with the reason.
    """

    layers: list[LayerInfo] = field(default_factory=list)
    reads: dict[str, Read] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    def state(self) -> dict[str, Array]:
        """Every parameter as it is now, copied, in float32 and C order.

        Each is read, copied and forgotten, so that no second network of effective weights lies on the device; a device
        is waited for once.
        """
        copies, found = Copies(), dict[str, Tensor]()
        with torch.no_grad():
            for name, read in self.reads.items():
                tensor = read()
                if tensor is not None:
                    found[name] = copies.take(tensor) if tensor.is_cuda else _copied(tensor)
        copies.arrive()
        return as_arrays({name: tensor.float() for name, tensor in found.items()})


def unwrapped(model: nn.Module) -> nn.Module:
    """The network inside DistributedDataParallel, DataParallel and torch.compile."""
    wrappers = (nn.DataParallel, nn.parallel.DistributedDataParallel)
    while isinstance(model, wrappers) or hasattr(model, "_orig_mod"):
        inner = next(getattr(model, name) for name in _WRAPPERS if isinstance(getattr(model, name, None), nn.Module))
        model = inner
    return model


def watched(model: nn.Module) -> Watched:
    """What can be recorded of a network.

    Attention's packed projection becomes three layers, `q_proj`, `k_proj` and `v_proj`; the transposed linear layers of
    GPT-2 (`Conv1D`) are linear ones.
    """
    found = Watched()
    owners: dict[tuple[Any, ...], str] = {}
    seen: set[int] = set()
    for layer_id, (name, module) in enumerate(plain_modules(unwrapped(model))):
        if isinstance(module, nn.MultiheadAttention):
            taken = _attention(found, name, module, layer_id)
        elif isinstance(module, nn.RNNBase):
            taken = _recurrent(found, name, module, layer_id)
        else:
            taken = _plain(found, name, module, layer_id, owners)
        seen |= {id(parameter) for parameter in taken}
        parametrised = getattr(module, "parametrizations", {})
        rest = [(key, p) for key, p in module.named_parameters(recurse=False) if id(p) not in seen]
        for key, parameter in rest:
            if key not in parametrised:
                reason = _unreadable(parameter) or "it is no weight or bias of a kind of layer that is known"
                found.skipped[f"{name}.{key}".lstrip(".")] = reason
    return found


def _plain(
    found: Watched, name: str, module: nn.Module, layer_id: int, owners: dict[tuple[Any, ...], str]
) -> Iterator[nn.Parameter]:
    """Add a module with a weight of its own; gives the parameters that are recorded or told of."""
    kind = _kind_of(module)
    with _resting(module, "weight"):
        weight = getattr(module, "weight", None) if kind else None
    if not kind or not isinstance(weight, Tensor) or not name:
        return
    own = dict(module.named_parameters(recurse=False))
    yield from (own[key] for key in ("weight", "bias") if key in own)
    if reason := _unreadable(weight):
        found.skipped[name] = reason
        return
    transposed = kind == "linear" and type(module).__name__ == "Conv1D"
    shape = tuple(weight.shape[::-1] if transposed else weight.shape)
    storage = (weight.data_ptr(), tuple(weight.shape), weight.stride())
    tied = owners.setdefault(storage, name) if "weight" in own and weight.device.type != "meta" else name
    found.layers.append(LayerInfo(name, layer_id, kind, shape, tied="" if tied == name else tied))
    if tied == name:
        found.reads[f"{name}.weight"] = _reader(module, "weight", transposed)
    bias = getattr(module, "bias", None)
    if isinstance(bias, Tensor) and not _unreadable(bias):
        found.reads[f"{name}.bias"] = _reader(module, "bias")


def _attention(found: Watched, name: str, module: nn.MultiheadAttention, layer_id: int) -> Iterator[nn.Parameter]:
    """Add the three projections; its output projection is a module of its own."""
    packed, side = module.in_proj_weight, module.embed_dim
    for i, projection in enumerate(_PROJECTIONS):
        key = "in_proj_weight" if packed is not None else f"{projection}_weight"
        weight = getattr(module, key)
        yield weight
        layer = f"{name}.{projection}".lstrip(".")
        if reason := _unreadable(weight):
            found.skipped[layer] = reason
            continue
        rows = slice(i * side, (i + 1) * side) if packed is not None else slice(None)
        shape = (side, *weight.shape[1:])
        found.layers.append(LayerInfo(layer, layer_id, "linear", shape))
        found.reads[f"{layer}.weight"] = _reader(module, key, rows=rows)
        if module.in_proj_bias is not None:
            yield module.in_proj_bias
            found.reads[f"{layer}.bias"] = _reader(module, "in_proj_bias", rows=slice(i * side, (i + 1) * side))


def _recurrent(found: Watched, name: str, module: nn.RNNBase, layer_id: int) -> Iterator[nn.Parameter]:
    """Add the matrices of a recurrent network, gates together, as linear layers: `NAME.ih_l0`, `NAME.hh_l0`, …"""
    for key, weight in module.named_parameters(recurse=False):
        yield weight
        if not key.startswith("weight_"):
            continue
        layer = f"{name}.{key.removeprefix('weight_')}".lstrip(".")
        if reason := _unreadable(weight):
            found.skipped[layer] = reason
            continue
        found.layers.append(LayerInfo(layer, layer_id, "linear", tuple(weight.shape)))
        found.reads[f"{layer}.weight"] = _reader(module, key)
        if module.bias and hasattr(module, bias := key.replace("weight", "bias", 1)):
            found.reads[f"{layer}.bias"] = _reader(module, bias)


def _kind_of(module: nn.Module) -> str:
    """The kind of a layer by its class; of classes from elsewhere by their name."""
    kind = next((kind for type_, kind in _KINDS if isinstance(module, type_)), "")
    name = type(module).__name__
    if kind:
        return kind
    if name == "Conv1D" and hasattr(module, "nf"):
        return "linear"
    if "RMSNorm" in name:
        return "rmsnorm"
    return "layernorm" if "LayerNorm" in name else ""


def _unreadable(tensor: Tensor) -> str:
    """Why a parameter cannot be analysed, empty where it can."""
    if isinstance(tensor, UninitializedParameter):
        return "it has no values before the first forward pass"
    if tensor.device.type == "meta":
        return "it is on the device meta and has no values"
    if tensor.is_quantized:
        return "it is quantised"
    if tensor.layout != torch.strided:
        return "it is sparse"
    if tensor.is_complex():
        return "it is complex"
    if not tensor.is_floating_point():
        return f"it is of whole numbers ({str(tensor.dtype).removeprefix('torch.')})"
    return "" if tensor.numel() else "it is empty"


def _reader(module: nn.Module, key: str, transposed: bool = False, rows: slice = slice(None)) -> Read:
    """Reads a parameter as the forward pass uses it."""

    def read() -> Tensor | None:
        with _resting(module, key):
            tensor = getattr(module, key)
        if not isinstance(tensor, Tensor):
            return None
        tensor = tensor.detach()[rows]
        return tensor.T if transposed else tensor

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


def _copied(tensor: Tensor) -> Tensor:
    """A copy on the processor in float32, C-contiguous."""
    return torch.empty(tensor.shape, dtype=torch.float32).copy_(tensor)


def count_of(model: nn.Module) -> int:
    """Trainable parameters, shared ones once, those without values yet not at all."""
    trainable = (p for p in unwrapped(model).parameters() if p.requires_grad)
    return sum(math.prod(p.shape) for p in trainable if not isinstance(p, UninitializedParameter))
