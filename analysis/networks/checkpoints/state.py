"""A checkpoint's parameters by name, each read and made when it is asked for, and held by nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.interrupts import stop_if_interrupted
from weightreel.analysis.networks.checkpoints.find import Checkpoint
from weightreel.analysis.networks.checkpoints.names import Effective, Part
from weightreel.analysis.networks.checkpoints.read import Source, open_checkpoint

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
        return effective(self._parameters[name], self._sources)

    def __contains__(self, name: object) -> bool:
        return name in self._parameters

    def __iter__(self) -> Iterator[str]:
        return iter(self._parameters)

    def __len__(self) -> int:
        return len(self._parameters)


def effective(parameter: Effective, sources: Mapping[str, Source]) -> Array:
    """The values that the network's forward pass uses, in evaluation mode."""
    first, *others = (_read(name, sources) for name in parameter.tensors)
    if parameter.how == "weight_norm":
        return weight_normed(first, others[0])
    if parameter.how == "spectral_norm":
        return spectrally_normed(first, *others)
    return first if parameter.rows is None else first[slice(*parameter.rows)]


def _read(name: str, sources: Mapping[str, Source]) -> Array:
    return sources[name].read(name)


def weight_normed(g: Array, v: Array) -> Array:
    """g v / ‖v‖, the norm over the axes along which g has one entry (Salimans and Kingma 2016).

    Args:
        g: lengths, of as many axes as v, or a single number.
        v: directions.
    """
    if g.ndim and v.ndim == g.ndim and all(n == 1 for n in g.shape[1:]):
        rows = np.array([np.linalg.norm(row) for row in v.reshape(len(v), -1)])
        return v * (g / rows.reshape(g.shape)).astype(np.float32)  # type: ignore[no-any-return]
    axes = tuple(axis for axis in range(v.ndim) if not g.ndim or g.shape[axis] == 1)
    norm = np.sqrt(np.square(v, dtype=np.float64).sum(axes, keepdims=True))
    return (v * (g.reshape(g.shape or (1,) * v.ndim) / norm)).astype(np.float32)  # type: ignore[no-any-return]


def spectrally_normed(weight: Array, u: Array, v: Array) -> Array:
    """W / (u·W v), as spectral normalisation has it in evaluation mode (Miyato et al. 2018).

    Args:
        weight: shape (out, …), or with the axis that u belongs to in the second place, as transposed convolutions have.
        u: the estimate of the left singular vector.
        v: that of the right one.
    """
    front = weight if weight.shape[0] == len(u) else weight.swapaxes(0, 1)
    sigma = float(u @ (front.reshape(len(front), -1) @ v))
    return weight / np.float32(sigma)
