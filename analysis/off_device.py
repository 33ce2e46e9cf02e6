"""Copies of tensors on the processor, which stay as they are while the training goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[Any]

PINNED = 2**30
"""Bytes up to which copies lie in pages that the device writes to by itself; such pages cannot be swapped out."""


def off_device(tree: Any) -> Any:
    """A tree of dictionaries, lists and tuples with its tensors copied, each once; all else is handed on.

    From a CUDA device they are asked for together and waited for once.
    """
    copies: dict[tuple[Any, ...], Tensor] = {}
    room = PINNED

    def copied(node: Any) -> Any:
        nonlocal room
        if isinstance(node, Mapping):
            return {key: copied(value) for key, value in node.items()}
        if isinstance(node, list | tuple):
            return type(node)(copied(value) for value in node)
        if not isinstance(node, Tensor):
            return node
        tensor = node.detach()
        same = (tensor.device, tensor.data_ptr(), tensor.dtype, tuple(tensor.shape), tensor.stride())
        if same not in copies:
            pinned = tensor.is_cuda and tensor.nbytes <= room
            room -= tensor.nbytes if pinned else 0
            copies[same] = _empty_like(tensor, pinned).copy_(tensor, non_blocking=pinned)
        return copies[same]

    found = copied(tree)
    for device in {device for device, *_ in copies if device.type == "cuda"}:
        torch.cuda.current_stream(device).synchronize()
    return found


def as_arrays(tensors: Mapping[str, Tensor]) -> dict[str, Array]:
    """Tensors on the processor as arrays in C order, which share their memory where they can."""
    return {name: np.asarray(tensor.numpy(), order="C") for name, tensor in tensors.items()}


def _empty_like(tensor: Tensor, pinned: bool) -> Tensor:
    """Room on the processor, with the strides of `tensor`."""
    if pinned:
        try:
            return torch.empty_like(tensor, device="cpu", pin_memory=True)
        except RuntimeError:  # the system has no more of such pages
            pass
    return torch.empty_like(tensor, device="cpu")
