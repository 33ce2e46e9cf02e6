"""A digest of what was measured: the same for equal measurements, whenever, wherever and by which version made."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

_NOT_MEASURED = {
    "schema", "schema_version", "results", "recipe", "software", "created", "licence", "device", "title", "order",
    "source", "seconds",
}  # fmt: skip
"""Names of datasets and attributes that say how, when and by what something was measured, or how it is called."""


def results_digest(datasets: Mapping[str, NDArray[Any]], attributes: Mapping[str, Mapping[str, Any]]) -> str:
    """SHA-256 over all datasets and attributes in the order of their paths, hexadecimal.

    What two programs, machines or moments differ in is left out; a NaN is a NaN, whatever its bits.

    Args:
        datasets: of the schema's dtypes, by their paths in the schema.
        attributes: by the path of their group or dataset.
    """
    found = hashlib.sha256()

    def take(name: str, value: Any) -> None:
        if name.rpartition("/")[2].rpartition("@")[2] not in _NOT_MEASURED:
            found.update(f"{name}\0".encode())
            found.update(_canonical(value))

    for path in sorted(datasets):
        take(path, datasets[path])
    for path in sorted(attributes):
        for name in sorted(attributes[path]):
            take(f"{path}@{name}", _widest(attributes[path][name]))
    return found.hexdigest()


def _widest(value: Any) -> Any:
    """Numbers of an attribute in the dtype that attributes have."""
    array = np.asarray(value)
    return array.astype({"f": np.float64, "O": object, "U": object, "S": object}.get(array.dtype.kind, np.int64))


def _canonical(value: Any) -> bytes:
    """A value's kind, shape and bytes."""
    array = np.asarray(value)
    if array.dtype.kind in "OUS":
        return "\0".join(["text", str(array.shape), *map(str, array.ravel())]).encode()
    if array.dtype.kind == "f":
        array = np.where(np.isnan(array), np.array(np.nan, array.dtype), array)
    array = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return f"{array.dtype.str}{array.shape}\0".encode() + array.tobytes()
