"""Change where things stand in a store and what they are: links, names, kinds, how their bytes are kept."""

from __future__ import annotations

import zlib
from functools import cache

import h5py
import numpy as np
from h5py import h5d, h5p, h5s, h5t

from tests.fuzz.changes import Place, change, replaced


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
