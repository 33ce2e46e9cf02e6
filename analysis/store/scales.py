"""HDF5 dimension scales: what every axis in a store counts, as netCDF-4, xarray and h5py read it.

A dimension that has names or numbers (epochs, layers, classes) has them as its scale; any other has an empty one, which
netCDF calls a dimension without a variable. A scale stands in the group that holds everything it belongs to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import h5py
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

EMPTY = "This is a netCDF dimension but not a netCDF variable.{:10d}"
"""What netCDF-4 names a scale that holds nothing."""
_OF_RUNS = ("epoch", "layer")
"""Dimensions that each run numbers or names by itself."""
_CONTAINERS = {1: ("runs",), 3: ("layers", "attacks", "certificates", "metrics")}
"""Groups whose members are named by others, by their depth."""


class Axis(NamedTuple):
    """An axis of a dataset."""

    path: str
    axis: int
    length: int


class Scale(NamedTuple):
    """A scale, by its name and full path, and the axes it belongs to."""

    name: str
    path: str
    length: int
    axes: list[Axis]


def scales(shapes: Mapping[str, tuple[tuple[str, ...], tuple[int, ...]]]) -> list[Scale]:
    """The scales of datasets whose dimensions' names and lengths are given by full path.

    One for all axes of a dimension that have one length, in the deepest group that holds them; where lengths differ,
    one for each group. Where they differ within a group, which `check` calls a fault, the first decides.
    """
    axes: dict[tuple[str, str], list[Axis]] = {}
    for path, (dims, shape) in shapes.items():
        run = path.split("/")[2] if path.startswith("/runs/") else ""
        for i, (name, length) in enumerate(zip(dims, shape, strict=True)):
            axes.setdefault((name, run if name in _OF_RUNS else ""), []).append(Axis(path, i, length))
    found: dict[str, Scale] = {}
    for (name, _), of in axes.items():
        _place(found, name, of, 0)
    return [*found.values()]


def _place(found: dict[str, Scale], name: str, axes: list[Axis], depth: int) -> None:
    """Add the scales of some axes, all of which stand in one group of a depth, by their paths."""
    if len({axis.length for axis in axes}) == 1:
        path = f"{_home(axes)}/{name}"
        known = found.setdefault(path, Scale(name, path, axes[0].length, []))
        if known.length == axes[0].length:
            known.axes.extend(axes)
            return
    groups = [_groups(axis) for axis in axes]
    if here := [axis for axis, group in zip(axes, groups, strict=True) if len(group) == depth]:
        path = "/".join(["", *_groups(here[0]), name])
        found[path] = Scale(name, path, here[0].length, here)
    for part in dict.fromkeys(group[depth] for group in groups if len(group) > depth):
        below = [axis for axis, group in zip(axes, groups, strict=True) if group[depth : depth + 1] == [part]]
        _place(found, name, below, depth + 1)


def _groups(axis: Axis) -> list[str]:
    return axis.path.split("/")[1:-1]


def _home(axes: Sequence[Axis]) -> str:
    """The deepest group that holds all, and whose members have names of the schema's."""
    common: list[str] = []
    for parts in zip(*map(_groups, axes), strict=False):
        if len(set(parts)) > 1:
            break
        common.append(parts[0])
    while common and common[-1] in _CONTAINERS.get(len(common), ()):
        common.pop()
    return "/".join(["", *common])


def attach(file: h5py.File, made: Iterable[Scale], values: Mapping[str, Array], encoding: Mapping[str, str]) -> None:
    """Make the scales in a file whose datasets are written, and tell the axes so.

    HDF5's own function writes a scale's list of references anew for each axis, and leaves a hole each time.

    Args:
        file: to write to.
        made: the scales; one at whose path there is a dataset is that dataset.
        values: texts of scales that are made, by the name of the dimension; others hold nothing.
        encoding: attributes of texts.
    """
    axes: dict[str, dict[int, h5py.h5r.Reference]] = {}
    for scale in made:
        name = scale.name
        if scale.path in file:
            dataset = file[scale.path]
        elif len(known := values.get(name, ())) == scale.length > 0:
            dataset = file.create_dataset(scale.path, data=known, track_times=False)
            for key, text in encoding.items():
                dataset.attrs.create(key, text.encode(), dtype=h5py.string_dtype("utf-8", len(text)))
        else:
            dataset = file.create_dataset(scale.path, (scale.length,), "f4", track_times=False)
            name = EMPTY.format(scale.length)
        dataset.make_scale(name)
        users = [axis for axis in scale.axes if axis.path != scale.path]
        for axis in users:
            axes.setdefault(axis.path, {})[axis.axis] = dataset.ref
        if users:
            fields = [("dataset", h5py.ref_dtype), ("dimension", np.int32)]
            dataset.attrs.create("REFERENCE_LIST", np.array([(file[a.path].ref, a.axis) for a in users], fields))
    for path, found in axes.items():
        listed = np.empty(len(found), object)  # a dataset's dimensions all have one
        for place, reference in found.items():
            listed[place] = np.array([reference], h5py.ref_dtype)
        file[path].attrs.create("DIMENSION_LIST", listed, dtype=h5py.vlen_dtype(h5py.ref_dtype))
