"""Which folder holds what was made of which store: `exp1/run.h5` and `exp2/run.h5` never share one.

A folder says in a file of its own whose it is. It is named after the store's file; where that folder is another
store's, the names of the store's own folders come before it: `run`, then `exp2-run`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.files import alone, file_name, replacing
from weightreel.analysis.store.merge import names_apart, stores_of
from weightreel.analysis.store.seal import BLOCK, fingerprint, is_sealed

MARK = ".store.json"
"""The file in a folder that says whose it is."""
FOLDERS_NAMED = 3
"""Of a store's own folders, the nearest, that may stand before its name."""


@dataclass(frozen=True)
class Made:
    """What something is made of.

    Attributes:
        stores: files, whole paths.
        digests: of each, which tells a file that was moved from another.
    """

    stores: tuple[Path, ...]
    digests: tuple[str, ...]

    @classmethod
    def of(cls, named: str | Path) -> Made:
        """Of a store, or of a comma list of several.

        Raises:
            WeightreelError: there is no such file, or it is no store.
        """
        stores = tuple(path.resolve() for path in stores_of(str(named)))
        return cls(stores, tuple(map(_digest, stores)))

    def owns(self, folder: Path) -> bool | None:
        """Whether a folder holds what was made of this; None where it does not say."""
        known = _read(folder)
        if known is None:
            return None
        return known.stores == self.stores or known.digests == self.digests


def place_of(folder: Path, named: str | Path) -> Path | None:
    """Where below `folder` lies what was made of a store; None where nothing was.

    A folder of the store's name that does not say whose it is counts as its own: earlier versions left it.

    Raises:
        WeightreelError: as `Made.of`.
    """
    made = Made.of(named)
    names = [folder / name for name in _names(made.stores)]
    own = next((place for place in names if made.owns(place)), None)
    return names[0] if own is None and names[0].is_dir() and made.owns(names[0]) is None else own


def place_for(folder: Path, named: str | Path) -> Path:
    """Where below `folder` to put what is made of a store; it is made, and says whose it is.

    Raises:
        WeightreelError: as `Made.of`, or the folder cannot be written.
    """
    made = Made.of(named)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with alone(folder / ".places.lock", waiting=lambda: None):
            names = [folder / name for name in _names(made.stores)]
            own = next((place for place in names if made.owns(place)), None)
            place = own or next(place for place in names if made.owns(place) is None)
            place.mkdir(exist_ok=True)
            _write(place, made)
    except OSError as error:
        raise WeightreelError(
            f"{folder} cannot be written ({error.strerror}); choose another folder with --out."
        ) from error
    return place


def claim(folder: Path, named: str | Path) -> Path:
    """Take a folder that was named for what is made of a store; it is made, and says whose it is.

    Raises:
        WeightreelError: it holds what was made of another store; as `Made.of`; or the folder cannot be written.
    """
    made = Made.of(named)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if made.owns(folder) is False:
            other = ", ".join(map(str, known.stores)) if (known := _read(folder)) else ""
            raise WeightreelError(
                f"{folder} holds what was made of {other or 'another store'}; name another folder with --out, or "
                "remove it."
            )
        _write(folder, made)
    except OSError as error:
        raise WeightreelError(
            f"{folder} cannot be written ({error.strerror}); choose another folder with --out."
        ) from error
    return folder


def _names(stores: Sequence[Path]) -> Iterator[str]:
    """What a folder of these stores may be called, the first that is free; the last is nobody else's."""
    name = "+".join(names_apart(stores))
    above = [folder.name for folder in stores[0].parents if folder.name][:FOLDERS_NAMED]
    for depth in range(len(above) + 1):
        yield file_name("-".join([*reversed(above[:depth]), name]))
    yield file_name(f"{name}-{hashlib.sha256(os.fsencode(repr(stores))).hexdigest()[:12]}")


def _digest(path: Path) -> str:
    """What tells a store from any other: its seal where it has one."""
    if not path.is_file():
        raise WeightreelError(f"there is no store {path}; make one with `weightreel run RECIPE --out {path}`.")
    sealed = is_sealed(path)
    with path.open("rb") as file:
        return hashlib.blake2b(file.read(BLOCK)).hexdigest()[:64] if sealed else fingerprint(file.fileno())


def _read(folder: Path) -> Made | None:
    mark = folder / MARK
    if not mark.exists():
        return None
    try:
        found = json.loads(mark.read_text(encoding="utf-8"))
        # Relative, so that a project can be moved with what it made.
        return Made(tuple(Path(os.path.normpath(folder.resolve() / path)) for path in found["stores"]),
                    tuple(map(str, found["digests"])))  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError):
        return Made((), ("",))  # somebody's, and who knows whose


def _write(folder: Path, made: Made) -> None:
    known = _read(folder)
    if known == made or (known is not None and known.stores != made.stores and all(p.exists() for p in known.stores)):
        return  # a copy is shown beside the store that it is a copy of
    stores = [os.path.relpath(path, folder.resolve()) for path in made.stores]
    with replacing(folder / MARK, "Name another folder with --out.") as new:
        new.write_text(json.dumps({"stores": stores, "digests": made.digests}), encoding="utf-8")
