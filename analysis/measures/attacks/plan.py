"""Every attack of a recipe on a network: what is measured at each epoch, and what once, at the last."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from weightreel.analysis.datasets import Dataset, Images
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.measures.attacks import fooling, gradient, noise, saliency, smoothing
from weightreel.analysis.measures.attacks.place import batchnorm_names, place_of_noise
from weightreel.analysis.networks.pixels import Network
from weightreel.analysis.recipe.attacks import NoiseKind
from weightreel.analysis.recipe.experiment import Recipe
from weightreel.analysis.store.schema.paths import AttackKind

Array = NDArray[Any]
Task = Callable[[Network], dict[str, Array]]

Stage = Literal["noise", "saliency", "gradient", "fooling", "certificates"]
STAGES: tuple[Stage, ...] = get_args(Stage)

PLACE_NOISE, PLACE_IMAGES = 256, 500
"""Noise and validation images of which features are taken at every epoch."""
COPIES = 12
"""Noisy copies of one image that are kept to be looked at."""
UNIFORM = noise.NAMES["uniform"]


@dataclass(frozen=True)
class Targets:
    """Images that are attacked, pixels uint8 (n, H, W, 3) and labels (n,)."""

    classes: tuple[str, ...]
    test: tuple[Array, Array]
    validation: tuple[Array, Array]
    examples: tuple[Array, Array]

    @classmethod
    def of(cls, dataset: Dataset) -> Targets:
        """Those of a data set."""
        examples = dataset.example_pixels, np.asarray(dataset.example_labels)
        return cls(tuple(dataset.classes), _arrays(dataset.test), _arrays(dataset.validation), examples)


def _arrays(images: Images) -> tuple[Array, Array]:
    return images.pixels.permute(0, 2, 3, 1).contiguous().numpy(), images.labels.numpy()


class Attacks:
    """The attacks of a recipe.

    Args:
        recipe: kinds, radii, numbers of images.
        targets: the images that they are on.
        stages: which of them; by default all.

    Raises:
        WeightreelError: fooling images are asked for of a class that does not exist.
    """

    def __init__(self, recipe: Recipe, targets: Targets, stages: Iterable[Stage] = STAGES) -> None:
        self.recipe, self.targets, self.stages = recipe, targets, tuple(stages)
        self.size = recipe.dataset.size
        about = recipe.noise
        others = max(about.preview, min(about.history, about.history_of_others))
        self.history = {
            kind: self._trials(kind, range(about.history if kind == "uniform" else others)) for kind in self._noises()
        }
        self.aims = fooling_classes(recipe, targets.classes)
        self.n_examples = min(recipe.gradient.examples, len(targets.examples[0]))
        self.sample = gradient.sample_of_test(len(targets.test[1]), recipe.gradient.images, recipe.gradient.seed)

    def fixed(self) -> dict[str, Array]:
        """What no epoch changes: the inputs of the first trials, and which examples are looked at."""
        found: dict[str, Array] = {
            f"attacks/{noise.NAMES[kind]}/preview/pixels": trials[: self.recipe.noise.preview]
            for kind, trials in self.history.items()
        }
        if self._has_saliency():
            found["saliency/example"] = np.arange(self.n_examples)
        return found

    def epoch(self, network: Network) -> dict[str, Array]:
        """What is measured at every epoch: answers to the first trials of noise, its place, input gradients."""
        found: dict[str, Array] = {}
        for kind, trials in self.history.items():
            at, probabilities = f"attacks/{noise.NAMES[kind]}", network.whole(trials)
            outcome = noise.outcome_of(probabilities)
            found |= {
                f"{at}/history/prediction": outcome.prediction,
                f"{at}/history/confidence": outcome.confidence,
                f"{at}/preview/probabilities": probabilities[: self.recipe.noise.preview, : network.classes],
            }
            if kind == "uniform":
                pixels, labels = (part[:PLACE_IMAGES] for part in self.targets.validation)
                place = place_of_noise(network, trials[:PLACE_NOISE], pixels, labels)
                found |= {f"{at}/place/{key}": value for key, value in place.items()}
        if self._has_saliency():
            pixels, labels = (part[: self.n_examples] for part in self.targets.examples)
            steps, scale = saliency.quantised(saliency.input_gradients(network, pixels, labels))
            found |= {"saliency/gradient": steps, "saliency/scale": scale}
        return found

    def final(self) -> dict[str, Task]:
        """What is measured at the last epoch, by name, each on its own: a work of minutes can be interrupted."""
        tasks: dict[str, Task] = {}
        for kind in self._noises():
            tasks[noise.NAMES[kind]] = partial(self._noise, kind=kind)
        for name, (attack, epsilon) in self._gradients().items():
            tasks[name] = partial(self._gradient, name=name, attack=attack, epsilon=epsilon)
        if self._gradients() and self.n_examples:
            tasks["path"] = self._path
        if "fooling" in self.stages and self.aims:
            tasks["fooling"] = self._fooling
        if "certificates" in self.stages and self.recipe.certificate.images:
            for sigma in self.recipe.certificate.sigmas:
                tasks[f"sigma-{sigma:g}"] = partial(self._certificate, sigma=sigma)
        return tasks

    def described(self, network: Network) -> dict[str, dict[str, Any]]:
        """Attributes of every group, by path below the run."""
        recipe, found = self.recipe, dict[str, dict[str, Any]]()
        for kind in self._noises():
            found[f"attacks/{noise.NAMES[kind]}"] = {
                "kind": AttackKind.NOISE.value,
                "method": noise.METHODS[kind],
                "parameters": _json(noise.PARAMETERS[kind]),
                "seed": recipe.noise.seed,
                "threshold": recipe.noise.threshold,
            }
        if "uniform" in self._noises():
            found[f"attacks/{UNIFORM}/place"] = {"batchnorms": _json(batchnorm_names(network.model))}
        for name, (attack, epsilon) in self._gradients().items():
            found[f"attacks/{name}"] = {
                "kind": (AttackKind.MINIMUM_NORM if epsilon is None else AttackKind.GRADIENT).value,
                "method": attack.method,
                "parameters": _json(attack.parameters(epsilon)),
                "seed": recipe.gradient.seed,
            }
        if self._gradients() and self.n_examples:
            found[f"attacks/{self._path_name()}/path/perturbation"] = {
                "scale": recipe.gradient.path_epsilon / 255 / gradient.LEVELS
            }
        if "fooling" in self.stages and self.aims:
            found["attacks/fooling"] = {
                "kind": AttackKind.FOOLING.value,
                "method": fooling.METHOD,
                "parameters": _json(fooling.parameters(recipe.fooling.steps)),
                "seed": recipe.fooling.seed,
                "threshold": recipe.fooling.confidence,
            }
        for order, path in enumerate(path for path in found if path.count("/") == 1):
            found[path]["order"] = order
        if "certificates" in self.stages and recipe.certificate.images:
            for order, sigma in enumerate(sorted(recipe.certificate.sigmas)):
                about = recipe.certificate
                found[f"certificates/sigma-{sigma:g}"] = {
                    "sigma": sigma,
                    "failure_probability": about.failure_probability,
                    "n_selection": about.n_selection,
                    "n_estimation": about.n_estimation,
                    "seed": about.seed,
                    "order": order,
                }
                found[f"certificates/sigma-{sigma:g}/sample"] = {"of": 0}
        return found

    def _noises(self) -> tuple[NoiseKind, ...]:
        return self.recipe.noise.kinds if "noise" in self.stages else ()

    def _has_saliency(self) -> bool:
        return "saliency" in self.stages and self.n_examples > 0 and self.recipe.gradient.saliency_epochs > 0

    def _trials(self, kind: NoiseKind, trials: range) -> Array:
        return noise.noise_trials(self.recipe.noise.seed, trials, self.size, kind, self.targets.test[0])

    def _path_name(self) -> str:
        about = self.recipe.gradient
        return f"pgd{about.path_steps}-linf-{about.path_epsilon:g}"

    def _gradients(self) -> dict[str, tuple[gradient.Attack, float | None]]:
        """Attacks with their radius in [0,1], by name; the one whose way is kept is always among them."""
        about = self.recipe.gradient
        if "gradient" not in self.stages or not len(self.sample):
            return {}
        found: dict[str, tuple[gradient.Attack, float | None]] = {}
        for name in about.attacks:
            attack = gradient.parse(name)
            if attack.norm == "linf":
                found |= {f"{attack.family}-{k:g}": (attack, k / 255) for k in about.epsilons}
            elif attack.minimum_norm:
                found[attack.family] = (attack, None)
            else:
                found |= {f"{attack.family}-{radius:g}": (attack, radius) for radius in about.radii}
        if self.n_examples:
            found.setdefault(self._path_name(), (gradient.parse(f"pgd{about.path_steps}"), about.path_epsilon / 255))
        return found

    def _noise(self, network: Network, kind: NoiseKind) -> dict[str, Array]:
        about, at = self.recipe.noise, f"attacks/{noise.NAMES[kind]}"
        probabilities = network.whole(self._trials(kind, range(about.trials)))
        outcome = noise.outcome_of(probabilities)
        chosen = noise.most_confident(outcome, about.threshold, about.gallery, network.classes)
        pixels = [self._trials(kind, range(int(i), int(i) + 1)) for i in chosen]
        empty = np.zeros((0, self.size, self.size, 3), np.uint8)
        return {
            f"{at}/prediction": outcome.prediction,
            f"{at}/confidence": outcome.confidence,
            f"{at}/gallery/pixels": np.concatenate([empty, *pixels]),
            f"{at}/gallery/trial": chosen,
            f"{at}/gallery/probabilities": probabilities[chosen, : network.classes],
        }

    def _gradient(
        self, network: Network, name: str, attack: gradient.Attack, epsilon: float | None
    ) -> dict[str, Array]:
        pixels, labels = (part[self.sample] for part in self.targets.test)
        found = gradient.attack_images(network, pixels, labels, attack, epsilon, self.recipe.gradient.seed)
        return {
            f"attacks/{name}/{key}": value
            for key, value in {
                "image": self.sample,
                "label": labels,
                "clean/prediction": found.clean_prediction,
                "clean/confidence": found.clean_confidence,
                "prediction": found.prediction,
                "confidence": found.confidence,
                "distance": found.distance,
            }.items()
        }

    def _path(self, network: Network) -> dict[str, Array]:
        about, at = self.recipe.gradient, f"attacks/{self._path_name()}/path"
        pixels, labels = (part[: self.n_examples] for part in self.targets.examples)
        epsilon = about.path_epsilon / 255
        perturbations, probabilities = gradient.attack_path(network, pixels, labels, epsilon, about.path_steps)
        return {
            f"{at}/example": np.arange(self.n_examples),
            f"{at}/perturbation": gradient.quantised(perturbations, epsilon),
            f"{at}/probabilities": probabilities,
        }

    def _fooling(self, network: Network) -> dict[str, Array]:
        about = self.recipe.fooling
        found = fooling.fooling_images(network, self.aims, self.size, about.confidence, about.steps, about.seed)
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

    def _certificate(self, network: Network, sigma: float) -> dict[str, Array]:
        about = self.recipe.certificate
        chosen = gradient.sample_of_test(len(self.targets.test[1]), about.images, about.seed)
        pixels, labels = (part[chosen] for part in self.targets.test)
        found = smoothing.certify_images(
            network, pixels, chosen, sigma, about.n_selection, about.n_estimation, about.failure_probability, about.seed
        )
        copies, answers = smoothing.noisy_copies(network, pixels[0], int(chosen[0]), sigma, COPIES, about.seed)
        return {
            f"certificates/sigma-{sigma:g}/{key}": value
            for key, value in {
                "image": chosen,
                "label": labels,
                "selection": found.selection,
                "votes": found.votes,
                "certified_class": found.certified_class,
                "radius": found.radius,
                "prediction": found.prediction,
                "clean": network.whole(pixels).argmax(1),
                "sample/pixels": copies,
                "sample/prediction": answers,
            }.items()
        }


def stage_of(kind: AttackKind) -> Stage:
    """The stage that measures a kind of attack."""
    stages: dict[AttackKind, Stage] = {AttackKind.NOISE: "noise", AttackKind.FOOLING: "fooling"}
    return stages.get(kind, "gradient")


def outcomes(logits: Tensor, labels: Tensor) -> dict[str, Array]:
    """What the network answers to every test image, from logits (N, A) and labels (N,)."""
    probabilities = logits.softmax(1)
    confidence, prediction = probabilities.max(1)
    found = {"label": labels, "prediction": prediction, "confidence": confidence}
    return {f"test/{key}": value.cpu().numpy() for key, value in found.items()}


def fooling_classes(recipe: Recipe, classes: tuple[str, ...]) -> list[int]:
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


def _json(values: Mapping[str, Any] | list[str]) -> str:
    return json.dumps(values, sort_keys=True)
