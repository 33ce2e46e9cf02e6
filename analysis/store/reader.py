"""Read a store. Arrays come as NumPy; nothing here needs torch."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import h5py

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.plain_text import all_visible, cut
from weightreel.analysis.store.guard.known import is_known
from weightreel.analysis.store.guard.process import examine
from weightreel.analysis.store.nodes import Array, Node, Run, by_name, look_up
from weightreel.analysis.store.results import results_digest
from weightreel.analysis.store.schema.fields import SCHEMA, VERSION_MAJOR
from weightreel.analysis.store.seal import changed, fingerprint, is_sealed, verify
from weightreel.analysis.store.view import View
from weightreel.analysis.store.writer import Contents

SEALED = (1, 4)
"""The first version whose stores have a seal."""
_VERSION = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}")


class Store(Node):
    """An open store, read only. While its training goes on it stays as it was when it was opened."""

    def __init__(self, path: str | Path, *, sealed: bool = True, guarded: bool = True) -> None:
        """Open `path`.

        Args:
            path: the file.
            sealed: refuse a store that is not as it was written. Those before version 1.4 have no seal to tell by.
            guarded: a file that was neither written nor opened here before is checked first, in a process of its own
                that may die of it; one that is damaged or not as the schema says is refused.

        Raises:
            WeightreelError: the file is missing, damaged or changed, no store, or of a newer major version of the
                schema.
        """
        self.file_path = Path(path)
        self._file = open_file(self.file_path, sealed=sealed, guarded=guarded)
        try:
            self.view = View(self._file)
            super().__init__(self, "/")
            refuse_foreign(self.file_path, self.attributes, sealed=sealed)
        except BaseException:
            self._file.close()
            raise

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
        """The digest that faces show, hexadecimal: of the results; of the file where that is older than such digests.

        To count an older file's results takes as long as reading all of it.
        """
        return str(self.attributes.get("results") or self.fingerprint)

    @cached_property
    def results(self) -> str:
        """SHA-256 of the results, hexadecimal: of equal measurements the same, whenever and wherever made."""
        if known := self.attributes.get("results"):
            return str(known)
        contents = self.contents()
        return results_digest(contents.datasets, contents.attributes)

    @cached_property
    def fingerprint(self) -> str:
        """What tells the file from any other: the digest in its seal, or that of a file which has none."""
        return fingerprint(_descriptor(self._file))

    @cached_property
    def recipe(self) -> dict[str, Any]:
        """The recipe that made the store."""
        return dict(all_visible(json.loads(self.attributes["recipe"])))

    @cached_property
    def dataset(self) -> Node:
        """The data set: attributes name, digest, n_train, n_validation, n_test."""
        return Node(self, "/dataset")

    @cached_property
    def classes(self) -> list[str]:
        """Names of the classes; one that is empty or stands there before gets its number."""
        names = [cut(str(name)) for name in self.dataset["classes"]]
        return [
            name if name.strip() and name not in names[:i] else f"{name.strip()} #{i}".strip()
            for i, name in enumerate(names)
        ]

    @cached_property
    def runs(self) -> dict[str, Run]:
        """Runs in order, by name."""
        return by_name(Run(self, path) for path in self._children("runs"))

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

    def contents(self, at: Callable[[str], None] = lambda _: None) -> Contents:
        """Everything in the file, to be changed and written again.

        Args:
            at: told the path of each dataset before it is read.
        """
        paths, attributes = self.view.everything()
        attributes["/"].pop("results", None)
        datasets: dict[str, Array] = {}
        for path in paths:
            at(path)
            datasets[path] = self.as_stored(path.removeprefix("/"))
        return Contents(datasets, attributes)


def _listed(text: str) -> list[str]:
    """The words of a comma list."""
    return [word for part in text.split(",") if (word := part.strip())]


def open_file(path: Path, *, sealed: bool = True, guarded: bool = True) -> h5py.File:
    """Open an HDF5 file read only, without a lock.

    Args:
        path: the file.
        sealed: refuse a file that differs from its seal.
        guarded: refuse a file that is not known and does not stand an examination in a process of its own.

    Raises:
        WeightreelError: the file is missing, differs from its seal, is not readable as HDF5 or as a store.
    """
    if not path.is_file():
        raise WeightreelError(f"there is no store {path}; make one with `weightreel run RECIPE --out {path}`.")
    try:
        while True:
            verified = verify(path, sealed=sealed)
            if guarded and not is_known(verified.digest):
                examine(path, sealed=sealed)
                continue  # it is known now, unless it was replaced in between
            file = _opened(path)
            if _same(verified.stat, os.fstat(_descriptor(file))):
                return file
            file.close()  # it was replaced in between
    except (OSError, RuntimeError) as error:
        raise WeightreelError(
            f"{path} is not a store or is truncated ({error}); copy it again or make it with `weightreel run`."
        ) from error


def _opened(path: Path) -> h5py.File:
    """An HDF5 file, read only."""
    # Datasets are read whole, once: a cache of chunks would only take memory for each that is open.
    # It is one plain file, whatever HDF5_DRIVER says.
    plainly: dict[str, Any] = {"driver": "sec2", "rdcc_nbytes": 0, "rdcc_nslots": 1}
    try:
        return h5py.File(path, "r", **plainly)  # as others open it: of one process HDF5 wants one way of locking
    except OSError:
        # A running training replaces the file; it never writes into it, so no lock is needed.
        return h5py.File(path, "r", locking=False, **plainly)


def _descriptor(file: h5py.File) -> int:
    """The file descriptor with which HDF5 reads a file."""
    return int(file.id.get_vfd_handle())


def _same(one: os.stat_result, other: os.stat_result) -> bool:
    return (one.st_dev, one.st_ino, one.st_size, one.st_mtime_ns) == (
        other.st_dev, other.st_ino, other.st_size, other.st_mtime_ns,
    )  # fmt: skip


def refuse_foreign(path: Path, attributes: Mapping[str, Any], *, sealed: bool) -> None:
    """Refuse a file that does not say of itself that it is a store of a version that can be read.

    Args:
        path: the file.
        attributes: of its root; those that name schema and version are looked at.
        sealed: also refuse one without the seal that its version has.

    Raises:
        WeightreelError: it is to be refused.
    """
    if attributes.get("schema") != SCHEMA:
        raise WeightreelError(f"{path} is an HDF5 file but not a Weightreel store; name one made by `weightreel run`.")
    version = str(attributes.get("schema_version", ""))
    if not _VERSION.fullmatch(version):
        raise WeightreelError(f"{path} names no schema version; make it again with `weightreel run`.")
    major, minor = map(int, version.split("."))
    if major > VERSION_MAJOR:
        raise WeightreelError(
            f"{path} follows schema {version}, newer than this program's {VERSION_MAJOR}; "
            "upgrade Weightreel to read it."
        )
    if sealed and (major, minor) >= SEALED and not is_sealed(path):
        raise changed(path)
