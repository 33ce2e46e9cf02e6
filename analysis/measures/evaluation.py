"""How well a network answers images: loss, accuracy, confusion, and its answers one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from weightreel.analysis.datasets import Images
from weightreel.analysis.networks.pixels import Normaliser, logits_of

Array = NDArray[Any]


@dataclass(frozen=True)
class Evaluation:
    """Mean loss in nat, accuracy, and the confusion matrix (C, C): rows true, columns predicted.

    Images answered with "nothing" are in no column.
    """

    loss: float
    accuracy: float
    confusion: NDArray[np.int64]

    def by_path(self, part: str, *, confusion: bool = True) -> dict[str, Array]:
        """What is kept of it, by path below a run.

        Args:
            part: which images: train, validation or test.
            confusion: whether the confusion matrix is kept too.
        """
        found = {f"{part}/loss": np.asarray(self.loss), f"{part}/accuracy": np.asarray(self.accuracy)}
        return found | ({f"{part}/confusion": self.confusion} if confusion else {})


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


def on_test_images(logits: Tensor, labels: Tensor, classes: int) -> dict[str, Array]:
    """All that is kept of the answers to the test images, by path below a run; arguments as `evaluation_of`."""
    return evaluation_of(logits, labels, classes).by_path("test") | outcomes(logits, labels)


def validated(record: Mapping[str, Array]) -> tuple[float, float]:
    """Accuracy and loss on the validation images, from what was recorded of an epoch by path below its run."""
    return float(record["validation/accuracy"]), float(record["validation/loss"])


def outcomes(logits: Tensor, labels: Tensor) -> dict[str, Array]:
    """What the network answers to every test image, from logits (N, A) and labels (N,)."""
    probabilities = logits.softmax(1)
    confidence, prediction = probabilities.max(1)
    found = {"label": labels, "prediction": prediction, "confidence": confidence}
    return {f"test/{key}": value.cpu().numpy() for key, value in found.items()}
