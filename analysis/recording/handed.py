"""The numbers that a training hands to a Recorder, of whatever type they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, SupportsIndex

import numpy as np
from torch import Tensor

from weightreel.analysis.recording.warnings import Warnings
from weightreel.analysis.runs.scalars import path_of_metric, path_of_recorded


class Numbers:
    """Numbers that come in between two records, by their paths below the run; what is none is told, once a name."""

    def __init__(self, warnings: Warnings) -> None:
        self._warnings = warnings
        self._waiting: dict[str, float] = {}
        self._owners: dict[str, str] = {}

    def take(self, numbers: Mapping[str, Any]) -> None:
        """Keep them until the next record; None is no number, and not missed."""
        for name, value in numbers.items():
            if value is None:
                continue
            try:
                number = number_of(value)
            except Exception as error:  # of other people's types
                self._warnings.tell(
                    f"number {name}",
                    f"{name}={_shortened(value)} is no number ({_shortened(error)}), so {name} is not recorded there; "
                    "give one, such as loss.item()",
                )
                continue
            self._waiting[self._place(name)] = number

    def taken(self) -> dict[str, float]:
        """Those since the last record."""
        numbers, self._waiting = self._waiting, {}
        return numbers

    def _place(self, name: str) -> str:
        """Where a number goes: of two names for one quantity the second stays under its own."""
        path = path_of_recorded(name)
        owner = self._owners.setdefault(path, name)
        if owner == name:
            return path
        self._warnings.tell(
            f"number {name}", f"{name} and {owner} both name {path}; {owner} stands there, {name} under its own name"
        )
        return path_of_metric(name)


def number_of(value: Any) -> float:
    """A number of Python, NumPy, PyTorch or another library; of a tensor that has one entry, that.

    Raises:
        ValueError, TypeError, OverflowError: it is none; and whatever its own class raises.
    """
    if isinstance(value, Tensor):
        value = value.detach().item()
    elif isinstance(value, np.ndarray | np.generic):
        value = value.item()
    if isinstance(value, complex):
        raise TypeError("it is complex")
    return float(value)


def counted(value: Any) -> int:
    """A count of epochs or steps.

    Raises:
        ValueError, TypeError, OverflowError: it is no whole number, below 0, or more than a store can count.
    """
    whole = value.__index__() if isinstance(value, SupportsIndex) else number_of(value)
    if whole != int(whole) or not 0 <= whole < 2**32:
        raise ValueError(f"{value!r} counts nothing")
    return int(whole)


def _shortened(value: object, most: int = 60) -> str:
    try:
        text = " ".join((repr(value) if not isinstance(value, Exception) else str(value)).split())
    except Exception:
        text = type(value).__name__
    return text if len(text) <= most else f"{text[:most]}…"
