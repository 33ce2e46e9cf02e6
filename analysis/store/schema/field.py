"""What the tables of the schema are made of: datasets and attributes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

STRING = "str"
"""The dtype of variable-length UTF-8 strings."""


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

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """A pattern that full paths of this field match; module paths hold dots, never slashes."""
        text = re.escape(self.path)
        for name in ("RUN", "LAYER", "METRIC", "ATTACK", "CERTIFICATE"):
            text = re.sub(rf"\b{name}\b", f"(?P<{name}>[^/]+)", text)
        return re.compile(re.sub(r"\bPARAMETER\b", "(?P<PARAMETER>weight|bias)", text))


@dataclass(frozen=True)
class Attribute:
    """One attribute of a group or dataset."""

    path: str
    name: str
    dtype: str
    long_name: str
    required: bool = True
