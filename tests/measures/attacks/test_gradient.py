"""Gradient attacks and input gradients, against closed forms on linear networks and against foolbox's own loop."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import eagerpy
import foolbox
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import stats
from torch import Tensor, nn

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.measures.attacks.gradient import OVERSHOOT, GradientOutcome, attack_images, parse, perturbed
from weightreel.analysis.measures.attacks.path import LEVELS, attack_path, quantised
from weightreel.analysis.measures.attacks.probe import sample_of_test
from weightreel.analysis.measures.attacks.saliency import input_gradients
from weightreel.analysis.networks.cnn import ReportCNN
from weightreel.analysis.networks.pixels import Network, Normaliser, images_of
from weightreel.analysis.recipe.recipe import NetworkRecipe

SIZE, CLASSES = 8, 4
MEAN, STD = np.array([0.5, 0.4, 0.3], np.float32), np.array([0.2, 0.25, 0.3], np.float32)
NORMALISE = Normaliser(torch.from_numpy(MEAN)[:, None, None], torch.from_numpy(STD)[:, None, None])


def linear_network(weight: NDArray[np.float32], bias: NDArray[np.float32], classes: int | None = None) -> Network:
    """Logits weight (A, H, W, 3) · image in [0,1] + bias (A,), behind a normalisation that is not the identity."""
    matrix = nn.Linear(weight[0].size, len(weight))
    with torch.no_grad():
        matrix.weight.copy_(torch.from_numpy((weight * STD).transpose(0, 3, 1, 2).reshape(len(weight), -1)))
        matrix.bias.copy_(torch.from_numpy(bias + (weight * MEAN).sum((1, 2, 3))))
    return Network(nn.Sequential(nn.Flatten(), matrix), NORMALISE, classes or len(weight))


def a_linear_network(answers: int = 2, classes: int | None = None) -> Network:
    """A random one, answers about evenly balanced on mid-grey images."""
    weight = np.random.default_rng(3).normal(size=(answers, SIZE, SIZE, 3)).astype(np.float32)
    return linear_network(weight, -0.5 * weight.sum((1, 2, 3)), classes)


def in_pixels(network: Network) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weight (A, H, W, 3) and bias (A,) of a linear network as a function of pixels in [0,1]."""
    matrix = network.model[1]  # type: ignore[index]
    weight = matrix.weight.detach().numpy().reshape(-1, 3, SIZE, SIZE).transpose(0, 2, 3, 1) / STD
    return weight, matrix.bias.detach().numpy() - (weight * MEAN).sum((1, 2, 3))


def a_cnn(answers: int = CLASSES, classes: int = CLASSES) -> Network:
    """A small untrained CNN, made sharper, so that its answers differ from image to image."""
    torch.manual_seed(0)
    model = ReportCNN(NetworkRecipe(width=4, depth=2), answers, SIZE)
    with torch.no_grad():
        for parameter in model.classifier.parameters():
            parameter.mul_(3)
    return Network(model.eval(), NORMALISE, classes)


def some_pixels(n: int = 60, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (n, SIZE, SIZE, 3), dtype=np.uint8)


def greyish(n: int = 60, spread: float = 0.05) -> NDArray[np.float32]:
    """Images in [0,1] far from black and white, (n, H, W, 3)."""
    return (0.5 + spread * np.random.default_rng(1).uniform(-1, 1, (n, SIZE, SIZE, 3))).astype(np.float32)


def answers_of(network: Network, images: NDArray[np.float32]) -> NDArray[np.int64]:
    with torch.no_grad():
        return network.logits(network.tensor(images)).argmax(1).numpy()


def labels_of(network: Network, pixels: NDArray[np.uint8], wrong: int = 0) -> NDArray[np.uint8]:
    """What the network answers, the first `wrong` changed."""
    labels = network.whole(pixels).argmax(1).astype(np.uint8)
    labels[:wrong] = (labels[:wrong] + 1) % CLASSES
    return labels


def same(a: GradientOutcome, b: GradientOutcome) -> bool:
    return all(np.array_equal(getattr(a, name), getattr(b, name), equal_nan=True) for name in vars(a))


