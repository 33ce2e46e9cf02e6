"""Where a Recorder without a model takes parameters from: arrays by name, as any library has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from weightreel.analysis.networks.effective import effective
from weightreel.analysis.networks.layers import Header, layers_of_parts, layout_of

Array = NDArray[Any]


class GivenArrays:
    """Layers of arrays by name; made of the first ones, and read like a `networks.live.LiveNetwork`.

    Attributes:
        given: the arrays that `state` reads.
        layers, skipped, lacks: as of a `LiveNetwork`.
        count: entries of all arrays.
    """

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = given
        arrays = {name: as_array(values) for name, values in given.items()}
        layout = layout_of({name: Header(array.shape, str(array.dtype)) for name, array in arrays.items()})
        self._parts, self.skipped = layout.parts, layout.skipped
        self.layers = layers_of_parts(layout.parts)
        self.count = sum(int(np.prod(shape)) for part in layout.parts.values() for shape in part.shapes.values())
        self.lacks: dict[str, str] = {}
        self._shapes = {name: array.shape for name, array in arrays.items()}

    def state(self) -> dict[str, Array]:
        """Effective parameters by `LAYER.weight` and `LAYER.bias`; those of `lacks` are left out."""
        found: dict[str, Array] = {}
        self.lacks = {}
        for layer, part in self._parts.items():
            for key, made in part.parameters.items():
                try:
                    found[f"{layer}.{key}"] = effective(made, self._read)
                except Exception as error:  # of other people's types
                    self.lacks.setdefault(layer, " ".join(str(error).split()))
        return found

    def _read(self, name: str) -> Array:
        if name not in self.given:
            raise ValueError(f"parameters lack {name!r}, which the first record had")
        with np.errstate(over="ignore"):  # what float32 cannot hold is infinite
            array = np.array(as_array(self.given[name]), np.float32)
        if array.shape != self._shapes[name]:
            raise ValueError(f"{name} has the shape {array.shape}, and had {self._shapes[name]}")
        return array


def as_array(values: Any) -> Array:
    """An array of NumPy; of PyTorch's on the processor, whatever device, gradient or half precision it has."""
    if isinstance(values, torch.Tensor):
        plain = values.detach().cpu()
        return np.asarray(plain.float() if plain.dtype == torch.bfloat16 else plain)
    return np.asarray(values)
