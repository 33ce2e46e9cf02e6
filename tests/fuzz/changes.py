"""What changes of a store have in common: where they are made, their table, odd texts and values."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import h5py
import numpy as np

SCALING = ("CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", "DIMENSION_LABELS")


TEXTS = (
    "",
    "x" * 100_000,
    "a/b",
    "../../x",
    "<script>alert(1)</script>",
    "=1+1",
    "\n\n",
    "\u202e",
    "{{}}",
    "$x",
    "[red]",
    "nan",
    "-1",
    "{}",
    "[]",
    "null",
    '{"title": [1]}',
    '{"a":' + "[" * 2000 + "]" * 2000 + "}",
    "\U0001d518" * 50,
    '{"a": 1e999}',
    '{"epsilon": "x", "nothing": "y"}',
    '{"epsilon": null}',
    "[1, 2]",
    '["a"]',
    '{"a": ' + "9" * 5000 + "}",
    "\x1b[2J",
)
"""Texts that are hard on whoever shows or parses them."""


class Place(NamedTuple):
    """Where something is changed.

    Attributes:
        file: open to be written.
        groups: paths of all groups but the root.
        datasets: paths of all datasets.
        other: a store beside it, which links may name.
        random: decides.
    """

    file: h5py.File
    groups: list[str]
    datasets: list[str]
    other: Path
    random: Random

    def dataset(self) -> str:
        """The path of some dataset."""
        return self.random.choice(self.datasets)

    def anything(self) -> str:
        """The path of some group or dataset."""
        return self.random.choice(self.groups + self.datasets)


Change = Callable[[Place], str]
"""Changes a store, and says what and where."""


CHANGES: dict[str, Change] = {}


OFTEN = ("other_values", "other_values", "another_shape", "odd_attribute", "odd_attribute")
"""Changes of which there are most kinds."""


def change(of: Change) -> Change:
    """Add a change to the table."""
    CHANGES[of.__name__] = of
    return of


def replaced(place: Place, path: str, data: Any = None, **how: Any) -> str:
    """Put another dataset where one was, with its attributes."""
    old = place.file[path]
    kept = {name: value for name, value in old.attrs.items() if name not in SCALING} if "DIMENSION" not in path else {}
    lists = old.attrs.get("DIMENSION_LIST")
    del place.file[path]
    new = place.file.create_dataset(path, data=data, **how)
    for name, value in kept.items():
        new.attrs[name] = value
    if lists is not None and new.shape is not None and len(lists) == new.ndim:
        new.attrs.create("DIMENSION_LIST", lists, dtype=h5py.vlen_dtype(h5py.ref_dtype))
    return path


def odd_value(random: Random) -> Any:
    """A value that an attribute should not have."""
    makers: tuple[Callable[[], Any], ...] = (
        lambda: random.choice(TEXTS),
        lambda: random.choice(TEXTS),
        lambda: b"\xff\xfe\xfd",
        lambda: -1,
        lambda: 0,
        lambda: 2**62,
        lambda: np.uint64(2**64 - 1),
        lambda: float("nan"),
        lambda: float("inf"),
        lambda: 1e308,
        lambda: np.array([1, 2, 3]),
        lambda: np.array([], float),
        lambda: np.zeros((2, 2)),
        lambda: h5py.Empty("f"),
        lambda: h5py.Empty(h5py.string_dtype()),
        lambda: True,
        lambda: 3.7,
        lambda: np.array(["a", "b"], object),
        lambda: np.complex64(1j),
        lambda: np.float16(1),
        lambda: np.zeros(3, [("a", "f4")]),
        lambda: np.void(b"abc"),
        lambda: np.array([-1, 2**31 - 1]),
    )
    return random.choice(makers)()
