"""What networks are trained on to stand attacks, against closed forms."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from tests.training.test_loop import NORMALISE, some_images
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.maths.operator_norm import batchnorm_gain
from weightreel.analysis.networks.cnn import ReportCNN, build
from weightreel.analysis.networks.live import effective_state
from weightreel.analysis.networks.wrappers import plain_modules
from weightreel.analysis.recipe.defence import CNN, DefenceRecipe
from weightreel.analysis.recipe.recipe import NetworkRecipe, TrainingRecipe, parse_recipe
from weightreel.analysis.training.hardening import Hardening, loss_of
from weightreel.analysis.training.loop import optimiser_of, train_epoch

SMALL = NetworkRecipe(width=2, depth=4)
CLASSES, SIZE = 3, 8


def hardening(**settings: object) -> Hardening:
    return Hardening(
        DefenceRecipe.model_validate(settings), NORMALISE.mean, NORMALISE.std, torch.Generator().manual_seed(0)
    )


def a_batch(n: int = 12) -> tuple[Tensor, Tensor]:
    images = some_images(n)
    return NORMALISE(images.pixels), images.labels


def pixels_of(x: Tensor) -> Tensor:
    return x * NORMALISE.std + NORMALISE.mean


def test_without_settings_nothing_is_drawn_or_changed() -> None:
    plain, (x, labels) = hardening(), a_batch()
    assert plain.with_noise(plain.disturbed(nn.Identity(), x, labels)) is x
    assert torch.equal(plain.generator.get_state(), torch.Generator().manual_seed(0).get_state())


def test_gaussian_noise_has_its_sigma_in_pixels() -> None:
    x = torch.zeros(200, 3, 8, 8)
    moved = hardening(gaussian=0.25).disturbed(nn.Identity(), x, torch.zeros(200, dtype=torch.long))
    spread = (moved * NORMALISE.std).std((0, 2, 3))
    assert spread.tolist() == pytest.approx([0.25] * 3, rel=0.03)


@pytest.mark.parametrize("method", ["fgsm", "pgd"])
def test_attacked_images_stay_near_and_are_harder(method: str) -> None:
    model, (x, labels) = build(CNN, NetworkRecipe(width=4, depth=2), CLASSES, SIZE, seed=0).eval(), a_batch()
    attacked = hardening(adversarial=method, epsilon=8).disturbed(model, x, labels)
    moved = (pixels_of(attacked) - pixels_of(x)).abs()
    assert moved.max() <= 8 / 255 + 1e-6
    assert pixels_of(attacked).min() >= -1e-6
    assert pixels_of(attacked).max() <= 1 + 1e-6
    loss = nn.functional.cross_entropy
    with torch.no_grad():
        assert loss(model(attacked), labels) > loss(model(x), labels)


def test_one_step_on_a_linear_network_goes_to_the_corner() -> None:
    """A step of 1.25 radii takes the 5 in 8 starts above −0.25 radii to the face that the weights point to."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(3 * SIZE * SIZE, 2))
    x = NORMALISE(torch.full((4, 3, SIZE, SIZE), 128, dtype=torch.uint8))
    labels = torch.zeros(4, dtype=torch.long)
    attacked = hardening(adversarial="fgsm", epsilon=4).disturbed(model, x, labels)
    uphill = (model[1].weight[1] - model[1].weight[0]).sign().reshape(3, SIZE, SIZE)
    moved = (pixels_of(attacked) - pixels_of(x)) * 255 / 4
    assert (moved * uphill).min() >= 0.25 - 1e-4
    assert ((moved * uphill) > 1 - 1e-4).float().mean().item() == pytest.approx(5 / 8, abs=0.05)


def test_attacks_leave_the_network_as_it_was() -> None:
    model, (x, labels) = build(CNN, SMALL, CLASSES, SIZE, seed=0).train(), a_batch()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    hardening(adversarial="pgd", steps=2).disturbed(model, x, labels)
    assert model.training
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())


def test_nothing_is_a_class_more() -> None:
    part, (x, labels) = hardening(nothing=0.25), a_batch(12)
    batch = part.with_noise(x)
    assert len(batch) == 15
    noise = pixels_of(batch[12:])
    assert noise.min() >= -1e-6
    assert noise.max() <= 1 + 1e-6
    logits = torch.randn(15, CLASSES + 1, generator=torch.Generator().manual_seed(1))
    by_hand = -torch.cat([logits.log_softmax(1)[range(12), labels], logits.log_softmax(1)[12:, CLASSES]]).mean()
    assert loss_of(part.defence, logits, labels).item() == pytest.approx(by_hand.item())


