"""Attacks that follow the network's gradient, by foolbox (Rauber et al. 2017, 2020).

Radii and perturbations are of pixels in [0,1].
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

import eagerpy
import foolbox
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.networks.pixels import Network

Array = NDArray[Any]
Norm = Literal["linf", "l2"]

REACH = 2.5
"""All steps of PGD together, as a multiple of its radius (Madry et al. 2018)."""
DEEPFOOL_STEPS, OVERSHOOT = 50, 0.02
BATCH = {"cpu": 50, "cuda": 500, "mps": 100}
"""Images attacked together: as many as fill the device, with what their gradients hold of its memory."""
SLACK = 2e-6
"""Rounding of a perturbation's norm in float32."""


@dataclass(frozen=True)
class Attack:
    """An attack without its radius.

    Attributes:
        name: as in recipes.
        norm: of the ball in which it looks.
        steps: gradient steps.
        minimum_norm: it looks for the nearest wrong answer instead of one within a radius.
    """

    name: str
    norm: Norm
    steps: int
    minimum_norm: bool = False

    @property
    def family(self) -> str:
        """Name and norm: `pgd10-linf`."""
        return f"{self.name.removesuffix('-l2')}-{self.norm}"

    @property
    def method(self) -> str:
        """What it does, and whose it is."""
        kind = self.name.rstrip("0123456789").split("-")[0].rstrip("0123456789")
        return {
            "fgsm": "fast gradient sign method (Goodfellow et al. 2015), by foolbox",
            "pgd": "projected gradient descent from a random start (Madry et al. 2018), by foolbox",
            "deepfool": "DeepFool (Moosavi-Dezfooli et al. 2016), by foolbox",
            "autoattack": "AutoAttack, standard version (Croce and Hein 2020)",
        }[kind]

    def step_size(self, epsilon: float) -> float:
        """Length of one step of `fgsm` or PGD, pixels in [0,1]."""
        return epsilon if self.name == "fgsm" else REACH * epsilon / self.steps

    def parameters(self, epsilon: float | None) -> dict[str, Any]:
        """What the store says of it; `starts` are "none" where the first step is taken from the clean image."""
        about: dict[str, Any] = {"family": self.family, "norm": self.norm, "steps": self.steps}
        if epsilon is None:
            return about | {"overshoot": OVERSHOOT, "starts": "none"}
        if self.name == "autoattack":
            return about | {"epsilon": epsilon, "starts": "random"}
        starts = "none" if self.name == "fgsm" else "random"
        return about | {"epsilon": epsilon, "step_size": self.step_size(epsilon), "starts": starts}


@dataclass(frozen=True)
class GradientOutcome:
    """What N images are answered with and without attack.

    Attributes:
        prediction: answer under attack (N,); an image that is wrong already is left alone.
        confidence: softmax probability of that answer, among all answers (N,).
        distance: norm of the perturbation (N,); NaN where a minimum-norm attack found none.
        clean_prediction: answer without attack (N,).
        clean_confidence: its softmax probability (N,).
    """

    prediction: NDArray[np.uint8]
    confidence: NDArray[np.float32]
    distance: NDArray[np.float32]
    clean_prediction: NDArray[np.uint8]
    clean_confidence: NDArray[np.float32]


def parse(name: str) -> Attack:
    """The attack of a name: `fgsm`, `pgd10`, `pgd40-l2`, `deepfool`, `autoattack`.

    Raises:
        WeightreelError: there is no such attack.
    """
    if name == "fgsm":
        return Attack(name, "linf", 1)
    if name == "deepfool":
        return Attack(name, "l2", DEEPFOOL_STEPS, minimum_norm=True)
    if name == "autoattack":
        return Attack(name, "linf", 100)
    if found := re.fullmatch(r"pgd([1-9]\d*)(-l2)?", name):
        return Attack(name, "l2" if found[2] else "linf", int(found[1]))
    raise WeightreelError(
        f"there is no attack {name!r}; there are fgsm, pgd10 (any number of steps), pgd40-l2, deepfool and autoattack."
    )


