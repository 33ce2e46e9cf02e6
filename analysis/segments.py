"""Names of any kind as segments of a path: of layers and metrics, which people name as they like.

A segment is the name as it stands, but for what would be a path or no text: `/`, `%`, NUL, a name that is `.` or
empty. Those are written as in web addresses, `%2F` for `/`, so that no two names have one segment.
"""

from __future__ import annotations

import hashlib
import re
from urllib.parse import unquote

LONGEST = 1000
"""Letters of a segment: HDF5 and zip files have their limits, and so has whoever reads it."""

_DIGITS = 12
_EMPTY = "%"
"""The segment of the empty name; no other has a lone per cent sign."""
_NEVER = re.compile("[/%\x00\ud800-\udfff]|^\\.+$|\\.(?=npy$)")
"""What a segment cannot have: `.` and `..` are places in a path, and NumPy takes .npy off names in its files."""
_CUT = re.compile("%[0-9A-F]?$")


def segment_of(name: str) -> str:
    """The segment of a path that stands for a name; the end of one that is too long is told by its digest."""
    found = _NEVER.sub(_escaped, name) or _EMPTY
    if len(found) <= LONGEST + 1 + _DIGITS:  # so that what is cut stands for itself
        return found
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    return f"{_CUT.sub('', found[:LONGEST])}…{digest}"


def name_of(segment: str) -> str:
    """The name that a segment stands for."""
    return "" if segment == _EMPTY else unquote(segment)


def _escaped(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "surrogatepass"))
