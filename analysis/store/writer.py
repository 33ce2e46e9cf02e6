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
from weightreel.analysis.store.guard.known import remember
from weightreel.analysis.store.hdf5 import new_file
from weightreel.analysis.store.results import results_digest
from weightreel.analysis.store.scales import attach, scales
from weightreel.analysis.store.schema.fields import DIMENSIONS, SCHEMA, SCHEMA_VERSION, STRING, field_of
from weightreel.analysis.store.seal import BLOCK, seal
from weightreel.analysis.store.stacking import Stored, stacked

Array = NDArray[Any]

ERROR = "/spectrum/alpha_error"
"""What is NaN where it would be negative."""
ENCODING = {"_Encoding": "utf-8"}
"""By which netCDF and xarray know that bytes are text."""
_FORMAT = ("v110", "v110")
"""HDF5 1.10 (2016) or newer reads it; a thousand small datasets take a fifth less room than in the oldest format."""
_SMALL = 256
"""Bytes up to which an array stands in its header, which has a checksum of its own; compressing gains nothing there."""
_CHUNK = 1 << 22
"""Bytes of a chunk at most: a larger array is cut along its first axis."""


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

    def has_run(self, name: str) -> bool:
        """Whether there is a run of this name."""
        return f"/runs/{name}" in self.attributes

    @property
    def digest(self) -> str:
        """Digest of the data set's images; empty where there is no data set."""
        return str(self.attributes.get("/dataset", {}).get("digest", ""))

    def drop(self, prefix: str) -> None:
        """Forget everything at and below `prefix`."""
        inside = f"{prefix}/"
        self.datasets = {k: v for k, v in self.datasets.items() if k != prefix and not k.startswith(inside)}
        self.attributes = {k: v for k, v in self.attributes.items() if k != prefix and not k.startswith(inside)}


def write(path: Path, contents: Contents) -> None:
    """Write `contents` to `path`, all or nothing, in the present version of the schema.

    Raises:
        WeightreelError: a dataset that the schema does not know or whose dimensions differ from it, or a failure of
            the file system (full disk, missing folder, no permission). The old file is then as it was.
    """
    datasets = {key: _of_schema(key, contents.datasets[key]) for key in sorted(contents.datasets)}
    made, attributes = stacked(datasets, contents.attributes)
    results = results_digest(datasets, contents.attributes)
    named = {"schema": SCHEMA, "schema_version": SCHEMA_VERSION, "results": results}
    attributes["/"] = {**attributes.get("/", {}), **named}
    with replacing(path) as temporary:
        with new_file(temporary, libver=_FORMAT, userblock_size=BLOCK) as file:
            groups: dict[str, h5py.Group] = {"": file}  # finding a group by its path takes as long as a small dataset
            for stored in made:
                _write(groups, stored)
            for key in sorted(attributes):
                _describe(_group(groups, key.rstrip("/")), attributes[key])
            classes = fixed(datasets.get("/dataset/classes", np.zeros(0, object)))
            shapes = {stored.path: (stored.description.dims, stored.value.shape) for stored in made}
            attach(file, scales(shapes), dict.fromkeys(("class", "true", "predicted"), classes), ENCODING)
        remember(seal(temporary))


def fixed(texts: Array) -> Array:
    """Strings as UTF-8 of one length, which HDF5 keeps beside other numbers and not in its heap of strings."""
    encoded = np.char.encode(np.asarray(texts, object).astype(str), "utf-8")
    width = max(2, encoded.dtype.itemsize)  # netCDF takes texts of one byte for the letters of one text
    return np.asarray(encoded, h5py.string_dtype("utf-8", width))


def _of_schema(path: str, value: Array) -> Array:
    """A dataset with the dtype of the schema."""
    known = field_of(path)
    if known is None:
        raise WeightreelError(f"the schema has no dataset {path}: add it to analysis/store/schema/fields.py first.")
    array = np.asarray(value, dtype=object if known.dtype == STRING else known.dtype)
    if array.ndim != len(known.dims):
        raise WeightreelError(f"{path} has {array.ndim} dimensions; the schema says {len(known.dims)}.")
    assert all(dimension in DIMENSIONS for dimension in known.dims), path
    if path.endswith(ERROR):
        array = np.where(array >= 0, array, np.float32(np.nan))  # older versions kept what WeightWatcher reports
    return array


def _group(groups: dict[str, h5py.Group], path: str) -> h5py.Group:
    """The group at `path`, made where it is not there; `groups` remembers it."""
    if path not in groups:
        parent, _, name = path.rpartition("/")
        groups[path] = _group(groups, parent).create_group(name)
    return groups[path]


def _write(groups: dict[str, h5py.Group], stored: Stored) -> None:
    parent, _, name = stored.path.rpartition("/")
    of = stored.description
    is_text = of.dtype == STRING
    array = fixed(stored.value) if is_text else stored.value
    kept: dict[str, Any]
    if array.nbytes > _SMALL and array.ndim:  # scalars and empty arrays cannot be chunked, which filters need
        rows = max(1, _CHUNK * len(array) // array.nbytes)
        kept = {"chunks": (min(rows, len(array)), *array.shape[1:])}
        kept |= {"compression": "gzip", "compression_opts": 4, "shuffle": True, "fletcher32": True}
    else:
        layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        layout.set_layout(h5py.h5d.COMPACT)
        kept = {"dcpl": layout}
    dataset = _group(groups, parent).create_dataset(name, data=array, track_times=False, **kept)
    _describe(dataset, {"units": of.units, "long_name": of.long_name, **stored.attributes})
    if is_text:
        _describe(dataset, ENCODING)


def _describe(node: h5py.Group | h5py.Dataset, attributes: Mapping[str, Any]) -> None:
    for name, value in sorted(attributes.items()):
        if isinstance(value, str):
            text = value.encode()
            node.attrs.create(name, text, dtype=h5py.string_dtype("utf-8", max(1, len(text))))
        else:
            node.attrs[name] = value
