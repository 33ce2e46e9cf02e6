"""From the names and shapes of a checkpoint's tensors to a network's layers; no model's code is needed."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from weightreel.analysis.networks.checkpoints.read import FLOATS, Header

Shape = tuple[int, ...]
How = Literal["plain", "weight_norm", "spectral_norm"]

PREFIXES = ("module.", "_orig_mod.", "model.")
"""What wrappers (DDP, torch.compile, Lightning) put before every name."""
_WRAPPERS = ("_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module.")
"""What they put within names."""

_BUFFERS = re.compile(
    r"(^|\.)(num_batches_tracked|running_mean|running_var|position_ids|token_type_ids|masked_bias|inv_freq|"
    r"relative_position_index|relative_coords_table|[a-z_]*mask|[a-z_]*rotary[a-z_.]*)$"
)
_EMBEDDING = re.compile(r"(^|_)(emb|embed|embedding|wte|wpe|tok|token|shared)s?(_|\d|$)", re.IGNORECASE)
_TRANSPOSED = re.compile(r"transpose|deconv|upconv", re.IGNORECASE)
_NO_NORM = re.compile(r"(^|[._])(p?relu|act|activation)\d*$", re.IGNORECASE)
_NORMS = (
    ("instancenorm", re.compile(r"instance_?norm|(^|[._])in\d+$", re.IGNORECASE)),
    ("groupnorm", re.compile(r"group_?norm|(^|[._])gn\d*$", re.IGNORECASE)),
    ("rmsnorm", re.compile(r"rms", re.IGNORECASE)),
)
_RECURRENT = re.compile(r"(weight|bias)_(ih|hh|hr)(_l\d+(?:_reverse)?)?")
_PROJECTION = re.compile(r"([qkv]_proj)_weight")
_PARAMETRISED = re.compile(r"(?:(.*)\.)?parametrizations\.(\w+)\.(original[01]?|\d+\..+)")
_OLD = {"weight_g": "original0", "weight_v": "original1", "weight_orig": "original", "weight_u": "0._u"}
"""What PyTorch's first weight_norm and spectral_norm call what parametrizations call …"""
_KEYS = {"weight": "weight", "bias": "bias", "gamma": "weight", "beta": "bias"}


@dataclass(frozen=True)
class Effective:
    """How a parameter is made of tensors.

    Attributes:
        shape: of the parameter.
        tensors: names in the file: the tensor; g and v of weight_norm; the weight, u and v of spectral_norm.
        how: from which.
        rows: first and one past the last row, where the parameter is a part of the tensor.
    """

    shape: Shape
    tensors: tuple[str, ...]
    how: How = "plain"
    rows: tuple[int, int] | None = None


@dataclass(frozen=True)
class Part:
    """A layer: its kind, its parameters `weight` and perhaps `bias`, and the layer whose weight it shares."""

    kind: str
    parameters: dict[str, Effective]
    tied: str = ""

    @property
    def shapes(self) -> dict[str, Shape]:
        """Of its parameters."""
        return {key: parameter.shape for key, parameter in self.parameters.items()}


@dataclass
class Layout:
    """Layers by name, in the order of the file, and what is left out, with the reason."""

    parts: dict[str, Part] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)


def layout_of(headers: Mapping[str, Header]) -> Layout:
    """The layers that a checkpoint's tensors make up."""
    names = plain_names(headers)
    layout = Layout()
    modules: dict[str, dict[str, Effective]] = defaultdict(dict)
    running = {name.rpartition(".")[0] for name in names if name.rpartition(".")[2] == "running_mean"}
    made = _parametrised(names, headers, layout)
    for name, raw in names.items():
        header = headers[raw]
        if name in made:
            if made[name]:
                module, key, effective = made[name][0]
                modules[module][key] = effective
        elif _BUFFERS.search(name) or (name.endswith("attn.bias") and len(header.shape) == 4):
            continue
        elif reason := _unreadable(header):
            layout.skipped[name] = reason
        else:
            for module, key, effective in _parameters(name, raw, header.shape):
                modules[module][key] = effective
            if not _parameters(name, raw, header.shape):
                layout.skipped[name] = "its name ends in neither weight nor bias"
    owners = {raw: name for name, raw in names.items()}
    for module, parameters in modules.items():
        _add(layout, module, parameters, module in running, headers, owners)
    return layout


