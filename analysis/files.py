"""Files that are whole or not there, and work that one process does at a time."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from weightreel.analysis.errors import WeightreelError


@contextlib.contextmanager
def replacing(path: Path, remedy: str = "Free some disk space or choose another place with --out.") -> Iterator[Path]:
    """Give a temporary path in the same folder that takes the place of `path` if the block succeeds.

    Args:
        path: the file to write or replace.
        remedy: a sentence on what the user can do where the file system refuses.

    Raises:
        WeightreelError: the file system refused (full disk, missing folder, no permission).
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        descriptor = os.open(temporary, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        temporary.replace(path)
    except (OSError, RuntimeError) as error:  # h5py and torch report a full disk as either
        raise WeightreelError(
            f"{path} could not be written ({error}); the file before it, if any, is unchanged. {remedy}"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


LONGEST_FILE_NAME = 100
"""Characters that a name keeps in that of a file, so that with folders and endings it stays below 255 bytes."""
RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))}
"""What Windows takes for devices."""


def file_name(name: str) -> str:
    """A name as one of a file, without an ending, on any system: one part of a path, and not hidden.

    Letters of all scripts, digits, spaces and most marks stay; what may not stand there becomes a hyphen.
    """
    kept = re.sub(r'[\x00-\x1f\x7f-\x9f\ud800-\udfff/\\:*?"<>|{}]', "-", unicodedata.normalize("NFC", name))
    kept = re.sub(r"^[. -]+|[. ]+$", lambda found: "_" * min(len(found[0]), 3), kept) or "_"
    if len(kept.encode()) > LONGEST_FILE_NAME:
        digest = hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()[:8]
        kept = f"{kept.encode()[: LONGEST_FILE_NAME - 9].decode(errors='ignore')}-{digest}"
    return f"_{kept}" if kept.partition(".")[0].casefold() in RESERVED else kept


class FileNames:
    """Names of files in one folder, no two of which are one file, on no system."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def new(self, name: str) -> str:
        """`file_name(name)`, with a number behind it where another has it already, in small or large letters."""
        wanted, count = file_name(name), 1
        found = wanted
        while found.casefold() in self._taken:
            count += 1
            found = f"{wanted}-{count}"
        self._taken.add(found.casefold())
        return found


class Held(Exception):
    """Another process holds a lock."""


@contextlib.contextmanager
def alone(lock: Path, patience: float = 0.0, waiting: Callable[[], None] | None = None) -> Iterator[None]:
    """Be the only process that holds a lock.

    Args:
        lock: its file, which is made where it is missing.
        patience: seconds to wait for another process.
        waiting: called when they are over; then the other process is waited for until it ends.

    Raises:
        Held: another process holds it, and `waiting` is None.
        OSError: the file cannot be made.
    """
    held = FileLock(lock)
    try:
        held.acquire(timeout=patience)
    except Timeout as error:
        if waiting is None:
            raise Held(str(lock)) from error
        waiting()
        held.acquire()
    try:
        yield
    finally:
        held.release()