def test_fgsm_on_a_linear_network() -> None:
    network, images, epsilon = a_linear_network(), greyish(), 0.5 / 255
    weight, bias = in_pixels(network)
    logits = (images[:, None] * weight).sum((2, 3, 4)) + bias
    labels = logits.argmax(1)
    away = np.sign(weight[1 - labels] - weight[labels])  # (n, H, W, 3)
    found, norm = perturbed(network, images, labels, parse("fgsm"), epsilon, 0, np.arange(len(images)))
    assert np.allclose(images_of(found) - images, epsilon * away, atol=1e-7)
    assert np.allclose(norm, epsilon, atol=1e-7)

    margin = np.abs(logits[:, 0] - logits[:, 1])
    robust = margin > epsilon * np.abs(weight[0] - weight[1]).sum()
    assert 0.1 < robust.mean() < 0.9
    outcome = attack_images(network, images, labels, parse("fgsm"), epsilon, 0)
    assert np.array_equal(outcome.prediction == labels, robust)


def test_deepfool_on_a_linear_network_finds_the_nearest_wrong_answer() -> None:
    network, images = a_linear_network(), greyish()
    weight, bias = in_pixels(network)
    logits = (images[:, None] * weight).sum((2, 3, 4)) + bias
    labels = logits.argmax(1)
    nearest = np.abs(logits[:, 0] - logits[:, 1]) / np.sqrt(((weight[0] - weight[1]) ** 2).sum())
    outcome = attack_images(network, images, labels, parse("deepfool"), None, 0)
    assert np.array_equal(outcome.prediction, 1 - labels)
    # foolbox goes 1e-4 beyond the boundary, and then 2 % further.
    assert outcome.distance == pytest.approx((1 + OVERSHOOT) * (nearest + 1e-4), rel=1e-3, abs=1e-5)
    assert (outcome.distance > nearest).all()


def test_deepfool_looks_at_every_answer() -> None:
    weight = np.zeros((12, SIZE, SIZE, 3), np.float32)
    bias = np.r_[1, np.full(10, 0.5), 0].astype(np.float32)
    weight[11, 0, 0, 0] = 10  # the least likely answer is the only one that any pixel changes
    network, images = linear_network(weight, bias), np.full((1, SIZE, SIZE, 3), 0.02, np.float32)
    outcome = attack_images(network, images, np.zeros(1, np.uint8), parse("deepfool"), None, 0)
    assert outcome.prediction[0] == 11
    assert outcome.distance[0] == pytest.approx(0.08, rel=0.03)


def test_a_minimum_norm_attack_that_finds_nothing_has_no_distance() -> None:
    network = linear_network(np.zeros((2, SIZE, SIZE, 3), np.float32), np.array([1, 0], np.float32))
    outcome = attack_images(network, some_pixels(3), np.zeros(3, np.uint8), parse("deepfool"), None, 0)
    assert np.isnan(outcome.distance).all()
    assert (outcome.prediction == 0).all()


def test_the_way_of_pgd_on_a_linear_network() -> None:
    network, images, epsilon = a_linear_network(), greyish(5), 4 / 255
    weight, bias = in_pixels(network)
    labels = answers_of(network, images)
    way, probabilities = attack_path(network, images, labels, epsilon, steps=6)
    away = np.sign(weight[1 - labels] - weight[labels])[:, None]
    length = np.minimum(np.arange(7) * 2.5 * epsilon / 6, epsilon)[:, None, None, None]
    assert np.allclose(way, length * away, atol=2e-7)
    logits = np.einsum("nshwc,ahwc->nsa", images[:, None] + way, weight) + bias
    odds = np.exp(logits - logits.max(-1, keepdims=True))
    assert np.allclose(probabilities, odds / odds.sum(-1, keepdims=True), atol=1e-4)
    own = np.take_along_axis(probabilities, labels[:, None, None].astype(int), 2)[..., 0]
    assert (np.diff(own[:, :4]) < 0).all()


