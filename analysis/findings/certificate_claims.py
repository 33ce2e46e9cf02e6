"""What a store supports saying of randomised smoothing: sentences chosen by its numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from weightreel.analysis.findings.certificates import Smoothed, trained_noise
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import title_of
from weightreel.analysis.findings.words.numbers import listed, significant

ROUND = (0.05, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
"""Radii that are quoted."""


def votes_in_words(smoothing: Smoothed, image: int, name: str) -> str:
    """`912 of 1,000 votes for frog`."""
    votes = int(smoothing.votes[image, smoothing.chosen[image]])
    return phrase("{votes} of {copies} votes for {name}", votes=f"{votes:,}", copies=f"{smoothing.copies:,}", name=name)


def bound_in_words(smoothing: Smoothed, image: int) -> str:
    """The lower bound of a certified image."""
    return f"p ≥ {in_digits(smoothing.bound(image))}"


def in_digits(share: float) -> str:
    """A share below 1 with so many decimals that it is not written as 1, rounded down as a lower bound must be."""
    places = next((p for p in range(3, 7) if 10**p * (1 - share) >= 1), 6)
    return f"{np.floor(share * 10**places + 1e-9) / 10**places:.{places}f}"


def radius_in_words(smoothing: Smoothed, image: int) -> str:
    """The radius, with what it is made of."""
    radius = float(smoothing.radius[image])
    return f"{smoothing.sigma:g} × {radius / smoothing.sigma:.2f} = {significant(radius, 2)}"


def certified_in_words(smoothing: Smoothed, image: int, name: str, true: str) -> str:
    """What a certificate says, and whether it is of the true class."""
    radius = significant(float(smoothing.radius[image]), 2)
    if name == true:
        return phrase(
            "No perturbation of Euclidean norm below {radius} can change the vote from {name}, which is right.",
            radius=radius, name=name,
        )  # fmt: skip
    return phrase(
        "No perturbation of Euclidean norm below {radius} can change the vote from {name}, though the image shows "
        "{true}: certified is what is stable, right or wrong.",
        radius=radius, name=name, true=true,
    )  # fmt: skip


def failure_in_words(smoothing: Smoothed) -> str:
    """How sure a certificate is, and of which answer."""
    return phrase(
        "It holds for the vote, not for the network's single answer, and errs with probability {failure} at most.",
        failure=f"{smoothing.failure:g}",
    )


def abstention_in_words(smoothing: Smoothed, image: int, name: str) -> str:
    """Why a vote abstains."""
    votes = int(smoothing.votes[image, smoothing.chosen[image]])
    said = {"votes": f"{votes:,}", "copies": f"{smoothing.copies:,}", "name": name}
    if 2 * votes <= smoothing.copies:
        return phrase("{votes} of {copies} votes for {name} are no majority: the vote abstains.", **said)
    return phrase(
        "{votes} of {copies} votes for {name} do not bound its probability above one half: the vote abstains.", **said
    )


def abstentions_in_words(found: Sequence[Sequence[Smoothed]]) -> str:
    """How often the votes of every network abstain, at each sigma."""
    parts = []
    for network in found:
        counts = [
            phrase("{count} at σ = {sigma}", count=int((s.certified < 0).sum()), sigma=f"{s.sigma:g}") for s in network
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
    parts = []
    for network in found:
        for s in network:
            if s.sigma == sigma:
                said = {"n": s.accuracy(radius).successes, "title": title_of(s.run)}
                parts.append(
                    phrase("{n} ({title})", **said)
                    if parts
                    else phrase("{n} of {images} images ({title})", images=s.images, **said)
                )
    return phrase(
        "At σ = {sigma} right and certified to radius {radius}: {counts}.",
        sigma=f"{sigma:g}", radius=f"{radius:g}", counts=listed(parts),
    )  # fmt: skip


def training_in_words(found: Sequence[Sequence[Smoothed]]) -> str:
    """What noise the networks were trained in."""
    by_noise: dict[float, list[str]] = {}
    for network in found:
        by_noise.setdefault(trained_noise(network[0].run), []).append(title_of(network[0].run))
    parts = [
        phrase("σ = {sigma} ({networks})", sigma=f"{sigma:g}", networks=", ".join(titles))
        if sigma
        else phrase("none ({networks})", networks=", ".join(titles))
        for sigma, titles in by_noise.items()
    ]
    return phrase("Gaussian noise in training: {networks}.", networks=listed(parts))


def limit_in_words(found: Sequence[Sequence[Smoothed]]) -> str:
    """What the broken lines are."""
    copies = sorted({s.copies for network in found for s in network})
    many = listed([f"{n:,}" for n in copies])
    return phrase("Broken line: the most that {votes} votes can certify. Abstentions count as wrong.", votes=many)
