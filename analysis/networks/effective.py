"""Parameters as a network's forward pass uses them, made of the tensors that it keeps; NumPy alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.networks.layers import Effective

Array = NDArray[np.float32]


def effective(parameter: Effective, read: Callable[[str], Array]) -> Array:
    """The values that the network's forward pass uses, in evaluation mode.

    Args:
        parameter: how it is made of tensors.
        read: gives a tensor by its name, as float32.
    """
    first, *others = (read(name) for name in parameter.tensors)
    if parameter.how == "weight_norm":
        return weight_normed(first, others[0])
    if parameter.how == "spectral_norm":
        return spectrally_normed(first, *others)
    if parameter.how == "pruned":
        return first * others[0]
    rows = first if parameter.rows is None else first[slice(*parameter.rows)]
    return rows.T if parameter.transposed else rows


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
