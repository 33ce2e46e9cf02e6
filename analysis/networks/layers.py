"""The one reader of networks: from names and shapes of tensors to layers, and how each parameter is made of them.

Checkpoints, arrays that other code hands over and modules of PyTorch all come as tensors by name. Where the modules
are known too, their classes tell the kinds of the layers; else names and shapes do. Nothing here needs torch.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from weightreel.analysis.kinds import LayerInfo, kind_of_name

Shape = tuple[int, ...]
How = Literal["plain", "weight_norm", "spectral_norm", "pruned"]

FLOATS = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2}
"""Bytes an entry of dtypes that are recorded, as float32."""
ROOT = "network"
"""The name of a layer that is the whole network."""
PREFIXES = ("module.", "_orig_mod.", "model.")
"""What wrappers (DDP, torch.compile, Lightning) put before every name."""
_WRAPPERS = ("_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module.")
"""What they put within names."""

_BUFFERS = re.compile(
    r"(^|\.)(num_batches_tracked|running_mean|running_var|position_ids|token_type_ids|masked_bias|inv_freq|"
    r"relative_position_index|relative_coords_table|[a-z_]*mask|[a-z_]*rotary[a-z_.]*)$"
)
_RECURRENT = re.compile(r"(weight|bias)_(ih|hh|hr)(_l\d+(?:_reverse)?)?")
_PROJECTION = re.compile(r"([qkv]_proj)_weight")
_PARAMETRISED = re.compile(r"(?:(.*)\.)?parametrizations\.(\w+)\.(original[01]?|\d+\..+)")
_HOOKED = re.compile(r"(weight|bias)_(g|v|orig|u|mask)")
_OLD = {"g": "original0", "v": "original1", "orig": "original", "u": "0._u", "mask": "mask"}
"""What PyTorch's first weight_norm and spectral_norm, and pruning, call what parametrizations call …"""
_KEYS = {"weight": "weight", "bias": "bias", "gamma": "weight", "beta": "bias"}
_FORMER = ("gamma", "beta")


@dataclass(frozen=True)
class Header:
    """What is known of a tensor before it is read.

    Attributes:
        shape: of it.
        dtype: as PyTorch calls it, without `torch.`; "sparse", "quantised", "meta", "uninitialised", "uncomputed" and
            "misnamed" of tensors that are so.
        owner: the first tensor of the same file or network that holds the same memory, else empty.
    """

    shape: Shape
    dtype: str
    owner: str = ""


@dataclass(frozen=True)
class Effective:
    """How a parameter is made of tensors.

    Attributes:
        shape: of the parameter.
        tensors: names in the file: the tensor; g and v of weight_norm; the weight, u and v of spectral_norm; the
            weight and the mask of pruning.
        how: from which.
        rows: first and one past the last row, where the parameter is a part of the tensor.
        transposed: whether the tensor's two axes change places, as those of GPT-2's `Conv1D` do.
    """

    shape: Shape
    tensors: tuple[str, ...]
    how: How = "plain"
    rows: tuple[int, int] | None = None
    transposed: bool = False


@dataclass(frozen=True)
class Part:
    """A layer: its kind, its parameters `weight` and perhaps `bias`, and the layer whose weight it shares."""

    kind: str
    parameters: dict[str, Effective]
    tied: str = ""

    @property
    def shapes(self) -> dict[str, Shape]:
        """Shapes of its parameters, by their names."""
        return {key: parameter.shape for key, parameter in self.parameters.items()}


@dataclass
class Layout:
    """Layers by name, in the order of their tensors, and what is left out, with the reason."""

    parts: dict[str, Part] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)


_UNKNOWN = "it is no weight or bias of a kind of layer that is known"


