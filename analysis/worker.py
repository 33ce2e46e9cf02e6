"""Train and measure one run, epoch by epoch, into a folder of small files; killed at any moment, it can go on."""

from __future__ import annotations

import json
import multiprocessing
import pickle
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from filelock import FileLock
from numpy.typing import NDArray
from torch import nn

from analysis.assembly import GO_ON, RunFolder, load_arrays, save_arrays, stops
from analysis.attacks.network import Network
from analysis.datasets import Dataset, Images
from analysis.errors import WeightreelError
from analysis.measure_attacks import STAGES, Attacks, Targets, outcomes
from analysis.measure_spectra import layer_attributes, measure_goodness, measure_spectra
from analysis.models import build, effective_state
from analysis.recipe import Recipe
from analysis.recorder import layers_of, record_parameters
from analysis.step import step_of
from analysis.store.writer import replacing
from analysis.training import (
    Normaliser,
    choose_device,
    evaluate,
    evaluation_of,
    logits_of,
    optimiser_of,
    scheduler_of,
    train_epoch,
)

Array = NDArray[Any]

REPORT_EVERY = 0.5
"""Seconds between reports of progress within an epoch."""


@dataclass(frozen=True)
class Job:
    """One run of a recipe, and which stages follow each epoch of its training."""

    recipe: Recipe
    name: str
    model: str
    seed: int
    folder: RunFolder
    spectra: bool = True
    attack: bool = True


Report = Callable[[str, int, float], None]
"""Takes the run's name, the epochs that are finished (epoch 0 not counted), and the share of the next one; after the
last, 1 and the share of what is measured once."""


def train_run(job: Job, dataset: Dataset, report: Report) -> None:
    """Train and measure a run, going on after the last epoch that its folder holds.

    Raises:
        WeightreelError: the training diverged, the checkpoint is unreadable, or the disk is full.
    """
    job.folder.path.mkdir(parents=True, exist_ok=True)
    with FileLock(job.folder.path / "lock", timeout=60):
        _Training(job, dataset, report).run()


