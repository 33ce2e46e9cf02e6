"""Input gradients: how the loss of an image depends on each of its pixels (Simonyan, Vedaldi and Zisserman 2014)."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from weightreel.analysis.measures.attacks.probe import Probe, Record, Targets, register
from weightreel.analysis.networks.pixels import Network, images_of
from weightreel.analysis.recipe.recipe import Recipe
from weightreel.analysis.store.schema.fields import AttackKind

Array = NDArray[Any]

LEVELS = 127
"""Steps of a signed byte in which a gradient is kept, 0 to its largest entry."""


def input_gradients(network: Network, pixels: NDArray[np.uint8], labels: Array) -> NDArray[np.float32]:
    """Gradient of the cross-entropy at the true label by pixels in [0,1], in nat.

    Args:
        network: whose loss it is.
        pixels: images (n, H, W, 3).
        labels: true classes (n,).

    Returns:
        Shape (n, H, W, 3).
    """
    x = network.tensor(pixels).requires_grad_(True)
    target = torch.from_numpy(np.asarray(labels)).to(network.device).long()
    with network.held():
        (slope,) = torch.autograd.grad(F.cross_entropy(network.logits(x), target, reduction="sum"), x)
    return images_of(slope)


def quantised(gradients: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Gradients (n, H, W, 3) as signed bytes, and the unit of each (n,); both 0 where a gradient vanishes."""
    scale = np.abs(gradients).max((1, 2, 3)) / np.float32(LEVELS)
    scale[scale < np.finfo(np.float32).tiny] = 0  # too small to be divided by
    unit = np.where(scale > 0, scale, np.float32(np.inf))[:, None, None, None]
    return np.round(gradients / unit).astype(np.int8), scale


@register
class SaliencyProbe(Probe):
    """Input gradients of the example images, at every epoch."""

    name = "saliency"
    order = 1

    def __init__(self, recipe: Recipe, targets: Targets) -> None:
        super().__init__(recipe, targets)
        self.n_examples = min(recipe.gradient.examples, len(targets.examples[0]))
        self.wanted = self.n_examples > 0 and recipe.gradient.saliency_epochs > 0

    def fixed(self) -> Record:
        """Which examples are looked at."""
        return {"saliency/example": np.arange(self.n_examples)}

    def epoch(self, network: Network) -> Record:
        """Their input gradients."""
        pixels, labels = (part[: self.n_examples] for part in self.targets.examples)
        steps, scale = quantised(input_gradients(network, pixels, labels))
        return {"saliency/gradient": steps, "saliency/scale": scale}

    def owns(self, path: str, kind: AttackKind | None) -> bool:
        """The group of input gradients, which is no attack."""
        return path == "saliency"
