"""Files that are whole or not there, and work that one process does at a time."""

from __future__ import annotations

import contextlib
import os
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
