"""A store in memory as groups and datasets, with the names that h5py has: what is recounted is the schema's tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.store.writer import Contents

Array = NDArray[Any]


class Dataset:
    """An array, with its full path and attributes."""

    def __init__(self, name: str, array: Array, attrs: Mapping[str, Any]) -> None:
        self.name = name
        self.attrs = attrs
        self._array = array

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape."""
        return self._array.shape

    def __len__(self) -> int:
        return len(self._array)

    def __getitem__(self, index: Any) -> Any:
        """A part of the array; all of it at `()`."""
        return self._array[index]


class Group(Mapping[str, Any]):
    """A group, with its full path, its attributes and its members by name; `group["a/b"]` reaches deeper."""

    def __init__(self, name: str, attrs: Mapping[str, Any]) -> None:
        self.name = name
        self.attrs = attrs
        self._members: dict[str, Any] = {}

    def __getitem__(self, key: str) -> Any:
        found: Any = self
        for part in key.split("/"):
            if not isinstance(found, Group):
                raise KeyError(key)
            found = found._members[part]
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def datasets(self) -> Iterator[Dataset]:
        """All datasets below, by their paths."""
        for member in self._members.values():
            if isinstance(member, Group):
                yield from member.datasets()
            else:
                yield member

    def group(self, name: str, attributes: Mapping[str, Mapping[str, Any]]) -> Group:
        """The member group of a name, made where there is none."""
        if name not in self._members:
            path = f"{self.name.rstrip('/')}/{name}"
            self._members[name] = Group(path, attributes.get(path, {}))
        member: Group = self._members[name]
        return member

    def put(self, name: str, dataset: Dataset) -> None:
        """Add a dataset."""
        self._members[name] = dataset


def tree(contents: Contents) -> Group:
    """The root of a store's contents."""
    attributes = contents.attributes
    root = Group("/", attributes.get("/", {}))

    def at(parts: list[str]) -> Group:
        group = root
        for part in parts:
            group = group.group(part, attributes)
        return group

    for path in sorted(contents.datasets):
        *groups, name = path.split("/")[1:]
        at(groups).put(name, Dataset(path, np.asarray(contents.datasets[path]), attributes.get(path, {})))
    for path in sorted(attributes):
        if path not in contents.datasets and path != "/":
            at(path.split("/")[1:])
    return root
