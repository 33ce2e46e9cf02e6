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
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import FIELDS, field_of
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
    seen = set()

    def look(key: str, item: h5py.Dataset | h5py.Group) -> None:
        if isinstance(item, h5py.Dataset):
            field = field_of(f"/{key}")
            assert field is not None, key
            assert tuple(d.label for d in item.dims) == field.dims
            assert item.attrs["long_name"] == field.long_name
            seen.add(field.path)

    with h5py.File(pristine) as file:
        file.visititems(look)
        run = file["runs/cnn-s0"]
        assert run["train/loss"].dims[0][0] == run["epoch"]
        assert run["test/confusion"].dims[1][0] == file["dataset/classes"]
    assert {field.path for field in FIELDS if field.required} <= seen


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
        (0.5, "is not a store or is truncated"),
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
    real, left = writer_module._write_dataset, iter(range(49, -1, -1))

    def write_dataset(*arguments: Any) -> None:
        if next(left) == 0:
            raise error
        real(*arguments)

    monkeypatch.setattr(writer_module, "_write_dataset", write_dataset)


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
