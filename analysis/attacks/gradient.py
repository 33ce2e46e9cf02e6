"""Attacks that follow the network's gradient, by foolbox (Rauber et al. 2017, 2020).

Radii and perturbations are of pixels in [0,1].
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import foolbox
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from analysis.attacks.network import Network, images_of
from analysis.errors import WeightreelError

Array = NDArray[Any]
Norm = Literal["linf", "l2"]

REACH = 2.5
"""All steps of PGD together, as a multiple of its radius (Madry et al. 2018)."""
DEEPFOOL_STEPS, OVERSHOOT = 50, 0.02
BATCH = 50
"""Images attacked together: the same on every machine, since random starts are drawn a batch at a time."""
LEVELS = 127
"""Steps of a signed byte in which a perturbation is kept, 0 to epsilon."""
SLACK = 1e-5
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
        """Length of one step, pixels in [0,1]."""
        return epsilon if self.steps == 1 else REACH * epsilon / self.steps

    def parameters(self, epsilon: float | None) -> dict[str, Any]:
        """What the store says of it."""
        about: dict[str, Any] = {"family": self.family, "norm": self.norm, "steps": self.steps}
        if self.minimum_norm:
            return about | {"overshoot": OVERSHOOT}
        assert epsilon is not None
        starts = "random" if self.name.startswith("pgd") else "none"
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


def sample_of_test(n_images: int, n: int, seed: int) -> NDArray[np.int64]:
    """Numbers of n of `n_images` images, drawn without replacement, ascending, shape (n,)."""
    return np.sort(np.random.default_rng(seed).permutation(n_images)[:n])


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
        seed: of random starts. The same seed gives the same outcome, whatever was drawn before.

    Raises:
        WeightreelError: the attack needs a package that is not installed.
    """
    parts: list[tuple[Array, ...]] = []
    for start in range(0, len(images), BATCH):
        chosen = slice(start, start + BATCH)
        with _alone(network, seed, start):
            parts.append(_attack_batch(network, images[chosen], labels[chosen], attack, epsilon, seed))
    prediction, confidence, distance, clean_prediction, clean_confidence = map(np.concatenate, zip(*parts, strict=True))
    return GradientOutcome(
        prediction.astype(np.uint8),
        confidence.astype(np.float32),
        distance.astype(np.float32),
        clean_prediction.astype(np.uint8),
        clean_confidence.astype(np.float32),
    )


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
    x0 = network.tensor(images)
    target = torch.from_numpy(np.asarray(labels)).to(network.device).long()
    attack = _Onwards(epsilon, abs_stepsize=REACH * epsilon / steps, steps=1, random_start=False)
    x, way, answers = x0, [torch.zeros_like(x0)], [_probabilities(network, x0)]
    with _alone(network, 0, 0):
        model = _foolbox_model(network)
        for _ in range(steps):
            x = attack.from_here(model, x, x0, target)
            way.append(x - x0)
            answers.append(_probabilities(network, x))
    perturbations = np.stack([images_of(part) for part in way], 1)
    probabilities = torch.stack(answers, 1)[..., : network.classes]
    return perturbations, probabilities.cpu().numpy()


def quantised(perturbations: NDArray[np.float32], epsilon: float) -> NDArray[np.int8]:
    """Perturbations in units of epsilon / LEVELS, off by half a unit at most."""
    return np.round(perturbations / epsilon * LEVELS).astype(np.int8)


class _Onwards(foolbox.attacks.LinfPGD):  # type: ignore[misc]
    """foolbox's step, from any point of the ball instead of its centre."""

    def __init__(self, epsilon: float, **settings: Any) -> None:
        super().__init__(**settings)
        self.epsilon = epsilon
        self.centre: Any = None

    def from_here(self, model: Any, x: Tensor, centre: Tensor, labels: Tensor) -> Tensor:
        import eagerpy

        self.centre = eagerpy.astensor(centre)
        moved: Tensor = self.run(model, x, foolbox.Misclassification(labels), epsilon=self.epsilon)
        return moved

    def project(self, x: Any, x0: Any, epsilon: float) -> Any:
        return super().project(x, self.centre, epsilon)


