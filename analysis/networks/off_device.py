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


class Copies:
    """Asks for copies of many tensors, and waits for all of them at once."""

    def __init__(self) -> None:
        self._room = PINNED
        self._devices: set[torch.device] = set()

    def take(self, tensor: Tensor) -> Tensor:
        """A copy on the processor, with the same strides, whole after `arrive`; the tensor itself may go at once."""
        if not tensor.is_cuda:
            return torch.empty_like(tensor, device="cpu").copy_(tensor)
        self._devices.add(tensor.device)
        pinned = self._pinned_like(tensor)
        return torch.empty_like(tensor, device="cpu").copy_(tensor) if pinned is None else pinned

    def arrive(self) -> None:
        """Wait until all copies are whole."""
        for device in self._devices:
            torch.cuda.current_stream(device).synchronize()

    def _pinned_like(self, tensor: Tensor) -> Tensor | None:
        """A copy that is on its way, None where there is no room for it."""
        if tensor.nbytes > self._room:
            return None
        try:
            copy = torch.empty_like(tensor, device="cpu", pin_memory=True)
        except RuntimeError:  # the system has no more of such pages
            self._room = 0
            return None
        self._room -= tensor.nbytes
        return copy.copy_(tensor, non_blocking=True)


def off_device(tree: Any) -> Any:
    """A tree of dictionaries, lists and tuples with its tensors copied, each once; all else is handed on."""
    copies = Copies()
    taken: dict[tuple[Any, ...], Tensor] = {}

    def copied(node: Any) -> Any:
        if isinstance(node, Mapping):
            return {key: copied(value) for key, value in node.items()}
        if isinstance(node, list | tuple):
            return type(node)(copied(value) for value in node)
        if not isinstance(node, Tensor):
            return node
        tensor = node.detach()
        same = (tensor.device, tensor.data_ptr(), tensor.dtype, tuple(tensor.shape), tensor.stride())
        if same not in taken:
            taken[same] = copies.take(tensor)
        return taken[same]

    found = copied(tree)
    copies.arrive()
    return found


def as_arrays(tensors: Mapping[str, Tensor]) -> dict[str, Array]:
    """Tensors on the processor as arrays in C order, which share their memory where they can."""
    return {name: np.asarray(tensor.numpy(), order="C") for name, tensor in tensors.items()}
