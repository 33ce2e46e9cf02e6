"""From a recipe to a store: the only orchestrator."""

from __future__ import annotations

import datetime
import functools
import json
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray

from weightreel.analysis.datasets import Dataset, load_dataset
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.files import replacing
from weightreel.analysis.interrupts import stop_if_interrupted
from weightreel.analysis.recipe.recipe import Recipe, difference, parse_recipe
from weightreel.analysis.runs.assembly import Pace, add_recipe_run, describe_experiment
from weightreel.analysis.runs.folder import ExperimentFiles, load_arrays, save_arrays
from weightreel.analysis.runs.raw_weights import merge_weights
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.writer import Contents, write
from weightreel.analysis.training.job import Job
from weightreel.analysis.training.jobs import jobs_of, run_jobs

Array = NDArray[Any]

EXTENDABLE = ("models", "seeds", "title")
"""Settings that a resumed experiment may change: they add runs and leave those that are there as they were."""


class Watcher(Protocol):
    """Told of what goes on."""

    def begin(self, runs: list[str], epochs: int) -> None:
        """The runs that will be trained, and how many epochs each has."""

    def progress(self, run: str, done: int, part: float) -> None:
        """`done` epochs of `run` are finished, and a share `part` of the next."""

    def waiting(self, run: str, what: str) -> None:
        """The training of `run` waits for something, such as "measuring epoch 12"."""

    def stored(self, run: str, epoch: int, record: dict[str, Array]) -> None:
        """An epoch of `run` is finished: it stands in the store, or will when that is written next."""


def run_experiment(
    recipe: Recipe,
    store: Path,
    watcher: Watcher,
    *,
    resume: bool = False,
    force: bool = False,
    jobs: int | None = 1,
    spectra: bool = True,
    attack: bool = True,
) -> bool:
    """Train and measure every run of a recipe into `store`, epoch by epoch.

    Args:
        recipe: the experiment.
        store: where its results go; raw weights and unmerged epochs lie beside it.
        watcher: told of progress.
        resume: go on with what is there; add runs where the recipe has more models or seeds than the store.
        force: begin again; the old store is replaced once epoch 0 of the new one is measured.
        jobs: runs trained side by side; None for as many as `weightreel.analysis.training.jobs.jobs_of` says.
        spectra: measure spectra after every epoch.
        attack: run the noise attack after every epoch.

    Returns:
        False where everything was there already.

    Raises:
        WeightreelError: the store exists and neither `resume` nor `force` was given, the recipe differs from the one
            that began it, another process writes it, or something in the work failed.
    """
    if recipe.training.stop == "spectral" and not spectra:
        raise WeightreelError(
            "training.stop = 'spectral' needs every epoch's spectra, which `train` leaves out; use `weightreel run`."
        )
    files = ExperimentFiles(store)
    if not store.parent.is_dir():
        raise WeightreelError(f"there is no folder {store.parent} for the store {store.name}; make it first.")
    with files.writing():
        if not (resume or force):
            _refuse_existing(files)
        if force:
            files.forget_parts()
            files.forget_remembered()
        base = _finished(files, recipe) if resume else Contents()
        missing = [run for run in recipe.runs() if not base.has_run(run[0])]
        if not missing and not files.experiment.is_file():
            return False
        dataset = load_dataset(recipe.dataset)
        _begin(files, recipe, dataset, base)
        merger = _Merger(files, recipe, base, watcher)
        watcher.begin([name for name, _, _ in missing], recipe.training.epochs)
        todo = [Job(recipe, name, model, seed, files.run(name), spectra, attack) for name, model, seed in missing]
        run_jobs(todo, dataset, jobs or jobs_of(recipe), merger)
        merge_weights(files, [name for name, _, _ in missing], keep=resume)
        merger.write()
        files.forget_parts()
    return True


def _refuse_existing(files: ExperimentFiles) -> None:
    for path in (files.store, files.experiment):
        if path.exists():
            what = path if path == files.store else files.parts
            raise WeightreelError(f"{what} exists; go on with --resume, begin again with --force, or choose --out.")


def _finished(files: ExperimentFiles, recipe: Recipe) -> Contents:
    """Complete runs of the store that is there; whatever else it holds lies in the parts too."""
    if files.experiment.is_file():
        _refuse_other_recipe(json.loads(files.experiment.read_text(encoding="utf-8"))["recipe"], recipe, files.parts)
    if not files.store.exists():
        return Contents()
    with Store(files.store) as store:
        _refuse_other_recipe(store.recipe, recipe, files.store)
        contents = store.contents()
        if unnamed := store.runs.keys() - {name for name, _, _ in recipe.runs()}:
            raise WeightreelError(
                f"{files.store} holds runs that the recipe does not name ({', '.join(sorted(unnamed))}); "
                "add their seeds and models to it, or choose another store with --out."
            )
        for run in store.runs.values():
            in_parts = files.run(run.name).path.is_dir()
            if in_parts:
                contents.drop(run.path)
            elif not run.complete:
                raise WeightreelError(
                    f"{files.store} holds an unfinished run {run.name}, but {files.parts} is gone; "
                    "begin again with --force."
                )
    return contents