def attack_images(
    network: Network, images: Array, labels: Array, attack: Attack, epsilon: float | None, seed: int
) -> GradientOutcome:
    """Attack images that are answered rightly; a wrong answer, "nothing" among them, is a success.

    Args:
        network: what is attacked.
        images: pixels (N, H, W, 3), uint8 or in [0,1].
        labels: true classes (N,).
        attack: by `parse`.
        epsilon: its radius; None for a minimum-norm attack.
        seed: of random starts; that of image i depends on (seed, i) alone.

    Raises:
        WeightreelError: the attack needs a radius of 0 or above, or a package that is not installed.
    """
    if not attack.minimum_norm and (epsilon is None or not epsilon >= 0):
        raise WeightreelError(f"{attack.name} wants a radius epsilon of 0 or above, and not {epsilon}.")
    parts: list[tuple[Array, ...]] = []
    with network.held():
        batch = BATCH[network.device.type]
        for start in range(0, len(images), batch):
            chosen = slice(start, start + batch)
            parts.append(_attack_batch(network, images[chosen], labels[chosen], attack, epsilon, seed, start))
    prediction, confidence, distance, clean_prediction, clean_confidence = map(np.concatenate, zip(*parts, strict=True))
    return GradientOutcome(
        prediction.astype(np.uint8),
        confidence.astype(np.float32),
        distance.astype(np.float32),
        clean_prediction.astype(np.uint8),
        clean_confidence.astype(np.float32),
    )


class _Wrapped(nn.Module):
    """A network as a module that takes images in [0,1]."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.model, self._network = network.model, network

    def forward(self, x: Tensor) -> Tensor:
        return self._network.logits(x)


def foolbox_model(network: Network) -> Any:
    """A network as foolbox takes it, images in [0,1]."""
    return foolbox.PyTorchModel(_Wrapped(network).eval(), bounds=(0, 1), device=network.device)


def misclassified(network: Network, labels: Array) -> Any:
    """foolbox's criterion of success: another answer than the label."""
    return foolbox.Misclassification(torch.from_numpy(np.asarray(labels)).to(network.device).long())


def _attack_batch(
    network: Network, images: Array, labels: Array, attack: Attack, epsilon: float | None, seed: int, first: int
) -> tuple[Array, ...]:
    """Prediction, confidence, distance, clean prediction and clean confidence of a batch, images `first` and on."""
    x = network.tensor(images)
    clean_confidence, clean_prediction = (part.cpu().numpy() for part in probabilities_of(network, x).max(1))
    prediction, confidence = clean_prediction.copy(), clean_confidence.copy()
    distance = np.zeros(len(x), np.float32)
    right = np.flatnonzero(clean_prediction == labels)
    if len(right):
        found, norm = perturbed(network, images[right], labels[right], attack, epsilon, seed, first + right)
        confidence[right], prediction[right] = (part.cpu().numpy() for part in probabilities_of(network, found).max(1))
        none_found = attack.minimum_norm & (prediction[right] == labels[right])
        distance[right] = np.where(none_found, np.nan, norm)
    return prediction, confidence, distance, clean_prediction, clean_confidence


