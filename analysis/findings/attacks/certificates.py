"""What a store holds of randomised smoothing: votes, radii and certified accuracy, and what they support saying."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.attacks.defences import certified_accuracy
from weightreel.analysis.findings.attacks.noise import in_colours
from weightreel.analysis.findings.statistics import Rate
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import title_of
from weightreel.analysis.findings.words.numbers import count, fixed, listed, plain, significant
from weightreel.analysis.store.nodes import Certificate, Run

Array = NDArray[Any]

MOST_NETWORKS = 3
NORMAL = NormalDist()
ROUND = (0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
"""Radii that are quoted."""


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
            run,
            node.sigma,
            int(about["n_estimation"]),
            float(about["failure_probability"]),
            node["label"],
            votes,
            chosen,
            certified,
            node["radius"].astype(float),
            node,
        )

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

    @property
    def copied_image(self) -> int | None:
        """Which of the images the kept noisy copies are of; None where none are kept."""
        if not self.node.has("sample/pixels") or not len(self.node["sample/pixels"]):
            return None
        return int(self.node.attributes_of("sample").get("of", 0))

    @property
    def copies_shown(self) -> tuple[Array, Array]:
        """The kept noisy copies, uint8 (n, H, W, 3), and the answer to each (n,)."""
        return in_colours(self.node["sample/pixels"]), self.node["sample/prediction"]

    def bound(self, image: int) -> float:
        """The lower bound of the selected class's probability that an image's radius was made from: Φ(radius / σ)."""
        return NORMAL.cdf(float(self.radius[image]) / self.sigma)

    def accuracy(self, radius: float) -> Rate:
        """Certified accuracy: images certified as their class to at least `radius`; abstentions count as wrong."""
        return certified_accuracy(self.node, [radius])[0]


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


def most_telling(found: Sequence[Sequence[Smoothed]]) -> Smoothed:
    """The certificates that are shown in pictures.

    If there are any, those whose shown image is certified as its true class, is the image of the kept copies, and of a
    network that was trained in noise, at its sigma; of what is left, those with the largest radius.
    """

    def worth(smoothing: Smoothed) -> tuple[bool, bool, bool, float]:
        image, noise = shown_image(smoothing), trained_noise(smoothing.run)
        if image is None:
            return False, False, False, 0.0
        right = bool(smoothing.certified[image] == smoothing.label[image])
        own = 0 < noise == smoothing.sigma
        return right, image == smoothing.copied_image, own, float(smoothing.radius[image])

    return max((smoothing for network in found for smoothing in network), key=worth)


def shown_image(smoothing: Smoothed) -> int | None:
    """The image whose vote is shown; None where none is certified.

    That of the copies where it is certified as its true class; else, of those that are, the one with the middle radius;
    where none is, that of the copies if it is certified, else the middle one of those certified.
    """
    copied, known = smoothing.copied_image, np.isfinite(smoothing.radius)
    right = known & (smoothing.certified == smoothing.label)
    images = np.flatnonzero(right if right.any() else known)
    if copied in images:
        return copied
    if not len(images):
        return None
    return int(images[np.argsort(smoothing.radius[images], kind="stable")[len(images) // 2]])


def abstained(found: Sequence[Sequence[Smoothed]], first: Smoothed) -> tuple[Smoothed, int] | None:
    """An image on which a vote abstains, with the most votes for one class; of `first` if there is one."""
    for smoothing in (first, *(each for network in found for each in network)):
        images = np.flatnonzero(smoothing.certified < 0)
        if len(images):
            return smoothing, int(images[np.argmax(smoothing.share[images])])
    return None


def shown_votes(smoothing: Smoothed, image: int, most: int = 6) -> list[int]:
    """Which classes' votes are drawn, in their order: those with the most, the selected one among them, none with none.

    At least two are drawn where there are two.
    """
    votes = smoothing.votes[image].astype(float)
    votes[smoothing.chosen[image]] = np.inf
    ranked = np.argsort(-votes, kind="stable")[:most]
    return sorted(int(i) for rank, i in enumerate(ranked) if rank < 2 or votes[i] > 0)


def votes_in_words(smoothing: Smoothed, image: int, name: str) -> str:
    """`912 of 1,000 votes for frog`."""
    votes = int(smoothing.votes[image, smoothing.chosen[image]])
    return phrase("{votes} of {copies} votes for {name}", votes=count(votes), copies=count(smoothing.copies), name=name)


def bound_in_words(smoothing: Smoothed, image: int) -> str:
    """The lower bound of a certified image."""
    return f"p ≥ {in_digits(smoothing.bound(image))}"


def in_digits(share: float) -> str:
    """A share below 1 with so many decimals that it is not written as 1, rounded down as a lower bound must be."""
    places = next((p for p in range(3, 7) if 10**p * (1 - share) >= 1), 6)
    return fixed(np.floor(share * 10**places + 1e-9) / 10**places, places)


def radius_in_words(smoothing: Smoothed, image: int) -> str:
    """The radius, with what it is made of."""
    radius = float(smoothing.radius[image])
    return f"{plain(smoothing.sigma)} × {fixed(radius / smoothing.sigma)} = {significant(radius, 2)}"


def certified_in_words(smoothing: Smoothed, image: int, name: str, true: str) -> str:
    """What a certificate says, and whether it is of the true class."""
    values = {"radius": significant(float(smoothing.radius[image]), 2), "name": name}
    if name == true:
        return phrase(
            "No perturbation of Euclidean norm below {radius} can change the vote from {name}, which is right.",
            **values,
        )
    return phrase(
        "No perturbation of Euclidean norm below {radius} can change the vote from {name}, though the image shows "
        "{true}: certified is what is stable, right or wrong.",
        true=true,
        **values,
    )


def failure_in_words(smoothing: Smoothed) -> str:
    """How sure a certificate is, and of which answer."""
    return phrase(
        "It holds for the vote, not for the network's single answer, and errs with probability {failure} at most.",
        failure=plain(smoothing.failure),
    )


def abstention_in_words(smoothing: Smoothed, image: int, name: str) -> str:
    """Why a vote abstains."""
    votes = int(smoothing.votes[image, smoothing.chosen[image]])
    values = {"votes": count(votes), "copies": count(smoothing.copies), "name": name}
    if 2 * votes <= smoothing.copies:
        return phrase("{votes} of {copies} votes for {name} are no majority: the vote abstains.", **values)
    return phrase(
        "{votes} of {copies} votes for {name} do not bound its probability above one half: the vote abstains.", **values
    )


def abstentions_in_words(found: Sequence[Sequence[Smoothed]]) -> str:
    """How often the votes of every network abstain, at each sigma."""
    parts = []
    for network in found:
        counts = [
            phrase("{count} at σ = {sigma}", count=int((s.certified < 0).sum()), sigma=plain(s.sigma)) for s in network
        ]
        parts.append(f"{title_of(network[0].run)}: {listed(counts)}")
    images = {s.images for network in found for s in network}
    counts_of_all = "; ".join(parts)
    if len(images) == 1:
        return phrase("Abstentions of {images} images: {counts}.", images=images.pop(), counts=counts_of_all)
    return phrase("Abstentions: {counts}.", counts=counts_of_all)


def telling(found: Sequence[Sequence[Smoothed]]) -> tuple[float, float]:
    """The sigma and the radius that are quoted.

    The sigma that a network was trained in if it is certified at it, else that at which a network is certified for most
    images; the largest round radius at which the best network is certified for at least a fifth, else the smallest.
    """
    every = [s for network in found for s in network]
    own = {trained_noise(s.run) for s in every} & {s.sigma for s in every}
    sigma = min(own) if own else max(every, key=lambda s: s.accuracy(ROUND[0]).value).sigma
    here = [s for s in every if s.sigma == sigma]
    fit = [r for r in ROUND if max(s.accuracy(r).value for s in here) >= 0.2]
    return sigma, max(fit, default=ROUND[0])


def certified_accuracy_in_words(found: Sequence[Sequence[Smoothed]]) -> str:
    """How many images each network is certified for at one sigma and radius."""
    sigma, radius = telling(found)
    here = [s for network in found for s in network if s.sigma == sigma]
    each = [{"n": s.accuracy(radius).successes, "title": title_of(s.run)} for s in here]
    parts = [phrase("{n} of {images} images ({title})", images=here[0].images, **each[0])]
    parts += [phrase("{n} ({title})", **values) for values in each[1:]]
    return phrase(
        "At σ = {sigma} right and certified to radius {radius}: {counts}.",
        sigma=plain(sigma),
        radius=plain(radius),
        counts=listed(parts),
    )


def training_in_words(found: Sequence[Sequence[Smoothed]]) -> str:
    """What noise the networks were trained in."""
    by_noise: dict[float, list[str]] = {}
    for network in found:
        by_noise.setdefault(trained_noise(network[0].run), []).append(title_of(network[0].run))
    parts = [
        phrase("σ = {sigma} ({networks})", sigma=plain(sigma), networks=", ".join(titles))
        if sigma
        else phrase("none ({networks})", networks=", ".join(titles))
        for sigma, titles in by_noise.items()
    ]
    return phrase("Gaussian noise in training: {networks}.", networks=listed(parts))


def limit_in_words(found: Sequence[Sequence[Smoothed]]) -> str:
    """What the broken lines are."""
    votes = listed([count(n) for n in sorted({s.copies for network in found for s in network})])
    return phrase("Broken line: the most that {votes} votes can certify. Abstentions count as wrong.", votes=votes)
