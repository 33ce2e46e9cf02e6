"""The stacked layers of a run: which of them has a part in which array, and where."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

import h5py
import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.store.layout import LAYER, LENGTHS, MEASURED, above, attribute_of, in_file, in_schema

Array = NDArray[Any]

SCALING = {"CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", "DIMENSION_LABELS"}
"""Attributes with which HDF5 says what dimensions are called."""
INTERNAL = {"units", "long_name", "_Encoding", MEASURED, LENGTHS, *SCALING}
"""Attributes that say how something stands in the file, not what the schema has to say of it."""


BROKEN = (OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError, AttributeError, IndexError)
"""What h5py raises where HDF5 cannot go on."""


def reason(error: BaseException) -> str:
    """The first line of what HDF5 says."""
    return str(error).partition("\n")[0].strip("'\" ")[:200] or type(error).__name__


def plain(value: Any) -> Any:
    """An attribute as Python has it: text as str, one number as int or float; arrays stay arrays."""
    if isinstance(value, bytes):  # np.bytes_ too
        return value.decode()
    return value.item() if isinstance(value, np.generic) else value


def attributes_of(item: h5py.Group | h5py.Dataset) -> dict[str, Any]:
    """The attributes of a group or dataset that the schema speaks of."""
    return {name: plain(item.attrs[name]) for name in item.attrs if name not in INTERNAL}


def read(dataset: h5py.Dataset) -> Array:
    """A whole dataset; strings as an object array."""
    return np.asarray(dataset.asstr()[()] if h5py.check_string_dtype(dataset.dtype) else dataset[()])


class Part(NamedTuple):
    """Where a layer's array stands: row `start` of a dataset, or its columns from `start` to `stop`."""

    dataset: h5py.Dataset
    start: int
    stop: int | None

    @property
    def shape(self) -> tuple[int, ...]:
        """The array's shape."""
        shape = tuple(int(n) for n in self.dataset.shape)
        return shape[1:] if self.stop is None else (*shape[:-1], self.stop - self.start)

    def of(self, whole: Array) -> Array:
        """The array, from the dataset that was read."""
        return np.array(whole[self.start] if self.stop is None else whole[..., self.start : self.stop])


class Item(NamedTuple):
    """A group or dataset of the file, and the names of its attributes."""

    node: h5py.Group | h5py.Dataset
    attributes: frozenset[str]

    @property
    def is_dataset(self) -> bool:
        """Whether it is a dataset."""
        return isinstance(self.node, h5py.Dataset)

    def described(self) -> dict[str, Any]:
        """The attributes that the schema speaks of."""
        return {name: plain(self.node.attrs[name]) for name in self.attributes - INTERNAL}


def items(group: h5py.Group) -> dict[str, Item]:
    """Everything below a group, by its path from there: to open each once costs most of what reading a file does."""
    found: dict[str, Item] = {}

    def take(key: str, node: h5py.Dataset | h5py.Group) -> None:
        found[key] = Item(node, frozenset(node.attrs))

    group.visititems(take)
    return found


class Network:
    """The stacked arrays of one run's layers."""

    def __init__(self, found: dict[str, Item]) -> None:
        """Take what stands in the group, by its path from there."""
        self._items = found
        self._read: dict[str, Array] = {}

    @cached_property
    def layers(self) -> list[str]:
        """The layers, in their order."""
        return [str(name) for name in read(self._items[LAYER].node)]

    @cached_property
    def names(self) -> dict[str, int]:
        """The layers, and their places."""
        return {name: i for i, name in enumerate(self.layers)}

    @cached_property
    def datasets(self) -> dict[str, h5py.Dataset]:
        """What is stacked, by its path below a layer."""
        return {
            in_schema(f"/{key}")[1:]: item.node
            for key, item in self._items.items()
            if item.is_dataset and "CLASS" not in item.attributes  # neither a scale nor the layers
        }

    @cached_property
    def parts(self) -> dict[str, dict[str, Part]]:
        """Where each layer's arrays and attributes stand, by their path below it, then by layer."""
        return {below: dict(self._parts(dataset)) for below, dataset in self.datasets.items()}

    def _parts(self, dataset: h5py.Dataset) -> Iterator[tuple[str, Part]]:
        if LENGTHS in dataset.attrs:
            start = 0
            for name, length in zip(self.names, dataset.attrs[LENGTHS].tolist(), strict=True):
                if length >= 0:
                    yield name, Part(dataset, start, start + length)
                    start += length
        else:
            measured = dataset.attrs.get(MEASURED)
            for name, i in self.names.items():
                if measured is None or measured[i]:
                    yield name, Part(dataset, i, None)

    def part(self, layer: str, below: str) -> Part | None:
        """Where an array of a layer stands; None where it has no such array."""
        return None if attribute_of(below) else self.parts.get(below, {}).get(layer)

    def read(self, layer: str, below: str) -> Array:
        """An array of a layer. The whole of it is kept: who wants one layer's mostly wants the others' too."""
        return self.parts[below][layer].of(self._whole(below))

    def _whole(self, below: str) -> Array:
        if below not in self._read:
            self._read[below] = read(self.datasets[below])
        return self._read[below]

    @cached_property
    def attributes(self) -> dict[str, dict[str, dict[str, Any]]]:
        """The attributes of the layers' groups and datasets, by layer, then by the path below it."""
        found: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in self.names}
        for below, parts in self.parts.items():
            if attribute_of(below):
                group, _, name = below.rpartition("/")
                for layer, part in parts.items():
                    value = part.of(self._whole(below))
                    found[layer].setdefault(group, {})[name] = value.item() if not value.ndim else value
            elif shared := self._described(below):
                for layer in parts:
                    found[layer].setdefault(below, {}).update(shared)
        for group, layers in self.groups.items():
            if shared := self._described(group):
                for layer in layers:
                    found[layer].setdefault(group, {}).update(shared)
        return found

    def _described(self, below: str) -> dict[str, Any]:
        """The attributes that all layers share, of what stands at a path below them."""
        return self._items[in_file(f"/{below}")[1:] if below in self.datasets else below].described()

    @cached_property
    def groups(self) -> dict[str, set[str]]:
        """The layers that have anything in each group, by its path below them."""
        found: dict[str, set[str]] = {}
        for below, parts in self.parts.items():
            if not attribute_of(below):
                for group in above(below):
                    found.setdefault(group, set()).update(parts)
        return found
