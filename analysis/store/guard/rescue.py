"""Write what can still be read of a damaged store, however it is damaged."""

from __future__ import annotations

from pathlib import Path

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.store.guard.process import apart

DEATHS = 40
"""Places at which reading may end the process that reads before all is given up."""


def rescue(path: Path, out: Path) -> list[list[str]]:
    """Write to a new store what can be read of another, in a process of its own.

    Where that process dies, hangs or takes too much, the next one passes over the place at which it did.

    Args:
        path: the damaged store, which stays as it is.
        out: the new one, which is clean.

    Returns:
        What was left out, each as a path and why; empty where all was read.

    Raises:
        WeightreelError: there is no such store, `out` is there already or cannot be written, or nothing can be read.
    """
    if not path.is_file():
        raise WeightreelError(f"there is no store {path}; name one that is damaged.")
    if out.exists() or out.is_symlink():
        raise WeightreelError(f"{out} exists; choose another place with --out, or remove it.")
    if not out.parent.is_dir():
        raise WeightreelError(f"there is no folder {out.parent} for {out.name}; make it, or choose another with --out.")
    deaths: dict[str, str] = {}
    while len(deaths) < DEATHS:
        reply = apart("save", path, str(out), *deaths)
        if not reply.death:
            return [[place, deaths.get(place, what)] for place, what in reply.answer]
        if reply.place in ("", "/") or reply.place in deaths:
            raise WeightreelError(f"nothing can be rescued of {path}: it {reply.death}; make it again.")
        deaths[reply.place] = reply.death
    raise WeightreelError(f"nothing can be rescued of {path}: reading it fails at {DEATHS} places; make it again.")
