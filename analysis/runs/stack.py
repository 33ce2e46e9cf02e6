"""Records of epochs, stacked: epoch first, histograms on common bins."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.maths.histogram import DyadicHistogram, common_bins, log_bins
from weightreel.analysis.store.schema.fields import FitStatus

Array = NDArray[Any]

LARGE = ("/spectrum/eigenvalues", "/random/eigenvalues", "/random/epoch", "/sample", "/filters")
"""What only the first seeds keep."""

_MAY_LACK = re.compile(
    r"/n_not_finite$|^(layers|parameters|metrics|train|validation)/|^(learning_rate|running_loss|seconds|step)$"
)
"""What an epoch need not have although others do."""

WHOLE_EPOCHS = 3
"""Epochs whose shuffled eigenvalues are kept whole: the first, the middle, the last."""


def stack_epochs(records: list[dict[str, Array]], bins: int) -> dict[str, Array]:
    """Stack records of epochs, epoch first, and bring their histograms to common bins.

    Where an epoch has no spectrum yet, and others have, its numbers are NaN, its counts 0 and its fits NOT_MEASURED. So
    are numbers that the code of a training hands over at some records only, and layers that were gone at others.
    """
    columns: dict[str, list[Array]] = defaultdict(list)
    known = {key: value for record in records for key, value in record.items()}
    for record in records:
        for key, like in known.items():
            value = record.get(key)
            if value is None and not _MAY_LACK.search(key):
                raise KeyError(key)
            columns[key].append(_not_measured(key, like) if value is None else value)
    stacked: dict[str, Array] = {}
    for key, column in columns.items():
        root, _, last = key.rpartition("/fine/")
        if not root and key.endswith("/spectrum/random/eigenvalues"):
            stacked |= _shuffled(key.removesuffix("/eigenvalues"), np.stack(column))
        elif not root:
            stacked[key] = np.stack(column)
        elif last == "grid":
            fine = [
                DyadicHistogram(int(grid[0]), int(grid[1]), counts)
                for grid, counts in zip(column, columns[f"{root}/fine/counts"], strict=True)
            ]
            # Layers of very different spread share these bins, and there are but two such histograms.
            most = 4 * bins if root.startswith("parameters/") else bins
            stacked[f"{root}/edges"], stacked[f"{root}/counts"] = common_bins(fine, most)
    return stacked


def thin_saliency(stacked: dict[str, Array], most: int) -> dict[str, Array]:
    """Keep input gradients, measured at every epoch, at `most` of them, evenly spread."""
    if "saliency/gradient" not in stacked:
        return stacked
    epochs = len(stacked["saliency/gradient"])
    kept = np.unique(np.linspace(0, epochs - 1, min(most, epochs)).round().astype(int))
    return stacked | {
        "saliency/epoch": kept,
        "saliency/gradient": stacked["saliency/gradient"][kept],
        "saliency/scale": stacked["saliency/scale"][kept],
    }


def _not_measured(key: str, like: Array) -> Array:
    if key.endswith("/fine/grid"):
        return like  # of counts that are 0
    if like.dtype.kind == "f":
        return np.full_like(like, np.nan)
    return np.full_like(like, FitStatus.NOT_MEASURED if key.endswith("/status") else 0)


def _shuffled(root: str, eigenvalues: Array) -> dict[str, Array]:
    """Densities of shuffled eigenvalues (E, K) on bins common to all epochs, and the eigenvalues of a few epochs."""
    edges = log_bins(eigenvalues)
    counts = np.stack([np.histogram(row[np.isfinite(row)], edges)[0] for row in eigenvalues])  # (E, B)
    measured = np.flatnonzero(np.isfinite(eigenvalues[:, -1]))
    density = counts / (eigenvalues.shape[1] * np.diff(edges))
    density[~np.isfinite(eigenvalues[:, -1])] = np.nan
    places = np.unique(np.linspace(0, len(measured) - 1, WHOLE_EPOCHS).round().astype(int))
    chosen = measured[places] if len(measured) else measured
    return {
        f"{root}/edges": edges,
        f"{root}/density": density,
        f"{root}/epoch": chosen,
        f"{root}/eigenvalues": eigenvalues[chosen],
    }