def layout_of(headers: Mapping[str, Header], kinds: Mapping[str, str] | None = None) -> Layout:
    """The layers that tensors make up.

    Args:
        headers: of the tensors, by name.
        kinds: of the layers, by the modules' names, where the modules are known: names are then taken as they are, and
            what has no kind is left out. None where only names and shapes are known, as in a checkpoint.
    """
    names = {name: name for name in headers} if kinds is not None else plain_names(headers)
    layout = Layout()
    modules: dict[str, dict[str, Effective]] = defaultdict(dict)
    running = {name.rpartition(".")[0] for name in names if name.rpartition(".")[2] == "running_mean"}
    made = _parametrised(names, headers, layout)
    unread: dict[str, str] = {}
    for name, raw in names.items():
        header = headers[raw]
        if name in made:
            if made[name]:
                module, key, effective = made[name][0]
                modules[module][key] = effective
        elif kinds is None and _is_buffer(name, header.shape):
            continue
        elif reason := reason_unread(header):
            unread[name] = reason
        elif found := _parameters(name, raw, header.shape):
            for module, key, effective in found:
                if key in modules[module] or (name.endswith(_FORMER) and _below(module, key) in names):
                    layout.skipped[name] = f"its module has a {key} already"
                else:
                    modules[module][key] = effective
        elif not header.owner:
            layout.skipped[name] = _UNKNOWN
    owners = {raw: name for name, raw in names.items()}
    lost = {name.rpartition(".")[0] for name in unread if name.rpartition(".")[2] == "weight"}
    for name, reason in unread.items():
        module = name.rpartition(".")[0]
        if module not in lost or name.endswith("weight"):  # without its weight a layer is named once
            layout.skipped[(module or ROOT) if module in lost else name] = reason
    root = ROOT
    while root in modules:  # a module has that name
        root += "_"
    for module, parameters in modules.items():
        if module in lost:
            continue
        _add(layout, module, parameters, _kind(module, parameters, module in running, kinds), headers, owners, root)
    return layout


def layers_of_parts(parts: Mapping[str, Part], numbers: Mapping[str, int] | None = None) -> list[LayerInfo]:
    """Layers as they are recorded.

    Args:
        parts: layers by name.
        numbers: their `layer_id`s by name; None where what lies between them is not known: then their places.
    """
    return [
        LayerInfo(name, place if numbers is None else numbers[name], part.kind, part.shapes["weight"], tied=part.tied)
        for place, (name, part) in enumerate(parts.items())
    ]


def plain_names(headers: Iterable[str]) -> dict[str, str]:
    """Names in the file by the names without what wrappers put before or within them."""
    names = {name: name for name in headers}
    names = {re.sub("|".join(map(re.escape, _WRAPPERS)), "", name): raw for name, raw in names.items()}
    while names and (prefix := next((p for p in PREFIXES if all(n.startswith(p) for n in names)), "")):
        names = {name.removeprefix(prefix): raw for name, raw in names.items()}
    return {name.replace("/", "."): raw for name, raw in names.items()}


def _is_buffer(name: str, shape: Shape) -> bool:
    return bool(_BUFFERS.search(name)) or (name.endswith("attn.bias") and len(shape) == 4)


def reason_unread(header: Header) -> str:
    """Why a tensor is not recorded, empty where it is."""
    if header.dtype == "uninitialised":
        return "it has no values before the first forward pass"
    if header.dtype == "uncomputed":
        return "its parametrisation fails"
    if header.dtype == "meta":
        return "it is on the device meta and has no values"
    if header.dtype == "misnamed":
        return "its name is none that a layer can have in a store"
    if header.dtype.startswith("complex"):
        return f"its entries are complex ({header.dtype})"
    if header.dtype in ("sparse", "quantised"):
        return f"it is {header.dtype}"
    if header.dtype not in FLOATS:
        return f"its entries are {header.dtype}, no floating-point numbers that are read"
    return "" if all(header.shape) else "it is empty"


def _parameters(name: str, raw: str, shape: Shape) -> list[tuple[str, str, Effective]]:
    """Module, key and parameter that a tensor is; three of each where it is q, k and v in one; none where unknown."""
    module, _, last = name.rpartition(".")
    if last in _KEYS:
        return [(module, _KEYS[last], Effective(shape, (raw,)))]
    if last in ("in_proj_weight", "in_proj_bias") and shape[0] % 3 == 0:
        rows, key = shape[0] // 3, last.removeprefix("in_proj_")
        return [
            (
                _below(module, f"{part}_proj"),
                key,
                Effective((rows, *shape[1:]), (raw,), rows=(i * rows, (i + 1) * rows)),
            )
            for i, part in enumerate("qkv")
        ]
    if found := _RECURRENT.fullmatch(last):
        return [(_below(module, found[2] + (found[3] or "")), found[1], Effective(shape, (raw,)))]
    if found := _PROJECTION.fullmatch(last):
        return [(_below(module, found[1]), "weight", Effective(shape, (raw,)))]
    return []


