"""Write a run that no recipe trains: record by record, from a training that is watched or from checkpoints.

Records lie as single files beside the store until the run is complete, as those of `training.experiment` do, so that a
process killed at any moment loses at most the record that it was writing.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.files import replacing
from weightreel.analysis.measures.intervals import measure_intervals
from weightreel.analysis.measures.spectra import layer_attributes
from weightreel.analysis.runs.about import RunAbout
from weightreel.analysis.runs.assembly import Pace, add_run, describe_experiment
from weightreel.analysis.runs.folder import ExperimentFiles, load_arrays, save_arrays
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import NOT_NAMED
from weightreel.analysis.store.writer import Contents, write

Array = NDArray[Any]


def completed(store: Path, run: str) -> dict[str, int]:
    """`epoch` and `step` of the last record of a run that the store holds complete; empty where it does not.

    Raises:
        WeightreelError: the store cannot be read.
    """
    if not store.exists():
        return {}
    with Store(store) as there:
        found = there.runs.get(run)
        if found is None or not found.complete:
            return {}
        return {key: int(found[key][-1]) for key in ("epoch", "step") if found.has(key)}


INTERVALS = "intervals"
"""The part of what is measured once that comes from eigenvalues alone."""
EIGENVALUES = "/spectrum/eigenvalues"


class RunWriter:
    """The only writer of a store while it is open; what other runs the store has stays.

    Args:
        store: the file.
        about: the run.
        resume: go on with the records that are there, if any.
        force: begin the run again.
        free: seconds that writing the store may take with every record; else it is written now and then.

    Raises:
        WeightreelError: the run is there and neither `resume` nor `force` was given, it was begun with other layers,
            another process writes the store, or the file system refuses.
    """

    def __init__(
        self, store: Path, about: RunAbout, *, resume: bool = False, force: bool = False, free: float = 0.0
    ) -> None:
        self.about, self.files = about, ExperimentFiles(store)
        if not store.parent.is_dir():
            raise WeightreelError(f"there is no folder {store.parent} for the store {store.name}; make it first.")
        self._held = contextlib.ExitStack()
        self._held.enter_context(self.files.writing())
        try:
            self._begin(resume, force)
        except BaseException:
            self._held.close()
            raise
        self._records = self._safe()
        self._saved = len(self._records)
        self._pace = Pace(free)

    def _safe(self) -> list[dict[str, Array]]:
        """The records on disk; one that a power cut left damaged is forgotten, with those after it."""
        files = self.folder.recorded()
        records: list[dict[str, Array]] = []
        try:
            records.extend(load_arrays(path) for path in files)
        except (OSError, ValueError, zipfile.BadZipFile):
            for path in reversed(files[len(records) :]):
                path.unlink()
        return records

    def _begin(self, resume: bool, force: bool) -> None:
        self.folder = self.files.run(self.about.name)
        self._base, unfinished = self._others()
        if unfinished and not force and not self.folder.recorded():
            raise WeightreelError(
                f"{self.files.store} holds {unfinished} records of the unfinished run {self.about.name}, but the files "
                f"to go on with are gone ({self.folder.path}); put them back, or begin again (force=True or --force)."
            )
        if force:
            self._forget()
            self._base.drop(self._root)
        begun = self.folder.about.is_file()
        if (begun and not resume) or self._root in self._base.attributes:
            where = self.folder.path if begun else self.files.store
            raise WeightreelError(
                f"{where} holds the run {self.about.name} already; go on with it (resume=True or --resume), begin it "
                "again (force=True or --force), "
                "or choose another store, model name or seed."
            )
        described = json.loads(json.dumps({"layers": [(x.name, x.kind, x.shape) for x in self.about.layers]}))
        if begun and (old := json.loads(self.folder.about.read_text(encoding="utf-8"))) != described:
            named = {name for name, *_ in old["layers"]} ^ {name for name, *_ in described["layers"]}
            what = f"{sorted(named)[0]} is in one of them only" if named else "their shapes differ"
            raise WeightreelError(
                f"{self.folder.path} was begun by a network with other layers ({what}); begin again (force=True or "
                "--force)."
            )
        self.folder.path.mkdir(parents=True, exist_ok=True)
        with replacing(self.folder.about) as temporary:
            temporary.write_text(json.dumps(described), encoding="utf-8")

    @property
    def _root(self) -> str:
        return f"/runs/{self.about.name}"

    def _others(self) -> tuple[Contents, int]:
        """What the store holds, but for this run where it is unfinished, and how many records it has of that."""
        if not self.files.store.exists():
            return Contents(), 0
        with Store(self.files.store) as store:
            contents, unfinished = store.contents(), 0
            run = store.runs.get(self.about.name)
            if run is not None and not run.complete:
                unfinished = len(run.epochs)
                contents.drop(run.path)
        return contents, unfinished

    def recorded(self) -> int:
        """How many records there are."""
        return len(self._records)

    def last(self) -> Mapping[str, Array]:
        """The last record; empty where there is none."""
        return self._records[-1] if self._records else {}

    @property
    def records(self) -> Sequence[Mapping[str, Array]]:
        """All records, those at the end perhaps not on disk."""
        return self._records

    @property
    def saved(self) -> int:
        """How many of them are on disk."""
        return self._saved

    def add(self, record: Mapping[str, Array]) -> None:
        """Keep a record, as `measures.parameters.record_parameters` and `measure_spectra` give them, with its clock.

        Raises:
            WeightreelError: the file system refuses; the records before are safe, and this one is tried again with the
                next one, with `write` and `close`.
        """
        self._records.append(dict(record))
        self._save()
        if self._pace.due():
            self._write(complete=False)

    def keep(self, count: int) -> None:
        """Forget all records but the first `count`; the store is written without them before this returns.

        Raises:
            WeightreelError: the file system refuses.
        """
        del self._records[count:]
        for number in reversed(range(count, self._saved)):  # what is left is whole whenever this is cut short
            self.folder.epoch(number).unlink(missing_ok=True)
        self._saved = min(self._saved, count)
        self.write()

    def write(self) -> None:
        """Bring the store up to the last record.

        Raises:
            WeightreelError: the file system refuses.
        """
        self._save()
        if self._records:
            self._write(complete=False)
        else:
            self._take_away()

    def _save(self) -> None:
        """Put those records on disk that are not there yet."""
        self.folder.part(INTERVALS).unlink(missing_ok=True)  # of fewer records
        while self._saved < len(self._records):
            save_arrays(self.folder.epoch(self._saved), self._records[self._saved])
            self._saved += 1

    def _take_away(self) -> None:
        """Write the store without this run."""
        if self._base.attributes:
            write(self.files.store, self._base)
        else:
            self.files.store.unlink(missing_ok=True)

    def fix(self, arrays: Mapping[str, Array]) -> None:
        """Keep what is the same at every record."""
        save_arrays(self.folder.fixed, dict(arrays))

    def finish(self, name: str, arrays: Mapping[str, Array]) -> None:
        """Keep a part of what is measured once, at the last record."""
        save_arrays(self.folder.part(name), dict(arrays))

    def finished(self, name: str) -> bool:
        """Whether a part of what is measured once is there."""
        return self.folder.part(name).is_file()

    def part(self, name: str) -> dict[str, Array]:
        """A part of what is measured once, as it was kept."""
        return load_arrays(self.folder.part(name))

    def close(self, complete: bool = True) -> None:
        """Write the store; a complete run's single files are removed, another one can be resumed."""
        try:
            if self._records:
                self._save()
                if complete and not self.finished(INTERVALS):
                    self.finish(INTERVALS, self._intervals())
                self._write(complete)
                if complete:
                    self._forget()
        finally:
            self._held.close()

    def _intervals(self) -> dict[str, Array]:
        """Intervals of alpha at a few of the records whose spectra are measured."""
        records = self._records
        measured = [n for n, record in enumerate(records) if any(key.endswith(EIGENVALUES) for key in record)]
        return measure_intervals(self.about.layers, len(records), measured, self.about.spectra, records.__getitem__)

    def _forget(self) -> None:
        if self.folder.path.is_dir():
            for path in self.folder.path.iterdir():
                path.unlink()
            self.folder.path.rmdir()
        with contextlib.suppress(OSError):  # others' records may lie there
            self.files.parts.rmdir()

    def _write(self, complete: bool) -> None:
        with self._pace.writing():
            contents = Contents(dict(self._base.datasets), dict(self._base.attributes))
            if "/" not in contents.attributes:
                self._describe_store(contents)
            order = len({key.split("/")[2] for key in self._base.attributes if key.startswith("/runs/")})
            state = "complete" if complete else "training"
            contents.describe(self._root, **self.about.attributes(), order=order, state=state)
            add_run(
                contents,
                self._root,
                self._records,
                (self.folder.fixed, *sorted(self.folder.path.glob("final-*.npz"))),
                layer_attributes(self.about.layers, self.about.spectra) | dict(self.about.described),
                bins=self.about.bins,
                saliency=self.about.saliency,
                whole=self.about.whole,
            )
            write(self.files.store, contents)

    def _describe_store(self, contents: Contents) -> None:
        nothing = {
            "name": self.about.dataset_name or NOT_NAMED, "digest": "", "n_train": 0, "n_validation": 0, "n_test": 0,
            "classes": (), "example_pixels": np.zeros((0, 1, 1, 3), np.uint8), "example_labels": np.zeros(0, np.uint8),
        }  # fmt: skip
        created = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        recipe = json.dumps({"title": self.about.title, **self.about.recipe})
        describe_experiment(contents, recipe, self.about.dataset or nothing, created)
