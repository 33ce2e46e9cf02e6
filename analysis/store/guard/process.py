"""Do something with a file in a process of its own, which may die, hang or take too much without harm.

HDF5 follows the addresses in a file wherever they lead: one flipped bit can end the process that reads it, or let it
read for ever, and a few bytes can stand for gigabytes.
"""

from __future__ import annotations

import json
import mmap
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.places import ROOT
from weightreel.analysis.plain_text import one_line
from weightreel.analysis.store.guard.known import remember
from weightreel.analysis.store.seal import verify

MEMORY = 2 << 30
"""Bytes of addresses that the process may use; of a file above a sixteenth of this, sixteen times as many as it has."""
SECONDS, SECONDS_A_MEGABYTE = 10.0, 1.0
"""Processor time that it may take. The slowest store that was measured takes 0.5 s, and 0.4 s a megabyte."""
PATIENCE = 6.0
"""It may wait for the processor or a disk as well, this many times as long in all."""
PLACE = 1024
"""Bytes of memory that both processes share: the path in the file that is being read."""


LONGEST_PATH, LONGEST = 160, 400
"""Letters of a path, and of what is said of it, at most: both may hold what somebody else wrote."""


class Reply(NamedTuple):
    """How it ended.

    Attributes:
        answer: what was found; None where the process died.
        place: path in the file that was read when it died; empty where that was none yet.
        death: how, as the end of a sentence; empty where it did not die.
    """

    answer: Any
    place: str = ""
    death: str = ""


def limits(path: Path) -> tuple[int, float]:
    """Bytes of memory and seconds of processor time for a file."""
    try:
        size = path.stat().st_size
    except OSError:
        size = 0
    return max(MEMORY, 16 * size), SECONDS + SECONDS_A_MEGABYTE * size / 1e6


def apart(task: str, path: Path, *more: str) -> Reply:
    """Run a task of `weightreel.analysis.store.guard.worker` on a file in a process of its own.

    Raises:
        WeightreelError: the task raised it: the file is missing, or is no store.
    """
    memory, seconds = limits(path)
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import weightreel; del sys.path[0]; "
        "from weightreel.analysis.store.guard.worker import main; main()"
    )
    with tempfile.TemporaryFile() as shared:
        shared.truncate(PLACE)
        given = [str(shared.fileno()), str(memory), str(seconds), task, str(path), *more]
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", code, *given],
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            pass_fds=(shared.fileno(),),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # the allocator's last words
        )
        late = False
        try:
            out, _ = process.communicate(timeout=PATIENCE * seconds)
        except subprocess.TimeoutExpired:
            late, out = True, b""
        finally:
            process.kill()
            process.wait()
        with mmap.mmap(shared.fileno(), PLACE, access=mmap.ACCESS_READ) as memo:
            place = memo[:].rstrip(b"\0").decode("utf-8", "replace")
    return _reply(process.returncode, out, place, late=late, limits=(memory, seconds))


def _reply(code: int, out: bytes, place: str, *, late: bool, limits: tuple[int, float]) -> Reply:
    memory, seconds = limits
    if late:
        return Reply(None, place, f"is not read after {PATIENCE * seconds:.0f} s")
    if code == -signal.SIGXCPU:
        return Reply(None, place, f"is not read after {seconds:.0f} s of work, which is far longer than a store takes")
    if code < 0:
        return Reply(None, place, f"ends the program that reads it ({signal.Signals(-code).name})")
    try:
        answer = json.loads(out)
    except json.JSONDecodeError:
        return Reply(None, place, "ends the program that reads it")
    if "error" in answer:
        raise WeightreelError(answer["error"])
    if "memory" in answer:
        return Reply(None, place, f"takes more than {memory / (1 << 30):.3g} GiB of memory to read")
    if "failure" in answer:
        return Reply(None, place, f"cannot be read ({answer['failure']})")
    return Reply(answer["answer"], place)


def refused(path: Path, found: Sequence[Sequence[str]]) -> WeightreelError:
    """The sentence that refuses a store for its problems, of which the first is told."""
    first = ": ".join(found[0])
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return WeightreelError(
        f"{path} is damaged or not as a store is: {first}{more}; `weightreel check {path}` lists all that is wrong, "
        f"`weightreel rescue {path} --out NEW` writes what can still be read."
    )


def problems_of(path: Path, *, sealed: bool = True) -> list[list[str]]:
    """The problems of a store, each as a path and what is wrong there; that nobody can read it is one, too.

    A store that has none, and was not replaced meanwhile, is remembered.

    Args:
        path: the file.
        sealed: refuse a store that is not as it was written.

    Raises:
        WeightreelError: the file is missing or changed, no store, or of a newer major version of the schema.
    """
    before = _digest(path)
    found = _found("examine" if sealed else "changed", path)
    if not found and before and before == _digest(path):
        remember(before)
    return found


def _digest(path: Path) -> str:
    """The digest of a file, empty where it has none."""
    try:
        return verify(path, sealed=False).digest
    except (OSError, WeightreelError):
        return ""


def strange_in(path: Path) -> list[list[str]]:
    """What is wrong with how things stand in an HDF5 file beside a store, such as raw weights; no number is read."""
    return _found("structure", path)


def _found(task: str, path: Path) -> list[list[str]]:
    reply = apart(task, path)
    found = [[reply.place or "/", reply.death]] if reply.death else reply.answer
    return [[one_line(place, LONGEST_PATH), one_line(what, LONGEST)] for place, what in found]


def examine(path: Path, *, sealed: bool = True) -> None:
    """Refuse a store that has problems; one that has none is remembered, as by `problems_of`.

    Raises:
        WeightreelError: it has some, or as `problems_of`.
    """
    if found := problems_of(path, sealed=sealed):
        raise refused(path, found)
