"""The recorded step against the plain one, with a stand-in for the device's graph."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from tests.training.test_loop import NORMALISE, some_images
from weightreel.analysis.networks.cnn import build
from weightreel.analysis.recipe.defence import CNN, SPECTRAL_CNN, DefenceRecipe
from weightreel.analysis.recipe.recipe import NetworkRecipe, TrainingRecipe
from weightreel.analysis.training.loop import optimiser_of, train_epoch
from weightreel.analysis.training.step import WARM_UP, GraphedStep, PlainStep, step_of

IMAGES = 26
BATCH = 8
STEPS = 3
"""Whole batches of an epoch; a shorter one follows."""


class Graph:
    """Stands in for a device: a recording does nothing until it is replayed, with the settings of when it was made."""

    def __init__(self, optimiser: torch.optim.Optimizer, fails: type[Exception] | None = None) -> None:
        self.optimiser, self.fails = optimiser, fails
        self.warmed_up = self.recorded = self.replayed = 0

    def warm_up(self, work: Callable[[], Tensor]) -> Tensor:
        self.warmed_up += 1
        return work()

    def record(self, work: Callable[[], Tensor]) -> tuple[Callable[[], None], Tensor]:
        self.recorded += 1
        if self.fails:
            raise self.fails("there is no room.\nMore about it")
        (group,) = self.optimiser.param_groups
        constants = {key: value for key, value in group.items() if key != "params"}
        loss = torch.zeros(())

        def replay() -> None:
            self.replayed += 1
            now = {**group}
            group.update(constants)
            loss.copy_(work())
            group.update(now)

        return replay, loss


class Training:
    """A network that trains by a recorded step."""

    def __init__(self, defence: DefenceRecipe = CNN, fails: type[Exception] | None = None, **settings: object) -> None:
        self.defence = defence
        self.recipe = TrainingRecipe(batch_size=BATCH, device="cpu", **settings)
        self.model = build(defence, NetworkRecipe(width=2, depth=4), 3, 8, seed=0)
        self.optimiser = optimiser_of(self.model, self.recipe)
        self.graph, self.told = Graph(self.optimiser, fails), list[str]()
        plain = PlainStep(self.model, self.optimiser, defence, self.recipe.precision == "bfloat16")
        self.step: Callable[[Tensor, Tensor], Tensor] | None = GraphedStep(plain, self.graph, self.told.append)

    def epochs(self, *seeds: int, learning_rates: tuple[float, ...] = ()) -> list[float]:
        losses = []
        for place, seed in enumerate(seeds):
            if learning_rates:
                self.optimiser.param_groups[0]["lr"] = learning_rates[place]
            losses.append(
                train_epoch(
                    self.model, self.optimiser, some_images(IMAGES), NORMALISE, self.recipe, seed,
                    defence=self.defence, step=self.step,
                )
            )  # fmt: skip
        return losses


def plainly(training: Training) -> Training:
    training.step = None
    return training


def assert_equal(one: nn.Module, other: nn.Module) -> None:
    for (name, a), b in zip(one.state_dict().items(), other.state_dict().values(), strict=True):
        assert torch.equal(a, b), name


@pytest.mark.parametrize("defence", [CNN, SPECTRAL_CNN, DefenceRecipe(batchnorm="bounded", spectral="all")])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_replayed_is_plain(defence: DefenceRecipe, precision: str) -> None:
    rates = (0.05, 0.05, 0.01, 0.01)
    recorded, plain = Training(defence, precision=precision), plainly(Training(defence, precision=precision))
    assert recorded.epochs(1, 2, 3, 4, learning_rates=rates) == plain.epochs(1, 2, 3, 4, learning_rates=rates)
    assert_equal(recorded.model, plain.model)
    assert not recorded.told


def test_the_recording_outlives_the_epoch() -> None:
    training = Training()
    training.epochs(1, 2, 3)
    assert training.graph.warmed_up == WARM_UP
    assert training.graph.recorded == 1
    assert training.graph.replayed == 3 * STEPS - WARM_UP  # the short batches are taken plainly


def test_a_changed_learning_rate_is_recorded_anew() -> None:
    training = Training()
    training.epochs(1, 2, 3, 4, learning_rates=(0.1, 0.1, 0.01, 0.01))
    assert training.graph.recorded == 2


def test_resumed_is_not_interrupted() -> None:
    whole, first, second = Training(), Training(), Training()
    first.epochs(1, 2)
    second.model.load_state_dict(copy.deepcopy(first.model.state_dict()))
    second.optimiser.load_state_dict(copy.deepcopy(first.optimiser.state_dict()))
    second.epochs(3, 4)
    whole.epochs(1, 2, 3, 4)
    assert_equal(whole.model, second.model)


@pytest.mark.parametrize("error", [RuntimeError, torch.OutOfMemoryError])
def test_what_cannot_be_recorded_is_taken_plainly(error: type[Exception]) -> None:
    training, plain = Training(fails=error), plainly(Training())
    assert training.epochs(1, 2, 3) == plain.epochs(1, 2, 3)
    assert_equal(training.model, plain.model)
    assert training.graph.recorded == 1
    (sentence,) = training.told
    assert "(there is no room)" in sentence
    assert "training.cuda_graph = false" in sentence


def test_a_fault_of_the_program_is_not_hidden() -> None:
    with pytest.raises(TypeError):
        Training(fails=TypeError).epochs(1, 2)


class OnCuda(nn.Module):
    """Has parameters that say they lie on a GPU."""

    def parameters(self, recurse: bool = True) -> object:  # type: ignore[override]
        return iter([type("Parameter", (), {"device": torch.device("cuda", 0)})()])


@pytest.mark.parametrize(
    ("defence", "settings", "graphed"),
    [
        (CNN, {}, True),
        (SPECTRAL_CNN, {}, True),
        (DefenceRecipe(batchnorm="bounded"), {}, True),
        (CNN, {"cuda_graph": False}, False),
        (DefenceRecipe(gaussian=0.1), {}, False),
        (DefenceRecipe(adversarial="fgsm"), {}, False),
        (DefenceRecipe(nothing=0.1), {}, False),
        (DefenceRecipe(outlier_exposure=0.5), {}, False),
    ],
)
def test_which_trainings_are_recorded(
    defence: DefenceRecipe, settings: dict[str, object], graphed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("weightreel.analysis.training.step.CudaRecorder", lambda device: None)
    recipe = TrainingRecipe.model_validate(settings)
    found = step_of(OnCuda(), optimiser_of(nn.Linear(2, 2), recipe), recipe, defence)
    assert isinstance(found, GraphedStep if graphed else PlainStep)


def test_on_the_processor_nothing_is_recorded() -> None:
    recipe, model = TrainingRecipe(), nn.Linear(2, 2)
    assert isinstance(step_of(model, optimiser_of(model, recipe), recipe, CNN), PlainStep)