def _below(module: str, name: str) -> str:
    return f"{module}.{name}" if module else name


def _parametrised(
    names: Mapping[str, str], headers: Mapping[str, Header], layout: Layout
) -> dict[str, list[tuple[str, str, Effective]]]:
    """What parametrisations' tensors make, by the first tensor's name; an empty list for the others.

    What only a model's code could compute is named in the layout.
    """
    groups: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for name in names:
        module, _, last = name.rpartition(".")
        if found := _PARAMETRISED.fullmatch(name):
            groups[found[1] or "", found[2]][found[3]] = name
        elif found := _HOOKED.fullmatch(last):
            groups[module, found[1]][_OLD[found[2]]] = name
    made: dict[str, list[tuple[str, str, Effective]]] = {}
    chosen: tuple[str, ...]
    how: How
    for (module, key), group in groups.items():
        old = any(name.endswith("_orig") for name in group.values())
        v = group.get("original1" if old else "0._v", "")
        if "original0" in group and "original1" in group and key in _KEYS:
            chosen, how = (group["original0"], group["original1"]), "weight_norm"
        elif "original" in group and "0._u" in group and v:
            chosen, how = (group["original"], group["0._u"], v), "spectral_norm"
        elif group.keys() == {"original", "mask"}:
            chosen, how = (group["original"], group["mask"]), "pruned"
        elif group.keys() <= {"original0", "original1", "0._u", "mask"} and not any(
            "parametrizations" in name for name in group.values()
        ):
            continue  # names that only look like a parametrisation's
        else:
            layout.skipped[_below(module, key)] = "only the model's code can compute its parametrisation"
            made |= {name: [] for name in group.values()}
            continue
        made |= {name: [] for name in group.values()}
        raw = tuple(names[name] for name in chosen)
        if reason := next((reason for tensor in raw if (reason := reason_unread(headers[tensor]))), ""):
            layout.skipped[_below(module, key)] = reason
            continue
        shape = headers[raw[1 if how == "weight_norm" else 0]].shape
        if how == "spectral_norm" and not _fits(shape, *(headers[tensor].shape for tensor in raw[1:])):
            layout.skipped[_below(module, key)] = "the vectors of its spectral normalisation do not fit it"
            continue
        first = min(group.values(), key=list(names).index)
        made[first] = [(module, key, Effective(shape, raw, how))]
    return made


def _fits(shape: Shape, u: Shape, v: Shape) -> bool:
    """Whether a weight can be the matrix, by its first or second axis, of which u and v are the singular vectors."""
    return len(u) == len(v) == 1 and u[0] in shape[:2] and math.prod(shape) == u[0] * v[0]


def _kind(
    module: str, parameters: Mapping[str, Effective], running: bool, kinds: Mapping[str, str] | None
) -> tuple[str, str]:
    """The kind of a module's layer, or why it has none."""
    if "weight" not in parameters:
        return "", "it is a bias without a weight that is recorded"
    if kinds is None:
        return kind_of_name(module or ROOT, parameters["weight"].shape, running=running)
    return (kinds[module], "") if kinds.get(module) else ("", _UNKNOWN)


def _add(
    layout: Layout,
    module: str,
    parameters: dict[str, Effective],
    kind: tuple[str, str],
    headers: Mapping[str, Header],
    owners: Mapping[str, str],
    root: str,
) -> None:
    """Add a module's layer, or say why it is none; `root` is the name of the layer that is the whole network."""
    if kind[1]:
        for key in parameters:
            layout.skipped[_below(module, key)] = kind[1]
        return
    weight, bias = parameters["weight"], parameters.get("bias")
    if bias is not None and len(bias.shape) != 1:
        layout.skipped[_below(module, "bias")] = f"a bias of shape {bias.shape} is none that is known"
        parameters = {"weight": weight}
    owner = headers[weight.tensors[0]].owner if weight.how == "plain" and not weight.rows else ""
    tied = owners[owner].rpartition(".")[0] if owner else ""
    layout.parts[module or root] = Part(kind[0], parameters, tied if tied in layout.parts else "")
