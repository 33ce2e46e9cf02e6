"""Change a store past the writer, as someone with h5py may, and seal it again."""

from __future__ import annotations

import contextlib
import functools
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

import h5py

from weightreel.analysis.store import writer
from weightreel.analysis.store.guard.known import remember
from weightreel.analysis.store.layout import description, in_file
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.seal import seal
from weightreel.analysis.store.stacking import Stored


class Edited(h5py.File):
    """An HDF5 file whose datasets are reached by the paths of the schema."""

    def __getitem__(self, path: Any) -> Any:
        if isinstance(path, str) and super().__contains__(_moved(path)):
            path = _moved(path)
        return super().__getitem__(path)

    def __contains__(self, path: Any) -> bool:
        return super().__contains__(path) or (isinstance(path, str) and super().__contains__(_moved(path)))

    def __setitem__(self, path: str, value: Any) -> None:
        super().__setitem__(_moved(path), value)

    def __delitem__(self, path: str) -> None:
        super().__delitem__(_moved(path) if super().__contains__(_moved(path)) else path)


def _moved(path: str) -> str:
    return in_file(f"/{path.removeprefix('/')}")


def alone(
    datasets: Mapping[str, Any], attributes: Mapping[str, Mapping[str, Any]]
) -> tuple[list[Stored], dict[str, dict[str, Any]]]:
    """In place of `stacked`: every array of every layer at its own path, as a store may have it."""
    made = []
    for path, value in datasets.items():
        of = description(in_file(path))
        assert of is not None
        made.append(Stored(in_file(path), value, of, attributes.get(path, {})))
    return made, {path: dict(found) for path, found in attributes.items() if path not in datasets}


@contextlib.contextmanager
def edited(store: Path, target: Path) -> Iterator[Edited]:
    """A copy of a store, its layers not stacked, open to be changed; it is sealed afterwards, and opens unexamined.

    It does not say what the digest of its results is, which is then counted by who asks.
    """
    target.write_bytes(_not_stacked(store, store.stat().st_mtime_ns))
    with Edited(target, "r+") as file:
        del file.attrs["results"]
        yield file
    remember(seal(target))


@functools.lru_cache(maxsize=4)
def _not_stacked(store: Path, _: int) -> bytes:
    with Store(store) as known, tempfile.TemporaryDirectory() as folder, patch.object(writer, "stacked", alone):
        path = Path(folder) / "store.h5"
        writer.write(path, known.contents())
        return path.read_bytes()