def _refuse_other_recipe(old: dict[str, Any], recipe: Recipe, where: Path) -> None:
    if "dataset" not in old:
        raise WeightreelError(f"{where} was made by no recipe but by other code, or merged; choose another --out.")
    old = json.loads(parse_recipe(old, f"the recipe in {where}").to_json())  # with settings that came after it
    new = json.loads(recipe.to_json())
    new["defences"] = {model: new["defences"].get(model) for model in old["defences"]}  # others may be added
    old["training"]["cuda_graph"] = new["training"]["cuda_graph"]  # numbers are the same with it and without
    for key in EXTENDABLE:
        old, new = {**old, key: None}, {**new, key: None}
    if key := difference(old, new):
        raise WeightreelError(
            f"{where} was made by a recipe with another {key}; resume with the same recipe, "
            "or begin again with --force."
        )


def _begin(files: ExperimentFiles, recipe: Recipe, dataset: Dataset, base: Contents) -> None:
    """Note what the parts belong to. Digests that differ mean other images under the same name."""
    about = {
        "name": dataset.name,
        "digest": dataset.digest,
        "classes": dataset.classes,
        "n_train": len(dataset.train),
        "n_validation": len(dataset.validation),
        "n_test": len(dataset.test),
    }
    created = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    old = base.digest or dataset.digest
    if files.experiment.is_file():
        begun = json.loads(files.experiment.read_text(encoding="utf-8"))
        created, old = begun["created"], begun["dataset"]["digest"]
    if old != dataset.digest:
        raise WeightreelError(
            f"the images of {dataset.name!r} are no longer those that {files.store} was begun with "
            "(their digest differs); restore them, or begin again with --force."
        )
    files.parts.mkdir(exist_ok=True)
    examples: dict[str, Array] = {"example_pixels": dataset.example_pixels, "example_labels": dataset.example_labels}
    save_arrays(files.examples, examples)
    with replacing(files.experiment) as temporary:
        text = json.dumps({"recipe": json.loads(recipe.to_json()), "dataset": about, "created": created})
        temporary.write_text(text, encoding="utf-8")


class _Merger:
    """Writes the store anew from the parts when an epoch is finished, unless it was written just before."""

    def __init__(self, files: ExperimentFiles, recipe: Recipe, base: Contents, watcher: Watcher) -> None:
        self.files, self.recipe, self.base, self.watcher = files, recipe, base, watcher
        self._cache: dict[Path, dict[str, Array]] = {}
        self._told: dict[str, int] = {}
        self._pace = Pace()

    def progress(self, run: str, done: int, part: float) -> None:
        """Hand on how far a training is."""
        stop_if_interrupted()
        self.watcher.progress(run, done, part)

    def waiting(self, run: str, what: str) -> None:
        """Hand on what a training waits for."""
        stop_if_interrupted()
        self.watcher.waiting(run, what)

    def kept(self, run: str, epoch: int) -> None:
        """A finished epoch goes to the store, or soon will, before anyone is told; one may be named twice."""
        stop_if_interrupted()
        if self._pace.due():
            self.write()
        if (path := self.files.run(run).epoch(epoch)).is_file() and self._told.get(run) != epoch:
            self._told[run] = epoch
            self.watcher.stored(run, epoch, self._load(path))

    def write(self) -> None:
        """Write base and parts as one store."""
        with self._pace.writing():
            begun = json.loads(self.files.experiment.read_text(encoding="utf-8"))
            contents = Contents(dict(self.base.datasets), dict(self.base.attributes))
            dataset = begun["dataset"] | load_arrays(self.files.examples)
            describe_experiment(contents, self.recipe.to_json(), dataset, begun["created"])
            added = [
                add_recipe_run(
                    contents, self.files.run(name), self.recipe, self._load, functools.partial(self.files.spectra, name)
                )
                for name, _, _ in self.recipe.runs()
            ]
            if any(added) or self.base.datasets:
                write(self.files.store, contents)

    def _load(self, path: Path) -> dict[str, Array]:
        if path not in self._cache:
            self._cache[path] = load_arrays(path)
        return self._cache[path]
