"""Write what can still be read of a damaged store: run by run, dataset by dataset."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.store.check.counts import UNCOUNTED
from weightreel.analysis.store.check.faults import MISSING, Problem, check, odd_attributes, wrong_contents
from weightreel.analysis.store.check.file import not_apart, of_other_form
from weightreel.analysis.store.check.structure import Structure, text_of
from weightreel.analysis.store.layout import LENGTHS, description
from weightreel.analysis.store.nodes import Array
from weightreel.analysis.store.reader import open_file, refuse_foreign
from weightreel.analysis.store.schema.fields import NOT_NAMED
from weightreel.analysis.store.stacked import BROKEN, Item, read, reason
from weightreel.analysis.store.view import View
from weightreel.analysis.store.writer import Contents, write

At = Callable[[str], None]
_CUT = re.compile(r"truncated file: eof = (\d+), sblock->base_addr = (\d+), stored_eof = (\d+)")
"""What HDF5 says of a file that is shorter than it was."""
_TRIES = 100
"""How often something is left out and the rest checked again."""
RESCUED = "rescued from a damaged store that a recipe made"
"""The source of a run that lacks what a recipe's run must have."""
_SMALL_PART = re.compile(r"/runs/[^/]+/(?:layers/[^/]+|network)/spectrum/[^/]+(?=/)")
_PART = re.compile(
    r"/runs/[^/]+/(?:(?:parameters|attacks|certificates|stop|phase|network)/[^/]+|layers/[^/]+/[^/]+|"
    r"saliency|masking|validation|test)(?=/)"
)
"""What is counted by itself in a run, and in a spectrum."""
_OF_IMAGES = re.compile(r"/runs/[^/]+/(?:validation/confusion|test|attacks|certificates|saliency|masking)(?=/|$)")
"""What a run holds of the images and classes of the data."""
_NOTHING_KNOWN = {"recipe": "{}", "software": "{}", "created": "", "licence": "not known"}
_NO_DATA: dict[str, Any] = {"name": NOT_NAMED, "digest": "", "n_train": 0, "n_validation": 0, "n_test": 0}
_NO_IMAGES: dict[str, Array] = {
    "/dataset/classes": np.array([], object),
    "/dataset/examples/pixels": np.zeros((0, 1, 1, 3), np.uint8),
    "/dataset/examples/label": np.zeros(0, np.uint8),
}


def salvage(path: Path, out: Path, lost: frozenset[str], at: At) -> list[Problem]:
    """Write what can be read of a store to another, which is clean.

    Args:
        path: the damaged one.
        out: the new one.
        lost: paths in the file that are passed over, since reading them ended this process before.
        at: told each path before it is read.

    Returns:
        What was left out, and why.

    Raises:
        WeightreelError: nothing can be read, or what can is no store; or `out` cannot be written.
    """
    with _opened(path) as file:
        refuse_foreign(path, {name: text_of(file, name) for name in ("schema", "schema_version")}, sealed=False)
        rest = _Rest(path, *_readable(file, lost, at))
    rest.made_clean()
    if not any(place.startswith("/runs/") for place in rest.contents.datasets):
        raise WeightreelError(f"nothing can be rescued of {path}: no run is left; make it again.")
    write(out, rest.contents)
    if wrong := check(out):
        out.unlink()
        raise WeightreelError(f"nothing can be rescued of {path}: the rest is no store ({wrong[0]}).")
    return rest.lost


@contextmanager
def _opened(path: Path) -> Iterator[h5py.File]:
    """The file; one that was cut off is opened as a copy that has its length again."""
    try:
        with open_file(path, sealed=False, guarded=False) as file:
            yield file
        return
    except WeightreelError as error:
        cut = _CUT.search(str(error))
        if cut is None:
            raise WeightreelError(f"nothing can be rescued of {path}: {reason(error)}") from error
    size = int(cut[2]) + int(cut[3])
    if size > 4 * path.stat().st_size + (1 << 20):
        raise WeightreelError(f"nothing can be rescued of {path}: less than a quarter of it is there.")
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.h5"
        whole.write_bytes(path.read_bytes())
        with whole.open("r+b") as copy:
            copy.truncate(size)
        with open_file(whole, sealed=False, guarded=False) as file:
            yield file


def _readable(file: h5py.File, lost: frozenset[str], at: At) -> tuple[Contents, list[Problem]]:
    """What can be read in a file, by the paths of the schema, and what cannot by those in the file."""
    structure = Structure(file, at, lost)
    left_out = [Problem(place, "ends the program that reads it") for place in sorted(lost)]
    left_out += [Problem(*found) for found in structure.problems]
    items: dict[str, Item] = {}
    for place, node in structure.standing[1:]:
        at(place)
        try:
            made = h5py.Dataset(node) if isinstance(node, h5py.h5d.DatasetID) else h5py.Group(node)
            item = Item(made, frozenset(made.attrs))
            item.described()
            if item.is_dataset:
                read(made)
        except BROKEN:
            left_out.append(Problem(place, "is damaged and cannot be read"))
        else:
            items[place] = item
    for problem in [*_of_no_use(View(file, items))]:
        items.pop(problem.path, None)
        left_out.append(problem)
    view = View(file, items)
    paths, attributes = view.everything()
    attributes.setdefault("/", {}).pop("results", None)
    return Contents({path: view.read(path) for path in paths}, attributes), left_out


