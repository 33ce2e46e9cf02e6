"""What is written is what is read; bad files are refused in a sentence; a good file is never lost."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.store import writer as writer_module
from weightreel.analysis.store.check.faults import same
from weightreel.analysis.store.layout import description
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import FIELDS, SCHEMA, SCHEMA_VERSION
from weightreel.analysis.store.writer import Contents, write

Spoiled = Callable[[Callable[[h5py.File], None]], Path]


def test_reading_and_writing_again_changes_nothing(pristine: Path, contents: Contents, tmp_path: Path) -> None:
    again = tmp_path / "again.h5"
    write(again, contents)
    assert same(pristine, again) == []
    with h5py.File(pristine) as a, h5py.File(again) as b:
        for name in ("units", "long_name"):
            assert a["runs/cnn-s0/train/loss"].attrs[name] == b["runs/cnn-s0/train/loss"].attrs[name]


def test_every_dataset_says_what_it_is(pristine: Path) -> None:
    """Also to other programs: its units, its name and a scale on every axis, in a group above it."""
    seen = set()

    def look(key: str, item: h5py.Dataset | h5py.Group) -> None:
        if not isinstance(item, h5py.Dataset):
            return
        of = description(f"/{key}", in_parts="lengths" in item.attrs)
        if of is None:
            assert "CLASS" in item.attrs, key
            return
        seen.add(of.long_name)
        assert (item.attrs["units"].decode(), item.attrs["long_name"].decode()) == (of.units, of.long_name)
        assert len(item.dims) == len(of.dims)
        for name, dimension, length in zip(of.dims, item.dims, item.shape, strict=True):
            scale = item if h5py.h5ds.is_scale(item.id) else dimension[0]
            assert scale.name.rpartition("/")[2] == name
            assert scale.shape == (length,)
            assert item.name.startswith(scale.parent.name)
            assert scale is item or h5py.h5ds.is_attached(item.id, scale.id, list(of.dims).index(name))

    with h5py.File(pristine) as file:
        file.visititems(look)
        run = file["runs/cnn-s0"]
        assert run["train/loss"].dims[0][0] == run["epoch"]
        assert run["network/weight/mean"].dims[0][0] == run["network/layer"]
        assert run["test/confusion"].dims[1][0][()].tolist() == file["dataset/classes"][()].tolist()
    assert {field.long_name for field in FIELDS if field.required} <= seen


def test_no_text_stands_in_hdf5_s_heap_of_strings(pristine: Path) -> None:
    def look(_: str, item: h5py.Dataset | h5py.Group) -> None:
        ids = [h5py.h5a.open(item.id, name.encode()) for name in item.attrs if name != "DIMENSION_LIST"]
        for one in [*ids, *([item.id] if isinstance(item, h5py.Dataset) else [])]:
            kind = one.get_type()
            assert not (isinstance(kind, h5py.h5t.TypeStringID) and kind.is_variable_str()), item.name

    with h5py.File(pristine) as file:
        look("/", file)
        file.visititems(look)


def test_layers_that_disagree_stand_alone_and_come_back(contents: Contents, tmp_path: Path) -> None:
    layer, other = "/runs/cnn-s0/layers/head.0", "/runs/cnn-s0/layers/head.1"
    contents.datasets[f"{layer}/spectrum/alpha"] = contents.datasets[f"{layer}/spectrum/alpha"][:4]
    contents.datasets[f"{layer}/weight/counts"] = contents.datasets[f"{layer}/weight/counts"][:4]
    contents.describe(f"{layer}/spectrum/p_value", resamples=7)
    contents.describe(f"{layer}/weight", quantiles=np.linspace(0.1, 0.9, 9))
    contents.describe(layer, kind=np.int64(3))
    contents.describe(other, layer_id="five", unknown=1.5)
    write(tmp_path / "odd.h5", contents)
    with Store(tmp_path / "odd.h5") as store:
        found = store.contents()
        names = list(store.run("cnn-s0").layers)
    assert found.datasets.keys() == contents.datasets.keys()
    for path, value in contents.datasets.items():
        assert np.array_equal(found.datasets[path], value, equal_nan=value.dtype.kind == "f"), path
    for path in contents.attributes:
        assert found.attributes[path].keys() == contents.attributes[path].keys(), path
    assert found.attributes[layer]["kind"] == 3
    assert found.attributes[other]["layer_id"] == "five"
    assert found.attributes[f"{layer}/spectrum/p_value"]["resamples"] == 7
    assert names == [path.rpartition("/")[2] for path in sorted(
        (p for p in contents.attributes if p.count("/") == 4 and "/layers/" in p),
        key=lambda p: contents.attributes[p]["order"],
    )]  # fmt: skip


def test_a_layer_s_array_is_its_reader_s_own(pristine: Path) -> None:
    with Store(pristine) as store:
        layer = store.run("cnn-s0").layer("head.0")
        layer["spectrum/alpha"][:] = 0
        assert (layer["spectrum/alpha"] > 1).all()


def test_numpy_types_come_back_as_python_s(pristine: Path) -> None:
    with Store(pristine) as store:
        run = store.run("cnn-s0")
        assert (run.title, run.model, run.seed, run.complete) == ("CNN", "cnn", 0, True)
        assert type(run.attributes["seed"]) is int
        assert run.attack("uniform-noise").threshold == 0.9
        assert run.attack("uniform-noise").parameters == {"trials": 200, "history": 50}
        assert run.layer("head.0").shape == (64, 64)
        assert [layer.name for layer in run.layers.values()][:2] == ["blocks.0.conv", "blocks.0.norm"]
        assert store.classes[0] == "airplane"
        assert store.recipe["title"] == "A made-up study"
        assert len(store.digest) == 64
        assert run.attributes_of("phase/validation")["rule"].startswith("made up")
        assert run.attributes_of("no/such/thing") == {}
        assert not run.has("no/such/thing")


def test_selecting_runs(contents: Contents, tmp_path: Path) -> None:
    for name, model, seed, order in (("cnn-s1", "cnn", 1, 0), ("other-s2", "other", 2, 5)):
        contents.describe(f"/runs/{name}", model=model, seed=seed, order=order)
        contents.datasets[f"/runs/{name}/epoch"] = np.arange(1)
    contents.describe("/runs/cnn-s0", order=3)
    write(tmp_path / "runs.h5", contents)
    with Store(tmp_path / "runs.h5") as store:
        assert list(store.runs) == ["cnn-s1", "cnn-s0", "other-s2"]
        assert [run.name for run in store.select()] == ["cnn-s0", "other-s2"]
        assert [run.name for run in store.select(" other-s2, cnn-s1,")] == ["other-s2", "cnn-s1"]


ASKED = [
    (lambda s: s.run("rnn-s9"), "no run in .* called 'rnn-s9'; there are: cnn-s0"),
    (lambda s: s.select("cnn-s0,rnn-s9"), "called 'rnn-s9'"),
    (lambda s: s.run("cnn-s0").layer("body.7"), "no layer of cnn-s0 in .* called 'body.7'; there are: blocks.0.conv"),
    (lambda s: s.run("cnn-s0").attack("fgsm"), "no attack on cnn-s0 .* called 'fgsm'; there are: uniform-noise"),
    (lambda s: s.run("cnn-s0")["train/perplexity"], "holds no /runs/cnn-s0/train/perplexity; `weightreel check"),
]


@pytest.mark.parametrize(("ask", "sentence"), ASKED, ids=[s for _, s in ASKED])
def test_asking_for_what_is_not_there(pristine: Path, ask: Callable[[Store], object], sentence: str) -> None:
    with Store(pristine) as store, pytest.raises(WeightreelError, match=sentence):
        ask(store)


def test_an_empty_store_says_that_it_waits(contents: Contents, tmp_path: Path) -> None:
    contents.drop("/runs/cnn-s0")
    write(tmp_path / "empty.h5", contents)
    with Store(tmp_path / "empty.h5") as store, pytest.raises(WeightreelError, match="holds no run yet"):
        store.select()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "there is no store"),
        (b"", "is not a store or is truncated"),
        (b"not HDF5 at all", "is not a store or is truncated"),
        (0.5, "is damaged or was changed"),
    ],
)
def test_files_that_are_no_store(pristine: Path, tmp_path: Path, content: bytes | float | None, sentence: str) -> None:
    path = tmp_path / "broken.h5"
    if content is not None:
        whole = pristine.read_bytes()
        path.write_bytes(whole[: int(len(whole) * content)] if isinstance(content, float) else content)
    with pytest.raises(WeightreelError, match=sentence) as caught:
        Store(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("schema_version", "2.0", "follows schema 2.0, newer than this program's 1; upgrade"),
        ("schema_version", "soon", "names no schema version"),
        ("schema", "picture", "is an HDF5 file but not a Weightreel store"),
    ],
)
def test_foreign_schemas_are_refused(spoiled: Spoiled, name: str, value: str, sentence: str) -> None:
    with pytest.raises(WeightreelError, match=sentence):
        Store(spoiled(lambda file: file.attrs.__setitem__(name, value)))


def test_a_dataset_that_the_schema_does_not_know_is_not_written(contents: Contents, tmp_path: Path) -> None:
    contents.datasets["/runs/cnn-s0/mood"] = np.zeros(6)
    with pytest.raises(WeightreelError, match="no dataset /runs/cnn-s0/mood"):
        write(tmp_path / "new.h5", contents)
    assert list(tmp_path.iterdir()) == []


def test_wrong_dimensions_are_not_written(contents: Contents, tmp_path: Path) -> None:
    contents.datasets["/runs/cnn-s0/train/loss"] = np.zeros((6, 2))
    with pytest.raises(WeightreelError, match="has 2 dimensions; the schema says 1"):
        write(tmp_path / "new.h5", contents)
    assert list(tmp_path.iterdir()) == []


def fail_half_way(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let the writer meet `error` at its fiftieth dataset."""
    real, left = writer_module._write, iter(range(49, -1, -1))

    def write_one(*arguments: Any) -> None:
        if next(left) == 0:
            raise error
        real(*arguments)

    monkeypatch.setattr(writer_module, "_write", write_one)


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), RuntimeError("write failed")])
def test_a_full_disk_leaves_the_old_file(
    pristine: Path, contents: Contents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    path = tmp_path / "store.h5"
    path.write_bytes(pristine.read_bytes())

    fail_half_way(monkeypatch, error)
    with pytest.raises(WeightreelError, match=r"could not be written .* Free some disk space"):
        write(path, contents)
    assert path.read_bytes() == pristine.read_bytes()
    assert list(tmp_path.iterdir()) == [path]


def test_a_crash_leaves_the_old_file(
    pristine: Path, contents: Contents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "store.h5"
    path.write_bytes(pristine.read_bytes())

    fail_half_way(monkeypatch, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        write(path, contents)
    assert path.read_bytes() == pristine.read_bytes()
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_named(contents: Contents, tmp_path: Path) -> None:
    with pytest.raises(WeightreelError, match=r"nowhere.*could not be written"):
        write(tmp_path / "nowhere" / "store.h5", contents)


def test_a_reader_keeps_its_file_while_a_new_one_takes_its_place(
    pristine: Path, contents: Contents, tmp_path: Path
) -> None:
    path = tmp_path / "store.h5"
    path.write_bytes(pristine.read_bytes())
    with Store(path) as old:
        before = old.run("cnn-s0")["train/loss"].copy()
        contents.datasets["/runs/cnn-s0/train/loss"] = before + 1
        write(path, contents)
        assert np.array_equal(old.run("cnn-s0")["train/loss"], before)
    with Store(path) as new:
        assert np.allclose(new.run("cnn-s0")["train/loss"], before + 1)


def test_dropping_a_group_spares_its_namesakes() -> None:
    contents = Contents()
    for run in ("cnn-s1", "cnn-s10"):
        contents.describe(f"/runs/{run}", title=run)
        contents.add(f"/runs/{run}", {"epoch": np.arange(2)})
    contents.drop("/runs/cnn-s1")
    assert list(contents.datasets) == ["/runs/cnn-s10/epoch"]
    assert list(contents.attributes) == ["/runs/cnn-s10"]


def test_the_root_is_described(pristine: Path) -> None:
    with Store(pristine) as store:
        assert json.loads(store.attributes["software"]) == {}
        assert store.attributes["licence"] == "CC BY 4.0"


def walk(group: h5py.Group, above: dict[str, int]) -> None:
    """As xarray reads a tree: a dimension's name has one length in a group and in all below, and is no other's name."""
    here = dict(above)
    arrays = [item for item in group.values() if isinstance(item, h5py.Dataset)]
    empty = [item for item in arrays if item.attrs.get("NAME", b"").startswith(b"This is a netCDF dimension")]
    for item in arrays:
        for dimension, length in zip(item.dims, item.shape, strict=True):
            if item not in empty:
                name = (item if h5py.h5ds.is_scale(item.id) else dimension[0]).name.rpartition("/")[2]
                assert here.setdefault(name, length) == length, (item.name, name)
    for item in arrays:
        name = item.name.rpartition("/")[2]
        assert name not in here or (h5py.h5ds.is_scale(item.id) and item.ndim == 1), item.name
    for item in group.values():
        if isinstance(item, h5py.Group):
            walk(item, here)


@pytest.mark.parametrize("version", ["1.0", "1.2", "1.3", "1.3-recorded"])
def test_a_store_is_netcdf(version: str, pristine: Path, tmp_path: Path) -> None:
    with Store(Path(__file__).parent / "versions" / f"{version}.h5") as old, Store(pristine) as other:
        contents, more = old.contents(), other.contents()
    for path, value in more.datasets.items():  # runs of other lengths and classes beside it
        if path.startswith("/runs/"):
            contents.datasets[path] = value
    contents.attributes |= {path: found for path, found in more.attributes.items() if path.startswith("/runs/")}
    contents.add("/runs/cnn-s0", {"metrics/epoch": np.arange(6.0), "metrics/class_": np.arange(6.0)})
    write(tmp_path / "both.h5", contents)
    with h5py.File(tmp_path / "both.h5") as file:
        walk(file, {})
    with Store(tmp_path / "both.h5") as store:
        assert store.contents().datasets.keys() == contents.datasets.keys()
        assert store.run("cnn-s0").metrics == ["class_", "epoch"]
        assert store.run("cnn-s0")["metrics/epoch"].tolist() == [0, 1, 2, 3, 4, 5]


def test_the_writer_says_what_it_is(contents: Contents, tmp_path: Path) -> None:
    contents.describe("/", schema="painting", schema_version="1.0", results="none")
    write(tmp_path / "new.h5", contents)
    with Store(tmp_path / "new.h5") as store:
        assert store.attributes["schema"] == SCHEMA
        assert store.attributes["schema_version"] == SCHEMA_VERSION
        assert len(store.digest) == 64
