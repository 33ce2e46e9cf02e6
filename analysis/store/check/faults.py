"""Compare a store with the schema, recount its numbers, and compare two stores."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.store.check.base import read_json
from weightreel.analysis.store.check.counts import UNCOUNTED, recount
from weightreel.analysis.store.check.file import APART, damaged, standing
from weightreel.analysis.store.check.structure import Structure, text_of
from weightreel.analysis.store.check.tree import tree
from weightreel.analysis.store.reader import Store, open_file, refuse_foreign
from weightreel.analysis.store.results import results_digest
from weightreel.analysis.store.schema.field import Holds, pattern_of
from weightreel.analysis.store.schema.fields import (
    ATTRIBUTES,
    FIELDS,
    STRING,
    VERSION_MINOR,
    Attribute,
    Field,
    field_of,
)
from weightreel.analysis.store.stacked import BROKEN, reason
from weightreel.analysis.store.writer import Contents, write

VOLATILE = ("seconds", "created", "software", "schema_version")
"""Datasets and attributes that two runs of one recipe may differ in."""

MISSING = "is missing"
"""What is wrong with a dataset that a store must have."""
_SCOPES = {
    "class": 0, "true": 0, "predicted": 0, "example": 0,
    "epoch": 3, "test_image": 3, "batchnorm": 3,
    "trial": 5, "preview": 5, "picture": 5, "history_trial": 5, "path_example": 5, "path_step": 5,
    "saliency_epoch": 4, "saliency_example": 4, "certified": 5,
}  # fmt: skip
"""Dimensions that have one length in all of a store, a run (/runs/RUN) or an attack (/runs/RUN/attacks/ATTACK), by the
number of parts of the path that name what they belong to. Others are judged where they stand."""


class Problem(NamedTuple):
    """Something in a store that is not as the schema says, or does not add up."""

    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}"


def check(path: str | Path, *, sealed: bool = True, at: Callable[[str], None] = lambda _: None) -> list[Problem]:
    """Find what is wrong with a store, in this process: `guard.process` does it in another, which may die of it.

    What the file is made of comes first, before a number is read. Unknown paths, missing ones, dtypes, dimensions,
    units and attributes are compared with the schema; what can be counted again is.

    Args:
        path: the file. One that a newer minor version wrote may hold paths that this one does not know.
        sealed: refuse a store that is not as it was written; False looks at one that someone changed by intent.
        at: told each path before it is read.

    Returns:
        The problems, in the order of the file; empty if there are none.

    Raises:
        WeightreelError: the file is missing, damaged or changed, no store, or of a newer major version of the schema.
    """
    path = Path(path)
    with open_file(path, sealed=sealed, guarded=False) as file:
        refuse_foreign(path, {name: text_of(file, name) for name in ("schema", "schema_version")}, sealed=sealed)
        if found := Structure(file, at).problems:
            return [Problem(*problem) for problem in found]
    with Store(path, sealed=sealed, guarded=False) as store:
        try:
            minor = int(store.attributes["schema_version"].partition(".")[2])
            problems = [Problem(*found) for found in standing(store.view, known=minor == VERSION_MINOR)]
            if any(problem.what == APART for problem in problems):
                return problems
            contents = store.contents(at)
        except (WeightreelError, *BROKEN) as error:
            spoiled = [Problem(*found) for found in damaged(store.view, at)]
            return spoiled or [Problem("/", f"is damaged ({reason(error)})")]
    problems += wrong_contents(contents, newer=minor > VERSION_MINOR)
    said = store.attributes.get("results") if sealed else None  # else of what it was before it was changed
    if not problems and said is not None and said != results_digest(contents.datasets, contents.attributes):
        problems.append(Problem("/", "has an attribute 'results' that is not the digest of what it holds"))
    return problems


def wrong_contents(contents: Contents, *, newer: bool = False) -> list[Problem]:
    """What is wrong with the contents of a store, as against the file that holds them.

    Args:
        contents: all of it.
        newer: a newer version wrote it, which may have attributes that this one does not know.
    """
    known = {path: field for path in contents.datasets if (field := field_of(path))}
    groups = _groups(contents)
    recorded = {path for path, found in contents.attributes.items() if "source" in found}
    problems = [*_missing_datasets(contents.datasets.keys(), groups, recorded)]
    problems += _dimensions({p: (contents.datasets[p].shape, field) for p, field in known.items()})
    problems += [problem for problem, _ in odd_attributes(contents, newer=newer)]
    if problems:  # numbers of the wrong shape cannot be counted
        return problems
    try:
        return [Problem(*found) for found in recount(tree(contents))]
    except (ArithmeticError, LookupError, *BROKEN) as error:
        return [Problem("/dataset", f"{UNCOUNTED} ({reason(error)})")]


def seal_again(path: Path) -> list[Problem]:
    """Check a store that someone changed by intent and, where it is clean, write it anew with its seal.

    One of an older version becomes one of this version.

    Returns:
        The problems for which it was left as it was; empty if it is sealed.

    Raises:
        WeightreelError: as `check`; it holds what this version does not know, or cannot be written.
    """
    problems = check(path, sealed=False)
    if not problems:
        with Store(path, sealed=False, guarded=False) as store:
            contents = store.contents()
        write(path, contents)
    return problems


def same(first: str | Path, second: str | Path) -> list[str]:
    """Differences between two stores, bit for bit, apart from what is VOLATILE; empty if there are none.

    Raises:
        WeightreelError: one of them cannot be read.
    """
    with Store(first) as a, Store(second) as b:
        one, two = a.contents(), b.contents()
    found = _compare(one.datasets, two.datasets, "{}")
    for path in sorted({*one.attributes, *two.attributes}):
        found += _compare(one.attributes.get(path, {}), two.attributes.get(path, {}), f"attribute {{}} of {path}")
    return found


def _compare(one: dict[str, Any], two: dict[str, Any], name: str) -> list[str]:
    """Differences between two tables of arrays or values."""
    found = []
    for key in sorted({*one, *two}):
        if key.rpartition("/")[2] in VOLATILE:
            continue
        if key not in one or key not in two:
            found.append(f"{name.format(key)} is only in the {'second' if key in two else 'first'}")
            continue
        a, b = np.asarray(one[key]), np.asarray(two[key])
        if a.dtype.kind == b.dtype.kind == "U":
            found += [f"{name.format(key)} differs"] if one[key] != two[key] else []
        elif a.dtype != b.dtype or a.shape != b.shape:
            found.append(f"{name.format(key)} is {a.dtype}{a.shape} and {b.dtype}{b.shape}")
        elif not np.array_equal(a, b, equal_nan=a.dtype.kind == "f"):
            differ = np.flatnonzero(np.ravel(a != b))
            found.append(f"{name.format(key)} differs in {len(differ)} of {a.size} places, first at {differ[0]}")
    return found


def _groups(contents: Contents) -> set[str]:
    """The paths of all groups that hold anything."""
    found = {path for path in contents.attributes if path not in contents.datasets}
    for path in (*contents.datasets, *contents.attributes):
        while path := path.rpartition("/")[0]:
            found.add(path)
    return {"/", *found}


def _missing_datasets(present: Collection[str], groups: set[str], recorded: set[str]) -> Iterator[Problem]:
    """Required datasets that are not there. A network without biases has no `bias` groups.

    Of the runs `recorded` from other code's trainings only `epoch` is required.
    """
    for run in (None, *(g for g in sorted(groups) if g.startswith("/runs/") and g.count("/") == 2)):
        for field in FIELDS:
            if not field.required or (run in recorded and field.path != "/runs/RUN/epoch"):
                continue
            if field.path.startswith("/runs/RUN") != (run is not None):
                continue
            path = field.path.replace("/runs/RUN", run or "")
            for name in ("weight", "bias") if "PARAMETER" in path else ("",):
                full = path.replace("PARAMETER", name)
                if full not in present and not (name == "bias" and not any(p.endswith("/bias") for p in groups)):
                    yield Problem(full, MISSING)


def _dimensions(shapes: dict[str, tuple[tuple[int, ...], Field]]) -> Iterator[Problem]:
    """Dimensions of one name that differ in length where they must not."""
    lengths: dict[tuple[str, str], tuple[int, str]] = {}
    for path, (shape, field) in shapes.items():
        if len(shape) != len(field.dims):
            continue
        for name, length in zip(field.dims, shape, strict=True):
            parts = path.split("/")
            scope = "/".join(parts[: _SCOPES.get(name, len(parts) - 1)])
            kind = "class" if name in ("true", "predicted") else "bin" if name == "edge" else name
            bins = length - (name == "edge")
            expected, where = lengths.setdefault((scope, kind), (bins, path))
            if bins != expected:
                yield Problem(path, f"has {bins} along {kind!r}, {where} has {expected}")


def odd_attributes(contents: Contents, *, newer: bool = False) -> Iterator[tuple[Problem, str]]:
    """Attributes that are missing, unknown or of the wrong type, as problems and by their names.

    Args:
        contents: of a store.
        newer: it may have attributes that this version does not know.
    """
    attributes = contents.attributes
    known: dict[str, dict[str, Attribute]] = {}
    for attribute in ATTRIBUTES:
        known.setdefault(attribute.path, {})[attribute.name] = attribute
    for path in sorted({*_groups(contents), *contents.datasets}):
        wanted, found = known.get(pattern_of(path), {}), attributes.get(path, {})
        for name, attribute in wanted.items():
            if name not in found:
                if attribute.required and not (name == "epochs_planned" and "source" in found):
                    yield Problem(path, f"lacks its attribute {name!r}"), name
            elif not _is_of_type(found[name], attribute.dtype):
                yield Problem(path, f"has an attribute {name!r} that is not of type {attribute.dtype}"), name
            elif wrong := _held_otherwise(found[name], attribute.holds):
                yield Problem(path, f"has an attribute {name!r} that {wrong}"), name
        for name in sorted(set(found) - set(wanted)) if not newer else ():
            yield Problem(path, f"has an attribute {name!r} that the schema does not know"), name


def _is_of_type(value: Any, dtype: str) -> bool:
    if dtype == STRING:
        return isinstance(value, str)
    return np.asarray(value).dtype.kind == np.dtype(dtype).kind


def _held_otherwise(value: Any, holds: Holds) -> str:
    """In what an attribute of the right type differs from what it is to hold; empty where in nothing."""
    if holds in (Holds.ONE, Holds.MANY):
        return "is not one value" if np.ndim(value) > (holds is Holds.MANY) else ""
    return "" if read_json(value, holds) is not None else f"is no {str(holds).removeprefix('a ')}"
