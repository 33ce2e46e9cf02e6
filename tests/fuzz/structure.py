"""Change what a store is made of: links, kinds, types, shapes, values, attributes, packing."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import h5py
import numpy as np
from h5py import h5d, h5p, h5s, h5t

SCALING = ("CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", "DIMENSION_LABELS")
TEXTS = (
    "",
    "x" * 100_000,
    "a/b",
    "../../x",
    "<script>alert(1)</script>",
    "=1+1",
    "\n\n",
    "\u202e",
    "{{}}",
    "$x",
    "[red]",
    "nan",
    "-1",
    "{}",
    "[]",
    "null",
    '{"title": [1]}',
    '{"a":' + "[" * 2000 + "]" * 2000 + "}",
    "\U0001d518" * 50,
    '{"a": 1e999}',
    '{"epsilon": "x", "nothing": "y"}',
    '{"epsilon": null}',
    "[1, 2]",
    '["a"]',
    '{"a": ' + "9" * 5000 + "}",
    "\x1b[2J",
)
"""Texts that are hard on whoever shows or parses them."""


class Place(NamedTuple):
    """Where something is changed.

    Attributes:
        file: open to be written.
        groups: paths of all groups but the root.
        datasets: paths of all datasets.
        other: a store beside it, which links may name.
        random: decides.
    """

    file: h5py.File
    groups: list[str]
    datasets: list[str]
    other: Path
    random: Random

    def dataset(self) -> str:
        """The path of some dataset."""
        return self.random.choice(self.datasets)

    def anything(self) -> str:
        """The path of some group or dataset."""
        return self.random.choice(self.groups + self.datasets)


Change = Callable[[Place], str]
"""Changes a store, and says what and where."""
CHANGES: dict[str, Change] = {}
OFTEN = ("other_values", "other_values", "another_shape", "odd_attribute", "odd_attribute")
"""Changes of which there are most kinds."""


def change(of: Change) -> Change:
    """Add a change to the table."""
    CHANGES[of.__name__] = of
    return of


def replaced(place: Place, path: str, data: Any = None, **how: Any) -> str:
    """Put another dataset where one was, with its attributes."""
    old = place.file[path]
    kept = {name: value for name, value in old.attrs.items() if name not in SCALING} if "DIMENSION" not in path else {}
    lists = old.attrs.get("DIMENSION_LIST")
    del place.file[path]
    new = place.file.create_dataset(path, data=data, **how)
    for name, value in kept.items():
        new.attrs[name] = value
    if lists is not None and new.shape is not None and len(lists) == new.ndim:
        new.attrs.create("DIMENSION_LIST", lists, dtype=h5py.vlen_dtype(h5py.ref_dtype))
    return path


def odd_value(random: Random) -> Any:
    """A value that an attribute should not have."""
    makers: tuple[Callable[[], Any], ...] = (
        lambda: random.choice(TEXTS),
        lambda: random.choice(TEXTS),
        lambda: b"\xff\xfe\xfd",
        lambda: -1,
        lambda: 0,
        lambda: 2**62,
        lambda: np.uint64(2**64 - 1),
        lambda: float("nan"),
        lambda: float("inf"),
        lambda: 1e308,
        lambda: np.array([1, 2, 3]),
        lambda: np.array([], float),
        lambda: np.zeros((2, 2)),
        lambda: h5py.Empty("f"),
        lambda: h5py.Empty(h5py.string_dtype()),
        lambda: True,
        lambda: 3.7,
        lambda: np.array(["a", "b"], object),
        lambda: np.complex64(1j),
        lambda: np.float16(1),
        lambda: np.zeros(3, [("a", "f4")]),
        lambda: np.void(b"abc"),
        lambda: np.array([-1, 2**31 - 1]),
    )
    return random.choice(makers)()


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
def group_for_dataset(place: Place) -> str:
    path = place.dataset()
    del place.file[path]
    place.file.create_group(path)
    return path


@change
def dataset_for_group(place: Place) -> str:
    path = place.random.choice(place.groups)
    del place.file[path]
    place.file[path] = np.zeros(3, "f4")
    return path


@change
def soft_link(place: Place) -> str:
    path = place.anything()
    there = place.random.choice(
        ["/nowhere", f"/{path}", "/", "/runs", f"/{path.rpartition('/')[0]}", f"/{place.dataset()}"]
    )
    del place.file[path]
    place.file[path] = h5py.SoftLink(there)
    return f"{path} -> {there}"


@change
def hard_link(place: Place) -> str:
    path = place.random.choice(place.groups)
    there = place.random.choice(["/", "runs", path, path.rpartition("/")[0] or "/", place.anything()])
    name = f"{path}/again" if place.random.random() < 0.5 else f"{path.rpartition('/')[0]}/again"
    place.file[name] = place.file[there]
    return f"{name} = {there}"


@change
def link_to_another_file(place: Place) -> str:
    path = place.anything()
    there = place.random.choice([str(place.other), "/etc/passwd", "/dev/zero", "/nonexistent"])
    del place.file[path]
    place.file[path] = h5py.ExternalLink(there, f"/{path}")
    return f"{path} -> {there}"


@change
def kept_in_another_file(place: Place) -> str:
    path = place.dataset()
    dtype = place.file[path].dtype
    where = [(place.random.choice(["/etc/passwd", "/dev/zero", "/nonexistent"]), 0, h5py.h5f.UNLIMITED)]
    return replaced(
        place, path, shape=place.file[path].shape or (1,), dtype="S100" if dtype.kind == "O" else dtype, external=where
    )


@change
def virtual(place: Place) -> str:
    path = place.dataset()
    dataset = place.file[path]
    if dataset.dtype.kind == "O" or not dataset.shape or 0 in dataset.shape:
        return path
    layout = h5py.VirtualLayout(dataset.shape, dataset.dtype)
    there = place.random.choice([str(place.other), "."])
    layout[...] = h5py.VirtualSource(there, path, dataset.shape)
    del place.file[path]
    place.file.create_virtual_dataset(path, layout)
    return f"{path} from {there}"


@change
def huge(place: Place) -> str:
    path = place.dataset()
    n = max(place.file[path].ndim, 1)
    dtype = place.file[path].dtype
    shape = (place.random.choice([10**11, 10**9, 10**7, 2**40]), *[1] * (n - 1))
    chunks = {"chunks": (1000, *[1] * (n - 1))} if place.random.random() < 0.7 else {}
    return replaced(place, path, shape=shape, dtype="f4" if dtype.kind == "O" else dtype, **chunks)


@cache
def zeros(size: int) -> bytes:
    """So many bytes of nothing, deflated."""
    return zlib.compress(bytes(size), 9)


@change
def bomb(place: Place) -> str:
    """Kilobytes that stand for much more; each piece is truly written."""
    path = place.dataset()
    n, piece = max(place.file[path].ndim, 1), 32 << 20
    pieces = place.random.choice([1, 8, 100])
    how = {"chunks": (piece, *[1] * (n - 1)), "compression": "gzip"}
    replaced(place, path, shape=(piece * pieces, *[1] * (n - 1)), dtype="u1", **how)
    for i in range(pieces):
        place.file[path].id.write_direct_chunk((i * piece, *[0] * (n - 1)), zeros(piece))
    return f"{path} {piece * pieces:,}"


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
def packed_otherwise(place: Place) -> str:
    path = place.dataset()
    array = np.atleast_1d(np.asarray(place.file[path][()]))
    if array.dtype.kind == "O" or not array.size:
        return path
    how = place.random.choice(
        [{"compression": "lzf"}, {"scaleoffset": 4}, {"compression": 32004, "allow_unknown_filter": True}]
    )
    if "scaleoffset" in how and array.dtype.kind not in "fiu":
        return path
    try:
        return replaced(place, path, array, chunks=True, **how) + f" {how}"
    except (OSError, ValueError):  # HDF5 knows no such filter and so writes nothing
        return path


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


@change
def renamed(place: Place) -> str:
    path = place.random.choice(place.groups)
    new = place.random.choice(
        ["x", "a b", "...", "<b>", "..", "x" * 5000, "\u202e", "a.b", "=1", "weight", "-s", "0", "\x1b[2J"]
    )
    parent = path.rpartition("/")[0]
    if (there := f"{parent}/{new}") in place.file:
        return path
    place.file.move(path, there)
    return f"{path} -> {new[:20]}"


@change
def name_that_is_no_text(place: Place) -> str:
    path = place.random.choice(place.groups)
    place.file[path].id.links.move(b"again", place.file[path].id, b"\xff\xfe") if "again" in place.file[path] else None
    h5py.h5g.create(place.file[path].id, b"\xff\xfe")
    return path


@change
def more_groups(place: Place) -> str:
    path = place.random.choice(place.groups)
    name = place.random.choice(["zz", "weight2", "extra/a/b", "/".join("d" * 200)])
    place.file[path].require_group(name)
    return f"{path}/{name[:20]}"


@change
def named_type(place: Place) -> str:
    path = place.anything()
    del place.file[path]
    place.file[path] = np.dtype("f4")
    return path


@change
def other_dimensions(place: Place) -> str:
    path = place.dataset()
    dataset = place.file[path]
    n = max(dataset.ndim, 1)
    references = place.random.choice([place.file.ref, place.file[place.dataset()].ref, h5py.Reference()])
    lists = np.empty(place.random.choice([n, n + 1, 1]), object)
    for i in range(len(lists)):
        lists[i] = np.array([references], h5py.ref_dtype)
    if "DIMENSION_LIST" in dataset.attrs:
        del dataset.attrs["DIMENSION_LIST"]
    dataset.attrs.create("DIMENSION_LIST", lists, dtype=h5py.vlen_dtype(h5py.ref_dtype))
    return path


@change
def other_parts(place: Place) -> str:
    """Which part of a stacked array is which layer's."""
    of = [p for p in place.datasets if {"measured", "lengths"} & set(place.file[p].attrs)]
    if not of:
        return ""
    path = place.random.choice(of)
    name = next(name for name in ("measured", "lengths") if name in place.file[path].attrs)
    old = np.array(place.file[path].attrs[name])
    place.random.choice(
        [
            lambda: place.file[path].attrs.__setitem__(name, -old),
            lambda: place.file[path].attrs.__setitem__(name, old[:-1]),
            lambda: place.file[path].attrs.__setitem__(name, old * 2),
            lambda: place.file[path].attrs.__setitem__(name, 7),
            lambda: place.file[path].attrs.__setitem__(name, "text"),
            lambda: place.file[path].attrs.__setitem__(name, old[::-1]),
            lambda: place.file[path].attrs.__setitem__(name, old.astype("f8") + 0.5),
        ]
    )()
    return f"{path}@{name}"


@change
def swapped(place: Place) -> str:
    one, other = place.dataset(), place.dataset()
    if one == other:
        return one
    file = place.file
    file.move(one, "between")
    file.move(other, one)
    file.move("between", other)
    return f"{one} <-> {other}"


@change
def run_again(place: Place) -> str:
    run = place.random.choice([*place.file["runs"]]) if "runs" in place.file else ""
    if not run:
        return ""
    new = place.random.choice(["cnn-s99", "other-s0", "..", "x" * 300])
    if new not in place.file["runs"]:
        place.file.copy(f"runs/{run}", f"runs/{new}")
    return f"runs/{new}"


@change
def never_written(place: Place) -> str:
    path = place.dataset()
    shape = place.file[path].shape or (4,)
    del place.file[path]
    layout = h5p.create(h5p.DATASET_CREATE)
    parent, _, name = path.rpartition("/")
    h5d.create(
        place.file.require_group(f"/{parent}").id, name.encode(), h5t.IEEE_F32LE, h5s.create_simple(shape), layout
    )
    return path


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
