"""A run as a tidy table of pandas: a row a record of the network or of a layer, a column a quantity."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.plain_text import visible
from weightreel.analysis.store.schema.fields import FIELDS, FitStatus, Phase

if TYPE_CHECKING:
    import pandas

    from weightreel.analysis.store.nodes import Node, Run

Array = NDArray[Any]

_RUN, _LAYER = "/runs/RUN/", "/runs/RUN/layers/LAYER/"
_NAMING = ("run", "model", "seed", "layer")
"""Columns that say what a row is of."""
_ALL_LAYERS = "parameters/"
"""Below a run, the group whose members are those of a layer, of all layers together."""
_WORDS = {
    "status": {int(code): code.name.lower().replace("_", " ") for code in FitStatus},
    "phase": {int(code): code.name.replace("ER_", "ER-").replace("_", " ").lower() for code in Phase},
}
"""What codes stand for, by the units of their fields."""
_UNUSABLE = (FitStatus.FAILED, FitStatus.NOT_MEASURED)
_OF_FITS = ("n_tail", "n_spikes")
"""Counts that a failed fit does not have; others need only be measured."""


class Quantity(NamedTuple):
    """A number at every record: its column, values (E,), and what the schema says of it."""

    column: str
    values: Array
    units: str
    long_name: str


def frame_of(run: Run) -> pandas.DataFrame:
    """The table of a run, as `Run.to_frame` says.

    Raises:
        WeightreelError: pandas is not installed, or the store is damaged.
    """
    try:
        import pandas
    except ImportError:
        raise WeightreelError('a table needs pandas: pip install "weightreel[data]".') from None

    clock = run.clock
    records = run.epochs.astype(np.int64)
    blocks: list[tuple[str | None, list[Quantity]]] = [(None, [*_of_network(run, {*_NAMING, clock})])]
    blocks += [(name, [*_below(layer, _LAYER, "")]) for name, layer in run.layers.items()]
    about: dict[str, Quantity] = {}
    for _, found in blocks:
        about |= {quantity.column: quantity for quantity in found if quantity.column not in about}
    rows = len(records) * len(blocks)
    columns: dict[str, Any] = {
        "run": [run.name] * rows,
        "model": [run.model] * rows,
        "seed": [run.seed] * rows,
        "layer": pandas.Categorical(
            [name for name, _ in blocks for _ in records], categories=[*run.layers], ordered=True
        ),
        clock: np.tile(records, len(blocks)),
    }
    for name, quantity in about.items():
        parts = [{of.column: of.values for of in found}.get(name) for _, found in blocks]
        columns[name] = _joined(parts, len(records), quantity, pandas)
    units = {clock: f"{clock}s"} | {name: quantity.units for name, quantity in about.items()}
    names = {clock: "where the training's clock stood"} | {name: of.long_name for name, of in about.items()}
    table = pandas.DataFrame(columns)
    table.attrs = {"clock": clock, "units": units, "long_name": names}
    return table


def _joined(parts: list[Array | None], count: int, of: Quantity, pandas: Any) -> Any:
    """The values of the network and of each layer below each other; missing where there are none."""
    if words := _WORDS.get(of.units):
        codes = [code for part in parts for code in ([-1] * count if part is None else part.tolist())]
        return pandas.Categorical([words.get(code) for code in codes], categories=[*words.values()])
    kind = np.result_type(*(part.dtype for part in parts if part is not None))
    if any(part is None for part in parts) and kind.kind in "iu":
        kind = np.dtype(float)
    whole = [np.full(count, np.nan, kind) if part is None else part.astype(kind) for part in parts]
    return np.concatenate(whole)


def _of_network(run: Run, taken: set[str]) -> Iterator[Quantity]:
    """What is known of the network as a whole, then what the training's code handed over, under its own name."""
    columns = set(taken)
    for root, prefix in ((_RUN, ""), (_LAYER, _ALL_LAYERS)):
        for quantity in _below(run, root, prefix):
            if quantity.column != run.clock and (quantity.column != "epoch" or run.clock != "checkpoint"):
                columns.add(quantity.column)
                yield quantity
    columns |= {quantity.column for layer in run.layers.values() for quantity in _below(layer, _LAYER, "")}
    for name in run.metrics:
        shown = visible(name)
        column = f"metrics/{shown}" if shown in columns else shown
        columns.add(column)
        yield Quantity(column, run.metric(name), "1", "a number that the training's code handed over")


def _below(node: Node, root: str, prefix: str) -> Iterator[Quantity]:
    """Every quantity of the schema below a path that has one number, or a row of quantiles, at each record.

    Args:
        node: the run or layer.
        root: of the fields that are looked for.
        prefix: where they stand below the node.
    """
    for field in FIELDS:
        below = field.path.removeprefix(root)
        if below == field.path or "/METRIC" in below or below.startswith(("layers/", "parameters/", "attacks/")):
            continue
        for column in [below.replace("PARAMETER", name) for name in ("weight", "bias")][: 1 + ("PARAMETER" in below)]:
            if not node.has(f"{prefix}{column}"):
                continue
            if field.dims == ("epoch",):
                yield Quantity(column, known(node, f"{prefix}{column}"), field.units, field.long_name)
            elif field.dims == ("epoch", "quantile"):
                levels = node.attributes_of(f"{prefix}{column.rpartition('/')[0]}")["quantiles"]
                for level, values in zip(np.atleast_1d(levels), node[f"{prefix}{column}"].T, strict=True):
                    yield Quantity(f"{column}/{level:g}", values, field.units, f"{level:g} {field.long_name}")


def known(node: Node, key: str) -> Array:
    """A quantity at every record, (E,); a count in fits and spectra is NaN where it was not measured.

    Raises:
        WeightreelError: there is no such dataset, or it cannot be read.
    """
    values = node[key]
    group, _, name = key.rpartition("/")
    if values.dtype.kind != "u" or not key.startswith("spectrum/") or name == "status":
        return values
    own = f"{group}/status"  # the bulk has a status of its own
    codes = node[own] if node.has(own) else node["spectrum/status"]
    missing = np.isin(codes, _UNUSABLE) if name in _OF_FITS else codes == FitStatus.NOT_MEASURED
    return np.where(missing, np.nan, values) if missing.any() else values
