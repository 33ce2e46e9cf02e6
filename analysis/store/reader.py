"""Read a store. Arrays come as NumPy; nothing here needs torch."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import h5py
import numpy as np
from numpy.typing import NDArray

from analysis.errors import WeightreelError
from analysis.store.schema import SCHEMA, VERSION_MAJOR
from analysis.store.writer import Contents

Array = NDArray[Any]
T = TypeVar("T")


class Node:
    """A group of the store: `node["train/loss"]` is an array, `node.attributes["title"]` an attribute."""

    def __init__(self, store: Store, group: h5py.Group) -> None:
        self._store = store
        self._group = group

    @property
    def path(self) -> str:
        """Full path of the group in the file."""
        return str(self._group.name)

    @property
    def name(self) -> str:
        """Last part of the path: the run, the module path of the layer, the attack."""
        return self.path.rsplit("/", 1)[-1]

    def __getitem__(self, key: str) -> Array:
        """The whole dataset at `key`, relative to this group; strings as an object array.

        Raises:
            WeightreelError: there is no such dataset, or it cannot be read.
        """
        item = self._group.get(key)
        if not isinstance(item, h5py.Dataset):
            raise WeightreelError(
                f"{self._store.path} holds no {self.path}/{key}; "
                f"`weightreel check {self._store.path}` says what is missing."
            )
        try:
            return np.asarray(item.asstr()[()] if h5py.check_string_dtype(item.dtype) else item[()])
        except OSError as error:
            raise WeightreelError(
                f"{self._store.path} is damaged at {self.path}/{key}; make it again with `weightreel run`."
            ) from error

    def has(self, key: str) -> bool:
        """Whether a dataset or group stands at `key`, relative to this group."""
        return key in self._group

    @cached_property
    def attributes(self) -> dict[str, Any]:
        """Attributes of the group; NumPy scalars as Python ones."""
        return self.attributes_of("")

    def attributes_of(self, key: str) -> dict[str, Any]:
        """Attributes of the dataset or group at `key` (of this group if empty), empty where there is none."""
        item = self._group.get(key) if key else self._group
        found = {} if item is None else dict(item.attrs)
        return {k: v.item() if isinstance(v, np.generic) else v for k, v in found.items()}

    def _children(self, key: str) -> list[h5py.Group]:
        """Groups below `key`, by their `order` attribute where they have one, else by name."""
        groups = [g for g in self._group.get(key, {}).values() if isinstance(g, h5py.Group)]
        return sorted(groups, key=lambda g: (int(g.attrs.get("order", 0)), g.name))


class Layer(Node):
    """One layer: `layer["weight/counts"]`, `layer["spectrum/alpha"]`."""

    @property
    def kind(self) -> str:
        """conv2d, linear, batchnorm, …"""
        return str(self.attributes["kind"])

    @property
    def layer_id(self) -> int:
        """WeightWatcher's number of the layer."""
        return int(self.attributes["layer_id"])

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the weight."""
        return tuple(int(n) for n in np.atleast_1d(self.attributes["shape"]))


class Attack(Node):
    """One attack: per-trial outcomes; rates are derived by `analysis.store.rates`."""

    @property
    def threshold(self) -> float:
        """Confidence from which a trial is a success."""
        return float(self.attributes["threshold"])

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters of the method."""
        return dict(json.loads(self.attributes["parameters"]))


class Run(Node):
    """One training: `run["train/loss"]`, `run.layers["features.0"]`, `run.attacks["uniform-noise"]`."""

    @property
    def title(self) -> str:
        """Name of the network for people."""
        return str(self.attributes["title"])

    @property
    def model(self) -> str:
        """Model, as in the run's name before the seed."""
        return str(self.attributes["model"])

    @property
    def seed(self) -> int:
        """Seed, as in the run's name."""
        return int(self.attributes["seed"])

    @property
    def complete(self) -> bool:
        """False while the training goes on."""
        return bool(self.attributes["state"] == "complete")

    @cached_property
    def epochs(self) -> Array:
        """Epochs recorded, ascending, shape (E,)."""
        return self["epoch"]

    @cached_property
    def layers(self) -> dict[str, Layer]:
        """Layers in the order of the network, by module path."""
        found = (Layer(self._store, group) for group in self._children("layers"))
        return {layer.name: layer for layer in found}

    @cached_property
    def attacks(self) -> dict[str, Attack]:
        """Attacks by name."""
        found = (Attack(self._store, group) for group in self._children("attacks"))
        return {attack.name: attack for attack in found}

    def layer(self, name: str) -> Layer:
        """The layer `name`.

        Raises:
            WeightreelError: there is none; the sentence lists those there are.
        """
        return _look_up(self.layers, name, f"layer of {self.name} in {self._store.path}")

    def attack(self, name: str) -> Attack:
        """The attack `name`.

        Raises:
            WeightreelError: there is none; the sentence lists those there are.
        """
        return _look_up(self.attacks, name, f"attack on {self.name} in {self._store.path}")


