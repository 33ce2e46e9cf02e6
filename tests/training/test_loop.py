"""The training loop against closed forms and against itself."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import nn

from weightreel.analysis.datasets import Images
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.measures.evaluation import evaluate
from weightreel.analysis.networks.cnn import build
from weightreel.analysis.networks.device import choose_device
from weightreel.analysis.networks.pixels import Normaliser
from weightreel.analysis.recipe.defence import CNN, SPECTRAL_CNN
from weightreel.analysis.recipe.recipe import DatasetRecipe, NetworkRecipe, TrainingRecipe
from weightreel.analysis.training.loop import augmented, optimiser_of, scheduler_of, train_epoch

CPU = torch.device("cpu")
NORMALISE = Normaliser.of(DatasetRecipe(kind="digits", mean=(0.5, 0.5, 0.5), std=(0.5, 0.25, 1.0)), CPU)


def some_images(n: int = 24, size: int = 8, classes: int = 3) -> Images:
    generator = torch.Generator().manual_seed(1)
    pixels = torch.randint(0, 256, (n, 3, size, size), dtype=torch.uint8, generator=generator)
    return Images(pixels, torch.arange(n) % classes)


def test_normaliser() -> None:
    x = NORMALISE(torch.tensor([0, 255, 51], dtype=torch.uint8).reshape(1, 3, 1, 1))
    assert x.ravel().tolist() == pytest.approx([-1.0, 2.0, -0.3])


@pytest.mark.parametrize("how", ["none", "flip", "flip+crop"])
def test_augmentation_repeats_and_keeps_shape(how: str) -> None:
    x = torch.rand(6, 3, 8, 8)
    once, again = (augmented(x, nn.Identity(), how, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(once, again)
    assert once.shape == x.shape


def test_flip_gives_the_image_or_its_mirror() -> None:
    x = torch.rand(64, 3, 8, 8)
    y = augmented(x, nn.Identity(), "flip", torch.Generator().manual_seed(0))
    kept = (y == x).flatten(1).all(1)
    mirrored = (y == x.flip(3)).flatten(1).all(1)
    assert (kept | mirrored).all()
    assert 16 < int(kept.sum()) < 48


def test_crop_is_a_shift_with_a_zero_border() -> None:
    x = torch.rand(40, 3, 8, 8) + 1  # nowhere zero
    y = augmented(x, nn.Identity(), "flip+crop", torch.Generator().manual_seed(0))
    padded = nn.functional.pad(x, [4] * 4)
    for image, original in zip(y, padded, strict=True):
        windows = [
            window[:, r : r + 8, c : c + 8]
            for window in (original, original.flip(2))
            for r in range(9)
            for c in range(9)
        ]
        assert any(torch.equal(image, window) for window in windows)


def test_evaluation_counts_by_hand() -> None:
    class Fixed(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.tensor([[2.0, 0.0, 0.0]]).repeat(len(x), 1)

    images = some_images(n=9)
    found = evaluate(Fixed(), images, NORMALISE, 3)
    assert found.accuracy == pytest.approx(1 / 3)
    assert found.confusion.tolist() == [[3, 0, 0], [3, 0, 0], [3, 0, 0]]
    log_sum = np.log(np.exp(2) + 2)
    assert found.loss == pytest.approx((log_sum - 2) / 3 + log_sum * 2 / 3)


def test_one_epoch_is_the_plain_loop() -> None:
    """Without dropout and augmentation the epoch equals SGD written out over the same order."""
    recipe = TrainingRecipe(augmentation="none", batch_size=10, device="cpu")
    ours = build(CNN, NetworkRecipe(width=2, depth=2, dropout=(0, 0)), 3, 8, seed=0)
    theirs = copy.deepcopy(ours)
    images = some_images()
    train_epoch(ours, optimiser_of(ours, recipe), images, NORMALISE, recipe, seed=7)

    order = torch.randperm(24, generator=torch.Generator().manual_seed(7))
    velocity = [torch.zeros_like(p) for p in theirs.parameters()]
    theirs.train()
    for chosen in order.split(10):
        loss = nn.functional.cross_entropy(theirs(NORMALISE(images.pixels[chosen])), images.labels[chosen])
        gradients = torch.autograd.grad(loss, list(theirs.parameters()))
        with torch.no_grad():
            for p, v, g in zip(theirs.parameters(), velocity, gradients, strict=True):
                v.mul_(0.9).add_(g)
                p.sub_(0.01 * v)
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-6)


def test_same_seed_same_weights_other_seed_others() -> None:
    def trained(seed: int) -> torch.Tensor:
        recipe = TrainingRecipe(augmentation="flip+crop", batch_size=8, device="cpu")
        model = build(SPECTRAL_CNN, NetworkRecipe(width=2, depth=2), 3, 8, seed=0)
        train_epoch(model, optimiser_of(model, recipe), some_images(), NORMALISE, recipe, seed)
        return model.classifier[0].weight.detach()

    assert torch.equal(trained(1), trained(1))
    assert not torch.equal(trained(1), trained(2))


def test_bfloat16_trains_and_keeps_float32_parameters() -> None:
    recipe = TrainingRecipe(precision="bfloat16", device="cpu")
    model = build(CNN, NetworkRecipe(width=2, depth=2), 3, 8, seed=0)
    before = model.classifier[0].weight.detach().clone()
    train_epoch(model, optimiser_of(model, recipe), some_images(), NORMALISE, recipe, seed=0)
    assert model.classifier[0].weight.dtype == torch.float32
    assert not torch.equal(before, model.classifier[0].weight)


def test_divergence_is_said() -> None:
    recipe = TrainingRecipe(learning_rate=1000, batch_size=8, device="cpu")
    model = build(CNN, NetworkRecipe(width=2, depth=2), 3, 8, seed=0)
    with pytest.raises(WeightreelError, match=r"diverged.*training\.learning_rate"):
        train_epoch(model, optimiser_of(model, recipe), some_images(), NORMALISE, recipe, seed=0)


def test_scheduler_is_the_reports() -> None:
    recipe = TrainingRecipe(device="cpu")
    model = nn.Linear(2, 2)
    optimiser = optimiser_of(model, recipe)
    scheduler = scheduler_of(optimiser, recipe)
    rates = []
    for _ in range(9):
        scheduler.step(1.0)
        rates.append(optimiser.param_groups[0]["lr"])
    assert rates[:6] == [0.01] * 6
    assert rates[6:] == pytest.approx([0.001] * 3)


def test_a_missing_device_is_refused() -> None:
    missing = "cuda" if not torch.cuda.is_available() else "mps"
    if missing == "mps" and torch.backends.mps.is_available():
        pytest.fail("a machine with both CUDA and MPS: name a third device here")
    with pytest.raises(WeightreelError, match=r"training\.device"):
        choose_device(TrainingRecipe(device=missing))
