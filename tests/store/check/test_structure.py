"""What a file is made of is looked at before a number in it is read: each kind of fault is named."""

from __future__ import annotations

import shutil
import zlib
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from weightreel.analysis.store.check.faults import check
from weightreel.analysis.store.check.structure import Structure
from weightreel.analysis.store.seal import seal

RUN = "/runs/cnn-s0"
LOSS, CLASSES, COUNTS = f"{RUN}/train/loss", "/dataset/classes", f"{RUN}/parameters/weight/counts"
VERSIONS = Path(__file__).parents[1] / "versions"

Spoil = Callable[[h5py.File], object]


def instead(path: str, **how: object) -> Spoil:
    """Another dataset in the place of one, with its attributes."""

    def spoil(file: h5py.File) -> None:
        kept = {name: value for name, value in file[path].attrs.items() if name in ("units", "long_name")}
        shape = file[path].shape
        del file[path]
        given = how if "data" in how else {"shape": shape} | how
        file.create_dataset(path, **given).attrs.update(kept)

    return spoil


def linked(path: str, link: object) -> Spoil:
    def spoil(file: h5py.File) -> None:
        del file[path]
        file[path] = link

    return spoil


def attribute(path: str, value: object, name: str = "title") -> Spoil:
    def spoil(file: h5py.File) -> None:
        file[path].attrs[name] = value

    return spoil


def virtual(source: str) -> Spoil:
    def spoil(file: h5py.File) -> None:
        layout = h5py.VirtualLayout((6,), "f4")
        layout[...] = h5py.VirtualSource(source, LOSS, (6,))
        del file[LOSS]
        file.create_virtual_dataset(LOSS, layout)

    return spoil


def bomb(file: h5py.File) -> None:
    """A hundred pieces of 32 MiB, all of zeros, each a few kilobytes."""
    piece = 32 << 20
    instead(COUNTS, shape=(100 * piece,), dtype="u1", chunks=(piece,), compression="gzip")(file)
    packed = zlib.compress(bytes(piece), 9)
    for i in range(100):
        file[COUNTS].id.write_direct_chunk((i * piece,), packed)


def unheard(file: h5py.File) -> None:
    """A group whose name is no UTF-8."""
    h5py.h5g.create(file[RUN].id, b"\xff\xfe")


