"""One training loop, readable from top to bottom. It knows nothing of the store."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from weightreel.analysis.datasets import Images
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.networks.pixels import Normaliser
from weightreel.analysis.recipe.defence import CNN, DefenceRecipe
from weightreel.analysis.recipe.experiment import TrainingRecipe
from weightreel.analysis.training.hardening import Hardening

CROP_PADDING = 4


def optimiser_of(model: nn.Module, recipe: TrainingRecipe) -> torch.optim.SGD:
    """The report's SGD with momentum."""
    return torch.optim.SGD(
        model.parameters(), lr=recipe.learning_rate, momentum=recipe.momentum, weight_decay=recipe.weight_decay
    )


def scheduler_of(optimiser: torch.optim.SGD, recipe: TrainingRecipe) -> torch.optim.lr_scheduler.ReduceLROnPlateau:
    """The report's ReduceLROnPlateau(mode='min'), stepped on the validation loss."""
    return torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimiser, mode="min", patience=recipe.patience, factor=recipe.factor
    )


def augment(x: Tensor, how: str, generator: torch.Generator) -> Tensor:
    """Mirror half of the images; with `flip+crop` also shift each by up to 4 pixels, edges filled with zeros.

    Args:
        x: normalised images (N, 3, H, W); zero is the mean colour.
        how: none, flip or flip+crop.
        generator: on the CPU, so that every device draws the same.
    """
    if how == "none":
        return x
    n, _, rows, columns = x.shape
    flip = (torch.rand(n, generator=generator) < 0.5).to(x.device)
    x = torch.where(flip[:, None, None, None], x.flip(3), x)
    if how == "flip+crop":
        shift = torch.randint(0, 2 * CROP_PADDING + 1, (2, n), generator=generator).to(x.device)
        padded = F.pad(x, [CROP_PADDING] * 4)
        row = shift[0][:, None] + torch.arange(rows, device=x.device)  # (N, H)
        column = shift[1][:, None] + torch.arange(columns, device=x.device)  # (N, W)
        image = torch.arange(n, device=x.device)[:, None, None]
        x = padded[image, :, row[:, :, None], column[:, None, :]].permute(0, 3, 1, 2)
    return x


def train_epoch(
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    images: Images,
    normalise: Normaliser,
    recipe: TrainingRecipe,
    seed: int,
    after_batch: Callable[[], None] = lambda: None,
    defence: DefenceRecipe = CNN,
) -> float:
    """Train for one epoch over `images`, which lie on the model's device.

    Args:
        seed: of this epoch alone. Order, augmentation and dropout follow from it: a resumed run needs no other state.
        after_batch: called after every step.
        defence: what the network is trained on beside the images.

    Returns:
        The mean loss as trained (dropout on), in nat.

    Raises:
        WeightreelError: the loss is no longer finite.
    """
    model.train()
    device = images.labels.device
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)  # dropout draws from the device's own generator
    order = torch.randperm(len(images), generator=generator).to(device)
    hardening = Hardening(defence, normalise.mean, normalise.std, generator)
    total = torch.zeros((), device=device)
    for chosen in torch.split(order, recipe.batch_size):
        x, labels = augment(normalise(images.pixels[chosen]), recipe.augmentation, generator), images.labels[chosen]
        with torch.autocast(device.type, torch.bfloat16, enabled=recipe.precision == "bfloat16"):
            x = hardening.with_noise(hardening.disturbed(model, x, labels))  # (n + noise, 3, H, W)
            logits = model(x)
        loss = hardening.loss(logits.float(), labels)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        hardening.after_step(model)
        total += loss.detach() * len(chosen)
        after_batch()
    mean = float(total) / len(images)
    if not np.isfinite(mean):
        raise WeightreelError(
            f"the training diverged (mean loss {mean}); lower training.learning_rate, now {recipe.learning_rate}."
        )
    return mean
