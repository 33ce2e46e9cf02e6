"""The process apart: reads a file under limits, and says on its standard output what it found."""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.store.guard.process import PLACE

At = Callable[[str], None]
"""Takes the path in the file that is read next."""


def examine(path: Path, at: At) -> list[list[str]]:
    """The problems of a file that must be as it was written."""
    from weightreel.analysis.store.check.faults import check

    return [list(problem) for problem in check(path, at=at)]


def look_at_changed(path: Path, at: At) -> list[list[str]]:
    """The problems of a file that someone may have changed by intent."""
    from weightreel.analysis.store.check.faults import check

    return [list(problem) for problem in check(path, sealed=False, at=at)]


def save(path: Path, at: At, out: str, *lost: str) -> list[list[str]]:
    """Write what can be read, and say what cannot; `lost` are paths at which this process died before."""
    from weightreel.analysis.store.guard.salvage import salvage

    return [list(problem) for problem in salvage(path, Path(out), frozenset(lost), at)]


TASKS: dict[str, Callable[..., Any]] = {"examine": examine, "changed": look_at_changed, "save": save}


def main() -> None:
    """Do the task that the arguments name, and answer in JSON."""
    shared, memory, seconds, task, path, *more = sys.argv[1:]
    _limit(int(memory), float(seconds))
    with mmap.mmap(int(shared), PLACE) as memo:

        def at(place: str) -> None:
            memo[:] = place.encode("utf-8", "replace")[:PLACE].ljust(PLACE, b"\0")

        with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            try:
                said: dict[str, Any] = {"answer": TASKS[task](Path(path), at, *more)}
            except WeightreelError as error:
                said = {"error": str(error)}
            except MemoryError:
                said = {"memory": True}
            except Exception as error:  # whatever a file made by somebody else brings about
                said = {"failure": f"{type(error).__name__}: {error}"[:300]}
            answers.write(json.dumps(said))


def _limit(memory: int, seconds: float) -> None:
    processor = int(seconds) + 1
    for what, most in (
        (resource.RLIMIT_CORE, (0, 0)),
        (resource.RLIMIT_CPU, (processor, processor + 1)),
        (resource.RLIMIT_AS, (memory, memory)),
    ):
        with contextlib.suppress(OSError, ValueError):  # macOS has no limit of addresses
            resource.setrlimit(what, most)
