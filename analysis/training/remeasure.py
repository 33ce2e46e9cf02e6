"""Measure again what raw weights and the recipe's networks allow: spectra, and attacks on the same images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from weightreel.analysis.datasets import Dataset, load_dataset
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.kinds import LayerInfo
from weightreel.analysis.measures.attacks.plan import Attacks
from weightreel.analysis.measures.attacks.probe import Targets, known, registry
from weightreel.analysis.measures.evaluation import outcomes
from weightreel.analysis.networks.checkpoints.find import Checkpoint
from weightreel.analysis.networks.checkpoints.read import open_checkpoint
from weightreel.analysis.networks.cnn import ReportCNN, build
from weightreel.analysis.networks.device import choose_device
from weightreel.analysis.networks.live import LiveNetwork, effective_state
from weightreel.analysis.networks.pixels import Network, Normaliser, logits_of
from weightreel.analysis.recipe.recipe import Recipe
from weightreel.analysis.runs import again
from weightreel.analysis.runs.again import answers_of_attacks, with_overrides
from weightreel.analysis.runs.assembly import describe_groups
from weightreel.analysis.runs.epochs import Epochs, State, workers
from weightreel.analysis.runs.folder import ExperimentFiles
from weightreel.analysis.runs.raw_weights import stored_weights
from weightreel.analysis.runs.same_weights import Recorded, refuse_other_weights
from weightreel.analysis.runs.stack import thin_saliency
from weightreel.analysis.store.nodes import Run
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.writer import write

Array = NDArray[Any]

PARTS = ("noise", "gradient", "fooling", "certificate", "worst_case", "masking", "attacks")
"""Tables of the recipe that this may change."""


def remeasure_spectra(path: Path, jobs: int = 1, dask: str = "", overrides: Iterable[str] = ()) -> None:
    """Measure the spectra of a store again; arguments and errors as `runs.again.remeasure_spectra`."""
    again.remeasure_spectra(path, _layers, jobs, dask, overrides)


def _layers(recipe: Recipe, model: str, classes: int) -> list[LayerInfo]:
    side = recipe.dataset.size
    channels = recipe.dataset.channels
    network = ReportCNN(recipe.network, classes, side, recipe.defence(model), channels).eval()
    return LiveNetwork(network, torch.zeros(1, channels, side, side)).layers


def remeasure_attacks(
    path: Path, overrides: Iterable[str] = (), only: Iterable[str] = (), weights: Mapping[str, Path] | None = None
) -> None:
    """Run attacks on every run and epoch again. What an interrupted call finished is not done again.

    Args:
        path: the store.
        overrides: settings that replace the store's recipe, such as `noise.trials=1000`.
        only: names of attacks, none for all; what the store holds of others stays.
        weights: checkpoints of the last epoch by name of the run, where no raw weights were kept: those runs alone are
            attacked, by what looks at the last epoch alone.

    Raises:
        WeightreelError: there is no such attack, a setting is not one of the attacks', the store is unreadable or is
            being written, its raw weights were not kept or are not those that it was measured on, or its images are
            not there; or an attack looks at every epoch, and there are weights of the last alone.
    """
    overrides, chosen = list(overrides), dict.fromkeys(only)
    known(chosen, "--only")
    files = ExperimentFiles(path)
    settings = "\n".join((*overrides, *(name for name in registry() if not chosen or name in chosen)))
    if weights is not None:
        _last_epoch_alone(chosen)
    with files.writing(), Store(path) as store, Epochs(files, "attack", settings) as epochs, workers(1, "") as parallel:
        recipe = with_overrides(store, path, overrides, *PARTS)
        runs = epochs.over(store.runs.values()) if weights is None else _named_runs(store, weights)
        dataset = the_same_images(store, recipe)
        attacks = Attacks(recipe, Targets.of(dataset), chosen or None)
        contents = store.contents()
        contents.describe("/", recipe=recipe.to_json())
        for run in runs:
            network = _network(recipe, run, len(store.classes))

            def measure(state: State, network: Network = network) -> dict[str, Array]:
                return attacks.epoch(_loaded(network, state))

            stacked = {} if weights is not None else epochs.measure(run, measure, parallel)
            stale = attacks.stale({name: attack.kind for name, attack in run.attacks.items()})
            for group in stale:
                contents.drop(f"{run.path}/{group}")
            contents.add(run.path, thin_saliency(stacked, recipe.gradient.saliency_epochs) | attacks.fixed())
            if run.complete:
                # The last state that `measure` loaded may come from an earlier sitting: load it again.
                if weights is None:
                    _, read = stored_weights(files, run.name, Recorded(run))
                    _loaded(network, read(len(run.epochs) - 1))
                else:
                    _loaded(network, state_of_checkpoint(weights[run.name], recipe, run, len(store.classes)))
                tasks = {name: partial(task, network) for name, task in attacks.final().items()}
                if weights is None:  # a rounded checkpoint says nothing better of them
                    tasks["test"] = partial(_test, network, dataset)
                contents.add(run.path, epochs.measure_once(run, tasks, answers_of_attacks(run, stale)))
            describe_groups(contents, run.path, attacks.described(network))
        write(path, contents)


def _last_epoch_alone(chosen: Mapping[str, None]) -> None:
    there = [name for name, probe in registry().items() if probe.last_epoch_alone]
    if not chosen or any(name not in there for name in chosen):
        raise WeightreelError(
            "a checkpoint holds the weights of one epoch, and some attacks look at every epoch; name with --only what "
            f"looks at the last alone: {', '.join(there)}."
        )


def _named_runs(store: Store, weights: Mapping[str, Path]) -> list[Run]:
    for name in weights:
        if name not in store.runs:
            raise WeightreelError(f"{store.path} has no run {name!r}; it has {', '.join(store.runs)}.")
        if not store.runs[name].complete:
            raise WeightreelError(f"the training of {name} is not over; attack it when its last epoch is there.")
    return [run for name, run in store.runs.items() if name in weights]


def state_of_checkpoint(path: Path, recipe: Recipe, run: Run, classes: int) -> dict[str, Array]:
    """The state that a run's network has in its forward pass at the last epoch, from a checkpoint of its training.

    Args:
        path: a state_dict, or a checkpoint that has one: the recipe's network as it is trained, with its spectral
            normalisation. Half precision will do.
        recipe: of the store.
        run: whose weights they must be.
        classes: number of real classes.

    Raises:
        WeightreelError: the file cannot be read, is of another network, or does not hold the run's weights.
    """
    headers, sources = open_checkpoint(Checkpoint(path.name, (path,)))
    about = recipe.dataset
    model = build(recipe.defence(run.model), recipe.network, classes, about.size, run.seed, about.channels)
    wanted = model.state_dict()
    names = {raw.removeprefix("model.").removeprefix("state_dict."): raw for raw in headers}
    wanted = {name: like for name, like in wanted.items() if like.is_floating_point()}  # BatchNorm's counters are not
    if lacking := [name for name in wanted if name not in names]:
        raise WeightreelError(
            f"{path} lacks {lacking[0]}, which the network of {run.name} has; name the checkpoint of its last epoch."
        )
    tensors = {
        name: torch.from_numpy(np.array(sources[names[name]].read(names[name]))).to(like.dtype)
        for name, like in wanted.items()
    }
    try:
        model.load_state_dict(tensors, strict=False)
    except RuntimeError as error:
        raise WeightreelError(
            f"the network of {run.name} does not take {path} ({str(error).splitlines()[-1].strip()}); name the "
            "checkpoint of its last epoch."
        ) from error
    state = {name: value.cpu().numpy() for name, value in effective_state(model.eval()).items()}
    last, remedy = len(run.epochs) - 1, "name the checkpoint of its last epoch"
    refuse_other_weights(state, Recorded(run)(last), path, run.name, last, remedy)
    return state


def the_same_images(store: Store, recipe: Recipe) -> Dataset:
    """The data set of the store.

    Raises:
        WeightreelError: it cannot be read, or is another.
    """
    dataset = load_dataset(recipe.dataset)
    if dataset.digest != store.dataset.attributes["digest"]:
        raise WeightreelError(
            f"the images of {dataset.name!r} are not those that {store.path} was made with (their digest differs); "
            "restore them before its networks are attacked."
        )
    return dataset


def _network(recipe: Recipe, run: Run, classes: int) -> Network:
    if run.model not in recipe.models:
        raise WeightreelError(f"the recipe in {run.path} does not say what network {run.model!r} is; add it to models.")
    device = choose_device(recipe.training)
    about = recipe.dataset
    model = ReportCNN(recipe.network, classes, about.size, recipe.defence(run.model), about.channels)
    model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return Network(model.eval(), Normaliser.of(recipe.dataset, device), classes)


def _loaded(network: Network, state: State) -> Network:
    try:
        network.model.load_state_dict({key: torch.from_numpy(value) for key, value in state.items()})
    except RuntimeError as error:
        raise WeightreelError(
            f"the recipe's network does not take the raw weights ({str(error).splitlines()[-1].strip()}); put those of "
            "that very training beside the store, or train it anew with record.weights = true."
        ) from error
    return network


def _test(network: Network, dataset: Dataset, _: dict[str, Array]) -> dict[str, Array]:
    images = dataset.test.to(network.device)
    return outcomes(logits_of(network.model, images.pixels, network.normalise), images.labels)
