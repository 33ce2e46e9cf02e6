"""What a file is made of, before any number in it is read: links, kinds, types, sizes, packing, attributes.

A store is one file: groups, datasets of numbers and text, and attributes. HDF5 knows more, and each of these could lead
elsewhere, run somebody's code or stand for more than memory holds: links to other files and to other places, numbers
kept in other files, filters that are loaded from a folder, references, groups within themselves.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import h5py
from h5py import h5a, h5d, h5g, h5l, h5o, h5s, h5t, h5z

from weightreel.analysis.store.check.base import Found
from weightreel.analysis.store.stacked import BROKEN, SCALING, plain, reason

DEPTH = 12
"""Groups within groups, at most; the schema's deepest path has 9."""
ATTRIBUTES_EACH = 256
"""Attributes of one group or dataset, at most."""
ATTRIBUTE_BYTES = 4 << 20
"""Bytes of one attribute, at most: a merge keeps five recipes in one."""
RATIO = 1100
"""Bytes that one byte can stand for, at most: what deflate can do, and a little."""
TOTAL, TOTAL_RATIO = 64 << 20, 32
"""Bytes of numbers that a file may hold in all: so many, or so many times its size. Stores have 1 to 3 times."""
TEXTS = 1 << 16
"""Strings of a length of their own in one dataset, at most."""

_FILTERS = (h5z.FILTER_DEFLATE, h5z.FILTER_SHUFFLE, h5z.FILTER_FLETCHER32)
_KINDS = {h5t.INTEGER: "numbers", h5t.FLOAT: "numbers", h5t.STRING: "text"}


class Standing(NamedTuple):
    """A group or dataset that stands in a file, by its path there."""

    path: str
    node: h5g.GroupID | h5d.DatasetID


class Structure:
    """What stands in a file, and what is wrong with how it stands there."""

    def __init__(self, file: h5py.File, at: Callable[[str], None] = lambda _: None, lost: frozenset[str] = frozenset()):
        """Look at everything in the file; no number in it is read.

        Args:
            file: open.
            at: told the path before anything of it is looked at.
            lost: paths that are passed over.
        """
        self.standing: list[Standing] = []
        self.problems: list[tuple[str, str]] = []
        self._at, self._lost = at, lost
        self._places: dict[int, str] = {}
        self._bytes, self._most = 0, max(TOTAL, TOTAL_RATIO * file.id.get_filesize())
        self._take("/", file["/"].id)

    def _take(self, path: str, node: Any) -> None:
        """Look at one object, and at what is below it."""
        self._at(path)
        found: list[tuple[str, str]] = []
        try:
            place = int(h5o.get_info(node).addr)
            if place in self._places:
                found = [(path, f"is {self._places[place]} under another name; in a store everything stands once")]
            else:
                self._places[place] = path
                found = [*self._attributes(path, node)]
                if isinstance(node, h5d.DatasetID):
                    found += self._dataset(path, node)
        except BROKEN as error:
            found = [(path, f"is damaged ({reason(error)})")]
        self.problems += found
        if not found:
            self.standing.append(Standing(path, node))
        if isinstance(node, h5g.GroupID) and self._places.get(place_of(node)) == path:
            self._members(path, node)

    def _members(self, path: str, group: h5g.GroupID) -> None:
        if path.count("/") > DEPTH:
            self.problems.append((path, "holds groups within groups, deeper than any store"))
            return
        try:
            names = [*group]
        except BROKEN as error:
            self.problems.append((path, f"is a group whose members cannot be listed ({reason(error)})"))
            return
        for name in names:
            full = f"{path.rstrip('/')}/{name.decode('utf-8', 'backslashreplace')}"
            if full in self._lost:
                continue
            self._at(full)
            try:
                wrong = _link(group, name)
                node = None if wrong else h5o.open(group, name)
            except BROKEN as error:
                self.problems.append((full, f"is damaged and cannot be opened ({reason(error)})"))
                continue
            if wrong:
                self.problems.append((full, wrong))
            elif isinstance(node, h5g.GroupID | h5d.DatasetID):
                self._take(full, node)
            else:
                self.problems.append((full, "is neither a group nor a dataset"))

    def _dataset(self, path: str, node: h5d.DatasetID) -> Found:
        made = node.get_create_plist()
        if made.get_layout() == h5d.VIRTUAL:
            yield path, "is a virtual dataset, put together from other files or places; a store holds its own numbers"
            return
        if made.get_external_count():
            yield path, "keeps its numbers in another file; a store is one file"
            return
        if any(made.get_filter(i)[0] not in _FILTERS for i in range(made.get_nfilters())):
            yield path, "is packed by a filter that stores do not use"
            return
        of, space = node.get_type(), node.get_space()
        kind = _KINDS.get(of.get_class())
        if kind is None:
            yield path, "holds neither numbers nor text"
            return
        if space.get_simple_extent_type() == h5s.NULL:
            yield path, "is empty: it has no shape at all"
            return
        shape, held = space.get_simple_extent_dims(), node.get_storage_size()
        size = math.prod(shape) * of.get_size()
        of_its_own_length = isinstance(of, h5t.TypeStringID) and of.is_variable_str()
        if of_its_own_length and math.prod(shape) > TEXTS:
            yield path, f"declares {math.prod(shape):,} strings, more than any store"
        packed = made.get_layout() == h5d.CHUNKED and made.get_nfilters() > 0
        if _is_scale_alone(node):
            return  # a netCDF dimension: a length without numbers
        if size > held * (RATIO if packed else 1):
            yield path, f"declares {size:,} bytes of {kind}, of which the file holds {held:,}"
            return
        before, self._bytes = self._bytes, self._bytes + size
        if before <= self._most < self._bytes:
            yield path, f"brings what the file declares to {self._bytes:,} bytes, more than any store of its size"

    def _attributes(self, path: str, node: Any) -> Found:
        count = h5a.get_num_attrs(node)
        if count > ATTRIBUTES_EACH:
            yield path, f"has {count} attributes, more than any store"
            return
        for i in range(count):
            attribute = h5a.open(node, index=i)
            name = attribute.name
            name = name.decode("utf-8", "backslashreplace") if isinstance(name, bytes) else name
            if wrong := _attribute(name, attribute):
                yield path, f"has an attribute {name!r} that {wrong}"


