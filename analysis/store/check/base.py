"""What the modules that recount a store share."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from weightreel.analysis.store.check.tree import Dataset, Group
from weightreel.analysis.store.schema.field import Holds

Found = Iterator[tuple[str, str]]
"""Full path of a dataset or group, and what is wrong there."""

ROUNDING = 1e-4
"""Relative difference between float32 numbers that were measured in two ways."""


DEEPEST = 32
"""Lists and objects within each other in JSON, at most: a merge of merges of recipes has 6."""


@dataclass(frozen=True)
class Sizes:
    """How many there are of what the numbers in a run stand for.

    Attributes:
        classes: of the data set.
        answers: of the network: the classes, and "nothing" where it can answer that.
        test: test images.
        examples: example images.
    """

    classes: int
    answers: int
    test: int
    examples: int

    @property
    def says_nothing(self) -> bool:
        """Whether the network has an answer that is no class."""
        return self.answers > self.classes


def below(dataset: Dataset, limit: int, what: str) -> Found:
    """Numbers that stand for one of `limit` things."""
    values = dataset[()]
    if np.any(values >= limit):
        yield dataset.name, f"holds {values.max()}; there are {limit} {what}"


def settings(node: Group, name: str) -> dict[str, Any] | None:
    """The JSON object in an attribute, empty where there is no such attribute; None where it is no JSON object."""
    found: dict[str, Any] | None = read_json(node.attrs.get(name, "{}"), Holds.OBJECT)
    return found


def read_json(text: str, holds: Holds) -> Any:
    """The JSON object or list in a text; None where it is neither, or lists stand in lists deeper than DEEPEST."""
    try:
        found = json.loads(text)
    except (json.JSONDecodeError, RecursionError, ValueError):  # ValueError: a number of thousands of digits
        return None
    return found if isinstance(found, dict if holds is Holds.OBJECT else list) and _is_flat(found) else None


def _is_flat(found: Any) -> bool:
    layer = [found]
    for _ in range(DEEPEST):
        layer = [
            child
            for node in layer
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not layer:
            return True
    return False
