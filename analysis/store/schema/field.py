"""What the tables of the schema are made of: datasets and attributes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

STRING = "str"
"""The dtype of UTF-8 strings."""


@dataclass(frozen=True)
class Field:
    """One dataset. `path` is absolute, with RUN, LAYER, PARAMETER (weight or bias), METRIC, ATTACK and
    CERTIFICATE to be filled in.

    Of a run that no recipe made, which its attribute `source` tells, only `epoch` is required.
    """

    path: str
    dtype: str
    dims: tuple[str, ...]
    units: str
    long_name: str
    required: bool = True


class Holds(StrEnum):
    """What an attribute holds."""

    ONE = "one value"
    MANY = "values in a row"
    OBJECT = "a JSON object"
    LIST = "a JSON list"


@dataclass(frozen=True)
class Attribute:
    """One attribute of a group or dataset."""

    path: str
    name: str
    dtype: str
    long_name: str
    required: bool = True

    @property
    def holds(self) -> Holds:
        """Whether it is one value, several, or JSON."""
        return _HOLD.get(self.name, Holds.ONE)


_HOLD = {
    **dict.fromkeys(("quantiles", "shape", "feature_map"), Holds.MANY),
    **dict.fromkeys(("recipe", "software", "skipped", "defence", "parameters"), Holds.OBJECT),
    **dict.fromkeys(("attacks", "batchnorms"), Holds.LIST),
}
"""Of attributes that hold more than one value, what they hold, by their names."""

_NAMED = {"layers": "LAYER", "attacks": "ATTACK", "certificates": "CERTIFICATE", "metrics": "METRIC"}
"""Groups of a run whose members have names of their own."""


def pattern_of(path: str) -> str:
    """A full path with RUN, LAYER, PARAMETER, METRIC, ATTACK and CERTIFICATE for the names in it.

    Module paths hold dots, never slashes.
    """
    parts = path.split("/")
    if parts[1:2] != ["runs"] or len(parts) < 3:
        return path
    parts[2] = "RUN"
    kind = parts[3] if len(parts) > 3 else ""
    if kind in _NAMED and len(parts) > 4:
        parts[4] = _NAMED[kind]
    place = {"parameters": 4, "layers": 5}.get(kind, len(parts))
    if len(parts) > place and parts[place] in ("weight", "bias"):
        parts[place] = "PARAMETER"
    return "/".join(parts)
