"""Train and measure one run, epoch by epoch, into a folder of small files; killed at any moment, it can go on."""

from __future__ import annotations

import json
import pickle
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from weightreel.analysis.datasets import Dataset, Images
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.files import alone, replacing
from weightreel.analysis.measures.attacks.plan import Attacks
from weightreel.analysis.measures.attacks.probe import Targets
from weightreel.analysis.measures.evaluation import evaluate, on_test_images
from weightreel.analysis.measures.intervals import measure_intervals
from weightreel.analysis.measures.spectra import layer_attributes
from weightreel.analysis.networks.cnn import build
from weightreel.analysis.networks.device import choose_device
from weightreel.analysis.networks.live import LiveNetwork, effective_state
from weightreel.analysis.networks.off_device import as_arrays, off_device
from weightreel.analysis.networks.pixels import Network, Normaliser, logits_of
from weightreel.analysis.runs.folder import GO_ON, load_arrays, save_arrays
from weightreel.analysis.runs.phases import stops
from weightreel.analysis.runs.same_weights import refuse_other_weights
from weightreel.analysis.training.job import Job, Report, paced
from weightreel.analysis.training.loop import optimiser_of, scheduler_of, train_epoch
from weightreel.analysis.training.measuring import Between, Measures, Measuring, measuring_of
from weightreel.analysis.training.step import step_of

Array = NDArray[Any]


def train_run(job: Job, dataset: Dataset, report: Report) -> None:
    """Train and measure a run, going on after the last epoch that its folder holds.

    Raises:
        WeightreelError: the training diverged, the checkpoint is unreadable, the disk is full, or the process that
            measures beside the training failed.
    """
    job.folder.path.mkdir(parents=True, exist_ok=True)
    with alone(job.folder.path / "lock", patience=60):
        _Training(job, dataset, report).run()


