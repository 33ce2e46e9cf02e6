"""Both rules of phases on networks that were trained: by heart, to nothing, to pieces, too far, and as one should."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import NamedTuple

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

from weightreel.analysis.kinds import LayerInfo
from weightreel.analysis.maths.phases import validation_phases
from weightreel.analysis.maths.spectral_phases import spectral_phases
from weightreel.analysis.measures.spectra import measure_densities
from weightreel.analysis.recipe.recipe import SpectraRecipe
from weightreel.analysis.runs.phases import cues_of
from weightreel.analysis.store.schema.fields import Phase

U, G, O = Phase.UNDER_FITTING, Phase.GENERALISING, Phase.OVER_FITTING  # noqa: E741
M, N, D, L = Phase.MEMORISING, Phase.NOT_LEARNING, Phase.DIVERGED, Phase.LEARNING
LAYERS = [LayerInfo(str(index), index, "linear", shape) for index, shape in ((0, (128, 64)), (2, (128, 128)))]


class Training(NamedTuple):
    """Phases of every epoch by both rules."""

    losses: list[int]
    spectra: list[int]


def order(phases: list[int]) -> list[int]:
    return [phase for phase, _ in groupby(phases)]


@pytest.fixture(scope="module")
def train() -> Callable[..., Training]:
    """Train 64-128-128-10 on digits, measure losses and spectra after each epoch, and ask both rules."""
    pixels, labels = load_digits(return_X_y=True)
    images, digits = torch.tensor(pixels / 16, dtype=torch.float32), torch.tensor(labels)

    def trained(
        epochs: int, n: int = 600, wrong: float = 0.0, rate: float = 0.05, falls: int = 10**6, seed: int = 0
    ) -> Training:
        torch.manual_seed(seed)
        shuffled = torch.randperm(len(images))
        mine, others = shuffled[:n], shuffled[-700:]
        answers = digits.clone()
        lied = mine[torch.rand(n) < wrong]
        answers[lied] = torch.randint(10, (len(lied),))
        network = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10))
        optimiser = torch.optim.SGD(network.parameters(), lr=rate, momentum=0.9)
        losses, spectra = [], []
        for epoch in range(epochs + 1):
            for group in optimiser.param_groups:
                group["lr"] = rate if epoch < falls else rate / 20
            for batch in torch.randperm(n).split(32) if epoch else ():
                optimiser.zero_grad()
                nn.functional.cross_entropy(network(images[mine[batch]]), answers[mine[batch]]).backward()
                optimiser.step()
            with torch.no_grad():
                losses.append(
                    [float(nn.functional.cross_entropy(network(images[own]), answers[own])) for own in (mine, others)]
                )
            state = {name: value.numpy().copy() for name, value in network.state_dict().items()}
            spectra.append(measure_densities(LAYERS, state, SpectraRecipe(resamples=0), threads=1))
        own, theirs = np.array(losses).T
        cues = cues_of({key: np.stack([one[key] for one in spectra]) for key in spectra[0]})
        assert cues is not None
        return Training(validation_phases(own, theirs, 10).tolist(), spectral_phases(cues, own, 10).tolist())

    return trained


@pytest.mark.parametrize("seed", range(2))
def test_labels_that_mean_nothing_are_memorised(train: Callable[..., Training], seed: int) -> None:
    found = train(70, n=300, wrong=1.0, seed=seed)
    assert order(found.losses) in ([U, M], [U, N, U, M])
    assert G not in found.losses + found.spectra
    assert found.losses[-20:] == [M] * 20


def test_too_small_a_step_teaches_nothing(train: Callable[..., Training]) -> None:
    found = train(20, rate=1e-6)
    assert order(found.losses) == order(found.spectra) == [U, N]


def test_too_large_a_step_ends_in_pieces(train: Callable[..., Training]) -> None:
    found = train(15, rate=30.0)
    assert found.losses[-5:] == found.spectra[-5:] == [D] * 5


@pytest.mark.parametrize("seed", range(2))
def test_sound_labels_are_generalised_from(train: Callable[..., Training], seed: int) -> None:
    found = train(40, n=1000, seed=seed)
    assert order(found.losses) == [U, G]
    assert not {N, D, M} & set(found.spectra)


@pytest.mark.parametrize("seed", range(2))
def test_a_third_of_wrong_labels_is_over_fitted(train: Callable[..., Training], seed: int) -> None:
    found = train(60, wrong=0.35, seed=seed)
    assert order(found.losses) == [U, G, O]


def test_spectra_claim_no_more_than_they_can_tell(train: Callable[..., Training]) -> None:
    """Alphas of this sound network fall below WeightWatcher's 2, and its spectra come to rest: it over-fits nothing."""
    found = train(50, n=1000, falls=25)
    assert order(found.losses) == [U, G]
    assert order(found.spectra)[:2] == [U, L]
    assert not {O, G, M, N, D} & set(found.spectra)