def test_outlier_exposure_wants_noise_to_be_undecided() -> None:
    part, (x, labels) = hardening(outlier_exposure=0.5), a_batch(4)
    assert len(part.with_noise(x)) == 8
    images = torch.zeros(4, CLASSES)
    undecided, sure = torch.zeros(4, CLASSES), torch.tensor([[9.0, 0, 0]]).repeat(4, 1)
    when_undecided, when_sure = (
        loss_of(part.defence, torch.cat([images, noise]), labels).item() for noise in (undecided, sure)
    )
    assert when_undecided == pytest.approx(1.5 * math.log(CLASSES))
    assert when_sure > when_undecided


def trained(**settings: object) -> ReportCNN:
    defence = DefenceRecipe.model_validate(settings)
    model = build(defence, SMALL, CLASSES, SIZE, seed=0)
    recipe = TrainingRecipe(batch_size=8, learning_rate=0.2, device="cpu")
    for seed in range(3):
        train_epoch(model, optimiser_of(model, recipe), some_images(), NORMALISE, recipe, seed, defence=defence)
    return model.eval()


def test_bounded_batchnorm_cannot_stretch() -> None:
    gains = {}
    for placement in ("everywhere", "bounded"):
        norms = [m for m in trained(batchnorm=placement).modules() if isinstance(m, nn.BatchNorm2d)]
        gains[placement] = max(
            abs(batchnorm_gain(m.weight.detach().numpy(), m.running_var.numpy(), m.eps)).max() for m in norms
        )
    assert gains["bounded"] <= 1 + 1e-5 < gains["everywhere"]


@pytest.mark.parametrize(("batchnorm", "left"), [("everywhere", 4), ("bounded", 4), ("unnormalised", 2), ("none", 0)])
def test_where_batchnorm_stands(batchnorm: str, left: int) -> None:
    chosen = ["features.0", "features.7"]
    network = build(DefenceRecipe(spectral=chosen, batchnorm=batchnorm), SMALL, CLASSES, SIZE, seed=0)
    assert sum(isinstance(m, nn.BatchNorm2d) for m in network.modules()) == left
    whole = [name for name, _ in plain_modules(build(CNN, SMALL, CLASSES, SIZE, seed=0))]
    assert [name for name, _ in plain_modules(network)] == whole


def test_norms_by_layer() -> None:
    defence = DefenceRecipe(spectral=["features.0", "classifier.3"], norm={"features.0": 2.0})
    network = build(defence, SMALL, CLASSES, SIZE, seed=0)
    network.train()
    for _ in range(50):  # power iteration settles
        network(torch.zeros(2, 3, SIZE, SIZE))
    state = effective_state(network.eval())
    sigma = {
        n: torch.linalg.matrix_norm(state[f"{n}.weight"].flatten(1), 2).item() for n in ("features.0", "classifier.3")
    }
    assert sigma == pytest.approx({"features.0": 2.0, "classifier.3": 1.0}, rel=1e-3)


def test_all_layers_can_be_normalised() -> None:
    network = build(DefenceRecipe(spectral="all"), SMALL, CLASSES, SIZE, seed=0)
    for name, module in plain_modules(network):
        if isinstance(module, nn.Conv2d | nn.Linear):
            assert hasattr(module, "parametrizations"), name


def test_a_layer_that_is_not_there_is_named() -> None:
    with pytest.raises(WeightreelError, match=r"no such layer as 'features\.99'.*features\.0"):
        build(DefenceRecipe(spectral=["features.99"]), SMALL, CLASSES, SIZE, seed=0)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"models": ["shield"]}, ["models", "shield", "defences"]),
        ({"defences": {"cnn": {}}}, ["defences", "cnn", "rename"]),
        ({"defences": {"a": {"epsilon": -1}}}, ["defences.a.epsilon", "-1"]),
        ({"defences": {"a": {"nothing": 0.1, "outlier_exposure": 0.5}}}, ["defences.a", "one of them"]),
        ({"defences": {"a": {"adversarial": "prayer"}}}, ["defences.a.adversarial", "prayer"]),
        ({"defences": {"A b": {}}}, ["defences.A b"]),
        ({"gradient": {"epsilons": [-1]}}, ["gradient.epsilons", "-1"]),
        ({"gradient": {"epsilons": [300]}}, ["gradient.epsilons", "255"]),
        ({"gradient": {"attacks": ["pgd0"]}}, ["gradient.attacks", "pgd0", "fgsm"]),
        ({"certificate": {"sigmas": [0]}}, ["certificate.sigmas"]),
        ({"certificate": {"failure_probability": 0.7}}, ["certificate.failure_probability", "0.7"]),
        ({"fooling": {"confidence": 1.0}}, ["fooling.confidence"]),
        ({"noise": {"kinds": ["pink"]}}, ["noise.kinds", "pink"]),
    ],
)
def test_bad_settings_are_named(table: dict[str, object], words: list[str]) -> None:
    with pytest.raises(WeightreelError) as caught:
        parse_recipe({"dataset": {"kind": "digits"}} | table, "r.toml")
    for word in words:
        assert word in str(caught.value)