class _Training:
    """One run while it trains."""

    def __init__(self, job: Job, dataset: Dataset, report: Report) -> None:
        recipe = job.recipe
        self.job, self.report, self.recipe = job, report, recipe
        self.classes = len(dataset.classes)
        if recipe.training.threads:
            torch.set_num_threads(recipe.training.threads)
        device = choose_device(recipe.training)
        self.train = dataset.train.to(device)
        self.validation, self.test = dataset.validation.to(device), dataset.test.to(device)
        fixed = min(recipe.record.train_images, len(self.train))
        self.fixed_train = Images(self.train.pixels[:fixed], self.train.labels[:fixed])  # the split is shuffled
        self.normalise = Normaliser.of(recipe.dataset, device)
        self.defence = recipe.defence(job.model)
        side, channels = recipe.dataset.size, recipe.dataset.channels
        self.model: nn.Module = build(self.defence, recipe.network, self.classes, side, job.seed, channels)
        self.model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.layers = LiveNetwork(self.model.eval(), torch.zeros(1, channels, side, side, device=device)).layers
        self.optimiser = optimiser_of(self.model, recipe.training)
        self.scheduler = scheduler_of(self.optimiser, recipe.training)
        self.step = step_of(self.model, self.optimiser, recipe.training, self.defence)
        self.network = Network(self.model, self.normalise, self.classes)
        self.attacks = Attacks(recipe, Targets.of(dataset), None if job.attack else ())
        self.steps_an_epoch = -(-len(self.train) // recipe.training.batch_size)
        self.vouched = -1  # the last epoch whose checkpoint lies on the disk
        self.kept: deque[int] = deque()  # epochs that do, and were not told of yet
        self.alive = paced(lambda _: self._tell_kept())

    def run(self) -> None:
        done = self.vouched = self._restore()
        self._describe()
        self.handed = time.perf_counter()
        with self._measuring(self.recipe.training.epochs - done) as self.measuring:
            done = self._train(done)
            if not self.job.folder.final.is_file():
                self._finish(done)
        self._tell_kept()
        self.report.kept(self.job.name, done)

    def _measuring(self, epochs: int) -> Measuring:
        """Where what needs no device is measured. A rule that ends the training must see each epoch first."""
        measures = Measures(
            self.job.name,
            tuple(self.layers),
            self.recipe.record.sample,
            self.recipe.spectra if self.job.spectra else None,
            torch.get_num_threads(),
        )
        if self.recipe.training.stop != "none":
            return Between(measures)
        return measuring_of(measures, self.normalise.mean.device, self.job.jobs, epochs, self._wait_for)

    def _train(self, done: int) -> int:
        """Train on from the epoch that is done, -1 for none; the last one."""
        if done < 0:
            if self.job.attack:
                save_arrays(self.job.folder.fixed, self.attacks.fixed())
            self._finish_epoch(0, running_loss=float("nan"))
            done = 0
        for epoch in range(done + 1, self.recipe.training.epochs + 1):
            if self._stops(done := epoch - 1):
                break
            running_loss = train_epoch(
                self.model,
                self.optimiser,
                self.train,
                self.normalise,
                self.recipe.training,
                seed=_epoch_seed(self.job.seed, epoch),
                after_batch=paced(self._report_batch(epoch)),
                defence=self.defence,
                step=self.step,
            )
            self._finish_epoch(epoch, running_loss)
            done = epoch
        return done

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

    def _finish_epoch(self, epoch: int, running_loss: float) -> None:
        """Measure the network as it stands, then keep it. The checkpoint comes last: it vouches for the record.

        What needs the device is measured here. The rest may take place while the next epochs train, on a copy, and the
        checkpoint is one of this epoch: a run that is killed meanwhile goes on after the last epoch that was kept.
        """
        learning_rate = self.optimiser.param_groups[0]["lr"]
        train = evaluate(self.model, self.fixed_train, self.normalise, self.classes)
        validation = evaluate(self.model, self.validation, self.normalise, self.classes)
        if epoch:
            self.scheduler.step(validation.loss)
        record = self.attacks.epoch(self.network) if self.job.attack else {}
        copied = off_device(
            {
                "state": effective_state(self.model.eval()),
                "checkpoint": {
                    "epoch": epoch,
                    "model": self.model.state_dict(),
                    "optimiser": self.optimiser.state_dict(),
                    "scheduler": self.scheduler.state_dict(),
                },
            }
        )
        state = as_arrays(copied["state"])
        before, self.handed = self.handed, time.perf_counter()
        record |= train.by_path("train", confusion=False) | validation.by_path("validation")
        record |= {
            key: np.asarray(value)
            for key, value in {
                "epoch": epoch,
                "step": epoch * self.steps_an_epoch,
                "learning_rate": learning_rate,
                "running_loss": running_loss,
                "seconds": self.handed - before,
            }.items()
        }

        def keep(found: dict[str, Array]) -> None:
            if self.recipe.record.weights:
                save_arrays(self.job.folder.weights(epoch), state)
            save_arrays(self.job.folder.epoch(epoch), found | record)
            with replacing(self.job.folder.checkpoint, GO_ON) as temporary:
                torch.save(copied["checkpoint"], temporary)
            self.vouched = epoch
            self.kept.append(epoch)

        self.measuring.give("epoch", f"measuring epoch {epoch}", state, keep)
        self._tell_kept()

    def _finish(self, epoch: int) -> None:
        """Measure what is measured once, at the last epoch, in parts: it takes minutes, and may be stopped."""
        goodness = self.job.folder.part("goodness")
        if self.job.spectra and not goodness.is_file():
            state = as_arrays(off_device(effective_state(self.model.eval())))
            self.measuring.give(
                "goodness", f"fitting resamples of epoch {epoch}", state, partial(save_arrays, goodness)
            )
        logits = logits_of(self.model, self.test.pixels, self.normalise)
        final = on_test_images(logits, self.test.labels, self.classes)
        parts = self.attacks.final()
        paths = {name: self.job.folder.part(name) for name in parts}
        unsaved: dict[str, dict[str, Array]] = {}
        before: dict[str, Array] = {}
        for done, (name, task) in enumerate(parts.items()):
            if paths[name].is_file():
                before |= load_arrays(paths[name])
            else:
                self.alive()
                self.report.progress(self.job.name, epoch, 1 + done / len(parts))
                unsaved[name] = task(self.network, before)
                before |= unsaved[name]
            # Of a network that no checkpoint vouches for yet nothing is kept: trained again it may be another.
            if self.vouched == epoch:
                self._save_parts(unsaved)
        self.measuring.wait()
        self._save_parts(unsaved)
        if self.job.spectra:
            paths |= {"goodness": goodness, "intervals": self._intervals(epoch)}
        for path in paths.values():
            final |= load_arrays(path)
        save_arrays(self.job.folder.final, final)

    def _intervals(self, epoch: int) -> Path:
        """Where alpha's intervals lie, from the eigenvalues of the epochs' records."""
        path = self.job.folder.part("intervals")
        if self.job.spectra and not path.is_file():
            self._wait_for(f"measuring intervals of alpha until epoch {epoch}")
            records = self.job.folder.recorded()
            every, spectra = range(len(records)), self.recipe.spectra
            found = measure_intervals(self.layers, len(every), every, spectra, lambda n: load_arrays(records[n]))
            save_arrays(path, found)
        return path

    def _save_parts(self, unsaved: dict[str, dict[str, Array]]) -> None:
        while unsaved:
            name, found = unsaved.popitem()
            save_arrays(self.job.folder.part(name), found)

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
        epoch = int(saved["epoch"])
        if self.job.folder.epoch(epoch).is_file():
            state = as_arrays(off_device(effective_state(self.model.eval())))
            record, remedy = self.job.folder.record(epoch), "put that one back, or begin again with --force"
            refuse_other_weights(state, record, path, self.job.name, epoch, remedy)
        return epoch

    def _report_batch(self, epoch: int) -> Callable[[int], None]:
        def tell(batch: int) -> None:
            self._tell_kept()
            # The epoch is not finished with its last batch: 1 and above is what is measured after the last epoch.
            self.report.progress(self.job.name, epoch - 1, batch / (self.steps_an_epoch + 1))

        return tell

    def _tell_kept(self) -> None:
        """Tell of epochs that were kept meanwhile."""
        while self.kept:
            self.report.kept(self.job.name, self.kept.popleft())

    def _wait_for(self, what: str) -> None:
        """Tell what the training waits for."""
        self.alive()
        self.report.waiting(self.job.name, what)


def _epoch_seed(seed: int, epoch: int) -> int:
    """A seed of its own for each epoch of each run, in 63 bits."""
    return int(np.random.SeedSequence([seed, epoch]).generate_state(1, np.uint64)[0] >> np.uint64(1))


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
