"""Randomised smoothing: PREDICT and CERTIFY of Cohen, Rosenfeld and Kolter (2019), "Certified adversarial robustness
via randomized smoothing". Sigma and radii are of pixels in [0,1]; noise is added there and not clipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats

from analysis.attacks.network import Network

Array = NDArray[Any]

ABSTAIN = -1
SELECTION, ESTIMATION, SAMPLE = range(3)
"""What noise is drawn for; each has its own."""


@dataclass(frozen=True)
class Certified:
    """Votes and certificates of n images.

    Attributes:
        selection: votes that select the class (n, C); "nothing" is no class.
        votes: votes that bound its probability (n, C).
        certified_class: the class certified (n,), ABSTAIN where none is.
        radius: L2 radius within which it is the smoothed answer (n,), NaN where abstaining.
        prediction: the smoothed answer without a radius (n,), ABSTAIN where the votes are too even.
    """

    selection: NDArray[np.int64]
    votes: NDArray[np.int64]
    certified_class: NDArray[np.int64]
    radius: NDArray[np.float64]
    prediction: NDArray[np.int64]


def lower_bound(successes: int, n: int, failure_probability: float) -> float:
    """Clopper and Pearson's (1934) one-sided lower bound of a binomial proportion."""
    return float(stats.beta.ppf(failure_probability, successes, n - successes + 1)) if successes else 0.0


def certify(selection: Array, votes: Array, sigma: float, n: int, failure_probability: float) -> tuple[int, float]:
    """Class and L2 radius of one image (Cohen et al. 2019, CERTIFY); (ABSTAIN, NaN) where the votes are too even.

    Args:
        selection: votes (C,) that select the class.
        votes: votes (C,), of others, that bound its probability.
        sigma: standard deviation of the noise.
        n: noisy copies behind `votes`, some of which may have voted for nothing.
        failure_probability: with which the certificate may be wrong.
    """
    chosen = int(np.argmax(selection))
    bound = lower_bound(int(votes[chosen]), n, failure_probability)
    if bound <= 0.5:
        return ABSTAIN, float("nan")
    return chosen, float(sigma * stats.norm.ppf(bound))


def predict(votes: Array, failure_probability: float) -> int:
    """The smoothed answer to one image (Cohen et al. 2019, PREDICT), ABSTAIN where the first two may be equal.

    Args:
        votes: votes (C,).
        failure_probability: with which another answer than the smoothed one may be given.
    """
    if len(votes) == 1:
        return 0 if votes[0] else ABSTAIN
    second, first = (int(place) for place in np.argsort(votes, kind="stable")[-2:])
    total = int(votes[first] + votes[second])
    if not total or stats.binomtest(int(votes[first]), total, 0.5).pvalue > failure_probability:
        return ABSTAIN
    return first


def certify_images(
    network: Network,
    pixels: NDArray[np.uint8],
    numbers: Array,
    sigma: float,
    n_selection: int,
    n_estimation: int,
    failure_probability: float,
    seed: int,
) -> Certified:
    """Smooth and certify images.

    Args:
        network: the base network.
        pixels: images (n, H, W, 3).
        numbers: of the images (n,): the noise of each depends on (seed, number) alone.
        sigma: standard deviation of the noise.
        n_selection: noisy copies that select the class.
        n_estimation: noisy copies that bound its probability.
        failure_probability: with which a certificate may be wrong.
        seed: of the noise.
    """
    selection, counts = (
        np.stack([
            votes(network, image, sigma, n, seed, int(number), stage)
            for image, number in zip(pixels, numbers, strict=True)
        ])[:, : network.classes]
        for n, stage in ((n_selection, SELECTION), (n_estimation, ESTIMATION))
    )  # fmt: skip
    certified = [
        certify(first, second, sigma, n_estimation, failure_probability)
        for first, second in zip(selection, counts, strict=True)
    ]
    return Certified(
        selection,
        counts,
        np.array([chosen for chosen, _ in certified]),
        np.array([radius for _, radius in certified]),
        np.array([predict(row, failure_probability) for row in counts]),
    )


def votes(
    network: Network, image: NDArray[np.uint8], sigma: float, n: int, seed: int, number: int, stage: int = ESTIMATION
) -> NDArray[np.int64]:
    """How often each answer is given to n noisy copies of an image (H, W, 3), (A,)."""
    generator = _generator(seed, number, stage)
    x = network.tensor(image[None])
    counts = None
    for start in range(0, n, network.batch):
        copies = x + sigma * _noise(generator, min(network.batch, n - start), x)
        with torch.inference_mode():
            logits = network.logits(copies)
        found = torch.bincount(logits.argmax(1), minlength=logits.shape[1])
        counts = found if counts is None else counts + found
    assert counts is not None
    return counts.cpu().numpy()


def noisy_copies(
    network: Network, image: NDArray[np.uint8], number: int, sigma: float, n: int, seed: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Noisy copies of an image to be looked at, clipped to uint8 (n, H, W, 3); answers to the unclipped (n,)."""
    x = network.tensor(image[None])
    copies = x + sigma * _noise(_generator(seed, number, SAMPLE), n, x)
    with torch.inference_mode():
        answers = network.logits(copies).argmax(1)
    shown = (copies.clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1)
    return shown.cpu().numpy(), answers.cpu().numpy().astype(np.uint8)


def _generator(seed: int, number: int, stage: int) -> torch.Generator:
    """On the CPU, so that every device draws the same."""
    state = np.random.SeedSequence([seed, number, stage]).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(state >> np.uint64(1)))


def _noise(generator: torch.Generator, n: int, like: torch.Tensor) -> torch.Tensor:
    return torch.randn((n, *like.shape[1:]), generator=generator).to(like.device)