FAULTS: dict[str, tuple[Spoil, str, str]] = {
    "kept in another file": (
        instead(CLASSES, dtype="S40", external=[("/etc/passwd", 0, 400)]),
        CLASSES,
        "keeps its numbers in another file",
    ),
    "numbers in another file": (
        instead(LOSS, dtype="f4", external=[("/dev/zero", 0, h5py.h5f.UNLIMITED)]),
        LOSS,
        "keeps its numbers in another",
    ),
    "link to another file": (
        linked(CLASSES, h5py.ExternalLink("other.h5", "/x")),
        CLASSES,
        "a link to another file, 'other.h5'",
    ),
    "group of another file": (
        linked("/runs", h5py.ExternalLink("/etc/passwd", "/")),
        "/runs",
        "a link to another file, '/etc/passwd'",
    ),
    "virtual": (virtual("other.h5"), LOSS, "is a virtual dataset"),
    "virtual of itself": (virtual("."), LOSS, "is a virtual dataset"),
    "link to nothing": (linked(LOSS, h5py.SoftLink("/nowhere")), LOSS, "is a link to '/nowhere'"),
    "link to itself": (linked(LOSS, h5py.SoftLink(LOSS)), LOSS, f"is a link to '{LOSS}'"),
    "link upwards": (linked(f"{RUN}/attacks", h5py.SoftLink("/runs")), f"{RUN}/attacks", "is a link to '/runs'"),
    "group within itself": (
        lambda f: f[RUN].__setitem__("again", f[RUN]),
        f"{RUN}/again",
        f"is {RUN} under another name",
    ),
    "root within itself": (lambda f: f[RUN].__setitem__("again", f["/"]), f"{RUN}/again", "is / under another name"),
    "dataset twice": (lambda f: f.__setitem__("x", f["/dataset"]), "/x", "is /dataset under another name"),
    "deep groups": (lambda f: f.create_group("/".join("d" * 5000)), "/" + "/".join("d" * 13), "deeper than any store"),
    "type for a dataset": (linked(LOSS, np.dtype("f4")), LOSS, "is neither a group nor a dataset"),
    "name": (unheard, f"{RUN}/\\xff\\xfe", "has a name that is not UTF-8"),
    "no shape": (instead(LOSS, data=h5py.Empty("f4")), LOSS, "is empty"),
    "references": (instead(LOSS, dtype=h5py.ref_dtype), LOSS, "holds neither numbers nor text"),
    "regions": (instead(LOSS, dtype=h5py.regionref_dtype), LOSS, "holds neither numbers nor text"),
    "records": (instead(LOSS, dtype=[("a", "f4")]), LOSS, "holds neither numbers nor text"),
    "complex": (instead(LOSS, data=np.zeros(6, "c8")), LOSS, "holds neither numbers nor text"),
    "bits": (instead(LOSS, data=np.zeros(6, bool)), LOSS, "holds neither numbers nor text"),
    "lists": (instead(LOSS, dtype=h5py.vlen_dtype(np.dtype("f4"))), LOSS, "holds neither numbers nor text"),
    "bytes": (instead(LOSS, dtype="V4"), LOSS, "holds neither numbers nor text"),
    "never written": (instead(LOSS, dtype="f4"), LOSS, "declares 24 bytes of numbers, of which the file holds 0"),
    "huge": (
        instead(COUNTS, shape=(10**11,), dtype="u4", chunks=(1000,)),
        COUNTS,
        "declares 400,000,000,000 bytes of numbers",
    ),
    "huge in every direction": (
        instead(COUNTS, shape=(2**31, 2**31), dtype="u4", chunks=(10, 10)),
        COUNTS,
        "of which the file holds 0",
    ),
    "many texts": (
        instead(CLASSES, shape=(10**9,), dtype=h5py.string_dtype(), chunks=(1000,)),
        CLASSES,
        "1,000,000,000 strings",
    ),
    "bomb": (bomb, COUNTS, "brings what the file declares to"),
    "filter": (instead(COUNTS, data=np.zeros((6, 100), "u4"), compression="lzf"), COUNTS, "packed by a filter"),
    "empty attribute": (attribute(RUN, h5py.Empty("f4")), RUN, "an attribute 'title' that is empty"),
    "attribute of rows": (attribute(RUN, np.zeros((2, 2))), RUN, "an attribute 'title' that has 2 dimensions"),
    "attribute of references": (
        attribute(RUN, np.array([h5py.Reference()], h5py.ref_dtype)),
        RUN,
        "'title' that is neither a number nor text",
    ),
    "attribute of yes": (attribute(RUN, True), RUN, "'title' that is neither a number nor text"),
    "many attributes": (
        lambda f: [f[RUN].attrs.__setitem__(f"a{i}", 1) for i in range(300)],
        RUN,
        "attributes, more than any store",
    ),
    "dimensions": (attribute(LOSS, 1, "DIMENSION_LIST"), LOSS, "'DIMENSION_LIST' that is not what HDF5 writes there"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_named_where_it_is(pristine: Path, tmp_path: Path, fault: str) -> None:
    spoil, path, what = FAULTS[fault]
    copy = Path(shutil.copy(pristine, tmp_path / "spoiled.h5"))
    with h5py.File(copy, "r+") as file:
        spoil(file)
    seal(copy)
    found = check(copy)
    assert any(problem.path == path and what in problem.what for problem in found), found


@pytest.mark.parametrize("fault", ["kept in another file", "link upwards", "group within itself", "bomb", "no shape"])
def test_so_it_is_in_stores_that_have_no_seal(tmp_path: Path, fault: str) -> None:
    spoil, path, what = FAULTS[fault]
    copy = Path(shutil.copy(VERSIONS / "1.0.h5", tmp_path / "spoiled.h5"))
    with h5py.File(copy, "r+") as file:
        file.move("runs/spectral-cnn-s0", RUN)
        spoil(file)
    assert any(problem.path == path and what in problem.what for problem in check(copy))


@pytest.mark.parametrize("version", sorted(path.stem for path in VERSIONS.glob("*.h5")))
def test_stores_of_all_versions_are_made_as_they_should(version: str) -> None:
    with h5py.File(VERSIONS / f"{version}.h5") as file:
        structure = Structure(file)
        names: list[str] = ["/"]
        file.visit(lambda name: names.append(f"/{name}"))
    assert structure.problems == []
    assert sorted(standing.path for standing in structure.standing) == sorted(names)


def test_what_is_lost_is_passed_over(pristine: Path) -> None:
    seen: list[str] = []
    with h5py.File(pristine) as file:
        structure = Structure(file, seen.append, frozenset([f"{RUN}/train", COUNTS]))
    found = {standing.path for standing in structure.standing}
    assert structure.problems == []
    assert f"{RUN}/validation/loss" in found
    assert not {f"{RUN}/train", LOSS, COUNTS} & found
    assert set(seen) == found


@pytest.mark.parametrize(
    ("path", "name", "value", "what"),
    [
        (RUN, "seed", np.array([1, 2]), "'seed' that is not one value"),
        (RUN, "defence", "[1]", "'defence' that is no JSON object"),
        (RUN, "defence", '{"a": ' + "[" * 2000 + "]" * 2000 + "}", "'defence' that is no JSON object"),
        (RUN, "defence", '{"a": ' + "9" * 5000 + "}", "'defence' that is no JSON object"),
        ("/", "recipe", "null", "'recipe' that is no JSON object"),
        ("/", "software", '{"title": ', "'software' that is no JSON object"),
        ("/dataset", "n_test", 2.5, "'n_test' that is not of type i8"),
        (RUN, "skipped", 3, "'skipped' that is not of type str"),
    ],
)
def test_attributes_are_what_the_schema_says(
    pristine: Path, tmp_path: Path, path: str, name: str, value: object, what: str
) -> None:
    copy = Path(shutil.copy(pristine, tmp_path / "spoiled.h5"))
    with h5py.File(copy, "r+") as file:
        file[path].attrs[name] = value
    seal(copy)
    assert any(problem.path == path and what in problem.what for problem in check(copy))
