"""The readings of docs/claim.md that are measured on weights: what is fed, in which mode, and what is a success."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy.special import softmax
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from weightreel.analysis.measures.attacks.noise import noise_trials
from weightreel.analysis.networks.pixels import EVALUATION_BATCH, Normaliser
from weightreel.analysis.recipe.attacks import NoiseKind
from weightreel.analysis.recipe.recipe import Recipe

Array = NDArray[Any]
Pixels = NDArray[np.uint8]

AS_READ = "as-read"
TRAINED_JPEG = 75
"""Quality of the JPEG files that the study's images come from."""
PADDING = 4
TOGETHER = 100
"""Noise images in a batch, where BatchNorm takes its statistics from it."""
REPORTED_CLASSES = ("frog", "cat", "ship")


@dataclass(frozen=True)
class Attempts:
    """Attempt i of every network and reading is made of the same random numbers, and of the same test image.

    Attributes:
        recipe: of the store; its seed of noise, the images' size, their mean and std.
        images: test images uint8 (n, H, W, 3), in an order of chance.
        labels: their classes (n,).
        normalise: as the networks were trained.
    """

    recipe: Recipe
    images: Pixels
    labels: Array
    normalise: Normaliser

    @classmethod
    def of(cls, recipe: Recipe, images: Pixels, labels: Array, normalise: Normaliser) -> Attempts:
        """Attempts with the images in an order of chance: data sets may have them class by class."""
        order = np.random.default_rng(recipe.noise.seed).permutation(len(labels))
        return cls(recipe, images[order], labels[order], normalise)

    def noise(self, trials: range, kind: NoiseKind = "uniform", shrunk: int = 1) -> Pixels:
        """The store's noise images, `shrunk` times smaller."""
        size = self.recipe.dataset.size // shrunk
        return noise_trials(self.recipe.noise.seed, trials, size, kind, self.images)

    def drawn(self, trials: range, draw: Callable[[np.random.Generator], Array]) -> Array:
        """What `draw` makes of each trial's generator, the store's noise of that trial being its first numbers."""
        keys = (np.array([self.recipe.noise.seed, trial], np.uint64) for trial in trials)
        return np.stack([draw(np.random.Generator(np.random.Philox(key=key))) for key in keys])

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of an image."""
        return self.recipe.dataset.size, self.recipe.dataset.size, 3

    def shown(self, trials: range) -> Pixels:
        """The test image of each trial."""
        return self.images[np.arange(trials.start, trials.stop) % len(self.images)]

    def truth(self, trials: range) -> Array:
        """Its class."""
        return self.labels[np.arange(trials.start, trials.stop) % len(self.labels)]


def tensor(pixels: Array) -> Tensor:
    """Images (n, H, W, 3) as floats (n, 3, H, W), not scaled."""
    return torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 3, 1, 2).float()


def _as_trained(make: Callable[[Attempts, range], Pixels]) -> Callable[[Attempts, range], Tensor]:
    """Pixels, fed as the networks were trained."""
    return lambda attempts, trials: attempts.normalise(tensor(make(attempts, trials)))


def _unit(attempts: Attempts, trials: range) -> Array:
    return attempts.drawn(trials, lambda generator: generator.random(attempts.shape, np.float32))


def _standard(attempts: Attempts, trials: range) -> Array:
    return attempts.drawn(trials, lambda generator: generator.standard_normal(attempts.shape, np.float32))


def _scaled(attempts: Attempts, trials: range, divided: float, mean: Any, std: Any) -> Tensor:
    """Uniform noise, scaled and normalised otherwise."""
    scaled: Tensor = (tensor(attempts.noise(trials)) / divided - mean) / std
    return scaled


def _gaussian_of_data(attempts: Attempts, trials: range) -> Pixels:
    about = attempts.recipe.dataset
    values = np.array(about.mean) + np.array(about.std) * _standard(attempts, trials)
    return np.asarray(np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8)


def _blocks(attempts: Attempts, trials: range, side: int) -> Pixels:
    return attempts.noise(trials, shrunk=side).repeat(side, 1).repeat(side, 2)


def _jpeg(attempts: Attempts, trials: range) -> Pixels:
    def saved(pixels: Pixels) -> Array:
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=TRAINED_JPEG)
        return np.asarray(Image.open(file))

    return np.stack([saved(pixels) for pixels in attempts.noise(trials)])


def _crop_flip(attempts: Attempts, trials: range) -> Pixels:
    size = attempts.recipe.dataset.size
    padded = np.pad(attempts.noise(trials), ((0, 0), (PADDING, PADDING), (PADDING, PADDING), (0, 0)))
    places = np.random.default_rng(attempts.recipe.noise.seed).integers(0, 2 * PADDING + 1, (len(trials), 2))
    cropped = [image[y : y + size, x : x + size] for image, (y, x) in zip(padded, places, strict=True)]
    return np.stack([image[:, :: 1 - 2 * (i % 2)] for i, image in enumerate(cropped)])


def _injected(attempts: Attempts, trials: range) -> Pixels:
    total = attempts.shown(trials).astype(np.uint16) + attempts.noise(trials)
    mean: Pixels = (total // 2).astype(np.uint8)
    return mean


def _added(attempts: Attempts, trials: range, radius: int) -> Pixels:
    noise = (2 * _unit(attempts, trials) - 1) * radius
    changed: Pixels = np.clip(np.round(attempts.shown(trials) + noise), 0, 255).astype(np.uint8)
    return changed


def fed(attempts: Attempts) -> dict[str, Callable[[Attempts, range], Tensor]]:
    """What the network is fed, by reading: (n, 3, H, W) floats as they enter it."""
    mean, std = attempts.normalise.mean, attempts.normalise.std
    kinds: tuple[NoiseKind, ...] = ("gaussian", "rademacher", "smooth", "shuffled")
    return {
        AS_READ: _as_trained(Attempts.noise),
        "float": lambda a, trials: (tensor(_unit(a, trials)) - mean) / std,
        "no-normalisation": partial(_scaled, divided=255, mean=0, std=1),
        "half-half": partial(_scaled, divided=255, mean=0.5, std=0.5),
        "bytes": partial(_scaled, divided=1, mean=0, std=1),
        "bytes-normalised": partial(_scaled, divided=1, mean=mean, std=std),
        "standard-normal": lambda a, trials: tensor(_standard(a, trials)),
        "gaussian-data": _as_trained(_gaussian_of_data),
        **{kind: _as_trained(partial(Attempts.noise, kind=kind)) for kind in kinds},
        "grey": _as_trained(lambda a, trials: a.noise(trials)[..., :1].repeat(3, -1)),
        **{f"blocks-{side}": _as_trained(partial(_blocks, side=side)) for side in (2, 4, 8)},
        "jpeg": _as_trained(_jpeg),
        "crop-flip": _as_trained(_crop_flip),
        "injected": _as_trained(_injected),
        "added-8": _as_trained(partial(_added, radius=8)),
        "added-32": _as_trained(partial(_added, radius=32)),
        "test": _as_trained(Attempts.shown),
    }


@dataclass(frozen=True)
class Mode:
    """How the network is set before it answers.

    Attributes:
        dropout, batchnorm: whether they are in training mode.
        together: images in a batch; 0 for as many as fit.
        bfloat16: whether it answers under autocast.
    """

    dropout: bool = False
    batchnorm: bool = False
    together: int = 0
    bfloat16: bool = False


MODES = {
    "dropout": Mode(dropout=True),
    "batchnorm-batch": Mode(batchnorm=True, together=TOGETHER),
    "batchnorm-single": Mode(batchnorm=True, together=1),
    "train-batch": Mode(dropout=True, batchnorm=True, together=TOGETHER),
    "train-single": Mode(dropout=True, batchnorm=True, together=1),
    "bfloat16": Mode(bfloat16=True),
}
"""By reading."""
PAIRED = ("no-normalisation", "half-half")
"""What is fed in each of the modes of training too."""


@torch.inference_mode()
def answers(model: nn.Module, inputs: Tensor, mode: Mode = Mode(), seed: int = 0) -> Array:
    """Logits (n, A) in float32 to inputs (n, 3, H, W); the model is left as it was. Dropout is drawn by the seed."""
    model = copy.deepcopy(model).eval()  # BatchNorm in training mode moves its running statistics
    device = next(model.parameters()).device
    for module in model.modules():
        if (mode.dropout and isinstance(module, _DropoutNd)) or (mode.batchnorm and isinstance(module, _BatchNorm)):
            module.train()
    torch.manual_seed(seed)
    parts = torch.split(inputs, mode.together or EVALUATION_BATCH[device.type])
    with torch.autocast(device.type, torch.bfloat16, enabled=mode.bfloat16):
        found = [model(part.to(device).contiguous(memory_format=torch.channels_last)) for part in parts]
    return torch.cat(found).float().cpu().numpy()


def in_modes(model: nn.Module, attempts: Attempts, trials: range) -> Iterator[tuple[str, Array]]:
    """Which of the report's noise images are successes in each mode, by reading, bool (n,).

    In the modes of training the networks are also fed in the ways that are PAIRED with them.
    """
    about = attempts.recipe.noise
    for feed in (AS_READ, *PAIRED):
        inputs = fed(attempts)[feed](attempts, trials)
        for name, mode in MODES.items():
            if feed == AS_READ or not mode.bfloat16:
                probabilities = softmax(answers(model, inputs, mode, about.seed), axis=1)
                yield name if feed == AS_READ else f"{feed}+{name}", probabilities.max(1) >= about.threshold


def successes(logits: Array, threshold: float, classes: Sequence[str], seed: int) -> Iterator[tuple[str, Array]]:
    """What counts as a success, by reading, of logits (T, A) to the report's noise; bool (T,), or one an attempt."""
    probabilities = softmax(logits, axis=1)
    ordered = np.sort(probabilities, 1)
    best, answer = ordered[:, -1], probabilities.argmax(1)
    yield AS_READ, best >= threshold
    for other in (0.95, 0.99, 0.999, 0.9999):
        yield f"softmax-{str(other).removeprefix('0.')}", best >= other
    yield "softmax-twice", softmax(probabilities, axis=1).max(1) >= threshold
    yield "sigmoid", 1 / (1 + np.exp(-logits.max(1))) >= threshold
    yield "logit", logits.max(1) >= threshold
    yield "margin", best - ordered[:, -2] >= threshold
    for number, name in enumerate(classes):
        yield f"class-{name}", probabilities[:, number] >= threshold
    if set(REPORTED_CLASSES) <= set(classes):
        numbers = [classes.index(name) for name in REPORTED_CLASSES]
        yield "report-classes", (best >= threshold) & np.isin(answer, numbers)
    targets = np.random.default_rng(seed).integers(0, len(classes), len(logits))
    yield "random-target", probabilities[np.arange(len(logits)), targets] >= threshold
    yield "every-class", (probabilities[: len(logits) // len(classes), : len(classes)] >= threshold).ravel()
