"""Stack the layers of a run: one array for all of them, in place of one for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.store.layout import (
    LAYER,
    LENGTHS,
    MEASURED,
    NETWORK,
    Description,
    Form,
    above,
    attribute_of,
    description,
    form_of,
    in_file,
    split,
)
from weightreel.analysis.store.schema.fields import STRING, Attribute, field_of

Array = NDArray[Any]


@dataclass(frozen=True)
class Stored:
    """One dataset as it stands in the file: where, what, and the attributes beside what describes it."""

    path: str
    value: Array
    description: Description
    attributes: Mapping[str, Any] = field(default_factory=dict)


def stacked(
    datasets: Mapping[str, Array], attributes: Mapping[str, Mapping[str, Any]]
) -> tuple[list[Stored], dict[str, dict[str, Any]]]:
    """Datasets and attributes of groups as they stand in the file, from those by the paths of the schema.

    What cannot be stacked, since the layers do not agree where they must, stays at its own path.

    Args:
        datasets: of the schema's dtypes and numbers of dimensions, by full path.
        attributes: by the path of their group or dataset.
    """
    alone = {path: {**found} for path, found in attributes.items()}
    found: list[Stored] = []
    layers: dict[str, _Run] = {}
    for path, value in datasets.items():
        place = split(path)
        if place is None:
            found.append(_stored(path, value, alone.pop(path, {})))
        else:
            layers.setdefault(place[0], _Run()).datasets.setdefault(place[2], {})[place[1]] = value
    for path in [path for path in alone if split(path)]:
        run, layer, below = split(path) or ("", "", "")
        layers.setdefault(run, _Run()).attributes.setdefault(below, {})[layer] = alone.pop(path)
    for run, of in layers.items():
        made, rest = of.stacked(run)
        found += made
        alone |= rest
    return sorted(found, key=lambda stored: stored.path), {path: a for path, a in alone.items() if a}


def _stored(path: str, value: Array, attributes: Mapping[str, Any]) -> Stored:
    path = in_file(path)
    of = description(path, in_parts=LENGTHS in attributes)
    assert of is not None, path
    return Stored(path, value, of, attributes)


@dataclass
class _Run:
    """The layers of one run: arrays and attributes by their path below the layer, then by layer."""

    datasets: dict[str, dict[str, Array]] = field(default_factory=dict)
    attributes: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def stacked(self, run: str) -> tuple[list[Stored], dict[str, dict[str, Any]]]:
        names = self._names()
        root = f"{run}/{NETWORK}"
        made: list[Stored] = []
        rest: dict[str, dict[str, Any]] = {}
        held: dict[str, set[str]] = {}
        for below, arrays in self.datasets.items():
            own = self.attributes.pop(below, {})
            shared = _common(own, set(arrays))
            whole = None if shared is None else _array(f"{run}/layers/_/{below}", names, arrays)
            if whole is None:
                made += [_stored(f"{run}/layers/{n}/{below}", a, own.get(n, {})) for n, a in arrays.items()]
            else:
                made.append(_stored(f"{root}/{below}", whole[0], whole[1] | (shared or {})))
                for group in above(below):
                    held.setdefault(group, set()).update(arrays)
        for group, by_layer in self.attributes.items():
            for name in sorted({name for values in by_layer.values() for name in values}):
                values = {layer: of[name] for layer, of in by_layer.items() if name in of}
                below = "/".join(filter(None, (group, name)))
                whole = _values(attribute_of(below), names, values)
                if whole is not None:
                    made.append(_stored(f"{root}/{below}", *whole))
                elif group and _common({k: {name: v} for k, v in values.items()}, held.get(group, set())):
                    rest.setdefault(f"{root}/{group}", {})[name] = next(iter(values.values()))
                else:
                    for layer, value in values.items():
                        rest.setdefault("/".join(filter(None, (f"{run}/layers/{layer}", group))), {})[name] = value
        if any(path.startswith(f"{root}/") for path in (*(stored.path for stored in made), *rest)):
            made.append(_stored(f"{root}/{LAYER}", np.array(names, object), {}))
        return made, rest

    def _names(self) -> list[str]:
        """The layers in their order."""
        every = set[str]().union(*self.datasets.values(), *self.attributes.values())
        orders = self.attributes.get("", {})
        return sorted(every, key=lambda layer: (int(orders.get(layer, {}).get("order", 0)), layer))


def _common(attributes: Mapping[str, Mapping[str, Any]], holders: Iterable[str]) -> dict[str, Any] | None:
    """The attributes that all holders have alike; None where they differ."""
    found = [dict(attributes.get(holder, {})) for holder in holders]
    if not found or set(attributes) - set(holders):
        return None if attributes else {}
    first = found[0]
    alike = all(other.keys() == first.keys() and all(_equal(other[k], first[k]) for k in first) for other in found)
    return first if alike else None


def _equal(one: Any, other: Any) -> bool:
    a, b = np.asarray(one), np.asarray(other)
    return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")


_Whole = tuple[Array, dict[str, Any]]
"""An array of all layers, and the attribute that says which of them have a part in it."""


def _array(path: str, names: list[str], arrays: Mapping[str, Array]) -> _Whole | None:
    """One array of all layers from those at a path; None where it cannot be."""
    known = field_of(path)
    form = form_of(known) if known else None
    if form is Form.ROWS:
        return _rows(names, arrays)
    return _parts(names, arrays) if form is Form.PARTS else None


def _values(known: Attribute | None, names: list[str], values: Mapping[str, Any]) -> _Whole | None:
    """One array of an attribute of all layers; None where it is not stacked, or not of its type."""
    if known is None:
        return None
    arrays: dict[str, Array] = {}
    for layer, value in values.items():
        array = np.array(value, object) if isinstance(value, str) else np.asarray(value)
        dtype = np.dtype(object if known.dtype == STRING else known.dtype)
        if array.dtype.kind != dtype.kind or array.ndim > 1:
            return None
        arrays[layer] = array.astype(dtype)
    return _parts(names, arrays) if next(iter(arrays.values())).ndim else _rows(names, arrays)


def _rows(names: list[str], arrays: Mapping[str, Array]) -> _Whole | None:
    """Arrays of one shape as rows, and which layers have one."""
    first = next(iter(arrays.values()))
    if any(array.shape != first.shape for array in arrays.values()):
        return None
    empty: Any = {"f": np.nan, "O": ""}.get(first.dtype.kind, 0)
    whole = np.full((len(names), *first.shape), empty, first.dtype)
    for i, name in enumerate(names):
        if name in arrays:
            whole[i] = arrays[name]
    measured = np.array([name in arrays for name in names], np.uint8)
    return whole, {} if measured.all() else {MEASURED: measured}


def _parts(names: list[str], arrays: Mapping[str, Array]) -> _Whole | None:
    """Arrays side by side along their last dimension, and how long each is."""
    first = next(iter(arrays.values()))
    if any(array.ndim != first.ndim or array.shape[:-1] != first.shape[:-1] for array in arrays.values()):
        return None
    ordered = [arrays[name] for name in names if name in arrays]
    lengths = np.array([arrays[name].shape[-1] if name in arrays else -1 for name in names], np.int32)
    return np.concatenate(ordered, axis=-1), {LENGTHS: lengths}
