"""Whether a network hides its gradients, so that attacks by gradients say little of it: the signs of Athalye, Carlini
and Wagner (2018, "Obfuscated gradients give a false sense of security") and Carlini et al. (2019), on each image.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import eagerpy
import foolbox
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from weightreel.analysis.measures.attacks.apgd import Aim, apgd, starts
from weightreel.analysis.measures.attacks.gradient import BATCH, REACH, foolbox_model, misclassified
from weightreel.analysis.measures.attacks.probe import Link, Probe, Record, Targets, as_json, register, sample_of_test
from weightreel.analysis.measures.attacks.square_attack import square
from weightreel.analysis.measures.attacks.worst_case import radii_of
from weightreel.analysis.networks.pixels import Network
from weightreel.analysis.recipe.recipe import Recipe
from weightreel.analysis.store.schema.fields import AttackKind

Array = NDArray[Any]

UNBOUNDED = 1.0
"""A radius in which every image lies."""
FREE_STEPS = 50
"""Most steps of Auto-PGD without a bound."""


def slopes(network: Network, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """The largest slope of the cross-entropy along one value, as float32 has it, and that of the margin (n,) each.

    The margin is the true class's logit less the largest other: no softmax stands before it that could round to 1.
    """
    leaf = x.detach().requires_grad_(True)
    logits = network.logits(leaf)
    (loss,) = torch.autograd.grad(F.cross_entropy(logits, labels, reduction="sum"), leaf, retain_graph=True)
    own = logits.gather(1, labels[:, None])[:, 0]
    others = logits.scatter(1, labels[:, None], -torch.inf).amax(1)
    (margin,) = torch.autograd.grad((own - others).sum(), leaf)
    return loss.flatten(1).abs().amax(1), margin.flatten(1).abs().amax(1)


def way_of_loss(network: Network, x: Tensor, labels: Array, epsilon: float, steps: int) -> tuple[Tensor, Tensor]:
    """The cross-entropy in float64 after 0, 1, … steps of PGD from the image itself (n, steps + 1), and the answers at
    the end (n,): foolbox's PGD on the float32 loss, as the gradient attacks have it.
    """
    tool, way = foolbox.attacks.LinfPGD(abs_stepsize=REACH * epsilon / steps, steps=steps, random_start=False), []

    def noting(loss: Any, at: Any) -> Any:
        way.append(at.raw)
        return eagerpy.value_and_grad(loss, at)

    tool.value_and_grad = noting
    way.append(tool.run(foolbox_model(network), x, misclassified(network, labels), epsilon=epsilon))
    truth = torch.from_numpy(np.asarray(labels)).to(network.device).long()
    losses = []
    with torch.no_grad():
        for at in way:
            logits = network.logits(at)
            losses.append(F.cross_entropy(logits.double(), truth, reduction="none"))
    return torch.stack(losses, 1), logits.argmax(1)


@register
class MaskingProbe(Probe):
    """Signs of hidden gradients on a sample of the test images, at the last epoch.

    Attacks are put on the images that are answered rightly; the others keep their answers.
    """

    name = "masking"
    order = 6
    last_epoch_alone = True

    def __init__(self, recipe: Recipe, targets: Targets) -> None:
        super().__init__(recipe, targets)
        about, radii = recipe.masking, radii_of(recipe)
        n = recipe.gradient.images if about.images is None else about.images
        self.sample = sample_of_test(len(targets.test[1]), n, recipe.gradient.seed)
        self.pixels, self.labels = (part[self.sample] for part in targets.test)
        self.epsilon = (radii[len(radii) // 2] if about.epsilon is None else about.epsilon) / 255
        self.wanted = len(self.sample) > 0

    def chain(self) -> dict[str, Link]:
        """Slopes first, then an attack at a time."""
        parts = {"slopes": self._slopes, "steps": self._steps, "free": self._free}
        if self.recipe.masking.queries:
            parts["square"] = self._square
        return {f"masking-{name}": partial(self._batched, part=part) for name, part in parts.items()}

    def described(self, network: Network) -> dict[str, dict[str, Any]]:
        """At which radius, in how many steps and queries."""
        about = self.recipe.masking
        parameters = {"epsilon": self.epsilon, "norm": "linf", "steps": about.steps, "queries": about.queries}
        return {"masking": {"parameters": as_json(parameters), "seed": self.recipe.gradient.seed}}

    def owns(self, path: str, kind: AttackKind | None) -> bool:
        """The group of these signs, which is no attack."""
        return path == "masking"

    def _batched(self, network: Network, _: Record, part: Any) -> Record:
        """What a part gives of all images, those that are wrong without attack left alone."""
        found: list[Record] = []
        with network.held():
            for start in range(0, len(self.labels), BATCH[network.device.type]):
                rows = np.arange(start, min(start + BATCH[network.device.type], len(self.labels)))
                found.append(part(network, rows))
        return {f"masking/{key}": np.concatenate([each[key] for each in found]) for key in found[0]}

    def _seen(self, network: Network, rows: Array) -> tuple[Tensor, Tensor, Array]:
        """Images, labels, and answers without attack."""
        x = network.tensor(self.pixels[rows])
        labels = torch.from_numpy(np.asarray(self.labels[rows])).to(network.device).long()
        with torch.no_grad():
            clean = network.logits(x).argmax(1)
        return x, labels, clean.cpu().numpy().astype(np.uint8)

    def _slopes(self, network: Network, rows: Array) -> Record:
        x, labels, clean = self._seen(network, rows)
        loss, margin = slopes(network, x, labels)
        return {
            "image": self.sample[rows],
            "label": self.labels[rows],
            "clean": clean,
            "slope/loss": loss.cpu().numpy(),
            "slope/margin": margin.cpu().numpy(),
        }

    def _steps(self, network: Network, rows: Array) -> Record:
        x, _, clean = self._seen(network, rows)
        labels, steps = self.labels[rows], self.recipe.masking.steps
        right = clean == labels
        single = foolbox.attacks.LinfFastGradientAttack().run(
            foolbox_model(network), x, misclassified(network, labels), epsilon=self.epsilon
        )
        losses, many = way_of_loss(network, x, labels, self.epsilon, steps)
        with torch.no_grad():
            one = network.logits(single).argmax(1)
        return {
            "loss": losses.cpu().numpy(),
            "single_step": _where(right, one, clean),
            "many_steps": _where(right, many, clean),
        }

    def _free(self, network: Network, rows: Array) -> Record:
        """Without a bound but that of pixels every attack must succeed."""
        x, labels, clean = self._seen(network, rows)
        right = clean == self.labels[rows]
        _, pgd = way_of_loss(network, x, self.labels[rows], UNBOUNDED, self.recipe.masking.steps)
        with torch.no_grad():
            aim = Aim.at(network.logits(x), labels)
        begin = starts(x, UNBOUNDED, self.recipe.gradient.seed, self.sample[rows], 0)
        found, _ = apgd(network, x, aim, UNBOUNDED, begin, FREE_STEPS)
        with torch.no_grad():
            best = network.logits(found).argmax(1)
        return {"unbounded/pgd": _where(right, pgd, clean), "unbounded/apgd": _where(right, best, clean)}

    def _square(self, network: Network, rows: Array) -> Record:
        x, labels, clean = self._seen(network, rows)
        answers = clean.copy()
        right = np.flatnonzero(clean == self.labels[rows])
        if len(right):
            chosen, seed = torch.from_numpy(right).to(x.device), self.recipe.gradient.seed
            queries, numbers = self.recipe.masking.queries, self.sample[rows[right]]
            found, _ = square(network, x[chosen], labels[chosen], self.epsilon, queries, seed, numbers)
            with torch.no_grad():
                answers[right] = network.logits(found).argmax(1).cpu().numpy()
        return {"black_box": answers}


def _where(right: Array, attacked: Tensor, clean: Array) -> Array:
    """The answer under attack where it was right without."""
    return np.where(right, attacked.cpu().numpy(), clean).astype(np.uint8)
