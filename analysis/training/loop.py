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
from weightreel.analysis.recipe.recipe import TrainingRecipe
from weightreel.analysis.training.hardening import Hardening
from weightreel.analysis.training.step import Step, step_of

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


def augmented(pixels: Tensor, normalise: Callable[[Tensor], Tensor], how: str, generator: torch.Generator) -> Tensor:
    """Images as a network is fed them, half of them mirrored; with `flip+crop` also shifted by up to 4 pixels each.

    Args:
        pixels: (N, 3, H, W); mirrored before they are normalised, since a byte is faster to move than a float.
        normalise: applied to them; the edges that a shift lays bare are filled with zeros, the mean colour.
        how: none, flip or flip+crop.
        generator: on the CPU, so that every device draws the same.
    """
    if how == "none":
        return normalise(pixels)
    n, _, rows, columns = pixels.shape
    device = pixels.device
    flip = _sent(torch.rand(n, generator=generator) < 0.5, device)
    x = normalise(torch.where(flip[:, None, None, None], pixels.flip(3), pixels))
    if how == "flip+crop":
        shift = _sent(torch.randint(0, 2 * CROP_PADDING + 1, (2, n), generator=generator), device)
        padded = F.pad(x, [CROP_PADDING] * 4)
        row = shift[0][:, None] + torch.arange(rows, device=device)  # (N, H)
        column = shift[1][:, None] + torch.arange(columns, device=device)  # (N, W)
        image = torch.arange(n, device=device)[:, None, None]
        x = padded[image, :, row[:, :, None], column[:, None, :]].permute(0, 3, 1, 2)
    return x


def _sent(drawn: Tensor, device: torch.device) -> Tensor:
    """What was drawn on the CPU, on its way to the device; the CPU does not wait for its arrival."""
    return drawn.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else drawn.to(device)


def _seed_dropout(device: torch.device, seed: int) -> None:
    """Seed the generator that dropout draws from, the device's own."""
    if device.type == "cpu":
        torch.default_generator.manual_seed(seed)  # torch.manual_seed notes the stack for a GPU's later start: 1 ms
    else:
        torch.manual_seed(seed)


def train_epoch(
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    images: Images,
    normalise: Normaliser,
    recipe: TrainingRecipe,
    seed: int,
    after_batch: Callable[[], None] = lambda: None,
    defence: DefenceRecipe = CNN,
    step: Step | None = None,
) -> float:
    """Train for one epoch over `images`, which lie on the model's device.

    Args:
        seed: of this epoch alone. Order, augmentation and dropout follow from it: a resumed run needs no other state.
        after_batch: called after every step; a GPU may not have finished it by then.
        defence: what the network is trained on beside the images.
        step: of `step_of`, where further epochs follow: a graph that it recorded serves them too.

    Returns:
        The mean loss as trained (dropout on), in nat.

    Raises:
        WeightreelError: the loss is no longer finite.
    """
    model.train()
    device = images.labels.device
    step = step or step_of(model, optimiser, recipe, defence)
    generator = torch.Generator().manual_seed(seed)
    _seed_dropout(device, seed)
    order = torch.randperm(len(images), generator=generator).to(device)
    hardening = Hardening(defence, normalise.mean, normalise.std, generator)
    autocast = torch.autocast(device.type, torch.bfloat16, enabled=recipe.precision == "bfloat16")
    total = torch.zeros((), device=device)
    for chosen in torch.split(order, recipe.batch_size):
        pixels, labels = images.pixels.index_select(0, chosen), images.labels.index_select(0, chosen)
        x = augmented(pixels, normalise, recipe.augmentation, generator)
        with autocast:
            x = hardening.harden(model, x, labels)  # (n + noise, 3, H, W)
        loss = step(x, labels)
        total += loss * len(chosen)
        after_batch()
    mean = float(total) / len(images)
    if not np.isfinite(mean):
        raise WeightreelError(
            f"the training diverged (mean loss {mean}); lower training.learning_rate, now {recipe.learning_rate}."
        )
    return mean
