"""What attacks by gradients leave of networks: robust accuracy at every radius, and how far a wrong answer is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.statistics import Rate, counted, rate_of
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import title_of
from weightreel.analysis.findings.words.numbers import count, listed, significant
from weightreel.analysis.store.nodes import Attack, Run
from weightreel.analysis.store.schema.fields import AttackKind

Array = NDArray[Any]

MOST_NETWORKS = 5
"""More curves could not be told apart."""
MOST_PANELS = 5
NOTHING_LEFT = 0.01
"""At or below this robust accuracy an attack is told to leave next to nothing."""
NORMS = {"linf": "L∞", "l2": "L2"}
METHODS = {"autoattack": "AutoAttack", "deepfool": "DeepFool", "cw": "Carlini–Wagner"}
"""Names of methods that are not written in capitals."""


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
    label = attack["label"]
    return rate_of((attack["prediction"] == label) & (attack["clean/prediction"] == label))


@dataclass(frozen=True)
class Family:
    """One attack at several radii on one network.

    Attributes:
        name: FGSM, PGD-40, …
        norm: linf or l2.
        epsilons: pixels in [0,1], ascending from 0, which is no attack, (n,).
        rates: robust accuracy at each, n.
    """

    name: str
    norm: str
    epsilons: Array
    rates: tuple[Rate, ...]

    @property
    def key(self) -> tuple[str, str]:
        """What is equal for the same attack on another network."""
        return self.name, self.norm


def families(run: Run) -> list[Family]:
    """The attacks within a radius on one run, in the store's order; ε = 0 is the same images without an attack."""
    found = []
    for family, members in attacks_by_family(run).items():
        if not len(members[0]["label"]):
            continue
        rates = (clean_accuracy(members[0]), *map(robust_accuracy, members))
        epsilons = np.array([0.0, *(float(attack.parameters["epsilon"]) for attack in members)])
        norm = str(members[0].parameters.get("norm", "linf"))
        found.append(Family(name_of_method(family), norm, epsilons, rates))
    return found


def name_of_method(family: str) -> str:
    """A family of attacks as people write it: `PGD-40` of pgd40-linf, `DeepFool` of deepfool-l2."""
    method = family.removesuffix("-linf").removesuffix("-l2")
    if method.startswith("pgd"):
        return f"PGD-{method.removeprefix('pgd')}"
    return METHODS.get(method, method.upper())


def attack_in_words(attack: Attack) -> str:
    """An attack and its radius in short: `PGD-10, ε = 8/255`, `PGD-40, ε = 0.5 in L2`; of DeepFool the name alone."""
    about = attack.parameters
    name = name_of_method(str(about["family"]))
    if "epsilon" not in about:
        return name
    return f"{name}, {radius_in_words(str(about['norm']), float(about['epsilon']))}"


def radius_in_words(norm: str, epsilon: float) -> str:
    """`ε = 8/255`, or `ε = 0.5 in L2`."""
    return phrase("ε = {radius} in L2", radius=f"{epsilon:g}") if norm == "l2" else f"ε = {levels(epsilon)}/255"


def levels(difference: float) -> str:
    """A difference of pixels in [0,1] in steps of 1/255, with a decimal only where it is not whole."""
    return f"{round(255 * difference, 1):g}"


@dataclass(frozen=True)
class Distances:
    """The smallest perturbations that change an answer, as a minimum-norm attack found them.

    Attributes:
        name: of the attack, for people.
        norm: linf or l2.
        found: norm of each image's perturbation, infinite where the attack found none, pixels in [0,1] (k,).
        images: that were attacked, those answered wrongly without attack among them; k are answered rightly.
    """

    name: str
    norm: str
    found: Array
    images: int

    @property
    def median(self) -> float:
        """The median over the images answered rightly; infinite where nothing was found for half, NaN of no image."""
        return float(np.median(self.found)) if len(self.found) else float("nan")

    def robust_at(self, radii: Iterable[float]) -> list[Rate]:
        """Share of all images without a wrong answer within each radius.

        An image for which the attack found nothing counts as robust: an upper bound, as with every attack.
        """
        return [counted(int(np.count_nonzero(self.found > radius)), self.images) for radius in radii]


def distances_of(attack: Attack) -> Distances:
    """What a minimum-norm attack found for the images that are answered rightly."""
    right = attack["clean/prediction"] == attack["label"]
    distance = attack["distance"][right].astype(float)
    return Distances(
        name_of_method(attack.name),
        str(attack.parameters.get("norm", "l2")),
        np.where(np.isnan(distance), np.inf, distance),
        len(right),
    )


def minimum_distances(run: Run) -> Distances | None:
    """What the first minimum-norm attack on a run found; None where none was made."""
    attack = next(iter(run.attacks_of(AttackKind.MINIMUM_NORM).values()), None)
    return None if attack is None else distances_of(attack)


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
    """The attack that leaves the first network least at its largest radius; L-infinity before L2, later ones first."""
    found = networks[0].families
    inside = [family for family in found if family.norm == "linf"] or found
    return min(reversed(inside), key=lambda family: family.rates[-1].value)


def telling_radius(family: Family) -> int:
    """Place of the smallest radius that leaves next to nothing of this network, else of the largest."""
    small = (i for i, rate in enumerate(family.rates) if i and rate.value <= NOTHING_LEFT)
    return next(small, len(family.rates) - 1)


def robust_in_words(networks: Sequence[Attacked]) -> str:
    """What the strongest attack leaves of every network at one radius."""
    family = strongest(networks)
    epsilon = family.epsilons[telling_radius(family)]
    left: list[tuple[str, Rate, Rate]] = []
    for network in networks:
        other = network.family(family.key)
        at = np.flatnonzero(np.isclose(other.epsilons, epsilon)) if other is not None else np.zeros(0, int)
        if other is not None and len(at):
            left.append((title_of(network.run), other.rates[int(at[0])], other.rates[0]))
    values = {
        "images": count(left[0][1].trials),
        "attack": family.name,
        "radius": radius_in_words(family.norm, float(epsilon)),
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
    images = low if len(trials) == 1 else phrase("{low} to {high}", low=low, high=high)
    if len(networks) == 1:
        return phrase(
            "{images} test images, whiskers: Wilson's 95 % intervals; one seed of one network.", images=images
        )
    return phrase("{images} test images, whiskers: Wilson's 95 % intervals; one seed of each network.", images=images)


def distances_in_words(networks: Sequence[Attacked]) -> str:
    """The median smallest perturbation found for each network; empty where no such attack was made."""
    parts, name = [], ""
    for network in networks:
        found = minimum_distances(network.run)
        if found is None or not len(found.found):
            continue
        name = found.name
        far = significant(found.median, 2) if np.isfinite(found.median) else phrase("beyond its reach")
        parts.append(f"{far} ({title_of(network.run)})")
    if not parts:
        return ""
    return phrase(
        "Median distance to a wrong answer that {attack} finds, in L2: {distances}.",
        attack=name,
        distances=listed(parts),
    )