def test_the_way_of_pgd_ends_where_foolbox_ends() -> None:
    network, epsilon, steps = a_cnn(), 8 / 255, 7
    pixels = some_pixels(12)
    labels = labels_of(network, pixels, wrong=2)
    way, probabilities = attack_path(network, pixels, labels, epsilon, steps)
    attack = foolbox.attacks.LinfPGD(rel_stepsize=2.5 / steps, steps=steps, random_start=False)
    x = network.tensor(pixels)
    _, clipped, _ = attack(foolbox_model(network), x, torch.from_numpy(labels).long(), epsilons=epsilon)
    assert not way[:, 0].any()
    assert np.allclose(way[:, -1], images_of(clipped - x), atol=1e-6)
    assert np.allclose(probabilities[:, 0], network.answer(pixels), atol=1e-5)
    for before, after in zip(way.swapaxes(0, 1)[:-1], way.swapaxes(0, 1)[1:], strict=True):
        assert np.abs(after - before).max() <= 2.5 * epsilon / steps + 1e-6

    kept = quantised(way, epsilon)
    assert kept.dtype == np.int8
    assert np.abs(kept * (epsilon / LEVELS) - way).max() <= epsilon / LEVELS / 2 + 1e-7


def foolbox_model(network: Network) -> Any:
    """The network as foolbox itself normalises it: none of our code is in it."""
    normalisation = {"mean": MEAN, "std": STD, "axis": -3}
    return foolbox.PyTorchModel(network.model, bounds=(0, 1), preprocessing=normalisation, device="cpu")


def expected_starts(pixels: NDArray[np.uint8], epsilon: float, seed: int, norm: str) -> Tensor:
    """Where PGD starts, by the rule that the documentation gives."""
    starts = np.empty((len(pixels), 3, SIZE, SIZE), np.float32)
    for i in range(len(pixels)):
        generator = np.random.Generator(np.random.Philox(key=[seed, i]))
        if norm == "linf":
            starts[i] = generator.uniform(-epsilon, epsilon, starts[i].shape)
        else:
            point = generator.standard_normal(starts[i].size + 2)
            starts[i] = epsilon * (point / np.linalg.norm(point))[:-2].reshape(starts[i].shape)
    return torch.from_numpy(starts)


