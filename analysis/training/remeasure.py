"""Measure again what raw weights and the recipe's networks allow: spectra, and attacks on the same images."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray

from weightreel.analysis.datasets import Dataset, load_dataset
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.kinds import LayerInfo
from weightreel.analysis.measures.attacks.plan import Attacks
from weightreel.analysis.measures.attacks.probe import Targets, known, registry
from weightreel.analysis.measures.evaluation import outcomes
from weightreel.analysis.networks.cnn import ReportCNN
from weightreel.analysis.networks.device import choose_device
from weightreel.analysis.networks.live import LiveNetwork
from weightreel.analysis.networks.pixels import Network, Normaliser, logits_of
from weightreel.analysis.recipe.recipe import Recipe
from weightreel.analysis.runs import again
from weightreel.analysis.runs.again import with_overrides
from weightreel.analysis.runs.assembly import describe_groups
from weightreel.analysis.runs.epochs import Epochs, State, workers
from weightreel.analysis.runs.folder import ExperimentFiles
from weightreel.analysis.runs.raw_weights import stored_weights
from weightreel.analysis.runs.same_weights import Recorded
from weightreel.analysis.runs.stack import thin_saliency
from weightreel.analysis.store.nodes import Run
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.writer import write

Array = NDArray[Any]

PARTS = ("noise", "gradient", "fooling", "certificate", "attacks")
"""Tables of the recipe that this may change."""


def remeasure_spectra(path: Path, jobs: int = 1, dask: str = "", overrides: Iterable[str] = ()) -> None:
    """Measure the spectra of a store again; arguments and errors as `runs.again.remeasure_spectra`."""
    again.remeasure_spectra(path, _layers, jobs, dask, overrides)


def _layers(recipe: Recipe, model: str, classes: int) -> list[LayerInfo]:
    side = recipe.dataset.size
    network = ReportCNN(recipe.network, classes, side, recipe.defence(model)).eval()
    return LiveNetwork(network, torch.zeros(1, 3, side, side)).layers


def remeasure_attacks(path: Path, overrides: Iterable[str] = (), only: Iterable[str] = ()) -> None:
    """Run attacks on every run and epoch again. What an interrupted call finished is not done again.

    Args:
        path: the store.
        overrides: settings that replace the store's recipe, such as `noise.trials=1000`.
        only: names of attacks, none for all; what the store holds of others stays.

    Raises:
        WeightreelError: there is no such attack, a setting is not one of the attacks', the store is unreadable or is
            being written, its raw weights were not kept or are not those that it was measured on, or its images are
            not there.
    """
    overrides, chosen = list(overrides), dict.fromkeys(only)
    known(chosen, "--only")
    files = ExperimentFiles(path)
    settings = "\n".join((*overrides, *(name for name in registry() if not chosen or name in chosen)))
    with files.writing(), Store(path) as store, Epochs(files, "attack", settings) as epochs, workers(1, "") as parallel:
        recipe = with_overrides(store, path, overrides, *PARTS)
        runs = epochs.over(store.runs.values())
        dataset = the_same_images(store, recipe)
        attacks = Attacks(recipe, Targets.of(dataset), chosen or None)
        contents = store.contents()
        contents.describe("/", recipe=recipe.to_json())
        for run in runs:
            network = _network(recipe, run, len(store.classes))

            def measure(state: State, network: Network = network) -> dict[str, Array]:
                return attacks.epoch(_loaded(network, state))

            stacked = epochs.measure(run, measure, parallel)
            for group in attacks.stale({name: attack.kind for name, attack in run.attacks.items()}):
                contents.drop(f"{run.path}/{group}")
            contents.add(run.path, thin_saliency(stacked, recipe.gradient.saliency_epochs) | attacks.fixed())
            if run.complete:
                # The last state that `measure` loaded may come from an earlier sitting: load it again.
                _, read = stored_weights(files, run.name, Recorded(run))
                _loaded(network, read(len(run.epochs) - 1))
                tasks = {name: partial(task, network) for name, task in attacks.final().items()}
                tasks["test"] = partial(_test, network, dataset)
                contents.add(run.path, epochs.measure_once(run, tasks))
            describe_groups(contents, run.path, attacks.described(network))
        write(path, contents)


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
    model = ReportCNN(recipe.network, classes, recipe.dataset.size, recipe.defence(run.model))
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


def _test(network: Network, dataset: Dataset) -> dict[str, Array]:
    images = dataset.test.to(network.device)
    return outcomes(logits_of(network.model, images.pixels, network.normalise), images.labels)
