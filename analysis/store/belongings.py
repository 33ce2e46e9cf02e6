"""Which folder holds what was made of which store: `exp1/run.h5` and `exp2/run.h5` never share one.

A folder says in a file of its own whose it is. It is named after the store's file; where that folder is another
store's, the names of the store's own folders come before it: `run`, then `exp2-run`. What was made for a talk lies
beside it, in a folder that is named after the talk too: `run.talk`, and another talk's of that name in
`run.monday-talk`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
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
        talk: the file that it was made for, a whole path; None where there is none.
    """

    stores: tuple[Path, ...]
    digests: tuple[str, ...]
    talk: Path | None = None

    @classmethod
    def of(cls, named: str | Path, talk: str = "") -> Made:
        """Of a store, or of a comma list of several, for a talk where one is named.

        Raises:
            WeightreelError: there is no such file, or it is no store.
        """
        stores = tuple(path.resolve() for path in stores_of(str(named)))
        return cls(stores, tuple(map(_digest, stores)), Path(talk).resolve() if talk else None)

    def owns(self, folder: Path) -> bool | None:
        """Whether a folder holds what was made of this; None where it does not say."""
        known = _read(folder)
        if known is None:
            return None
        return known.talk == self.talk and (known.stores == self.stores or known.digests == self.digests)


def place_of(folder: Path, named: str | Path, talk: str = "") -> Path | None:
    """Where below `folder` lies what was made of a store, for a talk where one is named; None where nothing was.

    A folder of the store's name that does not say whose it is counts as its own: earlier versions left it.

    Raises:
        WeightreelError: as `Made.of`.
    """
    made = Made.of(named, talk)
    names = [folder / name for name in _names(made)]
    own = next((place for place in names if made.owns(place)), None)
    return names[0] if own is None and names[0].is_dir() and made.owns(names[0]) is None else own


def place_for(folder: Path, named: str | Path, talk: str = "") -> Path:
    """Where below `folder` to put what is made of a store, for a talk where one is named; it is made, and says so.

    Raises:
        WeightreelError: as `Made.of`, or the folder cannot be written.
    """
    made = Made.of(named, talk)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with alone(folder / ".places.lock", waiting=lambda: None):
            names = [folder / name for name in _names(made)]
            own = next((place for place in names if made.owns(place)), None)
            place = own or next(place for place in names if made.owns(place) is None)
            place.mkdir(exist_ok=True)
            _write(place, made)
    except OSError as error:
        raise WeightreelError(
            f"{folder} cannot be written ({error.strerror}); choose another folder with --out."
        ) from error
    return place


def claim(folder: Path, named: str | Path, talk: str = "") -> Path:
    """Take a folder that was named for what is made of a store; it is made, and says whose it is.

    Raises:
        WeightreelError: it holds what was made of another store; as `Made.of`; or the folder cannot be written.
    """
    made = Made.of(named, talk)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if made.owns(folder) is False:
            other = ", ".join(map(str, known.stores)) if (known := _read(folder)) else ""
            raise WeightreelError(
                f"{folder} holds what was made of {other or 'another store'}"
                f"{_for_a_talk(known)}; name another folder with --out, or "
                "remove it."
            )
        _write(folder, made)
    except OSError as error:
        raise WeightreelError(
            f"{folder} cannot be written ({error.strerror}); choose another folder with --out."
        ) from error
    return folder


def _for_a_talk(known: Made | None) -> str:
    return f" for the talk {known.talk}" if known and known.talk else ""


def _names(made: Made) -> Iterator[str]:
    """What a folder of this may be called, the first that is free; the last is nobody else's."""
    stores = _with_folders("+".join(names_apart(made.stores)), made.stores[0])
    talks = [f".{name}" for name in _with_folders(made.talk.stem, made.talk)] if made.talk else [""]
    for store in stores:
        yield from (file_name(f"{store}{talk}") for talk in talks)
    whose = hashlib.sha256(os.fsencode(repr((made.stores, made.talk) if made.talk else made.stores))).hexdigest()[:12]
    yield file_name(f"{stores[0]}{talks[0]}-{whose}")


def _with_folders(name: str, path: Path) -> list[str]:
    """The name, and with the nearest of the folders before it that a file lies in: `run`, `exp2-run`, …"""
    above = [folder.name for folder in path.parents if folder.name][:FOLDERS_NAMED]
    return ["-".join([*reversed(above[:depth]), name]) for depth in range(len(above) + 1)]


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
        stores, talk = ([Path(os.path.normpath(folder.resolve() / path)) for path in paths]
                        for paths in (found["stores"], found.get("talk", [])))  # fmt: skip
        return Made(tuple(stores), tuple(map(str, found["digests"])), talk[0] if talk else None)
    except (OSError, ValueError, KeyError, TypeError):
        return Made((), ("",))  # somebody's, and who knows whose


def _write(folder: Path, made: Made) -> None:
    known = _read(folder)
    if known == made or (known is not None and known.stores != made.stores and all(p.exists() for p in known.stores)):
        return  # a copy is shown beside the store that it is a copy of
    mark = {"stores": [os.path.relpath(path, folder.resolve()) for path in made.stores], "digests": made.digests}
    if made.talk:
        mark["talk"] = [os.path.relpath(made.talk, folder.resolve())]
    with replacing(folder / MARK, "Name another folder with --out.") as new:
        new.write_text(json.dumps(mark), encoding="utf-8")
