"""Compare the datasets as they stand in a file with the schema: dtypes, dimensions, units, how layers are stacked."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import h5py
import numpy as np

from weightreel.analysis.store.check.base import Found
from weightreel.analysis.store.layout import LAYER, LENGTHS, MEASURED, Description, description
from weightreel.analysis.store.schema.fields import STRING
from weightreel.analysis.store.stacked import BROKEN, Item, Network, plain, read
from weightreel.analysis.store.view import View

APART = "does not say which part of it is which layer's"
"""What is wrong with a stacked array that cannot be read as those of layers."""


def standing(view: View, *, known: bool) -> Found:
    """What is wrong with the datasets in a file, by their paths there.

    Args:
        view: of the file.
        known: it is of this version: it holds nothing that the schema does not know, in the schema's words.
    """
    for path, item in view.stored():
        of = description(path, in_parts=LENGTHS in item.attributes, renamed=view.is_netcdf)
        if of is not None:
            yield from _dataset(item.node, path, of, labels=view.labels(item), same_words=known)
            if view.is_netcdf:
                yield from _scaled(view, path, item)
        elif known:
            yield path, "the schema has no such dataset"
    for path, network in view.networks():
        yield from not_apart(path, network)


def damaged(view: View, at: Callable[[str], None]) -> Found:
    """The datasets that cannot be read; `at` is told each before."""
    for path, item in view.stored():
        at(path)
        try:
            read(item.node)
        except BROKEN:
            yield path, "is damaged and cannot be read"


def _dataset(dataset: h5py.Dataset, path: str, of: Description, *, labels: tuple[str, ...], same_words: bool) -> Found:
    """One dataset against the schema. Another minor version may describe it in other words, but must describe it."""
    for what in of_other_form(dataset, of):
        yield path, what
    if dataset.ndim == len(of.dims) and labels != of.dims:
        yield path, f"labels its dimensions {labels}; the schema says {of.dims}"
    for name, wanted in (("units", of.units), ("long_name", of.long_name)):
        found = plain(dataset.attrs.get(name))
        if found != wanted and (name == "units" or same_words or not found):
            yield path, f"has {name} {found!r}; the schema says {wanted!r}"


def _scaled(view: View, path: str, item: Item) -> Found:
    """Whether each dimension of a dataset is the one that netCDF and xarray take it for.

    They know a dimension by its name alone, and look for it from the dataset's group upwards.
    """
    for length, scale in zip(item.node.shape, view.scales(item), strict=True):
        if not scale:
            continue  # it is missed by its name
        name = scale.rpartition("/")[2]
        nearest = next((at for at in _upwards(path, name) if at in view.items and view.items[at].is_dataset), None)
        if nearest != scale:
            yield path, f"has the scale {scale}, where netCDF would find {nearest or f'no {name!r}'}"
        elif view.items[scale].node.shape != (length,):
            yield path, f"has {length} along {name!r}, whose scale {scale} has {view.items[scale].node.size}"


def _upwards(path: str, name: str) -> Iterator[str]:
    """Where a name may stand in the groups that a path stands in, the nearest first."""
    while path:
        path = path.rpartition("/")[0]
        yield f"{path}/{name}"


def of_other_form(dataset: h5py.Dataset, of: Description) -> Iterator[str]:
    """In what a dataset has another dtype or number of dimensions than the schema says."""
    is_text = h5py.check_string_dtype(dataset.dtype) is not None
    if is_text != (of.dtype == STRING) or (not is_text and dataset.dtype != np.dtype(of.dtype)):
        yield f"is {'str' if is_text else dataset.dtype.str[1:]}; the schema says {of.dtype}"
    if dataset.ndim != len(of.dims):
        yield f"has {dataset.ndim} dimensions; the schema says ({', '.join(of.dims)})"


def not_apart(path: str, network: Network) -> Found:
    """Whether the stacked arrays of a run's layers can be told apart."""
    names = network.layers
    if len(set(names)) < len(names):
        yield f"{path}/{LAYER}", APART
    for dataset in network.datasets.values():
        shape, measured = dataset.shape, dataset.attrs.get(MEASURED)
        if (lengths := dataset.attrs.get(LENGTHS)) is not None:
            fits = np.shape(lengths) == (len(names),) and np.clip(lengths, 0, None).sum() == shape[-1]
        else:
            fits = shape[:1] == (len(names),) and (measured is None or np.shape(measured) == (len(names),))
        if not fits:
            yield str(dataset.name), APART
