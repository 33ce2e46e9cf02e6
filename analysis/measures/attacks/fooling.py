"""Fooling images: noise, changed until the network is sure of a class (after Nguyen, Yosinski and Clune 2015)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.measures.attacks.probe import Probe, Record, Targets, Task, as_json, register
from weightreel.analysis.networks.pixels import Network, images_of
from weightreel.analysis.recipe.recipe import Recipe
from weightreel.analysis.store.schema.fields import AttackKind

STEP = 0.5
"""L2 length of a step of the ascent, pixels in [0,1]."""
SHORTEST = 1e-30
"""A shorter gradient counts as none: the image stays where it is."""
METHOD = "gradient ascent from uniform noise to the target's confidence, in steps of one L2 length"


@dataclass(frozen=True)
class Fooling:
    """Images for T target classes.

    Attributes:
        start: noise at which each ascent begins, uint8 (T, H, W, 3).
        pixels: where it ends, uint8 (T, H, W, 3).
        prediction: answer to it (T,).
        confidence: softmax probability of that answer, to the uint8 image (T,).
        steps: steps taken (T,).
        path: confidence in the target after 0, 1, … steps, the last repeated (T, steps + 1).
    """

    start: NDArray[np.uint8]
    pixels: NDArray[np.uint8]
    prediction: NDArray[np.uint8]
    confidence: NDArray[np.float32]
    steps: NDArray[np.int64]
    path: NDArray[np.float32]


def parameters(steps: int) -> dict[str, Any]:
    """What the store says of the method."""
    return {"steps": steps, "step_size": STEP, "norm": "l2", "start": "uniform noise"}


def fooling_images(
    network: Network,
    targets: Sequence[int],
    size: int,
    confidence: float,
    steps: int,
    seed: int,
    channels: int = 3,
) -> Fooling:
    """Ascend from noise to each target class until its image, rounded to uint8, is answered with `confidence`.

    Args:
        network: what is fooled.
        targets: classes, T of them.
        size: rows and columns.
        confidence: softmax probability of the target to be reached.
        steps: most steps.
        seed: of the noise; that of a target depends on (seed, target) alone.
        channels: 3 colours, or 1 of grey.
    """
    start = np.stack([_noise(seed, target, size, channels) for target in targets])
    x, aims = network.tensor(start), torch.tensor(list(targets), device=network.device)
    going = torch.arange(len(aims), device=aims.device)
    prediction, certainty = torch.empty_like(aims), x.new_empty(len(aims))
    taken, path = torch.zeros_like(aims), x.new_empty((len(aims), steps + 1))
    with network.held():
        for step in range(steps + 1):
            # The pass that asks whether the rounded image is sure enough also says where to go from there.
            leaf, aim = _rounded(x[going]).requires_grad_(True), aims[going]
            logits = network.logits(leaf)
            probabilities = logits.detach().softmax(1)
            reached = probabilities.gather(1, aim[:, None])
            path[going, step:] = reached  # the last stays
            certainty[going], prediction[going] = probabilities.max(1)
            on = reached[:, 0] < confidence
            if step == steps or not on.any():
                break
            (slope,) = torch.autograd.grad(F.cross_entropy(logits, aim, reduction="sum"), leaf)
            length = slope.flatten(1).norm(dim=1).clamp_min(SHORTEST)[:, None, None, None]
            moved = (x[going] - STEP * slope / length).clamp(0, 1)
            going = going[on]
            x[going] = moved[on]
            taken[going] += 1
    return Fooling(
        start,
        np.round(images_of(x) * 255).astype(np.uint8),
        prediction.cpu().numpy().astype(np.uint8),
        certainty.cpu().numpy(),
        taken.cpu().numpy(),
        path.cpu().numpy(),
    )


def _noise(seed: int, target: int, size: int, channels: int) -> NDArray[np.uint8]:
    generator = np.random.Generator(np.random.Philox(key=np.array([seed, target], np.uint64)))
    return generator.integers(0, 256, (size, size, channels), dtype=np.uint8)


def _rounded(x: torch.Tensor) -> torch.Tensor:
    """As a picture file would keep it."""
    return (x * 255).round() / 255


@register
class FoolingProbe(Probe):
    """Images that are answered with each class, at the last epoch."""

    name = "fooling"
    order = 3
    last_epoch_alone = True

    def __init__(self, recipe: Recipe, targets: Targets) -> None:
        super().__init__(recipe, targets)
        self.aims = aims(recipe, targets.classes)
        self.wanted = bool(self.aims)

    def final(self) -> dict[str, Task]:
        """The ascents."""
        return {"fooling": self._ascend}

    def described(self, network: Network) -> dict[str, dict[str, Any]]:
        """How they are made."""
        about = self.recipe.fooling
        return {
            "attacks/fooling": {
                "kind": AttackKind.FOOLING.value,
                "method": METHOD,
                "parameters": as_json(parameters(about.steps)),
                "seed": about.seed,
                "threshold": about.confidence,
            }
        }

    def _ascend(self, network: Network) -> Record:
        about = self.recipe.fooling
        size, channels = self.recipe.dataset.size, self.recipe.dataset.channels
        found = fooling_images(network, self.aims, size, about.confidence, about.steps, about.seed, channels)
        return {
            f"attacks/fooling/{key}": value
            for key, value in {
                "target": np.asarray(self.aims),
                "start": found.start,
                "pixels": found.pixels,
                "steps": found.steps,
                "prediction": found.prediction,
                "confidence": found.confidence,
                "path/confidence": found.path,
            }.items()
        }


def aims(recipe: Recipe, classes: tuple[str, ...]) -> list[int]:
    """Numbers of the classes that fooling images aim at.

    Raises:
        WeightreelError: the recipe names a class that does not exist.
    """
    wanted = classes if recipe.fooling.classes is None else recipe.fooling.classes
    for name in wanted:
        if name not in classes:
            raise WeightreelError(
                f"fooling.classes names {name!r}, and there is no such class; there are: {', '.join(classes)}."
            )
    return [classes.index(name) for name in wanted]
