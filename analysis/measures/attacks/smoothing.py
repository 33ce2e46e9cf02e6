"""Randomised smoothing: PREDICT and CERTIFY of Cohen, Rosenfeld and Kolter (2019), "Certified adversarial robustness
via randomized smoothing". Sigma and radii are of pixels in [0,1]; noise is added there and not clipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import special
from torch import Tensor

from weightreel.analysis.measures.attacks.probe import Probe, Record, Targets, Task, register, sample_of_test
from weightreel.analysis.networks.pixels import Network, images_of
from weightreel.analysis.recipe.recipe import Recipe
from weightreel.analysis.store.schema.fields import AttackKind

Array = NDArray[Any]

ABSTAIN = -1
COPIES = 12
"""Noisy copies of one image that are kept to be looked at."""
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
    return float(special.betaincinv(successes, n - successes + 1, failure_probability)) if successes else 0.0


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
    return chosen, float(sigma * special.ndtri(bound))


def predict(votes: Array, n: int, failure_probability: float) -> int:
    """The smoothed answer to one image (Cohen et al. 2019, PREDICT), ABSTAIN where the first two may be equal.

    Args:
        votes: votes (C,) for the classes.
        n: noisy copies behind them; those that voted for no class are an answer like any other, which is no class's.
        failure_probability: with which another answer than the smoothed one may be given.
    """
    counts = np.append(votes, n - votes.sum())
    second, first = np.sort(counts)[-2:]
    # Two-sided, of a fair coin: twice the probability of `first` or more heads in first + second.
    p_value = min(1.0, 2 * float(special.betainc(first, second + 1, 0.5)))
    chosen = int(np.argmax(counts))
    return chosen if p_value <= failure_probability and chosen < len(votes) else ABSTAIN


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
        np.array([predict(row, n_estimation, failure_probability) for row in counts]),
    )


def votes(
    network: Network, image: NDArray[np.uint8], sigma: float, n: int, seed: int, number: int, stage: int = ESTIMATION
) -> NDArray[np.int64]:
    """How often each answer is given to n noisy copies of an image (H, W, 3), (A,)."""
    noise = _Noise(network, sigma, seed, number, stage)
    x, counts = network.tensor(image[None]), []
    for start in range(0, n, network.batch):
        with torch.inference_mode():
            logits = network.logits(noise.around(x, min(network.batch, n - start)))
        counts.append(torch.bincount(logits.argmax(1), minlength=logits.shape[1]))
    return torch.stack(counts).sum(0).cpu().numpy()


def noisy_copies(
    network: Network, image: NDArray[np.uint8], number: int, sigma: float, n: int, seed: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Noisy copies of an image to be looked at, clipped to uint8 (n, H, W, 3); answers to the unclipped (n,)."""
    copies = _Noise(network, sigma, seed, number, SAMPLE).around(network.tensor(image[None]), n)
    with torch.inference_mode():
        answers = network.logits(copies).argmax(1)
    shown = (images_of(copies.clamp(0, 1)) * 255).round().astype(np.uint8)
    return shown, answers.cpu().numpy().astype(np.uint8)


class _Noise:
    """Gaussian noise of one image, drawn where the network lies: from a processor it would come late to a GPU.

    It depends on (seed, number, stage) and the kind of device, not on how many copies are asked for at a time.
    """

    def __init__(self, network: Network, sigma: float, seed: int, number: int, stage: int) -> None:
        state = np.random.SeedSequence([seed, number, stage]).generate_state(1, np.uint64)[0]
        self._generator = torch.Generator(network.device).manual_seed(int(state >> np.uint64(1)))
        self._sigma = sigma

    def around(self, x: Tensor, n: int) -> Tensor:
        """The next n noisy copies (n, 3, H, W) of an image (1, 3, H, W), not clipped."""
        copies = torch.empty((n, *x.shape[1:]), device=x.device)
        return copies.normal_(std=self._sigma, generator=self._generator).add_(x)


@register
class CertificateProbe(Probe):
    """Certificates of a sample of the test images, at the last epoch, for every sigma."""

    name = "certificates"
    order = 4
    last_epoch_alone = True

    def __init__(self, recipe: Recipe, targets: Targets) -> None:
        super().__init__(recipe, targets)
        self.wanted = bool(recipe.certificate.images)

    def final(self) -> dict[str, Task]:
        """Votes and certificates, a sigma at a time."""
        return {f"sigma-{s:g}": partial(self._certificates, sigma=s) for s in self.recipe.certificate.sigmas}

    def described(self, network: Network) -> dict[str, dict[str, Any]]:
        """With how many copies, and how often a certificate may be wrong."""
        about, found = self.recipe.certificate, dict[str, dict[str, Any]]()
        for order, sigma in enumerate(sorted(about.sigmas)):
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

    def owns(self, path: str, kind: AttackKind | None) -> bool:
        """The group of certificates, which are no attacks."""
        return path == "certificates"

    def _certificates(self, network: Network, sigma: float) -> Record:
        about = self.recipe.certificate
        chosen = sample_of_test(len(self.targets.test[1]), about.images, about.seed)
        pixels, labels = (part[chosen] for part in self.targets.test)
        found = certify_images(
            network, pixels, chosen, sigma, about.n_selection, about.n_estimation, about.failure_probability, about.seed
        )
        copies, answers = noisy_copies(network, pixels[0], int(chosen[0]), sigma, COPIES, about.seed)
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
