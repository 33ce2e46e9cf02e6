"""What a file holds by the paths of the schema, however it stands there: layer by layer, or stacked (since 1.4)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import h5py
from numpy.typing import NDArray

from weightreel.analysis.store.layout import (
    LAYER,
    NETWORK,
    attribute_of,
    in_file,
    in_schema,
    numbers_its_dimension,
    split,
)
from weightreel.analysis.store.stacked import Item, Network, attributes_of, items, read

Array = NDArray[Any]


class View:
    """An open file by the paths of the schema."""

    def __init__(self, file: h5py.File, known: dict[str, Item] | None = None) -> None:
        """Look at a file.

        Args:
            file: open.
            known: what there is to be seen of it, by full path; by default all.
        """
        self._file = file
        if known is not None:
            self.items = known
        self.is_netcdf = file.userblock_size > 0
        """Whether every dimension has a scale, whose name no other dataset has: since version 1.4."""
        self._networks: dict[str, Network | None] = {}

    @cached_property
    def items(self) -> dict[str, Item]:
        """Everything in the file, by full path."""
        return {f"/{key}": item for key, item in items(self._file).items()}

    def network(self, run: str) -> Network | None:
        """The stacked layers of the run at a path; None where there are none."""
        if run not in self._networks:
            root = f"{run}/{NETWORK}/"
            if "items" in self.__dict__:  # everything was looked at
                found = {k.removeprefix(root): item for k, item in self.items.items() if k.startswith(root)}
            else:
                group = self._file.get(root)
                found = items(group) if isinstance(group, h5py.Group) else {}
            self._networks[run] = Network(found) if LAYER in found else None
        return self._networks[run]

    def _stacked(self, path: str) -> tuple[Network, str, str] | None:
        """The stacked layers that a path leads into, the layer and the path below it."""
        place = split(path)
        network = self.network(place[0]) if place else None
        if place is None or network is None or place[1] not in network.names:
            return None
        return network, place[1], place[2]

    def _alone(self, path: str) -> h5py.Group | h5py.Dataset | None:
        """What stands at a path by itself."""
        item = self._file.get(in_file(path) if self.is_netcdf else path)
        if item is None and self.is_netcdf:
            item = self._file.get(path)
            return item if isinstance(item, h5py.Group) else None  # a group; else a scale
        return item

    def shape(self, path: str) -> tuple[int, ...] | None:
        """The shape of the dataset at a path; None where there is none."""
        at = self._stacked(path)
        if at and (part := at[0].part(at[1], at[2])):
            return part.shape
        item = self._alone(path)
        return tuple(int(n) for n in item.shape) if isinstance(item, h5py.Dataset) else None

    def read(self, path: str) -> Array:
        """The whole dataset at a path; strings as an object array.

        Raises:
            KeyError: there is none.
            OSError: it cannot be read.
        """
        at = self._stacked(path)
        if at and at[0].part(at[1], at[2]):
            return at[0].read(at[1], at[2])
        item = self._alone(path)
        if not isinstance(item, h5py.Dataset):
            raise KeyError(path)
        return read(item)

    def has(self, path: str) -> bool:
        """Whether a dataset or group stands at a path."""
        at = self._stacked(path)
        if at:
            network, layer, below = at
            if not below or network.part(layer, below) or layer in network.groups.get(below, ()):
                return True
        return self._alone(path) is not None

    def attributes(self, path: str) -> dict[str, Any]:
        """The attributes of the group or dataset at a path; none where there is nothing."""
        at = self._stacked(path)
        item = self._alone(path)
        found = at[0].attributes[at[1]].get(at[2], {}) if at else {}
        return {**found, **(attributes_of(item) if item is not None else {})}

    def members(self, path: str) -> list[str]:
        """The names of the groups and datasets in the group at a path."""
        group = self._file.get(path)
        found = [*self._members(path, group)] if isinstance(group, h5py.Group) else []
        if path.endswith("/layers") and (network := self.network(path.removesuffix("/layers"))):
            found += [name for name in network.names if name not in found]
        return found

    def _members(self, path: str, group: h5py.Group) -> Iterator[str]:
        for name, item in group.items():
            at = f"{path}/{name}"
            if isinstance(item, h5py.Group) or not self.is_netcdf:
                yield name
            elif "CLASS" not in item.attrs or numbers_its_dimension(at):
                yield in_schema(at).rpartition("/")[2]

    def networks(self) -> Iterator[tuple[str, Network]]:
        """The groups of stacked layers, by their paths."""
        for path in self.items:
            if (run := path.removesuffix(f"/{NETWORK}/{LAYER}")) != path and (network := self.network(run)):
                yield f"{run}/{NETWORK}", network

    def stored(self) -> Iterator[tuple[str, Item]]:
        """All datasets in the file but mere scales, by their paths there."""
        for path, item in self.items.items():
            if item.is_dataset and not self._is_scale(path, item):
                yield path, item

    def _is_scale(self, path: str, item: Item) -> bool:
        return self.is_netcdf and "CLASS" in item.attributes and not numbers_its_dimension(path)

    def labels(self, item: Item) -> tuple[str, ...]:
        """What the dimensions of a dataset are called in the file; empty where one has no name."""
        dataset = item.node
        if not self.is_netcdf:
            return tuple(str(dimension.label) for dimension in dataset.dims)
        return tuple(path.rpartition("/")[2] for path in self.scales(item))

    def scales(self, item: Item) -> tuple[str, ...]:
        """The paths of the scales of a dataset's dimensions; empty where one has none, or several."""
        dataset = item.node
        if "CLASS" in item.attributes:
            return (str(dataset.name),)
        listed: Any = dataset.attrs["DIMENSION_LIST"] if "DIMENSION_LIST" in item.attributes else [()] * dataset.ndim
        return tuple(self._scales.get(self._address(of[0]), "") if len(of) == 1 else "" for of in listed)

    @cached_property
    def _scales(self) -> dict[int, str]:
        """Paths of the scales by where they stand: HDF5 looks for the name of a reference in all of the file."""
        return {
            int(h5py.h5o.get_info(item.node.id).addr): path
            for path, item in self.items.items()
            if "CLASS" in item.attributes
        }

    def _address(self, reference: h5py.h5r.Reference) -> int:
        return int(h5py.h5o.get_info(h5py.h5r.dereference(reference, self._file.id)).addr)

    def everything(self, of_root: dict[str, Any] | None = None) -> tuple[list[str], dict[str, dict[str, Any]]]:
        """All paths of datasets, and the attributes of all groups and datasets that have some, by path.

        Args:
            of_root: attributes of the root, where they are known; else they are read.
        """
        datasets: list[str] = []
        attributes: dict[str, dict[str, Any]] = {"/": attributes_of(self._file) if of_root is None else of_root}
        stacked = tuple(f"{path}/" for path, _ in self.networks())
        for path, item in self.items.items():
            if f"{path}/".startswith(stacked) or self._is_scale(path, item):
                continue
            at = in_schema(path) if item.is_dataset and self.is_netcdf else path
            if item.is_dataset:
                datasets.append(at)
            if found := item.described():
                attributes.setdefault(at, {}).update(found)
        for root, network in self.networks():
            run = root.removesuffix(f"/{NETWORK}")
            for below, parts in network.parts.items():
                if not attribute_of(below):
                    datasets += [f"{run}/layers/{layer}/{below}" for layer in parts]
            for layer, of in network.attributes.items():
                for below, found in of.items():
                    path = "/".join(filter(None, (f"{run}/layers/{layer}", below)))
                    attributes.setdefault(path, {}).update(found)
        return sorted(datasets), {path: found for path, found in attributes.items() if found}
