"""Brute-force attacks: noise of several kinds, and what the network takes it for. The uniform one is the report's."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.measures.attacks.place import batchnorm_names, place_of_noise
from weightreel.analysis.measures.attacks.probe import Array, Probe, Record, Targets, Task, as_json, register
from weightreel.analysis.networks.pixels import Network
from weightreel.analysis.recipe.attacks import KINDS, NoiseKind
from weightreel.analysis.recipe.recipe import Recipe
from weightreel.analysis.store.schema.fields import AttackKind

Pixels = NDArray[np.uint8]

NAMES: dict[NoiseKind, str] = {kind: f"{kind}-noise" for kind in KINDS} | {"shuffled": "shuffled-pixels"}
"""Attacks by kind of noise, as the store calls them."""

PLACE_NOISE, PLACE_IMAGES = 256, 500
"""Noise and validation images of which features are taken at every epoch."""
MEAN, STD = 0.5, 0.25
"""Mean and standard deviation of Gaussian and smooth noise, pixels in [0,1], before it is clipped."""
CUTOFF = 4
"""Smooth noise has no wave shorter than the image's side over this."""

METHODS: dict[NoiseKind, str] = {
    "uniform": "uniform noise through uint8, as in the report: (rand · 255) truncated to 0 … 254",
    "gaussian": "Gaussian noise around mid-grey, clipped and rounded to uint8",
    "rademacher": "every value black or white (0 or 255) with equal chance",
    "smooth": "Gaussian noise without its high frequencies, clipped and rounded to uint8",
    "shuffled": "the pixels of a test image in random order, colours kept together",
}
PARAMETERS: dict[NoiseKind, dict[str, Any]] = {
    "uniform": {"distribution": "uniform", "low": 0, "high": 254, "unit": "1/255"},
    "gaussian": {"distribution": "normal", "mean": MEAN, "std": STD},
    "rademacher": {"distribution": "rademacher", "low": 0, "high": 255, "unit": "1/255"},
    "smooth": {"distribution": "low-pass normal", "mean": MEAN, "std": STD, "cutoff": CUTOFF},
    "shuffled": {"distribution": "permutation", "of": "test images"},
}


@dataclass(frozen=True)
class Outcome:
    """Answers to trials: predicted class (T,) and its softmax probability (T,)."""

    prediction: NDArray[np.uint8]
    confidence: NDArray[np.float32]


def noise_trials(
    seed: int, trials: range, size: int, kind: NoiseKind = "uniform", source: Pixels | None = None, channels: int = 3
) -> Pixels:
    """Noise images; uniform ones as the report makes them: `(rand(H, W, 3) * 255).astype(uint8)`.

    Trial i of a kind depends on (seed, i) alone (a counter-based generator, Philox, keyed by both), so that every epoch
    and network answers the same images, in whatever batches.

    Args:
        seed: of all trials.
        trials: their numbers.
        size: rows and columns.
        kind: of noise.
        source: images (n, size, size, K) whose pixels are shuffled, image i mod n for trial i; needed by that kind.
        channels: K, 3 colours or 1 of grey.

    Returns:
        Pixels, shape (len(trials), size, size, K).

    Raises:
        ValueError: pixels are to be shuffled, and there are none.
    """
    if kind == "shuffled" and (source is None or not len(source)):
        raise ValueError("shuffled pixels need images to take them from")
    pixels = np.empty((len(trials), size, size, channels), np.uint8)
    for row, trial in enumerate(trials):
        generator = np.random.Generator(np.random.Philox(key=np.array([seed, trial], np.uint64)))
        pixels[row] = _draw(generator, kind, pixels.shape[1:], None if source is None else source[trial % len(source)])
    return pixels


def _draw(
    generator: np.random.Generator, kind: NoiseKind, shape: tuple[int, ...], source: Pixels | None
) -> NDArray[Any]:
    """One image of that shape, in what uint8 truncates to the values that are meant."""
    if kind == "rademacher":
        return generator.integers(0, 2, shape, dtype=np.uint8) * np.uint8(255)
    if kind == "gaussian":
        return _rounded(MEAN + STD * generator.standard_normal(shape, dtype=np.float32))
    if kind == "smooth":
        return _rounded(MEAN + STD * _low_pass(generator.standard_normal(shape, dtype=np.float32)))
    if kind == "shuffled":
        assert source is not None
        return generator.permutation(source.reshape(-1, shape[-1])).reshape(shape)
    return generator.random(shape, dtype=np.float32) * np.float32(255)


