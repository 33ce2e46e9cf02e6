"""Compare a store with the schema, recount its numbers, and compare two stores."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np

from weightreel.analysis.store.check.counts import recount
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import (
    ATTRIBUTES,
    FIELDS,
    STRING,
    VERSION_MINOR,
    Attribute,
    Field,
    field_of,
)

VOLATILE = ("seconds", "created", "software")
"""Datasets and attributes that two runs of one recipe may differ in."""

_HDF5_ATTRIBUTES = {"CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", "DIMENSION_LABELS"}
"""What HDF5 keeps of dimension scales."""

_SCOPES = {
    "class": 0, "true": 0, "predicted": 0, "example": 0,
    "epoch": 3, "test_image": 3, "batchnorm": 3,
    "trial": 5, "preview": 5, "picture": 5, "history_trial": 5, "path_example": 5, "path_step": 5,
    "saliency_epoch": 4, "saliency_example": 4, "certified": 5,
}  # fmt: skip
"""Dimensions that have one length in all of a store, a run (/runs/RUN) or an attack (/runs/RUN/attacks/ATTACK), by the
number of parts of the path that name what they belong to. Others are judged where they stand."""


class Problem(NamedTuple):
    """Something in a store that is not as the schema says, or does not add up."""

    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}"


def check(path: str | Path) -> list[Problem]:
    """Find what is wrong with a store.

    Unknown paths, missing ones, dtypes, dimensions, units and attributes are compared with `schema.py`; what can be
    counted again is.

    Args:
        path: the file. One that a newer minor version wrote may hold paths that this one does not know.

    Returns:
        The problems, in the order of the file; empty if there are none.

    Raises:
        WeightreelError: the file is missing, truncated, no store, or of a newer major version of the schema.
    """
    with Store(path) as store:
        minor = str(store.attributes["schema_version"]).partition(".")[2]
    problems: list[Problem] = []
    with h5py.File(path, "r", locking=False) as file:
        datasets, groups = _contents(file)
        known = {p: f for p in datasets if (f := field_of(p))}
        if minor == str(VERSION_MINOR):
            problems += [Problem(p, "the schema has no such dataset") for p in datasets if p not in known]
        recorded = {path for path in groups if "source" in file[path].attrs}
        problems += _missing_datasets(set(datasets), groups, recorded)
        for name, field in known.items():
            problems += _dataset(datasets[name], name, field, same_words=minor == str(VERSION_MINOR))
        problems += _dimensions({p: (datasets[p].shape, f) for p, f in known.items()})
        problems += _attributes(file, {"/", *groups, *datasets})
        if not problems:  # numbers of the wrong shape cannot be counted
            problems += [Problem(*found) for found in recount(file)]
    return problems


def same(first: str | Path, second: str | Path) -> list[str]:
    """Differences between two stores, bit for bit, apart from what is VOLATILE; empty if there are none.

    Raises:
        WeightreelError: one of them cannot be read.
    """
    with Store(first) as a, Store(second) as b:
        one, two = a.contents(), b.contents()
    found = _compare(one.datasets, two.datasets, "{}")
    for path in sorted({*one.attributes, *two.attributes}):
        found += _compare(one.attributes.get(path, {}), two.attributes.get(path, {}), f"attribute {{}} of {path}")
    return found


def _compare(one: dict[str, Any], two: dict[str, Any], name: str) -> list[str]:
    """Differences between two tables of arrays or values."""
    found = []
    for key in sorted({*one, *two}):
        if key.rpartition("/")[2] in VOLATILE:
            continue
        if key not in one or key not in two:
            found.append(f"{name.format(key)} is only in the {'second' if key in two else 'first'}")
            continue
        a, b = np.asarray(one[key]), np.asarray(two[key])
        if a.dtype.kind == b.dtype.kind == "U":
            found += [f"{name.format(key)} differs"] if one[key] != two[key] else []
        elif a.dtype != b.dtype or a.shape != b.shape:
            found.append(f"{name.format(key)} is {a.dtype}{a.shape} and {b.dtype}{b.shape}")
        elif not np.array_equal(a, b, equal_nan=a.dtype.kind == "f"):
            differ = np.flatnonzero(np.ravel(a != b))
            found.append(f"{name.format(key)} differs in {len(differ)} of {a.size} places, first at {differ[0]}")
    return found


def _contents(file: h5py.File) -> tuple[dict[str, h5py.Dataset], list[str]]:
    """Datasets by full path, and the paths of groups."""
    datasets: dict[str, h5py.Dataset] = {}
    groups: list[str] = []

    def take(key: str, item: h5py.Dataset | h5py.Group) -> None:
        if isinstance(item, h5py.Dataset):
            datasets[f"/{key}"] = item
        else:
            groups.append(f"/{key}")

    file.visititems(take)
    return datasets, groups


def _missing_datasets(present: set[str], groups: list[str], recorded: set[str]) -> Iterator[Problem]:
    """Required datasets that are not there. A network without biases has no `bias` groups.

    Of the runs `recorded` from other code's trainings only `epoch` is required.
    """
    for run in (None, *(g for g in groups if g.startswith("/runs/") and g.count("/") == 2)):
        for field in FIELDS:
            if not field.required or (run in recorded and field.path != "/runs/RUN/epoch"):
                continue
            if field.path.startswith("/runs/RUN") != (run is not None):
                continue
            path = field.path.replace("/runs/RUN", run or "")
            for name in ("weight", "bias") if "PARAMETER" in path else ("",):
                full = path.replace("PARAMETER", name)
                if full not in present and not (name == "bias" and not any(p.endswith("/bias") for p in groups)):
                    yield Problem(full, "is missing")


def _dataset(dataset: h5py.Dataset, path: str, field: Field, *, same_words: bool) -> Iterator[Problem]:
    """One dataset against its field. Another minor version may describe it in other words, but must describe it."""
    is_text = h5py.check_string_dtype(dataset.dtype) is not None
    if is_text != (field.dtype == STRING) or (not is_text and dataset.dtype != np.dtype(field.dtype)):
        yield Problem(path, f"is {'str' if is_text else dataset.dtype.str[1:]}; the schema says {field.dtype}")
    if dataset.ndim != len(field.dims):
        yield Problem(path, f"has {dataset.ndim} dimensions; the schema says ({', '.join(field.dims)})")
    elif (labels := tuple(d.label for d in dataset.dims)) != field.dims:
        yield Problem(path, f"labels its dimensions {labels}; the schema says {field.dims}")
    for name, wanted in (("units", field.units), ("long_name", field.long_name)):
        found = dataset.attrs.get(name)
        if found != wanted and (name == "units" or same_words or not found):
            yield Problem(path, f"has {name} {found!r}; the schema says {wanted!r}")
    try:
        dataset[()]
    except OSError:
        yield Problem(path, "is damaged and cannot be read")


def _dimensions(shapes: dict[str, tuple[tuple[int, ...], Field]]) -> Iterator[Problem]:
    """Dimensions of one name that differ in length where they must not."""
    lengths: dict[tuple[str, str], tuple[int, str]] = {}
    for path, (shape, field) in shapes.items():
        if len(shape) != len(field.dims):
            continue
        for name, length in zip(field.dims, shape, strict=True):
            parts = path.split("/")
            scope = "/".join(parts[: _SCOPES.get(name, len(parts) - 1)])
            kind = "class" if name in ("true", "predicted") else "bin" if name == "edge" else name
            bins = length - (name == "edge")
            expected, where = lengths.setdefault((scope, kind), (bins, path))
            if bins != expected:
                yield Problem(path, f"has {bins} along {kind!r}, {where} has {expected}")


def _attributes(file: h5py.File, paths: set[str]) -> Iterator[Problem]:
    """Attributes that are missing, unknown or of the wrong type."""
    for path in sorted(paths):
        wanted = {a.name: a for a in ATTRIBUTES if _matches(a, path)}
        ours = {*_HDF5_ATTRIBUTES, *(("units", "long_name") if isinstance(file[path], h5py.Dataset) else ())}
        found = {k: v for k, v in file[path].attrs.items() if k not in ours}
        for name, attribute in wanted.items():
            if name not in found:
                if attribute.required and not (name == "epochs_planned" and "source" in found):
                    yield Problem(path, f"lacks its attribute {name!r}")
            elif not _is_of_type(found[name], attribute.dtype):
                yield Problem(path, f"has an attribute {name!r} that is not of type {attribute.dtype}")
        for name in sorted(set(found) - set(wanted)):
            yield Problem(path, f"has an attribute {name!r} that the schema does not know")


def _matches(attribute: Attribute, path: str) -> bool:
    """Whether an attribute belongs to the group or dataset at a full path."""
    pattern, parts = attribute.path.split("/"), path.split("/")
    return len(pattern) == len(parts) and all(
        p in (q, "RUN", "LAYER", "ATTACK", "CERTIFICATE") or (p == "PARAMETER" and q in ("weight", "bias"))
        for p, q in zip(pattern, parts, strict=True)
    )


def _is_of_type(value: Any, dtype: str) -> bool:
    if dtype == STRING:
        return isinstance(value, str)
    return np.asarray(value).dtype.kind == np.dtype(dtype).kind
