"""What is kept of a network at an epoch: histograms, statistics and samples of its parameters.

Knows nothing of the store: it gives arrays by their path below a run.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from weightreel.analysis.kinds import MATRIX_KINDS, SPECTRUM_KINDS
from weightreel.analysis.maths.description import Description, describe, quantiles_of
from weightreel.analysis.networks.cnn import plain_modules

Array = NDArray[Any]

QUANTILES = (0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999)
PARAMETERS = ("weight", "bias")

_KINDS: tuple[tuple[type[nn.Module], str], ...] = (
    (nn.Conv1d, "conv1d"),
    (nn.Conv2d, "conv2d"),
    (nn.Conv3d, "conv3d"),
    (nn.Linear, "linear"),
    (nn.modules.batchnorm._BatchNorm, "batchnorm"),
    (nn.LayerNorm, "layernorm"),
)


@dataclass(frozen=True)
class LayerInfo:
    """A layer as the store describes it; layer_id is WeightWatcher's."""

    name: str
    layer_id: int
    kind: str
    shape: tuple[int, ...]
    feature_map: tuple[int, int] | None = None
    """Rows and columns of a two-dimensional convolution's input, where its norm on it can be measured: stride 1."""
    batchnorm: str = ""
    """The BatchNorm that takes what this layer gives, as it is."""
    batchnorm_eps: float = 0.0
    tied: str = ""
    """The layer that holds the same weight, and where it is measured."""

    @property
    def has_spectrum(self) -> bool:
        """Whether its weight is a matrix, or several, whose spectrum is measured here."""
        return self.kind in SPECTRUM_KINDS and not self.tied


def layers_of(model: nn.Module, example: Tensor | None = None) -> list[LayerInfo]:
    """Layers with parameters, in the network's order.

    Args:
        model: in evaluation mode.
        example: an input, run once through the network to see feature maps and which BatchNorm follows which layer;
            without one both stay unknown.
    """
    modules = plain_modules(model)
    maps, norms = _watch(model, dict(modules), example) if example is not None else ({}, {})
    found = []
    for layer_id, (name, module) in enumerate(modules):
        kind = next((kind for type_, kind in _KINDS if isinstance(module, type_)), None)
        weight = getattr(module, "weight", None)
        if kind and isinstance(weight, Tensor):
            norm, eps = norms.get(name, ("", 0.0))
            found.append(LayerInfo(name, layer_id, kind, tuple(weight.shape), maps.get(name), norm, eps))
    return found


def _watch(
    model: nn.Module, modules: Mapping[str, nn.Module], example: Tensor
) -> tuple[dict[str, tuple[int, int]], dict[str, tuple[str, float]]]:
    """Feature maps of convolutions, and name and ε of the BatchNorm that follows a layer, by the layer's name."""
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

        return after

    watched = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear, nn.modules.batchnorm._BatchNorm)
    handles = [m.register_forward_hook(hook(n)) for n, m in modules.items() if isinstance(m, watched)]
    try:
        with torch.no_grad():
            model(example)
    finally:
        for handle in handles:
            handle.remove()
    return maps, norms


def record_parameters(layers: Iterable[LayerInfo], state: Mapping[str, Array], sample: int) -> dict[str, Array]:
    """Record one epoch.

    Args:
        layers: the layers to record; of those that are `tied`, whose weight another holds, the bias alone.
        state: effective parameters by `state_dict` name, as NumPy arrays. A mapping may read them when asked; each is
            asked for twice, and never more than one is held.
        sample: entries of each parameter to follow; they are drawn once by the parameter's name and size.

    Returns:
        Arrays by path below the run: `layers/NAME/weight/mean`, …; histograms on their fine grid as `…/fine/…`, which
        `runs.stack` turns into `edges` and `counts` once all epochs are known. `…/n_not_finite` only where an
        entry is NaN or infinite; such entries are in no statistic.
    """
    record: dict[str, Array] = {}
    together: dict[str, Description] = {}
    names: dict[str, list[str]] = {}
    first_convolution = True
    for layer in layers:
        for key in PARAMETERS:
            name = f"{layer.name}.{key}"
            if name not in state or (layer.tied and key == "weight"):
                continue
            values = state[name]
            root, found = f"layers/{layer.name}/{key}", describe(values)
            _keep(record, root, found, [values])
            record[f"{root}/sample"] = np.take(values, _sampled(root, values.size, sample))
            if layer.kind in MATRIX_KINDS:
                together[key] = together[key].merged(found) if key in together else found
                names.setdefault(key, []).append(name)
            if key == "weight" and layer.kind == "conv2d" and first_convolution:
                record[f"layers/{layer.name}/filters"] = values
                first_convolution = False
            del values  # before the next is read
    for key, found in together.items():
        _keep(record, f"parameters/{key}", found, (state[name] for name in names[key]))
    return record


def _sampled(name: str, size: int, sample: int) -> Array:
    if size <= sample:
        return np.arange(size)
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    return np.sort(rng.choice(size, sample, replace=False))


def _keep(record: dict[str, Array], root: str, found: Description, arrays: Iterable[Array]) -> None:
    """Put a description of arrays into a record."""
    record[f"{root}/fine/grid"] = np.array([found.fine.exponent, found.fine.start])
    record[f"{root}/fine/counts"] = found.fine.counts
    for key, value in found.moments().items():
        record[f"{root}/{key}"] = np.float32(value)  # type: ignore[assignment]
    record[f"{root}/quantiles"] = quantiles_of(found, arrays, QUANTILES)
    if found.n_not_finite:
        record[f"{root}/n_not_finite"] = np.asarray(found.n_not_finite)