class _Training:
    """One run while it trains."""

    def __init__(self, job: Job, dataset: Dataset, report: Report) -> None:
        recipe = job.recipe
        self.job, self.report, self.recipe = job, report, recipe
        self.classes = len(dataset.classes)
        device = choose_device(recipe.training)
        self.train = dataset.train.to(device)
        self.validation, self.test = dataset.validation.to(device), dataset.test.to(device)
        fixed = min(recipe.record.train_images, len(self.train))
        self.fixed_train = Images(self.train.pixels[:fixed], self.train.labels[:fixed])  # the split is shuffled
        self.normalise = Normaliser.of(recipe.dataset, device)
        self.defence = recipe.defence(job.model)
        self.model: nn.Module = build(self.defence, recipe.network, self.classes, recipe.dataset.size, job.seed)
        self.model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        side = recipe.dataset.size
        self.layers = layers_of(self.model.eval(), torch.zeros(1, 3, side, side, device=device))
        self.optimiser = optimiser_of(self.model, recipe.training)
        self.scheduler = scheduler_of(self.optimiser, recipe.training)
        self.step = step_of(self.model, self.optimiser, recipe.training, self.defence)
        self.network = Network(self.model, self.normalise, self.classes)
        self.attacks = Attacks(recipe, Targets.of(dataset), STAGES if job.attack else ())
        self.steps_an_epoch = -(-len(self.train) // recipe.training.batch_size)

    def run(self) -> None:
        epochs = self.recipe.training.epochs
        done = self._restore()
        self._describe()
        if done < 0:
            if self.job.attack:
                save_arrays(self.job.folder.fixed, self.attacks.fixed())
            self._finish_epoch(0, started=time.perf_counter(), running_loss=float("nan"))
            done = 0
        for epoch in range(done + 1, epochs + 1):
            if self._stops(done := epoch - 1):
                break
            started = time.perf_counter()
            running_loss = train_epoch(
                self.model,
                self.optimiser,
                self.train,
                self.normalise,
                self.recipe.training,
                seed=_epoch_seed(self.job.seed, epoch),
                after_batch=_paced(self._report_batch(epoch)),
                defence=self.defence,
                step=self.step,
            )
            self._finish_epoch(epoch, started, running_loss)
            done = epoch
        if not self.job.folder.final.is_file():
            self._finish(done)
        self.report(self.job.name, done, 0.0)

    def _stops(self, epoch: int) -> bool:
        """Whether the recipe's rule of phases, seeing the epochs up to this one, calls it over-fitting."""
        rule = self.recipe.training.stop
        if rule == "none" or not stops(rule, [load_arrays(path) for path in self.job.folder.recorded()[: epoch + 1]]):
            return False
        self._describe(stopped_by=rule)
        return True

    def _describe(self, stopped_by: str = "") -> None:
        """Say what the run is, for the store."""
        job, recipe = self.job, self.recipe
        about = {
            "name": job.name,
            "title": self.defence.title or job.model,
            "defence": job.model in recipe.defences and self.defence.model_dump_json(exclude_defaults=True),
            "model": job.model,
            "seed": job.seed,
            "pair": f"s{job.seed}",
            "order": [name for name, _, _ in recipe.runs()].index(job.name),
            "n_parameters": sum(p.numel() for p in self.model.parameters() if p.requires_grad),
            "device": _device_name(self.normalise.mean.device),
            "whole": recipe.keeps_whole(job.model, job.seed),
            "stopped_by": stopped_by,
            "described": layer_attributes(self.layers, recipe.spectra) | self.attacks.described(self.network),
        }
        with replacing(job.folder.about, GO_ON) as temporary:
            temporary.write_text(json.dumps(about), encoding="utf-8")

    def _finish_epoch(self, epoch: int, started: float, running_loss: float) -> None:
        """Measure the network as it stands, then keep it. The checkpoint comes last: it vouches for the record."""
        learning_rate = self.optimiser.param_groups[0]["lr"]
        train = evaluate(self.model, self.fixed_train, self.normalise, self.classes)
        validation = evaluate(self.model, self.validation, self.normalise, self.classes)
        if epoch:
            self.scheduler.step(validation.loss)
        state = {key: value.cpu().numpy().copy() for key, value in effective_state(self.model.eval()).items()}
        record = record_parameters(self.layers, state, self.recipe.record.sample)
        if self.job.spectra:
            record |= measure_spectra(self.layers, state, self.recipe.spectra, torch.get_num_threads())
        if self.job.attack:
            record |= self.attacks.epoch(self.network)
        if self.recipe.record.weights:
            save_arrays(self.job.folder.weights(epoch), state)
        record |= {
            key: np.asarray(value)
            for key, value in {
                "epoch": epoch,
                "step": epoch * self.steps_an_epoch,
                "learning_rate": learning_rate,
                "running_loss": running_loss,
                "train/loss": train.loss,
                "train/accuracy": train.accuracy,
                "validation/loss": validation.loss,
                "validation/accuracy": validation.accuracy,
                "validation/confusion": validation.confusion,
                "seconds": time.perf_counter() - started,
            }.items()
        }
        save_arrays(self.job.folder.epoch(epoch), record)
        self._checkpoint(epoch)
        self.report(self.job.name, epoch, 0.0)

    def _finish(self, epoch: int) -> None:
        """Measure what is measured once, at the last epoch, in parts: it takes minutes, and may be stopped."""
        logits = logits_of(self.model, self.test.pixels, self.normalise)
        test = evaluation_of(logits, self.test.labels, self.classes)
        final: dict[str, Array] = {
            "test/loss": np.asarray(test.loss),
            "test/accuracy": np.asarray(test.accuracy),
            "test/confusion": test.confusion,
        } | outcomes(logits, self.test.labels)
        parts = self.attacks.final()
        alive = _paced(lambda _: None)
        for done, (name, task) in enumerate(parts.items()):
            path = self.job.folder.part(name)
            if not path.is_file():
                alive()
                self.report(self.job.name, epoch, 1 + done / len(parts))
                save_arrays(path, task(self.network))
            final |= load_arrays(path)
        if self.job.spectra:
            state = {key: value.cpu().numpy() for key, value in effective_state(self.model.eval()).items()}
            final |= measure_goodness(self.layers, state, self.recipe.spectra)
        save_arrays(self.job.folder.final, final)

    def _checkpoint(self, epoch: int) -> None:
        with replacing(self.job.folder.checkpoint, GO_ON) as temporary:
            torch.save(
                {
                    "epoch": epoch,
                    "model": self.model.state_dict(),
                    "optimiser": self.optimiser.state_dict(),
                    "scheduler": self.scheduler.state_dict(),
                },
                temporary,
            )

    def _restore(self) -> int:
        """Load the checkpoint; the last epoch it holds, -1 where there is none."""
        path = self.job.folder.checkpoint
        if not path.is_file():
            return -1
        try:
            saved = torch.load(path, map_location=self.normalise.mean.device, weights_only=True)
            self.model.load_state_dict(saved["model"])
            self.optimiser.load_state_dict(saved["optimiser"])
            self.scheduler.load_state_dict(saved["scheduler"])
        except (OSError, RuntimeError, KeyError, ValueError, EOFError, pickle.UnpicklingError) as error:
            raise WeightreelError(
                f"the checkpoint {path} cannot be read ({type(error).__name__}); begin again with --force."
            ) from error
        return int(saved["epoch"])

    def _report_batch(self, epoch: int) -> Callable[[int], None]:
        # The epoch is not finished with its last batch: 1 and above is what is measured after the last epoch.
        return lambda batch: self.report(self.job.name, epoch - 1, batch / (self.steps_an_epoch + 1))


def _epoch_seed(seed: int, epoch: int) -> int:
    """A seed of its own for each epoch of each run, in 63 bits."""
    return int(np.random.SeedSequence([seed, epoch]).generate_state(1, np.uint64)[0] >> np.uint64(1))


def _paced(tell: Callable[[int], None]) -> Callable[[], None]:
    """Count batches and tell of them every REPORT_EVERY seconds. A process whose parent was killed stops here."""
    count, last, parent = 0, time.monotonic(), multiprocessing.parent_process()

    def after_batch() -> None:
        nonlocal count, last
        count += 1
        now = time.monotonic()
        if now - last >= REPORT_EVERY:
            last = now
            if parent is not None and not parent.is_alive():
                raise SystemExit(1)
            tell(count)

    return after_batch


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
