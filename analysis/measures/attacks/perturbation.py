"""Gradient attacks as a recipe asks for them: families, norms and radii, and one way that is kept to be looked at."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from weightreel.analysis.measures.attacks.gradient import Attack, attack_images, parse
from weightreel.analysis.measures.attacks.path import LEVELS, attack_path, quantised
from weightreel.analysis.measures.attacks.probe import Probe, Record, Targets, Task, as_json, register, sample_of_test
from weightreel.analysis.networks.pixels import Network
from weightreel.analysis.recipe.recipe import Recipe
from weightreel.analysis.store.schema.fields import AttackKind


@register
class GradientProbe(Probe):
    """Gradient attacks on a sample of the test images, and the way of one on the example images, at the last epoch."""

    name = "gradient"
    order = 2
    last_epoch_alone = True

    def __init__(self, recipe: Recipe, targets: Targets) -> None:
        super().__init__(recipe, targets)
        about = recipe.gradient
        self.n_examples = min(about.examples, len(targets.examples[0]))
        self.sample = sample_of_test(len(targets.test[1]), about.images, about.seed)
        self.wanted = len(self.sample) > 0
        self._path_name = f"pgd{about.path_steps}-linf-{about.path_epsilon:g}"

    def final(self) -> dict[str, Task]:
        """Each attack at each radius, and the way."""
        tasks: dict[str, Task] = {
            name: partial(self._attack, name=name, attack=attack, epsilon=epsilon)
            for name, (attack, epsilon) in self._attacks().items()
        }
        return tasks | ({"path": self._path} if self.n_examples else {})

    def described(self, network: Network) -> dict[str, dict[str, Any]]:
        """What each attack is."""
        about = self.recipe.gradient
        found: dict[str, dict[str, Any]] = {
            f"attacks/{name}": {
                "kind": (AttackKind.MINIMUM_NORM if epsilon is None else AttackKind.GRADIENT).value,
                "method": attack.method,
                "parameters": as_json(attack.parameters(epsilon)),
                "seed": about.seed,
            }
            for name, (attack, epsilon) in self._attacks().items()
        }
        if self.n_examples:
            scale = about.path_epsilon / 255 / LEVELS
            found[f"attacks/{self._path_name}/path/perturbation"] = {"scale": scale}
        return found

    def owns(self, path: str, kind: AttackKind | None) -> bool:
        """All attacks that follow a gradient."""
        return kind in (AttackKind.GRADIENT, AttackKind.MINIMUM_NORM)

    def _attacks(self) -> dict[str, tuple[Attack, float | None]]:
        """Attacks with their radius in [0,1], by name; the one whose way is kept is always among them."""
        about = self.recipe.gradient
        found: dict[str, tuple[Attack, float | None]] = {}
        for name in about.attacks:
            attack = parse(name)
            if attack.norm == "linf":
                found |= {f"{attack.family}-{k:g}": (attack, k / 255) for k in about.epsilons}
            elif attack.minimum_norm:
                found[attack.family] = (attack, None)
            else:
                found |= {f"{attack.family}-{radius:g}": (attack, radius) for radius in about.radii}
        if self.n_examples:
            found.setdefault(self._path_name, (parse(f"pgd{about.path_steps}"), about.path_epsilon / 255))
        return found

    def _attack(self, network: Network, name: str, attack: Attack, epsilon: float | None) -> Record:
        pixels, labels = (part[self.sample] for part in self.targets.test)
        found = attack_images(network, pixels, labels, attack, epsilon, self.recipe.gradient.seed)
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

    def _path(self, network: Network) -> Record:
        about, at = self.recipe.gradient, f"attacks/{self._path_name}/path"
        pixels, labels = (part[: self.n_examples] for part in self.targets.examples)
        epsilon = about.path_epsilon / 255
        perturbations, probabilities = attack_path(network, pixels, labels, epsilon, about.path_steps)
        return {
            f"{at}/example": np.arange(self.n_examples),
            f"{at}/perturbation": quantised(perturbations, epsilon),
            f"{at}/probabilities": probabilities,
        }