def _of_no_use(view: View) -> Iterator[Problem]:
    """Datasets that are unknown, of another form than the schema says, or not to be told apart by layers."""
    for path, item in view.stored():
        of = description(path, in_parts=LENGTHS in item.attributes, renamed=view.is_netcdf)
        wrong = ["is nothing that this version knows"] if of is None else [*of_other_form(item.node, of)]
        yield from (Problem(path, what) for what in wrong[:1])
    for path, network in view.networks():
        yield from (Problem(*found) for found in not_apart(path, network))


class _Rest:
    """What is left of a store while what cannot stand is left out."""

    def __init__(self, path: Path, contents: Contents, lost: list[Problem]) -> None:
        self.path, self.contents, self.lost = path, contents, lost
        self._gone: list[str] = []

    def made_clean(self) -> None:
        """Leave out what does not add up, and what needs it, until the rest is a store."""
        self._drop_odd_attributes()
        self._refill()
        for _ in range(_TRIES):
            problems = wrong_contents(self.contents)
            if not problems:
                return
            self._gone.clear()
            for problem in problems:
                if not any(f"{problem.path}/".startswith(f"{gone}/") for gone in self._gone):
                    self._do_without(problem)
        raise WeightreelError(f"nothing can be rescued of {self.path}: too much of it does not add up.")

    def _drop_odd_attributes(self) -> None:
        for problem, name in [*odd_attributes(self.contents)]:
            if self.contents.attributes.get(problem.path, {}).pop(name, None) is not None:
                self.lost.append(problem)

    def _refill(self) -> None:
        """Say of the store and of its data that nothing is known where that cannot be read."""
        root = self.contents.attributes.setdefault("/", {})
        if lacking := {name: text for name, text in _NOTHING_KNOWN.items() if name not in root}:
            root |= lacking
            self.lost.append(Problem("/", f"cannot say its {', '.join(lacking)}"))
        about = self.contents.attributes.get("/dataset", {})
        if _NO_DATA.keys() - about.keys() or _NO_IMAGES.keys() - self.contents.datasets.keys():
            self._forget_data()

    def _forget_data(self) -> None:
        """Leave out the images and classes, and with them what runs hold of them."""
        self.contents.drop("/dataset")
        self.contents.describe("/dataset", **_NO_DATA)
        self.contents.datasets |= _NO_IMAGES
        for place in {found[0] for place in self.contents.datasets if (found := _OF_IMAGES.match(place))}:
            self.contents.drop(place)
        self.lost.append(Problem("/dataset", "is not whole; what runs hold of its images and classes is lost with it"))

    def _do_without(self, problem: Problem) -> None:
        """Leave out what a problem is about, or what cannot be without it."""
        place, run = problem.path, "/".join(problem.path.split("/")[:3])
        if place.startswith("/dataset") and len(self.contents.datasets.get("/dataset/classes", ())):
            self._forget_data()
        elif not place.startswith("/runs/"):
            raise WeightreelError(f"nothing can be rescued of {self.path}: {problem}, and no store is without that.")
        elif place != run and self._holds(place):
            self._drop(place, problem)
        elif problem.what.startswith(UNCOUNTED) and (parts := self._parts_that_lack(run)):
            for part in parts:
                self._drop(part, Problem(part, "cannot be counted again without what is lost"))
        elif problem.what == MISSING and self._by_recipe(run) and place != f"{run}/epoch":
            self.contents.describe(run, source=RESCUED)  # of what no recipe made little is required
            self._gone.append(run)
        else:
            self._drop(run, Problem(run, f"cannot be without what is lost: {problem.path} {problem.what}"))

    def _by_recipe(self, run: str) -> bool:
        return "source" not in self.contents.attributes.get(run, {})

    def _holds(self, place: str) -> bool:
        return any(
            key == place or key.startswith(f"{place}/") for key in (*self.contents.datasets, *self.contents.attributes)
        )

    def _drop(self, place: str, problem: Problem) -> None:
        self.contents.drop(place)
        self._gone.append(place)
        self.lost.append(problem)

    def _parts_that_lack(self, run: str) -> list[str]:
        """The parts of a run, each counted by itself, of which something is lost."""
        keys = [key for key in self.contents.datasets if key.startswith(f"{run}/")]
        for part in (_SMALL_PART, _PART):
            wounded = {found[0] for problem in self.lost if (found := part.match(f"{problem.path}/"))}
            there = sorted({found[0] for key in keys if (found := part.match(key))})
            if lacking := [at for at in there if {at, re.sub("/layers/[^/]+/", "/network/", at)} & wounded]:
                return lacking
        return []