def perturbed(
    network: Network, images: Array, labels: Array, attack: Attack, epsilon: float | None, seed: int, trials: Array
) -> tuple[Tensor, NDArray[np.float32]]:
    """Where an attack on a batch ends: images (n, 3, H, W) in [0,1], and the norms of their perturbations (n,).

    Args:
        network: what is attacked.
        images: pixels (n, H, W, 3), uint8 or in [0,1].
        labels: what they are answered with, and are not to be answered with any longer (n,).
        attack: by `parse`.
        epsilon: its radius; None for a minimum-norm attack.
        seed: of random starts.
        trials: numbers of the images (n,): the start of each depends on (seed, number) alone.

    Raises:
        WeightreelError: the attack needs a package that is not installed.
        RuntimeError: the attack left its ball or the range of pixels.
    """
    x, criterion = network.tensor(images), misclassified(network, labels)
    with network.held():
        if attack.name == "autoattack":
            found = _autoattack(network, x, criterion.labels.raw, epsilon, seed)
        else:
            tool, radius = _tool(attack, epsilon, _starts(attack, epsilon, seed, trials, x))
            found = tool.run(foolbox_model(network), x, criterion, **radius).detach()
    moved = (found - x).flatten(1)
    norm = moved.abs().amax(1) if attack.norm == "linf" else moved.norm(dim=1)
    if (epsilon is not None and norm.max() > epsilon + SLACK) or found.min() < 0 or found.max() > 1:
        raise RuntimeError(f"{attack.name} left its ball of radius {epsilon}: {norm.max()}")
    return found, norm.cpu().numpy()


def _tool(attack: Attack, epsilon: float | None, starts: Tensor | None) -> tuple[Any, dict[str, float]]:
    """foolbox's attack, and the radius that its `run` wants."""
    if epsilon is None:
        return foolbox.attacks.L2DeepFoolAttack(steps=attack.steps, overshoot=OVERSHOOT, candidates=None), {}
    if attack.name == "fgsm":
        return foolbox.attacks.LinfFastGradientAttack(), {"epsilon": epsilon}
    kind = foolbox.attacks.LinfPGD if attack.norm == "linf" else foolbox.attacks.L2PGD
    tool = kind(abs_stepsize=attack.step_size(epsilon), steps=attack.steps, random_start=True)
    # foolbox would draw a batch's starts from the global generator: an image's would depend on its neighbours.
    tool.get_random_start = lambda x0, _: x0 + eagerpy.astensor(starts)
    return tool, {"epsilon": epsilon}


def _starts(attack: Attack, epsilon: float | None, seed: int, trials: Array, like: Tensor) -> Tensor | None:
    """Offsets (n, 3, H, W), uniform in the ball, where PGD starts."""
    if epsilon is None or attack.name == "fgsm":
        return None
    offsets = np.empty(like.shape, np.float32)
    for row, trial in enumerate(trials):
        generator = np.random.Generator(np.random.Philox(key=np.array([seed, trial], np.uint64)))
        if attack.norm == "linf":
            offsets[row] = generator.uniform(-epsilon, epsilon, like.shape[1:])
        else:  # n coordinates of a point on the sphere in n + 2 dimensions (Voelker, Gosmann and Stewart 2017)
            point = generator.standard_normal(offsets[row].size + 2)
            offsets[row] = epsilon * (point[:-2] / np.linalg.norm(point)).reshape(like.shape[1:])
    return torch.from_numpy(offsets).to(like.device)


def _autoattack(network: Network, x: Tensor, labels: Tensor, epsilon: float | None, seed: int) -> Tensor:
    try:
        from autoattack import AutoAttack
    except ModuleNotFoundError as error:
        raise WeightreelError(
            "gradient.attacks names 'autoattack', and its package is not installed; "
            "pip install git+https://github.com/fra31/auto-attack, or leave it out."
        ) from error
    tool = AutoAttack(network.logits, norm="Linf", eps=epsilon, seed=seed, verbose=False, device=network.device)
    tool.apgd_targeted.n_target_classes = tool.fab.n_target_classes = min(9, network.classes - 1)
    # It seeds the global generators, which are others' too.
    with torch.random.fork_rng(devices=[network.device] if network.device.type == "cuda" else []):
        found: Tensor = tool.run_standard_evaluation(x, labels, bs=len(x))
    return found.detach()


@torch.no_grad()
def probabilities_of(network: Network, x: Tensor) -> Tensor:
    """Softmax probabilities of all answers (n, A)."""
    return network.logits(x).softmax(1)
