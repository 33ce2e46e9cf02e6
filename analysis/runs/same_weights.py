"""Whether weights from a file are those that a run was measured on.

What is measured on other weights must not enter a run, and nothing in a file of weights says whose they are. So they
are held against what was recorded of every parameter at that epoch: the entries that were sampled, where the run keeps
them, and its statistics, which every run has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.maths.description import describe, quantiles_of
from weightreel.analysis.measures.parameters import PARAMETERS, QUANTILES, sampled_entries
from weightreel.analysis.segments import name_of, segment_of
from weightreel.analysis.store.nodes import Run

Array = NDArray[Any]
Record = Mapping[str, Array]
"""What was recorded of a network's parameters at one epoch, by path below the run: `layers/NAME/weight/sample`, …"""

STEP, SMALLEST = 2.0**-10, 2.0**-24
"""By how much an entry may differ: STEP of its size, and SMALLEST; twice what rounding to half precision (float16,
IEEE 754 binary16: 11 significant bits, subnormal numbers a multiple of 2⁻²⁴) costs.

Rounding alone costs half of each. The other half is for spectral normalisation, whose weight is divided by a norm that
is made of rounded vectors: on the six networks of the full study entries differ by up to 0.98 (CNN) and 1.19 (spectral
CNN) of the rounding alone.
"""
_KEPT = ("sample", "minimum", "quantiles", "maximum", "mean", "std")


class Recorded:
    """What a run of an open store recorded of its parameters, at each of its epochs by their position."""

    def __init__(self, run: Run) -> None:
        self._run = run

    @cached_property
    def _whole(self) -> dict[str, Array]:
        """Histories, epoch first; read when they are first asked for, and once."""
        return {
            f"layers/{segment_of(layer.name)}/{key}/{kept}": layer[f"{key}/{kept}"]
            for layer in self._run.network.values()
            for key in PARAMETERS
            for kept in _KEPT
            if layer.has(f"{key}/{kept}")
        }

    def __call__(self, position: int) -> Record:
        """The record of one epoch."""
        return {path: values[position] for path, values in self._whole.items()}


def is_of_same_weights(one: Record, other: Record) -> bool:
    """Whether two records are of parameters that are equal, to the last bit of all that is kept of them."""
    kept = [path for path in one if path.startswith("layers/") and path.rpartition("/")[2] in _KEPT]
    return all(path in other and np.array_equal(one[path], other[path], equal_nan=True) for path in kept)


def refuse_other_weights(
    state: Mapping[str, Array], record: Record, file: Path, run: str, epoch: int, remedy: str = ""
) -> None:
    """Refuse weights that are not those of the record, to the rounding of half precision.

    A rounded file is as good as an exact one, since networks are passed on like that. Epochs between which no entry
    moved by more than that are the same by this measure. Where the run keeps no samples, a tensor whose entries are in
    another order is not noticed. BatchNorm's running mean and variance are no parameters and in no record.

    Args:
        state: effective parameters by `LAYER.weight` and `LAYER.bias`; each is asked for once, and others may be there.
        record: what the run has of them.
        file: where they lie.
        run: its name.
        epoch: where its clock stood.
        remedy: what to do instead, as an infinitive without a full stop.

    Raises:
        WeightreelError: the file lacks a parameter, or one is another, or there is nothing to hold any against.
    """
    recorded = [path for path in record if path.startswith("layers/") and path.endswith("/quantiles")]
    if not recorded:
        raise WeightreelError(
            f"nothing tells whether {file} holds the weights of {run}: the run has no statistics of its parameters; "
            "measure its own training anew."
        )
    todo = remedy or "put the weights of that very training there, or train it anew with record.weights = true"
    for root in (path.removesuffix("/quantiles") for path in recorded):
        layer, _, key = root.removeprefix("layers/").rpartition("/")
        name = f"{name_of(layer)}.{key}"
        if name not in state:
            raise WeightreelError(
                f"{file} lacks {name}, which {run} has, so these are not its weights of epoch {epoch}; {todo}."
            )
        if what := next(_differences(state[name], record, root), ""):
            raise WeightreelError(
                f"{file} does not hold the weights of {run} at epoch {epoch}: {name} has {what} than the run recorded "
                f"(more than rounding to half precision would explain); {todo}."
            )


def _differences(values: Array, record: Record, root: str) -> Iterator[str]:
    """What is other in a parameter, in words."""
    if (sample := record.get(f"{root}/sample")) is not None:
        entries = sampled_entries(root, values.size, len(sample))
        if len(entries) != len(sample) or not _close(np.take(values, entries), sample):
            yield "other entries"
    found = describe(values)
    moments = found.moments()
    # Rounding keeps the order of entries, so that these are entries still, each rounded.
    for kept in ("minimum", "maximum"):
        if not _close(np.float32(moments[kept]), record[f"{root}/{kept}"]):
            yield f"another {kept}"
    if not _close(quantiles_of(found, [values], QUANTILES), record[f"{root}/quantiles"]):
        yield "other quantiles"
    # Of the mean and the standard deviation no more than the root mean square of what was rounded off.
    room = STEP * float(np.hypot(record[f"{root}/mean"], record[f"{root}/std"])) + SMALLEST
    for kept, called in (("mean", "mean"), ("std", "standard deviation")):
        if not _close(np.float32(moments[kept]), record[f"{root}/{kept}"], room):
            yield f"another {called}"


def _close(found: Array | np.float32, recorded: Array, room: float | None = None) -> bool:
    """Whether all entries lie within the tolerance of what was recorded; what is not finite, equals only itself."""
    found, recorded = np.asarray(found, np.float64), np.asarray(recorded, np.float64)
    with np.errstate(invalid="ignore"):
        near = np.abs(found - recorded) <= (STEP * np.abs(recorded) + SMALLEST if room is None else room)
    return bool(
        np.all(np.where(np.isfinite(recorded), near, (found == recorded) | (np.isnan(found) & np.isnan(recorded))))
    )
