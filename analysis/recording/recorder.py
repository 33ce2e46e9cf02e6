"""`Recorder`: watch any training from within its loop, and write what `weightreel film` needs."""

from __future__ import annotations

import re
import time
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.kinds import LayerInfo
from weightreel.analysis.networks.effective import effective
from weightreel.analysis.networks.layers import Header, Part, layers_of_parts, layout_of
from weightreel.analysis.networks.live import LiveNetwork, count_of, unwrapped
from weightreel.analysis.notices import say
from weightreel.analysis.recipe.recipe import RecordRecipe, SpectraRecipe, parse_recipe
from weightreel.analysis.recording.thread import MeasuringThread, skipped_in_words
from weightreel.analysis.runs.about import RunAbout
from weightreel.analysis.runs.record import RunWriter
from weightreel.analysis.runs.scalars import path_of_recorded

Array = NDArray[Any]
State = dict[str, Array]

A_DECADE = 10
"""Records a decade of steps where they are spaced logarithmically."""


class Recorder:
    """Records a network while any code trains it; epoch 0, the initialisation, when it is entered.

        with Recorder("run.h5", model) as rec:
            for epoch in range(50):
                loss = train(model)
                rec.epoch(loss=loss)

    What is recorded is copied at once and measured beside the training, in a thread of its own. Under
    DistributedDataParallel the process of rank 0 records. Left by an exception, the store is valid and says that the
    training goes on; `resume` takes it up.

    Args:
        store: the file, such as `run.h5`.
        model: any network; its effective weights are read. None where `epoch` and `step` get arrays.
        title: of the network, for people; by default the name of its class.
        name: of the run, before its seed: letters, digits and hyphens; by default made of the title.
        seed: of the training, the last part of the run's name.
        dataset: what it is trained on, for people.
        every: None counts epochs; a number records every so many steps, "log" at steps that are spaced evenly on a
            logarithmic scale, ten a decade.
        recipe: settings as in a recipe's tables `record` and `spectra`, or a TOML file that has them.
        spectra: whether to measure spectra; a number: at every so many records only.
        resume: go on with what is there.
        force: begin again, replacing what is there.

    Raises:
        WeightreelError: bad settings, nothing to record, or as `runs.record.RunWriter`.
    """

    def __init__(
        self,
        store: str | Path,
        model: nn.Module | None = None,
        *,
        title: str = "",
        name: str = "",
        seed: int = 0,
        dataset: str = "",
        every: int | Literal["log"] | None = None,
        recipe: Mapping[str, Any] | str | Path | None = None,
        spectra: bool | int = True,
        resume: bool = False,
        force: bool = False,
    ) -> None:
        if not (every is None or every == "log" or (isinstance(every, int) and every > 0)):
            raise WeightreelError(
                f"every={every!r} is no number of steps; give one above 0, 'log', or None for epochs."
            )
        self.store, self.model, self.every = Path(store), model, every
        self.record_settings, self.spectra_settings = _settings(recipe)
        self.spectra = int(spectra)
        self.resume, self.force = resume, force
        self._title = title or (type(unwrapped(model)).__name__ if model is not None else "Network")
        self._name = name or re.sub(r"[^a-z0-9]+", "-", self._title.lower()).strip("-")
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]*", self._name):
            raise WeightreelError(f"name={self._name!r} is no name of a run; use letters, digits and hyphens.")
        self._seed, self._dataset = seed, dataset
        self.active = not _is_follower()
        self._work: MeasuringThread | None = None
        self._read: Callable[[], State] = dict
        # Without a model the first arrays are the initialisation, which counts 0.
        self._epoch = self._step = 0 if model is not None else -1
        self._numbers: dict[str, float] = {}
        self._shapes: dict[str, tuple[int, ...]] = {}
        self._began = time.perf_counter()

    def __enter__(self) -> Self:
        if self.active and self.model is not None:
            found = LiveNetwork(self.model)
            device = next((str(p.device) for p in self.model.parameters()), "not known")
            self._read = found.state
            if self._begin(found.layers, found.skipped, count_of(self.model), device):
                self._record()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._work is not None:
            self._work.close(complete=kind is None)
            if kind is None:
                self._work.complain()

    def epoch(self, *, parameters: Mapping[str, Array] | None = None, **numbers: float) -> None:
        """An epoch ended: record it, unless steps are counted.

        Args:
            parameters: arrays by name, such as `layer.weight`, where there is no model; the first are epoch 0.
            numbers: loss, accuracy, val_loss, val_accuracy, learning_rate, and others under their own names.

        Raises:
            WeightreelError: what is given is no number, shapes changed, or an earlier record could not be written.
        """
        self._take(numbers)
        if self.active and (self.every is None or self._work is None):
            self._look_at(parameters)
        self._epoch += 1
        if self.every is None:
            self._record()

    def step(self, *, parameters: Mapping[str, Array] | None = None, **numbers: float) -> None:
        """The optimiser took a step: count it, and record it where that is due; arguments and errors as `epoch`."""
        self._take(numbers)
        due = self.every is not None and is_due(self._step + 1, self.every)
        if self.active and (due or self._work is None):
            self._look_at(parameters)
        self._step += 1
        if due:
            self._record()

    @property
    def steps(self) -> int:
        """How often `step` was called."""
        return max(self._step, 0)

    def _take(self, numbers: Mapping[str, Any]) -> None:
        for name, value in numbers.items():
            try:
                self._numbers[path_of_recorded(name)] = float(value)
            except (TypeError, ValueError) as error:
                raise WeightreelError(f"{name}={value!r} is no number; give one, such as loss.item().") from error

    def _look_at(self, parameters: Mapping[str, Array] | None) -> None:
        """Take the arrays that are to be recorded, where there is no model."""
        if self.model is not None:
            return
        if parameters is None:
            raise WeightreelError(
                "a Recorder without a model needs parameters={name: array} at each record; give them."
            )
        if self._work is None:
            given = {name: np.asarray(values) for name, values in parameters.items()}
            layout = layout_of({name: Header(array.shape, str(array.dtype)) for name, array in given.items()})
            self._parts, layers = layout.parts, layers_of_parts(layout.parts)
            count = sum(int(np.prod(shape)) for part in layout.parts.values() for shape in part.shapes.values())
            self._begin(layers, layout.skipped, count, "not known")
        self._read = lambda: _state_of(self._parts, parameters)

    def _begin(self, layers: list[LayerInfo], skipped: Mapping[str, str], count: int, device: str) -> bool:
        """Open the store; False where there are records to go on with."""
        if not layers:
            raise WeightreelError(
                f"{self._title} has no layer that can be recorded: {skipped_in_words(skipped) or 'it is empty'}."
            )
        about = RunAbout(
            name=f"{self._name}-s{self._seed}",
            title=self._title,
            model=self._name,
            seed=self._seed,
            clock="epoch" if self.every is None else "step",
            layers=tuple(layers),
            n_parameters=count,
            device=device,
            source="recorded while other code trained it",
            skipped=skipped,
            dataset_name=self._dataset,
            recipe={
                "source": "recorder",
                "every": self.every,
                "record": self.record_settings.model_dump(mode="json"),
                "spectra": self.spectra_settings.model_dump(mode="json") if self.spectra else None,
            },
            sample=self.record_settings.sample,
            bins=self.record_settings.bins,
            spectra=self.spectra_settings,
        )
        if skipped:
            say(f"not recorded: {skipped_in_words(skipped)}.")
        writer = RunWriter(self.store, about, resume=self.resume, force=self.force)
        if last := writer.last():
            self._epoch, self._step = int(last["epoch"]), int(last.get("step", np.asarray(0)))
        self._work = MeasuringThread(writer, layers, self.record_settings, self.spectra_settings, self.spectra)
        return not last

    def _record(self) -> None:
        if self._work is None:
            return
        state = self._read()
        shapes = {name: values.shape for name, values in state.items()}
        self._shapes = self._shapes or shapes
        for name in sorted({*shapes, *self._shapes}):
            if shapes.get(name) != self._shapes.get(name):
                raise WeightreelError(
                    f"{name} has the shape {shapes.get(name)}, and had {self._shapes.get(name)}; "
                    "record a network that changes its shape as another run."
                )
        now = time.perf_counter()
        counts = {"epoch": max(self._epoch, 0), "seconds": now - self._began}
        if self._step > 0 or self.every is not None:
            counts["step"] = max(self._step, 0)
        self._work.give(state, self._numbers | counts)
        self._began, self._numbers = now, {}


