"""Numbers as short text: large exports become lines that say where a difference is, and roughly how large."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

LONGEST = 60
"""Characters of a text that stands as it is."""
HEX = 5
"""Digits of a digest: of a million differences one passes unseen."""
WHOLE = 1
"""So many runs of a store, the first ones, have each layer and attack told by itself. Of others they are told together,
to save room: a change of the code reaches all."""


def rounded(value: object) -> str:
    """A value as text: floats as float32 with six significant digits, whole numbers and words as they are."""
    if isinstance(value, float):
        return f"{np.float32(value) + np.float32(0):.5e}"  # + 0: the negative zero is zero
    return str(value)


def digest(values: Iterable[object]) -> str:
    """The beginning of the SHA-256 of rounded values."""
    return hashlib.sha256("\0".join(map(rounded, values)).encode()).hexdigest()[:HEX]


def said(value: object) -> str:
    """One value for a reader: three significant digits, or a text's beginning."""
    return f"{value + 0:.3g}" if isinstance(value, float) else str(value)[:LONGEST].replace(" ", "_").replace("\n", "_")


def cell(key: str, values: Sequence[Any]) -> str:
    """`key=value` of one short value; of several `key=first…last×n#digest`, or one where both ends are."""
    if not values:
        return f"{key}=[]"
    if len(values) > 1:
        ends = dict.fromkeys((said(values[0]), said(values[-1])))
        return f"{key}={'…'.join(ends)}×{len(values)}#{digest(values)}"
    whole = not isinstance(values[0], float) and len(str(values[0])) <= LONGEST
    return f"{key}={said(values[0])}" + ("" if whole else f"#{digest(values)}")


def of_json(path: Path) -> Iterator[str]:
    """A line an object: its path, then a cell for each of its members that hold no further objects.

    Of the first runs every layer and attack has its lines; of the others all layers are one, and all attacks.
    """
    yield from _of_object("", json.loads(path.read_text(encoding="utf-8")))


def of_csv(path: Path) -> Iterator[str]:
    """A line with the columns; then, a cell for each column, a line for each of the first runs, and one for others."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        columns = list(rows.fieldnames or [])
        groups: dict[str, list[dict[str, str]]] = {}
        for row in rows:
            run = row["run"] if row["run"] in groups or len(groups) < WHOLE else "others"
            groups.setdefault(run, []).append(row)
    yield f"{path.name}: {', '.join(columns)}"
    for run, own in groups.items():
        cells = {column: [_number(row[column]) for row in own] for column in columns}
        yield _line(f"{path.stem}/{run}", cells)


def _number(text: str) -> object:
    """A cell of a CSV file as what it was: a whole number, a float or a text."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _of_object(path: str, members: dict[str, Any], whole: bool = True) -> Iterator[str]:
    leaves = {key: list(_flat(member)) for key, member in members.items() if not _holds_objects(member)}
    if leaves:
        yield _line(path or "/", leaves)
    for key, member in members.items():
        here = f"{path}/{key}"
        if isinstance(member, dict):
            yield from _of_object(here, member, whole)
        elif key not in leaves and whole:
            for place, part in enumerate(member):
                first = here != "/runs" or place < WHOLE
                yield from _of_object(f"{here}/{part.get('name', place)}", part, first)
        elif key not in leaves:
            together: dict[str, list[object]] = {}
            _pool("", member, together)
            yield _line(f"{here}/*", together)


def _pool(path: str, member: object, into: dict[str, list[object]]) -> None:
    """Collect the values of objects by their paths in them, which objects of one list share."""
    if isinstance(member, dict):
        for key, part in member.items():
            _pool(f"{path}/{key}" if path else key, part, into)
    elif _holds_objects(member):
        for part in member:  # type: ignore[attr-defined]
            _pool(path, part, into)
    else:
        into.setdefault(path, []).extend(_flat(member))


def _line(path: str, cells: dict[str, list[object]]) -> str:
    return f"{path} {' '.join(cell(key, values) for key, values in cells.items())}"


def _holds_objects(member: object) -> bool:
    return isinstance(member, dict) or (isinstance(member, list) and any(isinstance(part, dict) for part in member))


def _flat(member: object) -> Iterator[object]:
    if isinstance(member, list):
        for part in member:
            yield from _flat(part)
    elif isinstance(member, str) and member.startswith("data:image/"):
        yield from _pixels(member)
    else:
        yield member


def _pixels(address: str) -> Iterator[object]:
    """A picture's size and its pixels' digest: libraries compress them differently."""
    with Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))) as picture:
        yield f"{picture.mode}{picture.width}×{picture.height}-{hashlib.sha256(picture.tobytes()).hexdigest()[:HEX]}"
