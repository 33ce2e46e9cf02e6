"""Files that are whole or not there, and work that one process does at a time."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
import time
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from weightreel.analysis.errors import WeightreelError

_LITTER_AGE = 3600.0
"""Seconds after which what a killed process was writing is removed; what writes now is younger."""
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def kind_of_file(path: Path) -> str:
    """What lies at a path, behind links: empty for a file that can be read from begin to end, else its kind in words.

    Raises:
        OSError: nothing lies there, links go round in a circle, or it may not be looked at.
    """
    try:
        mode = path.stat().st_mode
    except ValueError as error:  # a NUL in its name
        raise OSError(0, str(error)) from error
    return "" if stat.S_ISREG(mode) else next((kind for test, kind in _KINDS if test(mode)), "no file")


def expanded(text: str) -> Path:
    """A path with `~` as the home folder; `~name` of nobody stays as it is."""
    return Path(os.path.expanduser(text))  # noqa: PTH111 - pathlib's raises where there is no such user


def refuse_irregular(path: Path, what: str, remedy: str) -> None:
    """Refuse what is no file: reading a named pipe or a device could wait, or go on, for ever.

    Args:
        path: of the file.
        what: it should be, such as `the recipe`.
        remedy: how the sentence ends.

    Raises:
        WeightreelError: it is a folder, a pipe, a socket or a device, or cannot be looked at.
    """
    try:
        kind = kind_of_file(path)
    except OSError as error:
        raise WeightreelError(f"{what} {path} cannot be read ({error.strerror}); {remedy}.") from error
    if kind:
        raise WeightreelError(f"{what} {path} is {kind}, and a file is wanted; {remedy}.")


@contextlib.contextmanager
def replacing(path: Path, remedy: str = "Free some disk space or choose another place with --out.") -> Iterator[Path]:
    """Give a temporary path that takes the place of `path` if the block succeeds.

    It lies in the same folder; where `path` is a link, in that of the file it leads to, and the link stays.

    Args:
        path: the file to write or replace.
        remedy: a sentence on what the user can do where the file system refuses.

    Raises:
        WeightreelError: the file system refused (full disk, missing folder, no permission), or `path` is a folder, a
            pipe or a device.
    """
    target = Path(os.path.realpath(path))
    if target.is_symlink() or (target.exists() and not target.is_file()):
        kind = "a link that leads to itself" if target.is_symlink() else kind_of_file(target)
        raise WeightreelError(f"{path} could not be written: it is {kind}. Choose another place with --out.")
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        _remove_litter(target)
        yield temporary
        descriptor = os.open(temporary, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        temporary.replace(target)
    except (OSError, RuntimeError) as error:  # h5py and torch report a full disk as either
        raise WeightreelError(
            f"{path} could not be written ({error}); the file before it, if any, is unchanged. {remedy}"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _remove_litter(target: Path) -> None:
    """Remove what processes that were killed were writing in this place."""
    begin = f".{target.name}."
    with contextlib.suppress(OSError):
        for path in target.parent.iterdir():
            number = path.name.removeprefix(begin).removesuffix(".tmp")
            if path.name == f"{begin}{number}.tmp" and number.isdecimal() and not _is_alive(int(number)):
                with contextlib.suppress(OSError):
                    if time.time() - path.stat().st_mtime > _LITTER_AGE:
                        path.unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


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
