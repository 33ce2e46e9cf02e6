"""A checkpoint's parameters by name, each read and made when it is asked for, and held by nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.interrupts import stop_if_interrupted
from weightreel.analysis.networks.checkpoints.find import Checkpoint
from weightreel.analysis.networks.checkpoints.read import open_checkpoint
from weightreel.analysis.networks.effective import effective
from weightreel.analysis.networks.layers import Part

Array = NDArray[np.float32]


class LazyState(Mapping[str, Array]):
    """Effective parameters by `LAYER.weight` and `LAYER.bias`, float32; they may be views of a file, not to be changed.

    Raises:
        WeightreelError: when it is made: the checkpoint cannot be read.
    """

    def __init__(self, checkpoint: Checkpoint, parts: Mapping[str, Part]) -> None:
        _, self._sources = open_checkpoint(checkpoint)
        self._parameters = {
            f"{layer}.{key}": parameter for layer, part in parts.items() for key, parameter in part.parameters.items()
        }

    def __getitem__(self, name: str) -> Array:
        stop_if_interrupted()
        return effective(self._parameters[name], lambda tensor: self._sources[tensor].read(tensor))

    def __contains__(self, name: object) -> bool:
        return name in self._parameters

    def __iter__(self) -> Iterator[str]:
        return iter(self._parameters)

    def __len__(self) -> int:
        return len(self._parameters)