@pytest.mark.parametrize(("name", "epsilon"), [("fgsm", 4 / 255), ("pgd10", 1 / 255), ("pgd5-l2", 0.1)])
def test_robust_accuracy_is_that_of_foolbox_own_loop(
    name: str, epsilon: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, pixels = a_cnn(), some_pixels(80)
    labels = labels_of(network, pixels, wrong=6)
    ours = attack_images(network, pixels, labels, parse(name), epsilon, seed=5)

    tools = {
        "fgsm": foolbox.attacks.FGSM(),
        "pgd10": foolbox.attacks.LinfPGD(rel_stepsize=2.5 / 10, steps=10),
        "pgd5-l2": foolbox.attacks.L2PGD(rel_stepsize=2.5 / 5, steps=5),
    }
    starts = expected_starts(pixels, epsilon, 5, "l2" if name.endswith("l2") else "linf")
    for kind in (foolbox.attacks.LinfPGD, foolbox.attacks.L2PGD):
        monkeypatch.setattr(kind, "get_random_start", lambda _, x0, epsilon: x0 + eagerpy.astensor(starts))
    x, y = network.tensor(pixels), torch.from_numpy(labels).long()
    _, _, success = tools[name](foolbox_model(network), x, y, epsilons=epsilon)
    robust = ~success.numpy()
    assert 0.05 < robust.mean() < 0.9
    assert np.array_equal(ours.prediction == labels, robust)


def test_minimum_norm_is_that_of_foolbox() -> None:
    network, pixels = a_cnn(), some_pixels(40)
    labels = labels_of(network, pixels)
    ours = attack_images(network, pixels, labels, parse("deepfool"), None, seed=0)
    x = network.tensor(pixels)
    raw, _, success = foolbox.attacks.L2DeepFoolAttack()(
        foolbox_model(network), x, torch.from_numpy(labels).long(), epsilons=None
    )
    assert success.all()
    assert ours.distance == pytest.approx((raw - x).flatten(1).norm(dim=1).numpy(), rel=1e-3)


@pytest.mark.parametrize("name", ["pgd1", "pgd1-l2"])
def test_random_starts_are_uniform_in_the_ball(name: str) -> None:
    """Where the gradient vanishes an attack ends where it starts; then (distance / radius)^dimension is uniform."""
    network = linear_network(np.zeros((2, SIZE, SIZE, 3), np.float32), np.array([1, 0], np.float32))
    images, epsilon, attack = greyish(300), 0.1, parse(name)
    labels, trials = np.zeros(300, np.uint8), np.arange(300)
    found, distance = perturbed(network, images, labels, attack, epsilon, 1, trials)
    power = SIZE * SIZE * 3
    assert stats.kstest((distance / epsilon).astype(float) ** power, "uniform").pvalue > 0.01
    offsets = (images_of(found) - images).reshape(-1)
    assert abs(offsets.mean()) < 4 * offsets.std() / np.sqrt(offsets.size)


@pytest.mark.parametrize(("name", "epsilon"), [("fgsm", 0.02), ("pgd5", 0.02), ("pgd5-l2", 0.3), ("deepfool", None)])
def test_an_image_that_is_wrong_already_is_left_alone(name: str, epsilon: float | None) -> None:
    network, pixels = a_cnn(), some_pixels(20)
    labels = labels_of(network, pixels, wrong=7)
    outcome = attack_images(network, pixels, labels, parse(name), epsilon, seed=0)
    clean = network.whole(pixels)
    assert np.array_equal(outcome.clean_prediction, clean.argmax(1))
    assert np.allclose(outcome.clean_confidence, clean.max(1), atol=1e-6)
    assert np.array_equal(outcome.prediction[:7], outcome.clean_prediction[:7])
    assert np.array_equal(outcome.confidence[:7], outcome.clean_confidence[:7])
    assert not outcome.distance[:7].any()
    assert (outcome.distance[7:] > 0).all()


def test_nothing_is_a_wrong_answer_to_an_image() -> None:
    weight = np.zeros((3, SIZE, SIZE, 3), np.float32)
    weight[2, ..., 0] = 1
    images = greyish(6)
    bias = np.array([(images[..., 0]).sum((1, 2)).max() + 0.1, -50, 0], np.float32)
    network = linear_network(weight, bias, classes=2)
    outcome = attack_images(network, images, np.zeros(6, np.uint8), parse("fgsm"), 8 / 255, 0)
    assert (outcome.clean_prediction == 0).all()
    assert (outcome.prediction == 2).all()
    pixels = np.round(images * 255).astype(np.uint8)
    assert network.answer(pixels).shape == (6, 2)
    assert network.whole(pixels).sum(1) == pytest.approx(np.ones(6), abs=1e-6)
    assert (network.answer(pixels).sum(1) < 0.9).all()


def test_the_same_seed_gives_the_same_outcome_whatever_ran_before() -> None:
    network, pixels = a_cnn(), some_pixels(60)
    labels = labels_of(network, pixels, wrong=3)
    attack, epsilon = parse("pgd3"), 2 / 255
    first = attack_images(network, pixels, labels, attack, epsilon, seed=7)
    torch.rand(17)
    network.model.train()
    state = torch.get_rng_state()
    assert same(first, attack_images(network, pixels, labels, attack, epsilon, seed=7))
    assert torch.equal(torch.get_rng_state(), state)
    assert network.model.training
    assert all(p.requires_grad and p.grad is None for p in network.model.parameters())
    assert not same(first, attack_images(network, pixels, labels, attack, epsilon, seed=8))


def test_a_start_does_not_depend_on_which_images_are_attacked_beside() -> None:
    network, pixels = a_cnn(), some_pixels(12)
    labels = labels_of(network, pixels)
    all_right = attack_images(network, pixels, labels, parse("pgd3"), 2 / 255, seed=0)
    labels[:5] = (labels[:5] + 1) % CLASSES
    some_wrong = attack_images(network, pixels, labels, parse("pgd3"), 2 / 255, seed=0)
    assert np.allclose(all_right.confidence[5:], some_wrong.confidence[5:], atol=1e-5)


@pytest.mark.parametrize("name", ["pgd0", "pgd", "fgsm-l2", "PGD10", "carlini", "pgd10-l2-"])
def test_an_unknown_attack_is_refused(name: str) -> None:
    with pytest.raises(WeightreelError, match=r"there are fgsm, pgd10 .*deepfool and autoattack"):
        parse(name)


@pytest.mark.parametrize("epsilon", [-0.1, None, float("nan")])
def test_a_radius_below_zero_is_refused(epsilon: float | None) -> None:
    network = a_linear_network()
    with pytest.raises(WeightreelError, match="radius epsilon of 0 or above"):
        attack_images(network, greyish(2), np.zeros(2, np.uint8), parse("pgd3"), epsilon, 0)


def test_autoattack_without_its_package_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "autoattack", None)
    network, pixels = a_cnn(), some_pixels(2)
    with pytest.raises(WeightreelError, match=r"autoattack.*pip install"):
        attack_images(network, pixels, labels_of(network, pixels), parse("autoattack"), 0.1, 0)


