"""What a store holds of randomised smoothing, ready to be drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings import defences as robustness
from weightreel.analysis.findings.statistics import Rate
from weightreel.analysis.store.nodes import Certificate, Run

Array = NDArray[Any]

MOST_NETWORKS = 3
NORMAL = NormalDist()


@dataclass(frozen=True)
class Smoothed:
    """Certificates of N images by one network at one sigma.

    Attributes:
        run: whose they are.
        sigma: standard deviation of the noise, pixels in [0,1].
        copies: noisy copies that vote on each image.
        failure: probability with which a certificate may be wrong.
        label: true classes, (N,).
        votes: for each class, (N, C).
        chosen: the class that was selected for each image, before the vote, (N,).
        certified: the class certified, -1 where the vote abstains, (N,).
        radius: L2, pixels in [0,1]; NaN where the vote abstains, (N,).
        node: the group of the store.
    """

    run: Run
    sigma: float
    copies: int
    failure: float
    label: Array
    votes: Array
    chosen: Array
    certified: Array
    radius: Array
    node: Certificate

    @classmethod
    def of(cls, run: Run, node: Certificate) -> Smoothed | None:
        """Read one; None where it covers no image."""
        certified, votes = node["certified_class"], node["votes"]
        if not len(certified):
            return None
        about = node.attributes
        selected = node["selection"].argmax(1) if node.has("selection") else votes.argmax(1)
        chosen = np.where(certified >= 0, certified, selected)
        return cls(
            run, node.sigma, int(about["n_estimation"]), float(about["failure_probability"]), node["label"], votes,
            chosen, certified, node["radius"].astype(float), node,
        )  # fmt: skip

    @property
    def images(self) -> int:
        """How many images were asked for, N."""
        return len(self.label)

    @property
    def certified_right(self) -> Array:
        """Radii of the images that are certified as their true class, (k,)."""
        return np.asarray(self.radius[(self.certified == self.label) & np.isfinite(self.radius)])

    @property
    def share(self) -> Array:
        """Share of each image's votes that its selected class has, (N,)."""
        return np.asarray(self.votes[np.arange(self.images), self.chosen] / self.copies)

    @property
    def limit(self) -> float:
        """The largest radius that so many votes can give: all of them, with the bound failure^(1 / copies)."""
        return self.sigma * NORMAL.inv_cdf(self.failure ** (1 / self.copies))

    def bound(self, image: int) -> float:
        """The lower bound of the selected class's probability that an image's radius was made from: Φ(radius / σ)."""
        return NORMAL.cdf(float(self.radius[image]) / self.sigma)

    def accuracy(self, radius: float) -> Rate:
        """Certified accuracy: images certified as their class to at least `radius`; abstentions count as wrong."""
        return robustness.certified_accuracy(self.node, [radius])[0]


def smoothed(run: Run) -> list[Smoothed]:
    """The certificates of one run, by sigma."""
    return [found for node in run.certificates.values() if (found := Smoothed.of(run, node)) is not None]


def trained_noise(run: Run) -> float:
    """Standard deviation of the Gaussian noise that a network was trained in; 0 where it was trained without."""
    return float(run.defence.get("gaussian", 0) or 0)


def networks(runs: Sequence[Run], others: Sequence[Run]) -> list[list[Smoothed]]:
    """The certificates of at most three networks: the first of `runs`, then those of `others` trained in noise.

    What room they leave the rest of `runs` takes; one run a model. A network without certificates is left out.
    """
    noisy = [run for run in others if trained_noise(run)]
    picked: dict[str, list[Smoothed]] = {}
    for run in (*runs[:1], *noisy, *runs[1:]):
        again = run not in runs and run.model in {f[0].run.model for f in picked.values()}
        if len(picked) < MOST_NETWORKS and run.name not in picked and not again and (found := smoothed(run)):
            picked[run.name] = found
    return list(picked.values())


def told(found: Sequence[Sequence[Smoothed]]) -> Smoothed:
    """The certificates that are told in pictures.

    If there are any, those whose hero is certified as its true class, is the image of the kept copies, and of a network
    that was trained in noise, at its sigma; of what is left, those with the largest radius.
    """

    def worth(smoothing: Smoothed) -> tuple[bool, bool, bool, float]:
        i, noise = hero(smoothing), trained_noise(smoothing.run)
        if i is None:
            return False, False, False, 0.0
        right = bool(smoothing.certified[i] == smoothing.label[i])
        return right, i == sampled(smoothing), 0 < noise == smoothing.sigma, float(smoothing.radius[i])

    return max((s for network in found for s in network), key=worth)


def sampled(smoothing: Smoothed) -> int | None:
    """Which of the images the kept noisy copies are of; None where none are kept."""
    if not smoothing.node.has("sample/pixels") or not len(smoothing.node["sample/pixels"]):
        return None
    return int(smoothing.node.attributes_of("sample").get("of", 0))


def hero(smoothing: Smoothed) -> int | None:
    """The image whose vote is shown; None where none is certified.

    That of the copies where it is certified as its true class; else, of those that are, the one with the middle radius;
    where none is, that of the copies if it is certified, else the middle one of those certified.
    """
    of, known = sampled(smoothing), np.isfinite(smoothing.radius)
    right = known & (smoothing.certified == smoothing.label)
    places = np.flatnonzero(right if right.any() else known)
    if of in places:
        return of
    if not len(places):
        return None
    return int(places[np.argsort(smoothing.radius[places], kind="stable")[len(places) // 2]])


def abstained(found: Sequence[Sequence[Smoothed]], first: Smoothed) -> tuple[Smoothed, int] | None:
    """An image on which a vote abstains, with the most votes for one class; of `first` if there is one."""
    for smoothing in (first, *(s for network in found for s in network)):
        places = np.flatnonzero(smoothing.certified < 0)
        if len(places):
            return smoothing, int(places[np.argmax(smoothing.share[places])])
    return None


def shown_votes(smoothing: Smoothed, image: int, most: int = 6) -> list[int]:
    """Which classes' votes are drawn, in their order: those with the most, the selected one among them, none with none.

    At least two are drawn where there are two.
    """
    votes = smoothing.votes[image].astype(float)
    votes[smoothing.chosen[image]] = np.inf
    ranked = np.argsort(-votes, kind="stable")[:most]
    return sorted(int(i) for place, i in enumerate(ranked) if place < 2 or votes[i] > 0)