def _rounded(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Values in [0,1] as pixels, clipped; halves are added because uint8 truncates."""
    return np.clip(values, 0, 1) * 255 + np.float32(0.5)


def _low_pass(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Noise (H, W, K) with no more than CUTOFF waves along a side, mean 0 and standard deviation 1 a colour."""
    waves = np.fft.fftfreq(len(values), 1 / len(values))
    kept = np.hypot(waves[:, None], waves[None]) <= CUTOFF
    smooth = np.fft.ifft2(np.fft.fft2(values, axes=(0, 1)) * kept[..., None], axes=(0, 1)).real
    centred = smooth - smooth.mean((0, 1))
    scaled: NDArray[np.float32] = (centred / np.maximum(centred.std((0, 1)), 1e-12)).astype(np.float32)
    return scaled


def outcome_of(probabilities: NDArray[np.float32]) -> Outcome:
    """Predicted class and confidence of softmax probabilities (T, A)."""
    prediction = probabilities.argmax(1)
    confidence = np.take_along_axis(probabilities, prediction[:, None], 1)[:, 0]
    return Outcome(prediction.astype(np.uint8), confidence)


def most_confident(outcome: Outcome, threshold: float, n: int, classes: int) -> NDArray[np.int64]:
    """Trial numbers of the n most confident successes, most confident first; fewer where there are fewer.

    An answer beyond the `classes`, that there is nothing, is no success.
    """
    successes = np.flatnonzero((outcome.confidence >= threshold) & (outcome.prediction < classes))
    return successes[np.argsort(-outcome.confidence[successes], kind="stable")][:n]


@register
class NoiseProbe(Probe):
    """Answers to noise of every kind: to the first trials at every epoch, to all at the last."""

    name = "noise"
    order = 0

    def __init__(self, recipe: Recipe, targets: Targets) -> None:
        super().__init__(recipe, targets)
        about, self.wanted = recipe.noise, True
        others = max(about.preview, min(about.history, about.history_of_others))
        self.history = {
            kind: self._trials(kind, range(about.history if kind == "uniform" else others)) for kind in about.kinds
        }

    def fixed(self) -> Record:
        """The first trials, as they are looked at."""
        return {
            f"attacks/{NAMES[kind]}/preview/pixels": trials[: self.recipe.noise.preview]
            for kind, trials in self.history.items()
        }

    def epoch(self, network: Network) -> Record:
        """Answers to the first trials, and where uniform noise lies among the images."""
        found: Record = {}
        for kind, trials in self.history.items():
            at, probabilities = f"attacks/{NAMES[kind]}", network.whole(trials)
            outcome = outcome_of(probabilities)
            found |= {
                f"{at}/history/prediction": outcome.prediction,
                f"{at}/history/confidence": outcome.confidence,
                f"{at}/preview/probabilities": probabilities[: self.recipe.noise.preview, : network.classes],
            }
            if kind == "uniform":
                pixels, labels = (part[:PLACE_IMAGES] for part in self.targets.validation)
                place = place_of_noise(network, trials[:PLACE_NOISE], pixels, labels)
                found |= {f"{at}/place/{key}": value for key, value in place.items()}
        return found

    def final(self) -> dict[str, Task]:
        """All trials, a kind at a time."""
        return {NAMES[kind]: partial(self._all, kind=kind) for kind in self.recipe.noise.kinds}

    def described(self, network: Network) -> dict[str, dict[str, Any]]:
        """How the noise of each kind is made."""
        about = self.recipe.noise
        found: dict[str, dict[str, Any]] = {
            f"attacks/{NAMES[kind]}": {
                "kind": AttackKind.NOISE.value,
                "method": METHODS[kind],
                "parameters": as_json(PARAMETERS[kind]),
                "seed": about.seed,
                "threshold": about.threshold,
            }
            for kind in about.kinds
        }
        if "uniform" in about.kinds:
            found[f"attacks/{NAMES['uniform']}/place"] = {"batchnorms": as_json(batchnorm_names(network.model))}
        return found

    def owns(self, path: str, kind: AttackKind | None) -> bool:
        """All noise that has a kind here."""
        return path.removeprefix("attacks/") in NAMES.values()

    def _trials(self, kind: NoiseKind, trials: range) -> Pixels:
        about = self.recipe.dataset
        return noise_trials(self.recipe.noise.seed, trials, about.size, kind, self.targets.test[0], about.channels)

    def _all(self, network: Network, kind: NoiseKind) -> dict[str, Array]:
        about, at = self.recipe.noise, f"attacks/{NAMES[kind]}"
        size, channels = self.recipe.dataset.size, self.recipe.dataset.channels
        probabilities = network.whole(self._trials(kind, range(about.trials)))
        outcome = outcome_of(probabilities)
        chosen = most_confident(outcome, about.threshold, about.gallery, network.classes)
        pixels = [self._trials(kind, range(int(i), int(i) + 1)) for i in chosen]
        return {
            f"{at}/prediction": outcome.prediction,
            f"{at}/confidence": outcome.confidence,
            f"{at}/gallery/pixels": np.concatenate([np.zeros((0, size, size, channels), np.uint8), *pixels]),
            f"{at}/gallery/trial": chosen,
            f"{at}/gallery/probabilities": probabilities[chosen, : network.classes],
        }
