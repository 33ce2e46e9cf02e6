"""Where and how the datasets of the schema stand in the file.

A network of 28 layers has 600 arrays, nine in ten of them a short history, and HDF5 takes more room and time to
describe one than to hold it. What the schema calls `/runs/RUN/layers/LAYER/spectrum/alpha` is therefore row i of
`/runs/RUN/network/spectrum/alpha`, where `/runs/RUN/network/layer` names LAYER in place i. `stacking` puts it there,
`view` finds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from weightreel.analysis.store.schema.field import STRING, Attribute, Field
from weightreel.analysis.store.schema.fields import ATTRIBUTES, DIMENSIONS, FIELDS, field_of

NETWORK = "network"
"""The group of a run in which its layers are stacked."""
LAYER = "layer"
"""The dataset there that names them, in their order."""
MEASURED, LENGTHS = "measured", "lengths"
"""Attributes of a stacked array: 1 for each layer that has a row, 0 for others (absent where all have one); and, of
layers side by side, how long each one's part is, -1 for those that have none."""

_NUMBERING = re.compile(rf"/runs/[^/]+/(epoch|{NETWORK}/{LAYER})")
_LAYER_PATH = re.compile(r"(/runs/[^/]+)/layers/([^/]+)(?:/(.+))?")
_LAYER_ROOT = "/runs/RUN/layers/LAYER"
_NETWORK_PATH = re.compile(rf"(/runs/[^/]+)/{NETWORK}/(.+)")
_COMMON = {"epoch", "quantile", "whole_epoch"}
"""Dimensions that have one length in all layers."""
_OWN = {"edge", "bin", "sample", "eigenvalue", "leading", "shuffled_eigenvalue", "slice"}
"""Those that have a length of their own in each."""


class Form(StrEnum):
    """How the arrays of several layers are one."""

    ROWS = "rows"
    """One row for each layer of the network, with NaN, 0 or nothing for a layer that has no such array."""
    PARTS = "parts"
    """Side by side along the last dimension, which has a length of its own in each layer."""


@dataclass(frozen=True)
class Description:
    """What the schema says of a dataset as it stands in the file."""

    dtype: str
    dims: tuple[str, ...]
    units: str
    long_name: str


def in_file(path: str) -> str:
    """Where a dataset of the schema stands in the file, stacked or not.

    One with a dimension's name, such as `stop/validation/epoch`, has an underscore after it: in netCDF and xarray that
    name is the dimension's scale, here and in all groups below.
    """
    group, _, name = path.rpartition("/")
    return f"{group}/{name}_" if name.rstrip("_") in DIMENSIONS and not numbers_its_dimension(path) else path


def in_schema(path: str) -> str:
    """The path of the schema for one in the file: the inverse of `in_file`."""
    group, _, name = path.rpartition("/")
    return f"{group}/{name[:-1]}" if name.endswith("_") and name.rstrip("_") in DIMENSIONS else path


def numbers_its_dimension(path: str) -> bool:
    """Whether a path is that of a run's epochs or layers, which are the scales of the dimensions of those names."""
    return _NUMBERING.fullmatch(path) is not None


def split(path: str) -> tuple[str, str, str] | None:
    """The run's path, the layer and the path within it; None of a path that belongs to no layer."""
    found = _LAYER_PATH.fullmatch(path)
    return (found[1], found[2], found[3] or "") if found else None


@cache
def form_of(of: Field) -> Form | None:
    """How a dataset of the layers is stacked; None where it stands alone in the file."""
    if not of.path.startswith(f"{_LAYER_ROOT}/"):
        return None
    if _COMMON.issuperset(of.dims):
        return Form.ROWS
    return Form.PARTS if of.dims[-1] in _OWN and _COMMON.issuperset(of.dims[:-1]) else None


def description(path: str, *, in_parts: bool = False, renamed: bool = True) -> Description | None:
    """What the schema says of the dataset at a path in the file; None where it knows of none.

    Args:
        path: as `in_file` gives it, stacked or not.
        in_parts: the layers' lengths stand with it.
        renamed: False for a file of a version before 1.4, in which every dataset has its own name.
    """
    of = field_of(in_schema(path) if renamed else path)
    found = _NETWORK_PATH.fullmatch(path)
    if not found:
        return None if of is None else Description(of.dtype, of.dims, of.units, of.long_name)
    run, below = found[1], in_schema(f"/{found[2]}")[1:]
    if below == LAYER:
        return Description(STRING, (LAYER,), "", "layers, in the order of the network")
    if attribute := attribute_of(below):
        return Description(attribute.dtype, (f"{attribute.name}_axis" if in_parts else LAYER,), "", attribute.long_name)
    of = field_of(f"{run}/layers/_/{below}")
    form = form_of(of) if of else None
    if of is None or form is None or (form is Form.PARTS) != in_parts:
        return None
    if form is Form.ROWS:
        return Description(of.dtype, (LAYER, *of.dims), of.units, of.long_name)
    group = path.split("/")[-2]  # in xarray a name has one length in a group and in all below it
    return Description(of.dtype, (*of.dims[:-1], f"{group}_{of.dims[-1]}"), of.units, of.long_name)


@cache
def _stacked_attributes() -> dict[str, Attribute]:
    """Attributes of the layers' groups that are stacked as datasets, by their path below the layer."""
    fields = {f.path for f in FIELDS}
    found: dict[str, Attribute] = {}
    for attribute in ATTRIBUTES:
        below = f"{attribute.path}/{attribute.name}"
        if attribute.path.startswith(_LAYER_ROOT) and attribute.path not in fields and below not in fields:
            found[below.removeprefix(f"{_LAYER_ROOT}/")] = attribute
    return found


def attribute_of(below: str) -> Attribute | None:
    """The attribute of a layer's groups that is stacked at a path below the layer; None where there is none."""
    return _stacked_attributes().get(re.sub(r"^(weight|bias)/", "PARAMETER/", below))


def above(below: str) -> Iterator[str]:
    """The groups that a path below a layer stands in."""
    while "/" in below:
        below = below.rpartition("/")[0]
        yield below
