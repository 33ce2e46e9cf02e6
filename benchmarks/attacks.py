"""What attacks cost beside the network's own passes over data that lie ready."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch.nn import functional as F
from torchvision import transforms

from weightreel.analysis.measures.attacks import gradient, noise, smoothing
from weightreel.analysis.networks.pixels import Network

Work = Callable[[], int]
Compare = Callable[[str, str, Work, Mapping[str, Work]], list]

SIZE = 32
PGD_STEPS, EPSILON, ATTACKED = 10, 8 / 255, 50
SIGMA = 0.25


def noise_work(network: Network, trials: int) -> tuple[Work, dict[str, Work]]:
    """Noise trials: inputs made, answered and counted; one at a time, as the report writes it; answered alone."""
    ready = _ready(network, trials)

    def ours() -> int:
        outcome = noise.outcome_of(network.whole(noise.noise_trials(0, range(trials), SIZE)))
        return len(noise.most_confident(outcome, 0.0, trials, network.classes))

    @torch.inference_mode()
    def one_at_a_time() -> int:
        successes = 0
        for _ in range(trials):
            image = (torch.rand(1, 3, SIZE, SIZE).squeeze(0).permute(1, 2, 0).numpy() * 255).astype(np.uint8)
            x = transforms.functional.to_tensor(image)[None].to(network.device)
            x = transforms.functional.normalize(x, [0.5] * 3, [0.25] * 3)
            successes += int(network.model(x).softmax(1).max() >= 0.9)
        return trials

    return ours, {"one at a time": one_at_a_time, "bare batched inference": _inference(network, ready)}


def votes_work(network: Network, copies: int) -> tuple[Work, dict[str, Work]]:
    """Noisy copies of one image, drawn and voted on; answered alone."""
    image = np.random.default_rng(0).integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)

    def ours() -> int:
        return int(smoothing.votes(network, image, SIGMA, copies, 0, 0).sum())

    return ours, {"bare batched inference": _inference(network, _ready(network, copies))}


def pgd_work(network: Network) -> tuple[Work, dict[str, Work]]:
    """PGD on images that the network answers rightly; forward and backward passes to the image alone.

    Both count an image's step as a piece of work; ours also answers each image before and after.
    """
    pixels = np.random.default_rng(1).integers(0, 256, (ATTACKED, SIZE, SIZE, 3), dtype=np.uint8)
    labels = network.whole(pixels).argmax(1)
    attack = gradient.parse(f"pgd{PGD_STEPS}")
    ready, target = _ready(network, ATTACKED), torch.from_numpy(labels).to(network.device)

    def ours() -> int:
        return PGD_STEPS * len(gradient.attack_images(network, pixels, labels, attack, EPSILON, 0).prediction)

    def bare() -> int:
        with network.held():
            for _ in range(PGD_STEPS):
                leaf = ready.detach().requires_grad_(True)
                torch.autograd.grad(F.cross_entropy(network.model(leaf), target), leaf)
        return PGD_STEPS * ATTACKED

    return ours, {"bare forward and backward": bare}


def comparisons(network: Network, trials: int, compare: Compare) -> list:
    """Rows of the table, each ours beside one peer."""
    rows = []
    for name, unit, (ours, peers) in (
        ("noise trials", "trials/s", noise_work(network, trials)),
        ("votes for a certificate", "copies/s", votes_work(network, trials)),
        (f"PGD-{PGD_STEPS}", "image steps/s", pgd_work(network)),
    ):
        rows += compare(name, unit, ours, peers)
    return rows


def _ready(network: Network, n: int) -> torch.Tensor:
    return torch.rand(n, 3, SIZE, SIZE, device=network.device).to(memory_format=torch.channels_last)


def _inference(network: Network, ready: torch.Tensor) -> Work:
    @torch.inference_mode()
    def bare() -> int:
        for part in ready.split(network.batch):
            network.model(part)
        return len(ready)

    return bare