def _state_of(parts: Mapping[str, Part], arrays: Mapping[str, Array]) -> State:
    """Effective parameters by `LAYER.weight` and `LAYER.bias`."""
    missing = [
        name
        for part in parts.values()
        for made in part.parameters.values()
        for name in made.tensors
        if name not in arrays
    ]
    if missing:
        raise WeightreelError(
            f"parameters lack {missing[0]!r}, which the first record had; give the same at each record."
        )
    return {
        f"{layer}.{key}": effective(made, lambda name: np.array(arrays[name], np.float32))
        for layer, part in parts.items()
        for key, made in part.parameters.items()
    }


def _settings(recipe: Mapping[str, Any] | str | Path | None) -> tuple[RecordRecipe, SpectraRecipe]:
    """Settings of a recipe's tables `record` and `spectra`."""
    where = "recipe"
    if isinstance(recipe, str | Path):
        where = str(recipe)
        try:
            recipe = tomllib.loads(Path(recipe).read_text(encoding="utf-8"))
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise WeightreelError(f"the recipe {where} cannot be read ({error}); name a TOML file.") from error
    tables = dict(recipe or {})
    chosen: dict[str, Any] = {key: tables[key] for key in ("record", "spectra") if key in tables}
    parsed = parse_recipe({"dataset": {"kind": "digits"}, **chosen}, where)  # no images are loaded
    return parsed.record, parsed.spectra


def is_due(step: int, every: int | Literal["log"]) -> bool:
    """Whether a step is recorded; those that are spaced logarithmically are 10^(k / 10), rounded, and 0."""
    if every != "log":
        return step % every == 0
    if step < 2:
        return True
    place = round(A_DECADE * np.log10(step))
    return any(round(10 ** (k / A_DECADE)) == step for k in (place - 1, place, place + 1))


def _is_follower() -> bool:
    """Whether this is another process of a distributed training than the first."""
    parallel = torch.distributed
    return parallel.is_available() and parallel.is_initialized() and parallel.get_rank() != 0