def plain_names(headers: Iterable[str]) -> dict[str, str]:
    """Names in the file by the names without what wrappers put before or within them."""
    names = {name: name for name in headers}
    names = {re.sub("|".join(map(re.escape, _WRAPPERS)), "", name): raw for name, raw in names.items()}
    while names and (prefix := next((p for p in PREFIXES if all(n.startswith(p) for n in names)), "")):
        names = {name.removeprefix(prefix): raw for name, raw in names.items()}
    return {name.replace("/", "."): raw for name, raw in names.items()}


def _unreadable(header: Header) -> str:
    """Why a tensor is not recorded, empty where it is."""
    if header.dtype.startswith("complex"):
        return f"its entries are complex ({header.dtype})"
    if header.dtype in ("sparse", "quantised"):
        return f"it is {header.dtype}"
    if header.dtype not in FLOATS:
        return f"its entries are {header.dtype}, no floating-point numbers that are read"
    return "" if all(header.shape) else "it has no entries"


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
        elif last in _OLD:
            groups[module, "weight"][_OLD[last]] = name
    made: dict[str, list[tuple[str, str, Effective]]] = {}
    chosen: tuple[str, ...]
    how: How
    for (module, key), group in groups.items():
        old = any(name.endswith("weight_orig") for name in group.values())
        v = group.get("original1" if old else "0._v", "")
        if "original0" in group and "original1" in group and key in _KEYS:
            chosen, how = (group["original0"], group["original1"]), "weight_norm"
        elif "original" in group and "0._u" in group and v:
            chosen, how = (group["original"], group["0._u"], v), "spectral_norm"
        elif set(group.values()) <= {
            _below(module, "weight_v"),
            _below(module, "weight_u"),
            _below(module, "weight_g"),
        }:
            continue  # names that only look like a parametrisation's
        else:
            layout.skipped[_below(module, key)] = "only the model's code can compute its parametrisation"
            made |= {name: [] for name in group.values()}
            continue
        made |= {name: [] for name in group.values()}
        raw = tuple(names[name] for name in chosen)
        if reason := next((reason for tensor in raw if (reason := _unreadable(headers[tensor]))), ""):
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


def _add(
    layout: Layout,
    module: str,
    parameters: dict[str, Effective],
    running: bool,
    headers: Mapping[str, Header],
    owners: Mapping[str, str],
) -> None:
    """Add a module's layer, or say why it is none."""
    name, weight = module or "network", parameters.get("weight")
    if weight is None:
        layout.skipped[_below(module, "bias")] = "it is a bias without a weight that is recorded"
        return
    kind, reason = kind_of(name, weight.shape, running=running)
    if reason:
        layout.skipped[_below(module, "weight")] = reason
        return
    bias = parameters.get("bias")
    if bias is not None and len(bias.shape) != 1:
        layout.skipped[_below(module, "bias")] = f"a bias of shape {bias.shape} is none that is known"
        parameters = {"weight": weight}
    owner = headers[weight.tensors[0]].owner if weight.how == "plain" and not weight.rows else ""
    tied = owners[owner].rpartition(".")[0] if owner else ""
    layout.parts[name] = Part(kind, parameters, tied if tied in layout.parts else "")


def kind_of(name: str, shape: Shape, *, running: bool = False) -> tuple[str, str]:
    """A layer's kind by its name and its weight's shape, or why it has none.

    Args:
        name: of the module, without `.weight`.
        shape: of its weight.
        running: whether the module keeps a running mean.
    """
    if len(shape) == 1:
        if running:
            return "batchnorm", ""
        if _NO_NORM.search(name):
            return "", "a weight of one dimension that belongs to no normalisation"
        return next((kind for kind, pattern in _NORMS if pattern.search(name)), "layernorm"), ""
    if len(shape) == 2:
        return ("embedding" if _EMBEDDING.search(name.rpartition(".")[2]) else "linear"), ""
    if 3 <= len(shape) <= 5:
        return f"conv{'transpose' if _TRANSPOSED.search(name) else ''}{len(shape) - 2}d", ""
    return "", f"no layer that is known has a weight of {len(shape)} dimensions"
