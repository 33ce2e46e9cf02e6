"""Every store is netCDF-4: xarray opens it, and reads what h5py reads."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray

from weightreel.analysis.store.check.faults import check, seal_again
from weightreel.analysis.store.scales import EMPTY
from weightreel.analysis.store.writer import Contents, write

VERSIONS = sorted((Path(__file__).parent / "versions").glob("*.h5"))
OLD = [path for path in VERSIONS if path.stem[:3] < "1.4"]
SHIPPED = sorted((Path(__file__).parents[2] / "data").glob("*.h5"))
RUN = "runs/cnn-s0"
Edit = Callable[[h5py.File], object]


def is_length_alone(dataset: h5py.Dataset) -> bool:
    """Whether it is what netCDF calls a dimension without a variable."""
    name = dataset.attrs.get("NAME", "")
    return (name.decode() if isinstance(name, bytes) else str(name)).startswith(EMPTY[:40])


def differences(store: Path, group: str = "/") -> list[str]:
    """Datasets that xarray does not read as h5py does."""
    with xarray.open_datatree(store, engine="h5netcdf", group=group) as tree, h5py.File(store) as file:
        paths: list[str] = []
        file[group].visititems(lambda key, node: paths.append(key) if isinstance(node, h5py.Dataset) else None)
        assert len(paths) > 5
        return [
            path
            for path in paths
            if not is_length_alone(file[group][path]) and not is_same(tree, path, file[group][path])
        ]


def is_same(tree: xarray.DataTree, path: str, dataset: h5py.Dataset) -> bool:
    place, _, name = path.rpartition("/")
    found = (tree[place] if place else tree).variables[name].values
    if h5py.check_string_dtype(dataset.dtype):
        texts = dataset.asstr()[()]
        return found.shape == texts.shape and found.tolist() == texts.tolist()
    return found.dtype == dataset.dtype and np.array_equal(found, dataset[()], equal_nan=dataset.dtype.kind == "f")


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem)
def test_stores_of_every_version_open_once_they_are_sealed_again(path: Path, tmp_path: Path) -> None:
    store = tmp_path / "s.h5"
    shutil.copy(path, store)
    if path in OLD:
        with pytest.raises(ValueError, match="labeled"):
            xarray.open_datatree(store, engine="h5netcdf")
    assert seal_again(store) == []
    assert differences(store) == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_what_ships_opens(path: Path) -> None:
    """One run of each; `check` holds the others to the same rule."""
    assert differences(path, "dataset") == []
    assert differences(path, f"{RUN}/network/spectrum/sigma") == []


def test_texts_of_one_letter_are_texts(contents: Contents, tmp_path: Path) -> None:
    contents.datasets["/dataset/classes"] = np.array(list("0123456789"), object)
    write(tmp_path / "s.h5", contents)
    with xarray.open_datatree(tmp_path / "s.h5", engine="h5netcdf") as tree:
        assert tree["dataset/classes"].values.tolist() == list("0123456789")


def scaled(file: h5py.File, path: str, *scales: str) -> None:
    """Give a dataset the scales at some paths, several of one axis with a space between them."""
    listed = np.empty(len(scales), object)
    for i, scale in enumerate(scales):
        listed[i] = np.array([file[part].ref for part in scale.split()], h5py.ref_dtype)
    del file[path].attrs["DIMENSION_LIST"]
    file[path].attrs.create("DIMENSION_LIST", listed, dtype=h5py.vlen_dtype(h5py.ref_dtype))


CONFUSION = f"{RUN}/validation/confusion"


def other_length(file: h5py.File) -> None:
    file.create_dataset(f"{RUN}/validation/predicted", data=np.arange(3)).make_scale("predicted")
    scaled(file, CONFUSION, f"{RUN}/epoch", "true", f"{RUN}/validation/predicted")


def elsewhere(file: h5py.File) -> None:
    file.create_dataset("dataset/predicted", data=np.arange(10)).make_scale("predicted")
    scaled(file, CONFUSION, f"{RUN}/epoch", "true", "dataset/predicted")


def shadowed(file: h5py.File) -> None:
    file.create_dataset(f"{RUN}/true", data=np.arange(10)).make_scale("true")


FAULTS: list[tuple[Edit, str]] = [
    (lambda file: scaled(file, CONFUSION, f"{RUN}/epoch", "true", "true predicted"), "('epoch', 'true', '');"),
    (lambda file: file[CONFUSION].attrs.__delitem__("DIMENSION_LIST"), "labels its dimensions ('', '', '')"),
    (other_length, "has 10 along 'predicted', whose scale /runs/cnn-s0/validation/predicted has 3"),
    (elsewhere, "has the scale /dataset/predicted, where netCDF would find /predicted"),
    (shadowed, "has the scale /true, where netCDF would find /runs/cnn-s0/true"),
]


@pytest.mark.parametrize(("spoil", "what"), FAULTS)
def test_check_names_a_dimension_that_netcdf_would_take_for_another(
    spoiled: Callable[[Edit], Path], spoil: Edit, what: str
) -> None:
    problems = check(spoiled(spoil))
    assert any(problem.path == f"/{CONFUSION}" and what in problem.what for problem in problems), problems
