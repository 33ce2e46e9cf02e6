"""A network as attacks see it: pixels in, answers out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from weightreel.analysis.recipe.recipe import DatasetRecipe

Array = NDArray[Any]

EVALUATION_BATCH = {"cpu": 125, "cuda": 1000, "mps": 500}
"""Images evaluated together; on a processor, activations that leave its caches cost a quarter of the rate."""


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


@torch.inference_mode()
def logits_of(model: nn.Module, pixels: Tensor, normalise: Normaliser) -> Tensor:
    """Logits (N, C) in float32 of uint8 pixels (N, 3, H, W), in evaluation mode."""
    model.eval()
    batch = EVALUATION_BATCH[pixels.device.type]
    return torch.cat([model(normalise(part)) for part in torch.split(pixels, batch)])


@dataclass(frozen=True)
class Network:
    """A model in evaluation mode behind the normalisation of its pixels.

    Attributes:
        model: takes normalised images (N, 3, H, W) to logits (N, A), A = classes, or one more for "nothing".
        normalise: mean and std of the pixels.
        classes: number of real classes.
    """

    model: nn.Module
    normalise: Normaliser
    classes: int

    @property
    def device(self) -> torch.device:
        """Where the normalisation lies, and the model with it."""
        return self.normalise.mean.device

    @property
    def batch(self) -> int:
        """Images that are answered together."""
        return EVALUATION_BATCH[self.device.type]

    def logits(self, x: Tensor) -> Tensor:
        """Logits (N, A) of images in [0,1], (N, 3, H, W) float, on the device. Can be differentiated."""
        self.model.eval()
        x = x.contiguous(memory_format=torch.channels_last)
        return self.model((x - self.normalise.mean) / self.normalise.std)  # type: ignore[no-any-return]

    def whole(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Softmax probabilities of all answers (N, A) to pixels (N, H, W, 3)."""
        tensor = torch.from_numpy(pixels).permute(0, 3, 1, 2).to(self.device)
        return logits_of(self.model, tensor, self.normalise).softmax(1).cpu().numpy()

    def answer(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The probabilities of the real classes (N, C); what is missing to 1 went to "nothing"."""
        return self.whole(pixels)[:, : self.classes]

    def tensor(self, pixels: Array) -> Tensor:
        """Pixels (N, H, W, 3), uint8 or in [0,1], as images (N, 3, H, W) float in [0,1] on the device."""
        x = torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 3, 1, 2).to(self.device, torch.float32)
        return (x / 255 if pixels.dtype == np.uint8 else x).contiguous(memory_format=torch.channels_last)

    def batches(self, *arrays: Array) -> Iterator[tuple[Array, ...]]:
        """Parts of equally long arrays, each of at most as many rows as are answered together."""
        for start in range(0, len(arrays[0]), self.batch):
            yield tuple(array[start : start + self.batch] for array in arrays)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Without gradients of parameters, which would cost a third of a step; the model is left as it was found."""
        learning = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        mode = self.model.training
        self.model.eval()
        try:
            for parameter in learning:
                parameter.requires_grad_(False)
            yield
        finally:
            for parameter in learning:
                parameter.requires_grad_(True)
            self.model.train(mode)


def images_of(x: Tensor) -> NDArray[np.float32]:
    """Images (N, 3, H, W) as an array (N, H, W, 3)."""
    return np.ascontiguousarray(x.detach().permute(0, 2, 3, 1).cpu().numpy())
