"""One training loop, readable from top to bottom. It knows nothing of the store."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from analysis.datasets import Images
from analysis.errors import WeightreelError
from analysis.hardening import Hardening
from analysis.recipe import DatasetRecipe, TrainingRecipe
from analysis.recipe_defence import CNN, DefenceRecipe
from analysis.step import Step, step_of

EVALUATION_BATCH = {"cpu": 125, "cuda": 1000, "mps": 500}
"""Images evaluated together; on a processor, activations that leave its caches cost a quarter of the rate."""
CROP_PADDING = 4


@dataclass(frozen=True)
class Evaluation:
    """Mean loss in nat, accuracy, and the confusion matrix (C, C): rows true, columns predicted.

    Images answered with "nothing" are in no column.
    """

    loss: float
    accuracy: float
    confusion: NDArray[np.int64]


@dataclass(frozen=True)
class Normaliser:
    """Takes uint8 pixels (N, 3, H, W) to what the network is fed: [0,1], then mean and std, channels last."""

    mean: Tensor
    std: Tensor

    @classmethod
    def of(cls, recipe: DatasetRecipe, device: torch.device) -> Normaliser:
        """The recipe's mean and std as (3, 1, 1) tensors."""
        mean, std = (torch.tensor(v, device=device)[:, None, None] for v in (recipe.mean, recipe.std))
        return cls(mean, std)

    def __call__(self, pixels: Tensor) -> Tensor:
        x = pixels.float().div_(255).sub_(self.mean).div_(self.std)  # channels first: long rows of one colour
        return x.contiguous(memory_format=torch.channels_last)


def choose_device(recipe: TrainingRecipe) -> torch.device:
    """The device that the recipe asks for, put into a mode in which the same seed gives the same numbers.

    Raises:
        WeightreelError: the device is not there.
    """
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if recipe.device == "auto":
        name = next(n for n in ("cuda", "mps", "cpu") if there[n])
    else:
        name = recipe.device
        if not there[name]:
            raise WeightreelError(f"training.device = {name!r}, but PyTorch finds none; set it to 'auto' or 'cpu'.")
    if name == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS repeats its sums only with this
        torch.backends.cudnn.benchmark = False
        torch.backends.cudnn.allow_tf32 = False
        torch.use_deterministic_algorithms(True)
        # Else it fills each new tensor, a kernel more; nothing of ours reads one before writing it.
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    elif recipe.threads:
        torch.set_num_threads(recipe.threads)
    return torch.device(name)


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


@torch.inference_mode()
def logits_of(model: nn.Module, pixels: Tensor, normalise: Normaliser) -> Tensor:
    """Logits (N, C) in float32 of uint8 pixels (N, 3, H, W), in evaluation mode."""
    model.eval()
    batch = EVALUATION_BATCH[pixels.device.type]
    return torch.cat([model(normalise(part)) for part in torch.split(pixels, batch)])


def evaluate(model: nn.Module, images: Images, normalise: Normaliser, classes: int) -> Evaluation:
    """Loss, accuracy and confusion matrix over `images`, in evaluation mode."""
    return evaluation_of(logits_of(model, images.pixels, normalise), images.labels, classes)


def evaluation_of(logits: Tensor, labels: Tensor, classes: int) -> Evaluation:
    """Loss, accuracy and confusion matrix of logits (N, A), A = classes or one more; that one is always wrong."""
    loss = float(F.cross_entropy(logits, labels))
    answer, answers = logits.argmax(1), logits.shape[1]
    counts = torch.bincount(labels * answers + answer, minlength=classes * answers).reshape(classes, answers)
    confusion = counts[:, :classes].cpu().numpy()
    return Evaluation(loss, float((answer == labels).float().mean()), confusion)
