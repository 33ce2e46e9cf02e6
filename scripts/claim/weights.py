"""The last weights of a store's runs, vouched for by the store, as networks that can be asked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import softmax

from scripts.claim.readings import AS_READ, Attempts, answers, fed
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.findings.attacks.noise import latest_answers, uniform_of
from weightreel.analysis.networks.checkpoints.find import Checkpoint
from weightreel.analysis.networks.checkpoints.read import open_checkpoint
from weightreel.analysis.networks.cnn import ReportCNN, build
from weightreel.analysis.networks.device import choose_device
from weightreel.analysis.networks.live import effective_state
from weightreel.analysis.recipe.recipe import Recipe
from weightreel.analysis.runs.folder import ExperimentFiles
from weightreel.analysis.runs.raw_weights import stored_weights
from weightreel.analysis.runs.same_weights import Recorded, refuse_other_weights
from weightreel.analysis.store.nodes import Run

State = dict[str, NDArray[np.float32]]

AGREEING, CLOSE = 0.99, 0.02
"""Share of the stored noise images that must be answered as the store says, and how close the confidence must be.

Of 500 images the study's weights, rounded to half precision, answer 1 at most with another class, and no confidence
moves by more than 0.007. Without the right running statistics of BatchNorm, which no record holds, most are others.
"""


def network_of(run: Run, recipe: Recipe, store: Path, folder: Path | None) -> ReportCNN:
    """A run's network at its last epoch, in evaluation mode.

    Args:
        run: of an open store.
        recipe: of the store.
        store: its file; the raw weights lie beside it where there is no `folder`.
        folder: holds a file RUN.* for each run: a state_dict, as it is or in a dictionary, in any float precision.

    Raises:
        WeightreelError: there are no weights, they cannot be read, or are not those that the run was measured on.
    """
    if folder is None:
        _, read = stored_weights(ExperimentFiles(store), run.name, Recorded(run))
        state = read(len(run.epochs) - 1)
    else:
        file = _file_of(run, folder)
        state = _effective(file, run, recipe)
        refuse_other_weights(
            state, Recorded(run)(len(run.epochs) - 1), file, run.name, int(run.epochs[-1]), "name the folder of its own"
        )
    network = ReportCNN(recipe.network, _classes(run), recipe.dataset.size, recipe.defence(run.model))
    network.load_state_dict({name: torch.from_numpy(values) for name, values in state.items()})
    network.to(choose_device(recipe.training), memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network.eval()


def refuse_other_answers(run: Run, network: ReportCNN, attempts: Attempts) -> None:
    """Refuse a network that does not answer the noise as the store says.

    Raises:
        WeightreelError: it does not, or the store has no answers.
    """
    attack = uniform_of(run)
    stored = attack and latest_answers(attack)
    if not stored:
        raise WeightreelError(f"{run.name} has no answers to uniform noise; measure them with `weightreel attack`.")
    trials = range(min(500, len(stored[0])))
    given = softmax(answers(network, fed(attempts)[AS_READ](attempts, trials)), axis=1)
    prediction, confidence = (part[: len(trials)] for part in stored)
    as_stored = (given.argmax(1) == prediction) & (np.abs(given.max(1) - confidence) <= CLOSE)
    if (agreeing := float(as_stored.mean())) < AGREEING:
        raise WeightreelError(
            f"the weights given for {run.name} answer {agreeing:.1%} of its noise images as the store says, although "
            "their parameters are its own: bring BatchNorm's running mean and variance of that epoch with them."
        )


def _classes(run: Run) -> int:
    attack = uniform_of(run)
    if attack is None:
        raise WeightreelError(f"{run.name} has no answers to uniform noise; measure them with `weightreel attack`.")
    return attack.n_classes


def _file_of(run: Run, folder: Path) -> Path:
    found = sorted(folder.glob(f"{run.name}.*"))
    if len(found) != 1:
        many = f"{len(found)} files" if found else "no file"
        raise WeightreelError(f"{folder} has {many} called {run.name}.*; put one there, with its last weights.")
    return found[0]


def _effective(file: Path, run: Run, recipe: Recipe) -> State:
    """What the network uses, of a file with its effective weights or with those that spectral normalisation keeps."""
    headers, sources = open_checkpoint(Checkpoint(file.name, (file,)))
    defence = recipe.defence(run.model)
    network = ReportCNN(recipe.network, _classes(run), recipe.dataset.size, defence)
    if not set(_floats(network)) <= set(headers):
        network = build(defence, recipe.network, _classes(run), recipe.dataset.size, run.seed)
    wanted = _floats(network)
    if lacking := [name for name in wanted if name not in headers]:
        raise WeightreelError(
            f"{file} lacks {lacking[0]}, which the network of {run.name} has; bring its state_dict()."
        )
    for name, like in wanted.items():
        if headers[name].shape != tuple(like.shape):
            raise WeightreelError(f"{name} in {file} has the shape {headers[name].shape}, not {tuple(like.shape)}.")
    tensors = {name: torch.from_numpy(np.array(sources[name].read(name))) for name in wanted}
    network.load_state_dict(tensors, strict=False)
    return {name: value.numpy() for name, value in effective_state(network.eval()).items()}


def _floats(network: ReportCNN) -> dict[str, torch.Tensor]:
    """Its state without BatchNorm's counts of batches, which no answer depends on."""
    return {name: value for name, value in network.state_dict().items() if value.is_floating_point()}
