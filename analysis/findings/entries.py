"""A network's single weights and its filters: who goes where, and who crosses zero."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.blocks import blocks_of, largest
from weightreel.analysis.findings.words.gaps import ends_of, known_records, readable
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.numbers import percent, significant
from weightreel.analysis.store.nodes import Layer, Run

Array = NDArray[Any]


def followed_entries(layer: Layer, parameter: str = "weight") -> Array:
    """Single weights or biases of a layer that the store follows, the same at every record, (E, S).

    NaN where they are infinite, or so large that beside them no other could be seen.
    """
    sample = np.asarray(layer[f"{parameter}/sample"])
    finite = np.isfinite(sample)
    there = finite & readable(np.abs(np.where(finite, sample, 0)).max(1, initial=0))[:, None]
    return sample if there.all() else np.where(there, sample, np.float32(np.nan))


def flowing_layer(run: Run, parameter: str = "weight") -> Layer | None:
    """The layer whose single entries are shown: of those that the store follows, the one with most weights."""
    followed = [
        block
        for block in blocks_of(run)
        if block.name in run.layers
        and run.layer(block.name).has(f"{parameter}/sample")
        and len(known_records(run.layer(block.name)[f"{parameter}/sample"]))
    ]
    return run.layer(largest(followed).name) if followed else None


def flow_in_words(name: str, sample: Array) -> str:
    """How many of the entries (E, S) that a store follows changed their sign, and how far the middle one went."""
    n, flips = sample.shape[1], int(changes_sign(sample).sum())
    first, last = (sample[end].astype(float) for end in ends_of(sample))
    way = np.abs(last - first)
    moved = float(np.median(way[np.isfinite(way)])) if np.isfinite(way).any() else np.nan
    spread = float(np.std(first[np.isfinite(first)]))
    values = {"layer": name, "flips": flips, "n": n}
    if spread > 0:
        return phrase(
            "{layer}: {flips} of {n} changed their sign; half went at least {far} of the first spread.",
            far=significant(moved / spread, 2),
            **values,
        )
    return phrase(
        "{layer}: {flips} of {n} changed their sign; half went at least {far}.",
        far=significant(moved, 2),
        **values,
    )


def filters_in_words(name: str, filters: Array) -> str:
    """How far the filters (E, O, I, h, w) are from where they began."""
    change = change_of(filters)[ends_of(filters)[1]]
    known = change[np.isfinite(change)]
    if not len(known):
        return phrase("{layer}: every filter began as zero.", layer=name)
    middle, most = float(np.median(known)), int(np.nanargmax(change))
    return phrase(
        "{layer}: half of {n} filters moved by {middle} of their size or more, filter {filter} by {most}.",
        layer=name,
        n=len(change),
        middle=percent(middle, 0),
        filter=most + 1,
        most=percent(float(change[most]), 0),
    )


def changes_sign(history: Array) -> Array:
    """Which entries, (S,), have another sign at the last known epoch than at the first; entries (E, S)."""
    first, last = ends_of(history)
    return np.asarray(np.sign(history[first]) * np.sign(history[last]) < 0)


def change_of(filters: Array) -> Array:
    """How far each filter is from where it began, ‖W_t − W_0‖ / ‖W_0‖, (E, O); NaN for one that began as zero.

    Args:
        filters: (E, O, I, h, w).
    """
    flat = np.asarray(filters, float).reshape(*filters.shape[:2], -1)
    began = flat[ends_of(filters)[0]]
    size = np.linalg.norm(began, axis=-1)
    moved = np.linalg.norm(flat - began, axis=-1)
    return np.asarray(np.divide(moved, size, out=np.full(moved.shape, np.nan), where=size > 0))
