"""What attacks leave of networks: robust accuracy at every radius, by families of attacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.attacks.perturbation import name_of_method, radius_in_words
from weightreel.analysis.findings.attacks.worst_case import worst_case_of
from weightreel.analysis.findings.statistics import Rate, rate_of
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import title_of
from weightreel.analysis.findings.words.numbers import count, from_low_to_high, listed
from weightreel.analysis.store.nodes import Attack, Run
from weightreel.analysis.store.schema.fields import AttackKind

Array = NDArray[Any]

MOST_NETWORKS = 5
"""More curves could not be told apart."""
MOST_PANELS = 5
NOTHING_LEFT = 0.01
"""At or below this robust accuracy an attack is told to leave next to nothing."""


def attacks_by_family(run: Run) -> dict[str, list[Attack]]:
    """Attacks within a radius that were made, by family such as `pgd10-linf`, each by ascending radius."""
    found: dict[str, list[Attack]] = {}
    for attack in run.attacks_of(AttackKind.GRADIENT).values():
        if attack.has("prediction"):
            found.setdefault(str(attack.parameters["family"]), []).append(attack)
    for attacks in found.values():
        attacks.sort(key=lambda attack: float(attack.parameters["epsilon"]))
    return found


def clean_accuracy(attack: Attack) -> Rate:
    """Share of the attacked images that are answered rightly without attack."""
    return rate_of(attack["clean/prediction"] == attack["label"])


def robust_accuracy(attack: Attack) -> Rate:
    """Share of all attacked images that are still answered rightly."""
    return rate_of(_still_right(attack))


def _still_right(attack: Attack) -> Array:
    label = attack["label"]
    return np.asarray((attack["prediction"] == label) & (attack["clean/prediction"] == label))


@dataclass(frozen=True)
class Family:
    """One attack at several radii on one network.

    Attributes:
        name: FGSM, PGD-40, …, or that it is the worst case of several.
        norm: linf or l2.
        epsilons: pixels in [0,1], ascending from 0, which is no attack, (n,).
        right: whether each of N images is still answered rightly at each, (n, N).
        worst: whether it is the worst case over several attacks.
    """

    name: str
    norm: str
    epsilons: Array
    right: Array
    worst: bool = False

    @property
    def rates(self) -> tuple[Rate, ...]:
        """Robust accuracy at each radius, n."""
        return tuple(map(rate_of, self.right))

    @property
    def key(self) -> tuple[str, str]:
        """What is equal for the same attack on another network."""
        return self.name, self.norm


def families(run: Run) -> list[Family]:
    """The worst case, where there is one, and the attacks within a radius on one run, in the store's order.

    ε = 0 is the same images without an attack.
    """
    found = []
    if (worst := worst_case_of(run)) is not None:
        radii = np.array([0.0, *worst.epsilons])
        found.append(Family(phrase("worst case"), "linf", radii, np.stack([worst.stands(e) for e in radii]), True))
    for family, members in attacks_by_family(run).items():
        if not len(members[0]["label"]):
            continue
        clean = members[0]["clean/prediction"] == members[0]["label"]
        epsilons = np.array([0.0, *(float(attack.parameters["epsilon"]) for attack in members)])
        norm = str(members[0].parameters.get("norm", "linf"))
        found.append(Family(name_of_method(family), norm, epsilons, np.stack([clean, *map(_still_right, members)])))
    return found


@dataclass(frozen=True)
class Attacked:
    """One network and the attacks on it."""

    run: Run
    families: list[Family]

    def family(self, key: tuple[str, str]) -> Family | None:
        """The attack of this name and norm."""
        return next((f for f in self.families if f.key == key), None)


def attacked(runs: Sequence[Run], others: Sequence[Run] = ()) -> list[Attacked]:
    """The networks that are attacked by gradients: `runs`, then the first seed of each of `others`, at most five."""
    chosen = list(runs)
    for run in others:
        if run.model not in {c.model for c in chosen}:
            chosen.append(run)
    found = [Attacked(run, families(run)) for run in chosen]
    return [network for network in found if network.families][:MOST_NETWORKS]


def panels(networks: Sequence[Attacked]) -> list[tuple[str, str]]:
    """Which attacks are drawn: those of any network, in order, norm by norm, at most MOST_PANELS."""
    keys = list(dict.fromkeys(family.key for network in networks for family in network.families))
    norms = list(dict.fromkeys(norm for _, norm in keys))
    return sorted(keys, key=lambda key: norms.index(key[1]))[:MOST_PANELS]


def strongest(networks: Sequence[Attacked]) -> Family:
    """The worst case of the first network, or else the attack that leaves it least at its largest radius; L-infinity
    before L2, later ones first."""
    found = networks[0].families
    if worst := [family for family in found if family.worst]:
        return worst[0]
    inside = [family for family in found if family.norm == "linf"] or found
    return min(reversed(inside), key=lambda family: family.rates[-1].value)


def telling_radius(family: Family) -> int:
    """Place of the smallest radius that leaves next to nothing of this network, else of the largest."""
    small = (i for i, rate in enumerate(family.rates) if i and rate.value <= NOTHING_LEFT)
    return next(small, len(family.rates) - 1)


def left_in_words(networks: Sequence[Attacked]) -> str:
    """What the strongest attack leaves at one radius, in one short sentence for all networks."""
    family, epsilon, left = _left_by_the_strongest(networks)
    counts = [rate.successes for _, rate, _ in left]
    return phrase(
        "Within {radius}, {counts} of {images} images are still answered right.",
        radius=radius_in_words(family.norm, epsilon),
        counts=from_low_to_high(count(min(counts)), count(max(counts))),
        images=count(left[0][1].trials),
    )


def _left_by_the_strongest(networks: Sequence[Attacked]) -> tuple[Family, float, list[tuple[str, Rate, Rate]]]:
    """The strongest attack, its telling radius, and title, rate there and rate without it of the networks it was on."""
    family = strongest(networks)
    epsilon = float(family.epsilons[telling_radius(family)])
    left = []
    for network in networks:
        other = network.family(family.key)
        at = np.flatnonzero(np.isclose(other.epsilons, epsilon)) if other is not None else np.zeros(0, int)
        if other is not None and len(at):
            left.append((title_of(network.run), other.rates[int(at[0])], other.rates[0]))
    return family, epsilon, left


def robust_in_words(networks: Sequence[Attacked]) -> str:
    """What the strongest attack leaves of every network at one radius."""
    family, epsilon, left = _left_by_the_strongest(networks)
    values = {
        "images": count(left[0][1].trials),
        "attack": phrase("the worst case") if family.worst else family.name,
        "radius": radius_in_words(family.norm, epsilon),
    }
    if len(left) > 2:
        counts = ", ".join(f"{title} {count(rate.successes)} ({count(clean.successes)})" for title, rate, clean in left)
        return phrase(
            "Still right of {images} images under {attack} with {radius} (without it): {counts}.",
            counts=counts,
            **values,
        )
    each = [
        phrase(
            "{right} right in the {title} ({clean} without it)",
            right=count(rate.successes),
            title=title,
            clean=count(clean.successes),
        )
        for title, rate, clean in left
    ]
    return phrase("Of {images} images {attack} with {radius} leaves {counts}.", counts=listed(each), **values)


def intervals_in_words(networks: Sequence[Attacked]) -> str:
    """What the curves rest on."""
    trials = {rate.trials for network in networks for family in network.families for rate in family.rates}
    low, high = count(min(trials)), count(max(trials))
    images = from_low_to_high(low, high)
    if len(networks) == 1:
        return phrase(
            "{images} test images, whiskers: Wilson's 95 % intervals; one seed of one network.", images=images
        )
    return phrase("{images} test images, whiskers: Wilson's 95 % intervals; one seed of each network.", images=images)
