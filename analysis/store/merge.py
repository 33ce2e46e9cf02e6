"""Several stores as one, so that their runs stand side by side in a film."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.files import file_name
from weightreel.analysis.store.nodes import Run
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import NOT_NAMED
from weightreel.analysis.store.writer import Contents, write

MOST = 5
"""Stores that films show side by side."""
OF_IMAGES = ("validation/confusion", "test", "attacks", "certificates", "saliency")
"""What a run has only of the images and classes of its data set."""


def merge(paths: Sequence[Path], out: Path, *, force: bool = False, apart: bool = False) -> None:
    """Write the runs of several stores as one.

    Args:
        paths: the stores, at least two; their runs keep this order.
        out: the new store.
        force: replace what is there.
        apart: as of `merged`.

    Raises:
        WeightreelError: a store cannot be read, is named twice or is `out`, `out` exists, or as `merged`.
    """
    if len({path.resolve() for path in paths}) < len(paths):
        raise WeightreelError(f"{_named(paths)}: a store is named twice; name each once.")
    if out.resolve() in {path.resolve() for path in paths}:
        raise WeightreelError(f"{out} is one of the stores to merge; choose another place with --out.")
    if out.exists() and not force:
        raise WeightreelError(f"{out} exists; replace it with --force, or choose another place with --out.")
    with ExitStack() as opened:
        contents = merged([opened.enter_context(Store(path)) for path in paths], apart=apart)
    write(out, contents)


def merged(stores: Sequence[Store], *, apart: bool = False) -> Contents:
    """The contents of several stores together, in the present version of the schema.

    Runs of one model are seeds of it where their names differ and one recipe made them; else they get the name of their
    file before their model and behind their title. Stores of different data are merged only where no run holds anything
    of images or classes, as confusions and attacks are: their numbers would stand beside the wrong images. Their data
    are then named together, and nothing else is said of them.

    Args:
        stores: open ones, at least one.
        apart: a model that several stores hold is never taken for one, so that a film, which shows one seed of each
            model, shows something of every store.

    Raises:
        WeightreelError: there is none, or the data differ where they must not.
    """
    if not stores:
        raise WeightreelError("there is no store to merge; name some.")
    whole = stores[0].contents()
    found = Contents(
        {key: value for key, value in whole.datasets.items() if not key.startswith("/runs/")},
        {key: value for key, value in whole.attributes.items() if not key.startswith("/runs")},
    )
    if len(stores) == 1:
        return whole
    if _unlike(stores):
        _name_together(found, stores)
    names = names_apart([store.file_path for store in stores])
    found.describe(
        "/",
        recipe=json.dumps(
            {
                "title": "; ".join(dict.fromkeys(filter(None, (str(s.recipe.get("title", "")) for s in stores)))),
                "source": "merge",
                "stores": {name: store.digest for name, store in zip(names, stores, strict=True)},
                "files": {name: store.fingerprint for name, store in zip(names, stores, strict=True)},
                "recipes": {name: store.recipe for name, store in zip(names, stores, strict=True)},
            }
        ),
        licence="; ".join(dict.fromkeys(str(store.attributes["licence"]) for store in stores)),
    )
    shared = _shared(stores, apart)
    order = 0
    for name, store in zip(names, stores, strict=True):
        contents = whole if store is stores[0] else store.contents()
        for run in store.runs.values():
            _add(found, contents, run, prefix=name if run.model in shared else "", order=order)
            order += 1
    return found


def _shared(stores: Sequence[Store], apart: bool) -> set[str]:
    """The models of several stores that are not one."""
    holders: dict[str, list[Store]] = {}
    for store in stores:
        for model in dict.fromkeys(run.model for run in store.runs.values()):
            holders.setdefault(model, []).append(store)

    def differ(model: str, held: list[Store]) -> bool:
        names = [run.name for store in held for run in store.runs.values() if run.model == model]
        return apart or len(set(names)) < len(names) or any(s.recipe != held[0].recipe for s in held)

    return {model for model, held in holders.items() if len(held) > 1 and differ(model, held)}


def _add(found: Contents, contents: Contents, run: Run, prefix: str, order: int) -> None:
    model = f"{prefix}-{run.model}" if prefix else run.model
    root = f"/runs/{model}-s{run.seed}"
    inside = f"{run.path}/"
    for key, value in contents.datasets.items():
        if key.startswith(inside):
            found.datasets[f"{root}/{key.removeprefix(inside)}"] = value
    for key, attributes in contents.attributes.items():
        if key == run.path or key.startswith(inside):
            found.describe(root + key.removeprefix(run.path), **attributes)
    found.describe(root, model=model, order=order, title=f"{run.title} ({prefix})" if prefix else run.title)


def _unlike(stores: Sequence[Store]) -> bool:
    """Whether they are of different data."""
    about = {
        (
            s.dataset.attributes["name"],
            s.dataset.attributes["digest"],
            *s.classes,
            *(int(s.dataset.attributes[f"n_{part}"]) for part in ("train", "validation", "test")),
        )
        for s in stores
    }
    return len(about) > 1


def _name_together(found: Contents, stores: Sequence[Store]) -> None:
    """Describe different data by their names alone; refuse where a run depends on more."""
    for store in stores:
        for run in store.runs.values():
            if held := next((key for key in OF_IMAGES if run.has(key)), ""):
                raise WeightreelError(
                    f"{_named([s.file_path for s in stores])} are of different data, and {run.name} of {store.path} "
                    f"holds {held}, which belongs to its own; merge stores of the same data."
                )
    nothing: dict[str, Any] = {
        "classes": np.array([], dtype=object),
        "examples/pixels": np.zeros((0, 1, 1, 3), np.uint8),
        "examples/label": np.zeros(0, np.uint8),
    }
    found.add("/dataset", nothing)
    names = dict.fromkeys(str(store.dataset.attributes["name"]) for store in stores)
    known = [name for name in names if name != NOT_NAMED] or [NOT_NAMED]
    found.describe("/dataset", name="; ".join(known), digest="", n_train=0, n_validation=0, n_test=0)


def stores_of(named: str) -> list[Path]:
    """The stores that a comma list of at most MOST names; a file whose name has commas is one.

    Raises:
        WeightreelError: there are too many.
    """
    paths = [Path(name.strip()) for name in named.split(",") if name.strip()]
    if len(paths) < 2 or Path(named).exists():
        return [Path(named)]
    if len(paths) > MOST:
        raise WeightreelError(f"{named}: films show {MOST} stores side by side; name no more, or choose runs of fewer.")
    return paths


def one_store(named: str, folder: Path, name: str = "") -> Path:
    """The store that a comma list names; several are merged into a file of `folder`.

    Args:
        named: as `stores_of` takes it.
        folder: made where it is needed.
        name: of the file, without its ending; by default those of the stores.

    Raises:
        WeightreelError: as `stores_of` or `merge`.
    """
    paths = stores_of(named)
    if len(paths) < 2:
        return paths[0]
    folder.mkdir(parents=True, exist_ok=True)
    names = names_apart(paths)
    out = folder / f"{name or file_name('+'.join(names))}.h5"
    if not _holds(out, dict(zip(names, paths, strict=True))):
        merge(paths, out, force=True, apart=True)
    return out


def _holds(merged_store: Path, paths: dict[str, Path]) -> bool:
    """Whether it was merged from these files, by their names, as they are."""
    if not merged_store.exists():
        return False
    with Store(merged_store) as known:
        if known.recipe.get("files", {}).keys() != paths.keys():
            return False
        files = {}
        for name, path in paths.items():
            with Store(path) as store:
                files[name] = store.fingerprint
        return bool(known.recipe["files"] == files)


def names_apart(paths: Sequence[Path]) -> list[str]:
    """What tells the files apart: their names, or those of their folders before them.

    Raises:
        WeightreelError: neither does.
    """
    stems = [path.stem for path in paths]
    names = [
        path.stem if stems.count(path.stem) == 1 else f"{path.resolve().parent.name}-{path.stem}" for path in paths
    ]
    if len(set(names)) < len(names):
        raise WeightreelError(f"{_named(paths)}: files and folders have the same names; rename one.")
    return names


def _named(paths: Sequence[Path]) -> str:
    return ", ".join(map(str, paths))
