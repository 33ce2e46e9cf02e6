"""Measure again what raw weights allow: spectra and attacks, without training."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from rich.progress import Progress

from analysis.assembly import load_arrays, save_arrays, stack_epochs
from analysis.errors import WeightreelError
from analysis.experiment import stored_weights
from analysis.files import ExperimentFiles
from analysis.interrupts import stop_if_interrupted
from analysis.measure import NOISE, NoiseAttack, answering, measure_spectra
from analysis.models import ReportCNN
from analysis.recipe import Recipe, parse_recipe
from analysis.recorder import LayerInfo
from analysis.spectra import weightwatcher_scale
from analysis.store.reader import Run, Store
from analysis.store.writer import write
from analysis.training import Normaliser, choose_device
from analysis.worker import attack_attributes

Array = NDArray[Any]
Measure = Callable[[dict[str, Array]], dict[str, Array]]


def remeasure_spectra(path: Path) -> None:
    """Measure the spectra of every run and epoch again from the raw weights.

    Raises:
        WeightreelError: the store is unreadable, is being written, or its raw weights were not kept.
    """
    files = ExperimentFiles(path)
    with files.writing(), Store(path) as store, _Epochs(files, "spectra") as epochs:
        contents = store.contents()
        for run in epochs.over(store.runs.values()):
            layers = [LayerInfo(la.name, la.layer_id, la.kind, la.shape) for la in run.layers.values()]
            stacked = epochs.measure(run, lambda state, layers=layers: measure_spectra(layers, state))  # type: ignore[misc]
            whole = any(layer.has("spectrum/eigenvalues") for layer in run.layers.values()) or run.seed in _whole(store)
            for layer in layers:
                contents.drop(f"{run.path}/layers/{layer.name}/spectrum")
            kept = {k: v for k, v in stacked.items() if whole or not k.endswith("/eigenvalues")}
            contents.add(run.path, kept)
            for layer in layers:
                root = f"{run.path}/layers/{layer.name}/spectrum"
                if f"{root}/alpha" in contents.datasets:
                    contents.describe(root, weightwatcher_scale=weightwatcher_scale(layer.kind))
        write(path, contents)


def remeasure_attack(path: Path, overrides: Iterable[str] = ()) -> None:
    """Run the noise attack on every run and epoch again.

    Args:
        path: the store.
        overrides: settings of the attack that replace the store's recipe, such as `noise.trials=1000`.

    Raises:
        WeightreelError: a setting is not one of `noise`, the store is unreadable or is being written, or its raw
            weights were not kept.
    """
    files = ExperimentFiles(path)
    with files.writing(), Store(path) as store, _Epochs(files, "attack") as epochs:
        recipe = _with_overrides(store, path, list(overrides))
        device = choose_device(recipe.training)
        network = ReportCNN(recipe.network, len(store.classes), recipe.dataset.size).to(device).eval()
        answer = answering(network, Normaliser.of(recipe.dataset, device))
        attack = NoiseAttack(recipe.noise, recipe.dataset.size)

        def measure(state: dict[str, Array]) -> dict[str, Array]:
            network.load_state_dict({key: torch.from_numpy(value) for key, value in state.items()})
            return attack.epoch(answer)

        contents = store.contents()
        contents.describe("/", recipe=recipe.to_json())
        for run in epochs.over(store.runs.values()):
            root = f"{run.path}/attacks/{NOISE}"
            stacked = epochs.measure(run, measure)
            contents.drop(root)
            contents.add(run.path, stacked | attack.fixed())
            contents.describe(root, **attack_attributes(recipe))
            if run.complete:
                # The last state that `measure` loaded may come from an earlier sitting: load it again.
                count, read = stored_weights(files, run.name)
                network.load_state_dict({key: torch.from_numpy(value) for key, value in read(count - 1).items()})
                contents.add(run.path, attack.final(answer))
        write(path, contents)


def _whole(store: Store) -> list[int]:
    recipe = parse_recipe(store.recipe, store.path)
    return list(recipe.seeds[: recipe.record.whole_seeds])


def _with_overrides(store: Store, path: Path, overrides: list[str]) -> Recipe:
    from analysis.recipe import override

    table = json.loads(json.dumps(store.recipe))
    for text in overrides:
        if not text.startswith("noise."):
            raise WeightreelError(f"--set {text!r}: `attack` can only change settings of noise, such as noise.trials.")
        override(table, text)
    return parse_recipe(table, f"the recipe in {path}")


class _Epochs:
    """Goes through the epochs of runs, remembering each on disk, so that a stopped work goes on where it was."""

    def __init__(self, files: ExperimentFiles, stage: str) -> None:
        self.files = files
        self.stage = stage
        self.folder = files.store.with_name(f"{files.store.stem}.{stage}.parts")
        self.progress = Progress(*Progress.get_default_columns())

    def __enter__(self) -> _Epochs:
        self.folder.mkdir(exist_ok=True)
        self.progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.progress.stop()
        if kind is None:
            for path in self.folder.iterdir():
                path.unlink()
        with contextlib.suppress(OSError):  # what an interrupted work remembers stays
            self.folder.rmdir()

    def over(self, runs: Iterable[Run]) -> list[Run]:
        """The runs, after a look whether all their weights are there."""
        chosen = list(runs)
        for run in chosen:
            stored_weights(self.files, run.name)
        return chosen

    def measure(self, run: Run, measure: Measure) -> dict[str, Array]:
        """Apply `measure` to the state of every epoch that the store has, and stack what it gives."""
        _, read = stored_weights(self.files, run.name)
        records = []
        for position in self.progress.track(range(len(run.epochs)), description=f"{self.stage} {run.name}"):
            stop_if_interrupted()
            path = self.folder / f"{run.name}-{position:06d}.npz"
            if not path.is_file():
                save_arrays(path, measure(read(position)))
            records.append(load_arrays(path))
        return stack_epochs(records, bins=1)
