"""What the modules that recount a store share."""

from __future__ import annotations

from collections.abc import Iterator

import h5py
import numpy as np

Found = Iterator[tuple[str, str]]
"""Full path of a dataset or group, and what is wrong there."""

ROUNDING = 1e-4
"""Relative difference between float32 numbers that were measured in two ways."""


def below(dataset: h5py.Dataset, limit: int, what: str) -> Found:
    """Numbers that stand for one of `limit` things."""
    values = dataset[()]
    if np.any(values >= limit):
        yield dataset.name, f"holds {values.max()}; there are {limit} {what}"
