"""Copies of mobjects that share what never changes."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Self

import numpy as np
from manim import CapStyleType, LineJointType, ManimColor, Mobject

_SHARED = frozenset({type(None), bool, int, float, str, bytes, ManimColor, CapStyleType, LineJointType})
"""Kinds of values that nobody changes in place."""


class PlainCopies(Mobject):
    """A mobject whose copies cost little: a fade makes two of each letter, of which most never changes."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        kind = type(self)
        copied = kind.__new__(kind)
        memo[id(self)] = copied
        copied.__dict__.update(plainly_copied(self.__dict__, memo))
        copied.original_id = str(id(self))
        return copied


def plainly_copied(values: dict[str, Any], memo: dict[int, Any]) -> dict[str, Any]:
    """What `deepcopy` makes of a mobject's values, but that what nobody changes is shared.

    Args:
        memo: what has been copied, by its id, as `deepcopy` has it.
    """
    return {name: value if type(value) in _SHARED else _copied(value, memo) for name, value in values.items()}


def _copied(value: Any, memo: dict[int, Any]) -> Any:
    known = memo.get(id(value))
    if known is not None:
        return known
    if type(value) is np.ndarray and not value.dtype.hasobject:
        memo[id(value)] = copied = value.copy("K")
        return copied
    return deepcopy(value, memo)