class _Wrapped(nn.Module):
    """A network as a module that takes images in [0,1]."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.model, self._network = network.model, network

    def forward(self, x: Tensor) -> Tensor:
        return self._network.logits(x)


@contextlib.contextmanager
def _alone(network: Network, seed: int, start: int) -> Iterator[None]:
    """Draw from a seed of its own, and take no gradients of parameters."""
    devices = [network.device] if network.device.type == "cuda" else []
    with network.held(), torch.random.fork_rng(devices=devices):
        torch.manual_seed(int(np.random.SeedSequence([seed, start]).generate_state(1)[0]))
        yield


def _foolbox_model(network: Network) -> Any:
    return foolbox.PyTorchModel(_Wrapped(network).eval(), bounds=(0, 1), device=network.device)


def _attack_batch(
    network: Network, images: Array, labels: Array, attack: Attack, epsilon: float | None, seed: int
) -> tuple[Array, ...]:
    """Prediction, confidence, distance, clean prediction and clean confidence of a batch."""
    x = network.tensor(images)
    target = torch.from_numpy(np.asarray(labels)).to(network.device).long()
    clean_confidence, clean_prediction = _probabilities(network, x).max(1)
    right = clean_prediction == target
    prediction, confidence = clean_prediction.clone(), clean_confidence.clone()
    distance = torch.zeros_like(confidence)
    if right.any():
        found = _perturbed(network, x[right], target[right], attack, epsilon, seed)
        size = (found - x[right]).flatten(1)
        norm = size.abs().amax(1) if attack.norm == "linf" else size.norm(dim=1)
        if epsilon is not None:
            assert float(norm.max()) <= epsilon * (1 + SLACK) + SLACK
        assert float(found.min()) >= 0
        assert float(found.max()) <= 1
        confidence[right], prediction[right] = _probabilities(network, found).max(1)
        if attack.minimum_norm:
            norm[prediction[right] == target[right]] = torch.nan
        distance[right] = norm
    return tuple(part.cpu().numpy() for part in (prediction, confidence, distance, clean_prediction, clean_confidence))


def _perturbed(network: Network, x: Tensor, labels: Tensor, attack: Attack, epsilon: float | None, seed: int) -> Tensor:
    """Images (n, 3, H, W) in [0,1] that the attack ends at."""
    if attack.name == "autoattack":
        return _autoattack(network, x, labels, epsilon, seed)
    model, criterion = _foolbox_model(network), foolbox.Misclassification(labels)
    found: Tensor
    if attack.minimum_norm:
        found = foolbox.attacks.L2DeepFoolAttack(steps=attack.steps, overshoot=OVERSHOOT).run(model, x, criterion)
        return found.detach()
    assert epsilon is not None
    tool: Any = foolbox.attacks.LinfFastGradientAttack()
    if attack.name != "fgsm":
        kind: Any = foolbox.attacks.LinfPGD if attack.norm == "linf" else foolbox.attacks.L2PGD
        tool = kind(abs_stepsize=attack.step_size(epsilon), steps=attack.steps, random_start=True)
    found = tool.run(model, x, criterion, epsilon=epsilon)
    return found.detach()


def _autoattack(network: Network, x: Tensor, labels: Tensor, epsilon: float | None, seed: int) -> Tensor:
    try:
        from autoattack import AutoAttack
    except ModuleNotFoundError as error:
        raise WeightreelError(
            "gradient.attacks names 'autoattack', and its package is not installed; "
            "pip install git+https://github.com/fra31/auto-attack, or leave it out."
        ) from error
    tool = AutoAttack(network.logits, norm="Linf", eps=epsilon, seed=seed, verbose=False, device=network.device)
    found: Tensor = tool.run_standard_evaluation(x, labels, bs=BATCH)
    return found.detach()


@torch.no_grad()
def _probabilities(network: Network, x: Tensor) -> Tensor:
    """Softmax probabilities of all answers (n, A)."""
    return network.logits(x).softmax(1)