def place_of(node: Any) -> int:
    """Where an object stands in its file; -1 where that cannot be told."""
    try:
        return int(h5o.get_info(node).addr)
    except BROKEN:
        return -1


def _link(group: h5g.GroupID, name: bytes) -> str:
    """What is wrong with a name in a group: that it does not stand for something in this very group."""
    try:
        name.decode()
    except UnicodeDecodeError:
        return "has a name that is not UTF-8"
    kind = group.links.get_info(name).type
    if kind == h5l.TYPE_HARD:
        return ""
    if kind == h5l.TYPE_EXTERNAL:
        file = group.links.get_val(name)[0].decode("utf-8", "backslashreplace")
        return f"is a link to another file, {file!r}; a store is one file"
    if kind == h5l.TYPE_SOFT:
        there = group.links.get_val(name).decode("utf-8", "backslashreplace")
        return f"is a link to {there!r}; in a store everything stands where its name is"
    return "is a link of a kind that stores do not use"


def _attribute(name: str, attribute: h5a.AttrID) -> str:
    """What is wrong with an attribute, without reading it."""
    of, space = attribute.get_type(), attribute.get_space()
    kind = of.get_class()
    if name in SCALING:
        right = {"DIMENSION_LIST": h5t.VLEN, "REFERENCE_LIST": h5t.COMPOUND}.get(name, h5t.STRING)
        return "" if kind == right else "is not what HDF5 writes there"
    if space.get_simple_extent_type() == h5s.NULL:
        return "is empty"
    if kind not in _KINDS:
        return "is neither a number nor text"
    shape = space.get_simple_extent_dims()
    if len(shape) > 1:
        return f"has {len(shape)} dimensions"
    if math.prod(shape) * of.get_size() > ATTRIBUTE_BYTES:
        return "is larger than any store's"
    return ""


def _is_scale_alone(node: h5d.DatasetID) -> bool:
    """Whether it is a scale of netCDF that only tells a dimension's length: nothing was ever written into it."""
    if node.get_storage_size() or not h5a.exists(node, b"NAME"):
        return False
    of = h5a.open(node, b"NAME")
    text = h5py.Dataset(node).attrs["NAME"] if of.get_type().get_class() == h5t.STRING else b""
    return bytes(text if isinstance(text, bytes) else str(text).encode()).startswith(b"This is a netCDF dimension")


def text_of(node: h5py.Group, name: str) -> str:
    """A text among the attributes of a group; empty where there is none that can be read as such."""
    try:
        of = h5a.open(node.id, name.encode())
        if of.get_type().get_class() != h5t.STRING or of.get_space().get_simple_extent_type() != h5s.SCALAR:
            return ""
        return str(plain(node.attrs[name]))
    except BROKEN:
        return ""
