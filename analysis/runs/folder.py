"""The files of one experiment, and the lock that keeps a second writer out."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.files import Held, alone, replacing

Array = NDArray[Any]

GO_ON = "Earlier epochs are safe: free some disk space and go on with --resume."
"""What to do when a part of a training could not be written."""


class BeingWritten(WeightreelError):
    """Another process writes the store."""


@dataclass(frozen=True)
class RunFolder:
    """Where one run's epochs lie until they are merged. Every file is written beside and renamed."""

    path: Path

    @property
    def checkpoint(self) -> Path:
        """What the training needs to go on."""
        return self.path / "checkpoint.pt"

    def epoch(self, epoch: int) -> Path:
        """The file with the record of one epoch."""
        return self.path / f"epoch-{epoch:06d}.npz"

    def record(self, epoch: int) -> dict[str, Array]:
        """What was recorded of one epoch, read whole."""
        return load_arrays(self.epoch(epoch))

    def weights(self, epoch: int) -> Path:
        """Raw weights of one epoch."""
        return self.path / f"weights-{epoch:06d}.npz"

    @property
    def final(self) -> Path:
        """What is measured once, at the last epoch."""
        return self.path / "final.npz"

    def part(self, name: str) -> Path:
        """One of the parts of `final`, which are measured one after the other."""
        return self.path / f"final-{name}.npz"

    @property
    def fixed(self) -> Path:
        """What is the same at every epoch."""
        return self.path / "fixed.npz"

    @property
    def about(self) -> Path:
        """The run's attributes as JSON."""
        return self.path / "run.json"

    def recorded(self) -> list[Path]:
        """Records of epochs 0, 1, … without a gap."""
        files: list[Path] = []
        while (path := self.epoch(len(files))).is_file():
            files.append(path)
        return files


@dataclass(frozen=True)
class ExperimentFiles:
    """NAME.h5, and beside it NAME.weights.h5, and while work goes on NAME.parts/ and .NAME.lock."""

    store: Path

    @property
    def _stem(self) -> str:
        return self.store.name.removesuffix(".h5")

    @property
    def weights(self) -> Path:
        """Every epoch's raw weights."""
        return self.store.with_name(f"{self._stem}.weights.h5")

    @property
    def parts(self) -> Path:
        """Epochs as single files, until they are merged."""
        return self.store.with_name(f"{self._stem}.parts")

    @property
    def experiment(self) -> Path:
        """Recipe and data set of the epochs in `parts`, as JSON; written last when the folder is begun."""
        return self.parts / "experiment.json"

    @property
    def examples(self) -> Path:
        """Example images of the epochs in `parts`."""
        return self.parts / "examples.npz"

    def run(self, name: str) -> RunFolder:
        """The folder of a run's epochs."""
        return RunFolder(self.parts / name)

    def remembered(self, stage: str) -> Path:
        """Folder of what was measured again (`spectra` or `attack`) and does not stand in the store yet."""
        return self.store.with_name(f"{self._stem}.{stage}.parts")

    def spectra(self, run: str, epoch: int) -> Path:
        """Spectra of an epoch, measured beside its training or again."""
        return self.remembered("spectra") / f"{run}-{epoch:06d}.npz"

    def forget_parts(self) -> None:
        """Remove the single files."""
        shutil.rmtree(self.parts, ignore_errors=True)

    def forget_remembered(self) -> None:
        """Remove what was measured of weights that will be no more."""
        for stage in ("spectra", "attack"):
            shutil.rmtree(self.remembered(stage), ignore_errors=True)

    def being_written(self) -> bool:
        """Whether another process writes this store."""
        try:
            with self.writing():
                return False
        except BeingWritten:
            return True

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only writer.

        Raises:
            WeightreelError: another process writes this store, or the folder is missing or not writable.
        """
        if self.store.suffix != ".h5":
            raise WeightreelError(f"{self.store} does not end in .h5; name the store like data/mine.h5.")
        held = contextlib.ExitStack()
        try:
            held.enter_context(alone(self.store.with_name(f".{self._stem}.lock")))
        except Held as error:
            raise BeingWritten(
                f"another process is writing {self.store}; wait until it ends, or choose another store with --out."
            ) from error
        except OSError as error:
            raise WeightreelError(
                f"{self.store.parent} cannot be written to ({error.strerror}); make it or choose "
                "another place with --out."
            ) from error
        with held:
            yield


def save_arrays(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write an .npz file, all or nothing.

    Raises:
        WeightreelError: the file system refused.
    """
    with replacing(path, GO_ON) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def load_arrays(path: Path) -> dict[str, Array]:
    """Read an .npz file whole."""
    with np.load(path, allow_pickle=False) as file:
        return {key: file[key] for key in file.files}
