"""Change what a store is made of, once to three times: here types, shapes, values and attributes."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import h5py
import numpy as np

import tests.fuzz.standing  # noqa: F401  (its changes enter the table)
from tests.fuzz.changes import CHANGES, OFTEN, TEXTS, Place, change, odd_value, replaced


@change
def drop_dataset(place: Place) -> str:
    path = place.dataset()
    del place.file[path]
    return path


@change
def drop_group(place: Place) -> str:
    path = place.random.choice(place.groups)
    del place.file[path]
    return path


def some_attribute(place: Place) -> tuple[Any, str]:
    """A node that has attributes, and the name of one."""
    usual = ["/", "dataset", *(path for path in place.groups if path.count("/") == 1)]
    while True:
        path = place.random.choice(usual if place.random.random() < 0.6 else place.groups + place.datasets)
        if path in place.file and (names := list(place.file[path].attrs)):
            return place.file[path], place.random.choice(names)


@change
def drop_attribute(place: Place) -> str:
    node, name = some_attribute(place)
    del node.attrs[name]
    return f"{node.name}@{name}"


@change
def odd_attribute(place: Place) -> str:
    node, name = some_attribute(place)
    del node.attrs[name]
    value = odd_value(place.random)
    node.attrs[name] = value
    return f"{node.name}@{name}={value!r:.40}"


@change
def more_attributes(place: Place) -> str:
    path = place.anything()
    for i in range(place.random.choice([1, 300])):
        place.file[path].attrs[f"more{i}"] = i
    return path


@change
def another_type(place: Place) -> str:
    path = place.dataset()
    dtype = place.random.choice(["f8", "f2", "i8", "u8", "c8", "?", "S5", "i1", ">f4", ">u4", "V3"])
    array = np.asarray(place.file[path][()])
    with np.errstate(all="ignore"):
        try:
            array = array.astype(dtype)
        except (ValueError, TypeError):
            array = np.zeros(array.shape, dtype)
    return replaced(place, path, array) + f" {dtype}"


@change
def another_shape(place: Place) -> str:
    path, random = place.dataset(), place.random
    array = np.asarray(place.file[path][()])
    axis = random.randrange(max(array.ndim, 1))
    how = random.choice(["T", "more", "flat", "short", "long", "scalar", "none", "less"])
    if array.ndim:
        array = (
            {
                "T": lambda: array.T,
                "more": lambda: array[None],
                "flat": lambda: array.ravel(),
                "short": lambda: np.take(array, range(max(0, array.shape[axis] - 1)), axis),
                "long": lambda: np.concatenate([array, array], axis),
                "scalar": lambda: array.ravel()[:1].sum(),
                "none": lambda: np.take(array, [], axis),
                "less": lambda: array[0] if len(array) else array,
            }[how]()
            if array.dtype.kind not in "OS" or how != "scalar"
            else array
        )
    else:
        array = np.full(3, array)
    dtype = {"dtype": h5py.string_dtype()} if array.dtype.kind == "O" else {}
    return replaced(place, path, array, **dtype) + f" {how}"


@change
def other_values(place: Place) -> str:
    path, random = place.dataset(), place.random
    dataset = place.file[path]
    array = np.array(dataset[()])
    if array.dtype.kind not in "fiu" or not array.size:
        return path
    value = random.choice([float("nan"), float("inf"), -float("inf"), -1, 0, 1e30, 255, -(2**31), 2**31 - 1, 2**63])
    if array.dtype.kind in "iu":
        about = np.iinfo(array.dtype)
        value = int(max(about.min, min(about.max, value if np.isfinite(value) else about.max)))
    flat = array.ravel()
    places = (
        range(flat.size) if random.random() < 0.5 else [random.randrange(flat.size) for _ in range(1 + flat.size // 5)]
    )
    with np.errstate(all="ignore"):
        flat[list(places)] = value
    dataset[...] = flat.reshape(array.shape)
    return f"{path} {value}"


@change
def without_shape(place: Place) -> str:
    path = place.dataset()
    return replaced(place, path, h5py.Empty("f4"))


@change
def of_no_length(place: Place) -> str:
    return replaced(place, place.dataset(), shape=(0,), dtype="f4")


@change
def of_other_kind(place: Place) -> str:
    path = place.dataset()
    kind = place.random.choice(["reference", "region", "text", "compound", "lists", "choice", "opaque", "rows", "bits"])
    makers: dict[str, tuple[Any, dict[str, Any]]] = {
        "reference": (np.array([place.file.ref] * 3, h5py.ref_dtype), {"dtype": h5py.ref_dtype}),
        "region": (None, {"shape": (3,), "dtype": h5py.regionref_dtype}),
        "text": (np.array([place.random.choice(TEXTS) for _ in range(3)], object), {"dtype": h5py.string_dtype()}),
        "compound": (np.zeros(3, [("a", "f4"), ("b", "i4")]), {}),
        "lists": (None, {"shape": (3,), "dtype": h5py.vlen_dtype(np.dtype("f4"))}),
        "choice": (np.zeros(3, "i1"), {"dtype": h5py.enum_dtype({"A": 0, "B": 1}, "i1")}),
        "opaque": (np.zeros(3, "V16"), {}),
        "rows": (None, {"shape": (3,), "dtype": np.dtype(("f4", (2,)))}),
        "bits": (np.zeros(3, bool), {}),
    }
    data, how = makers[kind]
    return replaced(place, path, data, **how) + f" {kind}"


@change
def odd_classes(place: Place) -> str:
    n = place.random.choice([0, 1, 2, 10, 11, 500])
    texts = np.array([place.random.choice(TEXTS) for _ in range(n)], object)
    return replaced(place, "dataset/classes", texts, dtype=h5py.string_dtype()) + f" {n}"


@change
def bytes_for_text(place: Place) -> str:
    texts = [path for path in place.datasets if h5py.check_string_dtype(place.file[path].dtype)]
    path = place.random.choice(texts)
    shape = place.file[path].shape
    return replaced(place, path, np.full(shape, b"\xff\xfe\xc0"), dtype=h5py.string_dtype("utf-8", 3))


def mutate(path: Path, random: Random, other: Path) -> list[str]:
    """Change a store in place, once to three times; what was changed, in words."""
    said = []
    with h5py.File(path, "r+", locking=False) as file:
        for _ in range(random.choice([1, 1, 1, 2, 3])):
            groups: list[str] = []
            datasets: list[str] = []
            file.visititems(lambda key, item: (datasets if isinstance(item, h5py.Dataset) else groups).append(key))  # noqa: B023
            if not groups or not datasets:
                break
            name = random.choice([*CHANGES, *OFTEN])
            try:
                said.append(f"{name}: {CHANGES[name](Place(file, groups, datasets, other, random))}")
            except (KeyError, OSError, RuntimeError, ValueError, TypeError) as error:  # of a file already changed
                said.append(f"{name}: could not ({type(error).__name__})")
    return said