def test_autoattack_is_given_what_it_wants(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []

    class Stand:
        """Goes to the corner of the ball that FGSM goes to, and seeds the global generator as AutoAttack does."""

        def __init__(self, logits: Any, norm: str, eps: float, seed: int, verbose: bool, device: torch.device) -> None:
            self.logits, self.eps, self.seed = logits, eps, seed
            self.apgd_targeted, self.fab = SimpleNamespace(), SimpleNamespace()
            made.append(self)

        def run_standard_evaluation(self, x: Tensor, y: Tensor, bs: int) -> Tensor:
            torch.manual_seed(self.seed)
            leaf = x.clone().requires_grad_(True)
            nn.functional.cross_entropy(self.logits(leaf), y).backward()  # type: ignore[no-untyped-call]
            assert leaf.grad is not None
            return (x + self.eps * leaf.grad.sign()).clamp(0, 1)

    monkeypatch.setitem(sys.modules, "autoattack", SimpleNamespace(AutoAttack=Stand))
    network, pixels = a_cnn(), some_pixels(10)
    labels, epsilon = labels_of(network, pixels), 4 / 255
    state = torch.get_rng_state()
    ours = attack_images(network, pixels, labels, parse("autoattack"), epsilon, seed=3)
    assert torch.equal(torch.get_rng_state(), state)
    assert np.array_equal(ours.prediction, attack_images(network, pixels, labels, parse("fgsm"), epsilon, 0).prediction)
    assert made[0].apgd_targeted.n_target_classes == made[0].fab.n_target_classes == CLASSES - 1


def test_what_the_store_says_of_an_attack() -> None:
    assert parse("fgsm").parameters(0.1)["step_size"] == 0.1
    about = parse("pgd40-l2").parameters(0.5)
    assert (about["family"], about["norm"], about["steps"], about["starts"]) == ("pgd40-l2", "l2", 40, "random")
    assert about["steps"] * about["step_size"] == pytest.approx(2.5 * 0.5)
    assert parse("pgd10").family == "pgd10-linf"
    assert parse("deepfool").family == "deepfool-l2"
    assert "step_size" not in parse("autoattack").parameters(0.1)
    assert len({parse(name).method for name in ("fgsm", "pgd7", "deepfool", "autoattack")}) == 4


def test_the_sample_of_test_images() -> None:
    chosen = sample_of_test(1000, 200, seed=0)
    assert np.array_equal(chosen, np.unique(chosen))
    assert len(chosen) == 200
    assert chosen[0] >= 0
    assert 900 < chosen[-1] < 1000
    assert np.array_equal(chosen, sample_of_test(1000, 200, seed=0))
    assert not np.array_equal(chosen, sample_of_test(1000, 200, seed=1))


def test_input_gradients_of_a_linear_network() -> None:
    network, pixels, labels = a_linear_network(3), some_pixels(5), np.array([0, 1, 2, 0, 1])
    weight, _ = in_pixels(network)
    away = network.whole(pixels) - np.eye(3)[labels]  # gradient of the cross-entropy by the logits
    gradients = input_gradients(network, pixels, labels)
    assert np.allclose(gradients, np.einsum("na,ahwc->nhwc", away, weight), atol=1e-4)
