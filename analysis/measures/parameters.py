"""What is kept of a network at an epoch: histograms, statistics and samples of its parameters.

Knows nothing of the store: it gives arrays by their path below a run.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.kinds import MATRIX_KINDS, LayerInfo
from weightreel.analysis.maths.description import Description, describe, quantiles_of
from weightreel.analysis.segments import name_of, segment_of

Array = NDArray[Any]

QUANTILES = (0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999)
PARAMETERS = ("weight", "bias")


def record_parameters(layers: Sequence[LayerInfo], state: Mapping[str, Array], sample: int) -> dict[str, Array]:
    """Record one epoch.

    Args:
        layers: the layers to record; of those that are `tied`, whose weight another holds, the bias alone.
        state: effective parameters by `state_dict` name, as NumPy arrays. A mapping may read them when asked; each is
            asked for twice, and never more than one is held. Where a layer's weight is missing, nothing is recorded of
            all layers together.
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
            root, found = f"{path_of_layer(layer)}/{key}", describe(values)
            _keep(record, root, found, [values])
            record[f"{root}/sample"] = np.take(values, sampled_entries(root, values.size, sample))
            if layer.kind in MATRIX_KINDS:
                together[key] = together[key].merged(found) if key in together else found
                names.setdefault(key, []).append(name)
            if key == "weight" and layer.kind == "conv2d" and first_convolution:
                record[f"{path_of_layer(layer)}/filters"] = values
                first_convolution = False
            del values  # before the next is read
    if any(not layer.tied and f"{layer.name}.weight" not in state for layer in layers):
        together.clear()
    for key, found in together.items():
        _keep(record, f"parameters/{key}", found, (state[name] for name in names[key]))
    return record


def path_of_layer(layer: LayerInfo) -> str:
    """Where a layer stands below its run; its name may hold anything."""
    return f"layers/{segment_of(layer.name)}"


def not_finite(record: Mapping[str, Array]) -> dict[str, int]:
    """How many entries are NaN or infinite in each parameter that has such entries, by its name, as `conv1.weight`."""
    counts = {key.removesuffix("/n_not_finite"): int(n) for key, n in record.items() if key.endswith("/n_not_finite")}
    named = {".".join(map(name_of, key.removeprefix("layers/").split("/"))): count for key, count in counts.items()}
    return {name: count for name, count in named.items() if count}


def sampled_entries(name: str, size: int, sample: int) -> Array:
    """Which entries of a parameter are followed, of the flat array, ascending; the same whenever they are asked for.

    Args:
        name: its path below the run, such as `layers/features.0/weight`.
        size: entries that it has.
        sample: entries to follow; all where it has no more.
    """
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
