"""The way that PGD takes from an image to its wrong answer, step by step."""

from __future__ import annotations

from typing import Any

import eagerpy
import foolbox
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from weightreel.analysis.measures.attacks.gradient import REACH, Array, foolbox_model, misclassified, probabilities_of
from weightreel.analysis.networks.pixels import Network, images_of

LEVELS = 127
"""Steps of a signed byte in which a perturbation is kept, 0 to epsilon."""


def attack_path(
    network: Network, images: Array, labels: Array, epsilon: float, steps: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The way of PGD in L∞, from the clean image without a random start: foolbox's own steps, one at a time.

    Args:
        network: what is attacked.
        images: pixels (n, H, W, 3), uint8 or in [0,1].
        labels: true classes (n,).
        epsilon: radius.
        steps: how many.

    Returns:
        Perturbations (n, steps + 1, H, W, 3) in [-epsilon, epsilon], and probabilities of the real classes
        (n, steps + 1, C), after 0, 1, … steps.
    """
    x0, way = network.tensor(images), list[Tensor]()
    attack = foolbox.attacks.LinfPGD(abs_stepsize=REACH * epsilon / steps, steps=steps, random_start=False)

    def noting(loss: Any, x: Any) -> Any:
        way.append(x.raw)
        return eagerpy.value_and_grad(loss, x)

    attack.value_and_grad = noting  # foolbox shows no step, but asks for the gradient at each
    with network.held():
        way.append(attack.run(foolbox_model(network), x0, misclassified(network, labels), epsilon=epsilon))
        probabilities = torch.stack([probabilities_of(network, x) for x in way], 1)[..., : network.classes]
    return np.stack([images_of(x - x0) for x in way], 1), probabilities.cpu().numpy()


def quantised(perturbations: NDArray[np.float32], epsilon: float) -> NDArray[np.int8]:
    """Perturbations in units of epsilon / LEVELS, off by half a unit at most."""
    return np.round(perturbations / epsilon * LEVELS).astype(np.int8)
