"""Read a store. Arrays come as NumPy; nothing here needs torch."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from pathlib import Path
from typing import Any

import h5py

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.store.nodes import Node, Run, look_up
from weightreel.analysis.store.schema.fields import SCHEMA, VERSION_MAJOR
from weightreel.analysis.store.writer import Contents


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
        return look_up(self.runs, name, f"run in {self.path}")

    def select(self, names: str = "", layers: str = "") -> list[Run]:
        """The runs of a comma list; of none, the lowest seed of each of the report's models, in order.

        Where a store holds nothing but defences, the lowest seed of each of these.

        Args:
            names: of runs.
            layers: a comma list of names or patterns; where given, these alone stay in the `layers` of the runs.

        Raises:
            WeightreelError: a run is not there or lacks one of the layers, or the store holds no run yet.
        """
        wanted = _listed(names)
        chosen = [self.run(name) for name in wanted] if wanted else self._lowest_seeds()
        if patterns := _listed(layers):
            for run in chosen:
                run.choose_layers(patterns)
        return chosen

    def _lowest_seeds(self) -> list[Run]:
        lowest: dict[str, Run] = {}
        plain = [run for run in self.runs.values() if not run.defence]
        for run in plain or self.runs.values():
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


def _listed(text: str) -> list[str]:
    """The words of a comma list."""
    return [word for part in text.split(",") if (word := part.strip())]


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