class Store(Node):
    """An open store, read only. While its training goes on it stays as it was when it was opened."""

    def __init__(self, path: str | Path) -> None:
        """Open `path`.

        Raises:
            WeightreelError: the file is missing, truncated, no store, or of a newer major version of the schema.
        """
        self.file_path = Path(path)
        self._file = open_file(self.file_path)
        super().__init__(self, self._file)
        _refuse_foreign(self.file_path, self._file)

    @property
    def path(self) -> str:
        """The file."""
        return str(self.file_path)

    def close(self) -> None:
        """Close the file; arrays that were read stay valid."""
        self._file.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the file, hexadecimal."""
        with self.file_path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    @cached_property
    def recipe(self) -> dict[str, Any]:
        """The recipe that made the store."""
        return dict(json.loads(self.attributes["recipe"]))

    @cached_property
    def dataset(self) -> Node:
        """The data set: attributes name, digest, n_train, n_validation, n_test."""
        return Node(self, self._file["dataset"])

    @cached_property
    def classes(self) -> list[str]:
        """Names of the classes."""
        return [str(name) for name in self.dataset["classes"]]

    @cached_property
    def runs(self) -> dict[str, Run]:
        """Runs in order, by name."""
        return {run.name: run for run in (Run(self, group) for group in self._children("runs"))}

    def run(self, name: str) -> Run:
        """The run `name`.

        Raises:
            WeightreelError: there is none; the sentence lists those there are.
        """
        return _look_up(self.runs, name, f"run in {self.path}")

    def select(self, names: str = "") -> list[Run]:
        """The runs of a comma list; of none, the lowest seed of each model, in order.

        Raises:
            WeightreelError: a run is not there, or the store holds none yet.
        """
        wanted = [name.strip() for name in names.split(",") if name.strip()]
        if wanted:
            return [self.run(name) for name in wanted]
        lowest: dict[str, Run] = {}
        for run in self.runs.values():
            if run.model not in lowest or run.seed < lowest[run.model].seed:
                lowest[run.model] = run
        if not lowest:
            raise WeightreelError(f"{self.path} holds no run yet; wait for the training's first epoch.")
        return list(lowest.values())

    def contents(self) -> Contents:
        """Everything in the file, to be changed and written again."""
        found = Contents()
        found.describe("/", **self.attributes)
        internal = {"units", "long_name", "CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", "DIMENSION_LABELS"}

        def take(key: str, item: h5py.Dataset | h5py.Group) -> None:
            path = f"/{key}"
            if isinstance(item, h5py.Dataset):
                found.datasets[path] = self[key]
            kept = {k: v for k, v in item.attrs.items() if k not in internal}
            if kept:
                found.describe(path, **kept)

        self._file.visititems(take)
        return found


def open_file(path: Path) -> h5py.File:
    """Open an HDF5 file read only, without a lock.

    Raises:
        WeightreelError: the file is missing, or not readable as HDF5.
    """
    if not path.is_file():
        raise WeightreelError(f"there is no store {path}; make one with `weightreel run RECIPE --out {path}`.")
    try:
        # A running training replaces the file; it never writes into it, so no lock is needed.
        return h5py.File(path, "r", locking=False)
    except OSError as error:
        raise WeightreelError(
            f"{path} is not a store or is truncated ({error}); copy it again or make it with `weightreel run`."
        ) from error


def _refuse_foreign(path: Path, file: h5py.File) -> None:
    if file.attrs.get("schema") != SCHEMA:
        raise WeightreelError(f"{path} is an HDF5 file but not a Weightreel store; name one made by `weightreel run`.")
    version = str(file.attrs.get("schema_version", ""))
    major = version.split(".")[0]
    if not major.isdigit():
        raise WeightreelError(f"{path} names no schema version; make it again with `weightreel run`.")
    if int(major) > VERSION_MAJOR:
        raise WeightreelError(
            f"{path} follows schema {version}, newer than this program's {VERSION_MAJOR}; "
            "upgrade Weightreel to read it."
        )


def _look_up(found: dict[str, T], name: str, what: str) -> T:
    if name not in found:
        there = ", ".join(found) or "none"
        raise WeightreelError(f"there is no {what} called {name!r}; there are: {there}.")
    return found[name]
