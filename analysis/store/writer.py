"""Write a store: whole, to a temporary file beside it, then renamed. A half-written file never replaces a good one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.files import replacing
from weightreel.analysis.store.schema.fields import DIMENSIONS, STRING, field_of

Array = NDArray[Any]

_FORMAT = ("v110", "v110")
"""HDF5 1.10 (2016) or newer reads it; a thousand small datasets take a fifth less room than in the oldest format."""


@dataclass
class Contents:
    """A store in memory: datasets by full path, and attributes by the path of their group or dataset."""

    datasets: dict[str, Array] = field(default_factory=dict)
    attributes: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, prefix: str, datasets: Mapping[str, Array]) -> None:
        """Add datasets whose keys are relative to `prefix`."""
        self.datasets.update({f"{prefix}/{key}": value for key, value in datasets.items()})

    def describe(self, path: str, **attributes: Any) -> None:
        """Set attributes of the group or dataset at `path`."""
        self.attributes.setdefault(path, {}).update(attributes)

    def drop(self, prefix: str) -> None:
        """Forget everything at and below `prefix`."""
        inside = f"{prefix}/"
        self.datasets = {k: v for k, v in self.datasets.items() if k != prefix and not k.startswith(inside)}
        self.attributes = {k: v for k, v in self.attributes.items() if k != prefix and not k.startswith(inside)}


def write(path: Path, contents: Contents) -> None:
    """Write `contents` to `path`, all or nothing.

    Raises:
        WeightreelError: a dataset that the schema does not know or whose dimensions differ from it, or a failure of
            the file system (full disk, missing folder, no permission). The old file is then as it was.
    """
    with replacing(path) as temporary, h5py.File(temporary, "w", libver=_FORMAT) as file:
        groups: dict[str, h5py.Group] = {"": file}  # looking a group up by its path takes as long as a small dataset
        written = {key: _write_dataset(groups, key, contents.datasets[key]) for key in sorted(contents.datasets)}
        for key in sorted(contents.attributes):
            target = file[key] if key in contents.datasets else _group(groups, key.rstrip("/"))
            for name, value in sorted(contents.attributes[key].items()):
                target.attrs[name] = value
        _attach_scales(written)


def _group(groups: dict[str, h5py.Group], path: str) -> h5py.Group:
    """The group at `path`, made where it is not there; `groups` remembers it."""
    if path not in groups:
        parent, _, name = path.rpartition("/")
        groups[path] = _group(groups, parent).create_group(name)
    return groups[path]


def _write_dataset(groups: dict[str, h5py.Group], path: str, value: Array) -> h5py.Dataset:
    field_ = field_of(path)
    if field_ is None:
        raise WeightreelError(f"the schema has no dataset {path}: add it to analysis/store/schema/fields.py first.")
    parent, _, name = path.rpartition("/")
    group = _group(groups, parent)
    if field_.dtype == STRING:
        dataset = group.create_dataset(name, data=list(map(str, value)), dtype=h5py.string_dtype())
    else:
        array = np.asarray(value, dtype=field_.dtype)
        if array.ndim != len(field_.dims):
            raise WeightreelError(f"{path} has {array.ndim} dimensions; the schema says {len(field_.dims)}.")
        # Scalars and empty arrays cannot be chunked, which compression needs.
        packed = {"compression": "gzip", "compression_opts": 4, "shuffle": True} if array.size > 64 else {}
        dataset = group.create_dataset(name, data=array, track_times=False, **packed)
    dataset.attrs["units"] = field_.units
    dataset.attrs["long_name"] = field_.long_name
    for axis, dimension in enumerate(field_.dims):
        assert dimension in DIMENSIONS, dimension
        dataset.dims[axis].label = dimension
    return dataset


def _attach_scales(written: Mapping[str, h5py.Dataset]) -> None:
    """Make `epoch` of each run, and the class names, HDF5 dimension scales of the axes that they number.

    Last of all: a scale's list of references is written anew for each axis, and would leave holes between datasets.
    """
    scales: dict[tuple[str, str], h5py.Dataset] = {}
    for path, dataset in written.items():
        if path == "/dataset/classes":
            dataset.make_scale("class")
            scales |= {("", name): dataset for name in ("class", "true", "predicted")}
        elif path.count("/") == 3 and path.endswith("/epoch"):
            dataset.make_scale("epoch")
            scales[path.split("/")[2], "epoch"] = dataset
    for path, dataset in written.items():
        if any(dataset is scale for scale in scales.values()):
            continue
        run = path.split("/")[2] if path.startswith("/runs/") else ""
        for dimension in dataset.dims:
            scale = scales.get((run, dimension.label)) or scales.get(("", dimension.label))
            if scale is not None:
                dimension.attach_scale(scale)
