"""Robust accuracy as the worst case over several attacks, and what PGD alone would have said."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.attacks.perturbation import name_of_method, radius_in_words
from weightreel.analysis.findings.statistics import Rate, counted, rate_of
from weightreel.analysis.findings.words.language import phrase, phrase_n
from weightreel.analysis.findings.words.names import title_of, titles_apart
from weightreel.analysis.findings.words.numbers import count, from_low_to_high, listed, percent
from weightreel.analysis.store.nodes import Run
from weightreel.analysis.store.schema.fields import AttackKind

Array = NDArray[Any]

GRADIENT = "gradient attacks"
"""What the store calls FGSM and PGD among those of a worst case."""
MOST_APART = 6
"""Networks of which each has a sentence of its own."""
SAME = 1e-9
"""Radii nearer to each other than this are one."""
NAMES = {GRADIENT: "FGSM/PGD", "apgd-ce": "APGD-CE", "apgd-t": "APGD-T", "fab-t": "FAB-T", "square": "Square"}
"""Attacks of the ensemble as their authors write them."""


@dataclass(frozen=True)
class WorstCase:
    """What several attacks together leave of N test images.

    Attributes:
        image: numbers among the test images (N,).
        label: true classes (N,).
        epsilons: L∞ radii, pixels in [0,1], ascending (n,).
        radius: smallest of them at which each image fell (N,): 0 if wrong without attack, NaN if it stands at all.
        by: place in `attacks` of what felled it (N,); -1 if it stands.
        attacks: names of what was tried, in order.
    """

    image: Array
    label: Array
    epsilons: Array
    radius: Array
    by: Array
    attacks: tuple[str, ...]

    @property
    def clean(self) -> Rate:
        """Share of the images that are right without attack."""
        return rate_of(~(self.radius == 0))

    def stands(self, epsilon: float) -> NDArray[np.bool_]:
        """Which images no attack felled within a radius (N,)."""
        return ~(self.radius <= epsilon + SAME)

    def rate(self, epsilon: float) -> Rate:
        """Robust accuracy at a radius: the share of all images, right without attack, that no attack felled within."""
        return rate_of(self.stands(epsilon))

    def has(self, epsilon: float) -> bool:
        """Whether this radius was tried."""
        return bool(np.isclose(self.epsilons, epsilon, rtol=0, atol=SAME).any())


def worst_case_of(run: Run) -> WorstCase | None:
    """The worst case of a run, with what the store's gradient attacks felled at its radii; None where there is none.

    Those were tried first when it was measured; they may have been measured again since, from other starts.
    """
    attack = next(iter(run.attacks_of(AttackKind.WORST_CASE).values()), None)
    if attack is None or not attack.has("fallen/radius") or not len(attack["label"]):
        return None
    names = tuple(json.loads(attack.attributes["attacks"]))
    epsilons = np.array(sorted(attack.parameters["epsilons"]), float)
    radius, by = attack["fallen/radius"].astype(float), attack["fallen/by"].astype(int)
    for other in run.attacks_of(AttackKind.GRADIENT).values():
        about = other.parameters
        at = epsilons[np.isclose(epsilons, float(about["epsilon"]), rtol=0, atol=SAME)]
        if about["norm"] != "linf" or not len(at) or not other.has("prediction"):
            continue
        felled = other["image"][other["prediction"] != other["label"]]
        earlier = np.isin(attack["image"], felled) & ~(radius <= at[0] + SAME)
        radius[earlier], by[earlier] = at[0], names.index(GRADIENT)
    return WorstCase(attack["image"], attack["label"], epsilons, radius, by, names)


@dataclass(frozen=True)
class Beside:
    """What PGD alone leaves of the worst case's images at one radius.

    Attributes:
        name: of the attack, PGD-40.
        epsilon: pixels in [0,1].
        alone: robust accuracy under it.
        worst: robust accuracy in the worst case, of the same images.
    """

    name: str
    epsilon: float
    alone: Rate
    worst: Rate


def beside(run: Run) -> list[Beside]:
    """PGD of most steps beside the worst case, at each radius that both have; only images that both were put on."""
    worst = worst_case_of(run)
    if worst is None:
        return []
    found: dict[float, tuple[int, Beside]] = {}
    for attack in run.attacks_of(AttackKind.GRADIENT).values():
        about = attack.parameters
        if about["norm"] != "linf" or not attack.has("prediction") or not worst.has(epsilon := float(about["epsilon"])):
            continue
        both, ours, theirs = np.intersect1d(worst.image, attack["image"], return_indices=True)
        steps, key = int(about["steps"]), round(epsilon, 9)
        if len(both) < len(worst.image) or (key in found and found[key][0] >= steps):
            continue
        label = attack["label"][theirs]
        right = (attack["prediction"][theirs] == label) & (attack["clean/prediction"][theirs] == label)
        rate = counted(int(worst.stands(epsilon)[ours].sum()), len(ours))
        found[key] = steps, Beside(name_of_method(str(about["family"])), epsilon, rate_of(right), rate)
    return [found[key][1] for key in sorted(found)]


def most_flattered(run: Run) -> Beside | None:
    """Where PGD alone leaves most that falls in the worst case; None where there is nothing to hold beside it."""
    return max(beside(run), key=lambda b: b.alone.successes - b.worst.successes, default=None)


def felled_by(worst: WorstCase) -> list[tuple[str, int]]:
    """How many images each attack felled that none before it had, names as their authors write them."""
    return [
        (NAMES.get(name, name), int(np.sum(worst.by == place)))
        for place, name in enumerate(worst.attacks)
        if name in NAMES and np.any(worst.by == place)
    ]


def ensemble_in_words(worst: WorstCase) -> str:
    """The names of the attacks that were tried."""
    return listed([NAMES[name] for name in worst.attacks if name in NAMES])


def contrast_in_words(run: Run, title: str = "") -> str:
    """What the worst case leaves of a network, and what PGD alone would have said; empty without a worst case."""
    worst = worst_case_of(run)
    if worst is None:
        return ""
    found = most_flattered(run)
    epsilon = float(worst.epsilons[-1]) if found is None else found.epsilon
    rate = worst.rate(epsilon) if found is None else found.worst
    values = {
        "title": title or title_of(run),
        "radius": radius_in_words("linf", epsilon),
        "left": count(rate.successes),
        "images": count(rate.trials),
    }
    if found is None:
        return phrase(
            "{title}: the worst case over several attacks leaves {left} of {images} images right with {radius}.",
            **values,
        )
    if found.alone.successes == rate.successes:
        return phrase(
            "{title}: the worst case over several attacks leaves {left} of {images} images right with {radius}, as "
            "many as {attack} alone.",
            attack=found.name,
            **values,
        )
    return phrase(
        "{title}: the worst case over several attacks leaves {left} of {images} images right with {radius}; {attack} "
        "alone would have said {alone} ({share}).",
        attack=found.name,
        alone=count(found.alone.successes),
        share=percent(found.alone.value),
        **values,
    )


def common_radius(runs: Sequence[Run]) -> float | None:
    """The middle one of the radii at which all networks have a worst case; None where one has none.

    Networks that PGD alone was put on cannot stand beside others: by how much it flatters differs by network.
    """
    cases = [worst_case_of(run) for run in runs]
    if not cases or any(case is None for case in cases):
        return None
    radii = sorted(set.intersection(*({round(float(e), 9) for e in case.epsilons} for case in cases if case)))
    return radii[len(radii) // 2] if radii else None


def contrasts_in_words(runs: Sequence[Run]) -> list[str]:
    """What the worst case leaves of every network; of more than MOST_APART one sentence, at their common radius."""
    attacked = [run for run in runs if worst_case_of(run) is not None]
    if len(attacked) <= MOST_APART:
        titles = titles_apart(runs)
        return [said for run, title in zip(runs, titles, strict=True) if (said := contrast_in_words(run, title))]
    radius = common_radius(attacked)
    if radius is None:
        return []
    cases = [case for run in attacked if (case := worst_case_of(run)) is not None]
    shares = [case.rate(radius).value for case in cases]
    return [
        phrase(
            "The worst case over several attacks leaves {low} to {high} of the images right with {radius} in {n} "
            "networks.",
            low=percent(min(shares), 0),
            high=percent(max(shares), 0),
            radius=radius_in_words("linf", radius),
            n=len(cases),
        )
    ]


def alone_in_words(runs: Sequence[Run]) -> str:
    """What PGD alone would have said of networks, at the radius where it flatters the first most, in one sentence.

    Where the store has no worst case it says that; empty where PGD says the same of all.
    """
    if not any(worst_case_of(run) for run in runs):
        return phrase("An upper bound: the store has no worst case over several attacks.")
    first = next((found for run in runs if (found := most_flattered(run)) is not None), None)
    if first is None:
        return ""
    at = [(run, b) for run in runs for b in beside(run) if abs(b.epsilon - first.epsilon) < SAME]
    if all(b.alone.successes == b.worst.successes for _, b in at):
        return ""
    return phrase(
        "{attack} alone would have left {alone}, not {worst}, of {images} images with {radius}.",
        attack=first.name,
        alone=_from_to([b.alone.successes for _, b in at]),
        worst=_from_to([b.worst.successes for _, b in at]),
        images=count(first.worst.trials),
        radius=radius_in_words("linf", first.epsilon),
    )


def _from_to(counts: Sequence[int]) -> str:
    return from_low_to_high(count(min(counts)), count(max(counts)))


def kind_of_bound_in_words(runs: Sequence[Run]) -> str:
    """Whether robust accuracy is the worst case over several attacks, and of which networks it is none."""
    attacked = [run for run in runs if run.attacks_of(AttackKind.GRADIENT, AttackKind.WORST_CASE)]
    worst = {run.name: found for run in attacked if (found := worst_case_of(run)) is not None}
    if not attacked:
        return ""
    if not worst:
        return phrase(
            "Robust accuracy is over all attacked images, and an upper bound by the attack that is named: the store "
            "has no worst case over stronger ones."
        )
    ensemble = ensemble_in_words(next(iter(worst.values())))
    without = [run.name for run in attacked if run.name not in worst]
    if not without:
        return phrase(
            "Robust accuracy is over all attacked images, in the worst case over {attacks}: an upper bound still, that "
            "does not hang on the scale of the logits.",
            attacks=ensemble,
        )
    return phrase_n(
        "Robust accuracy is over all attacked images. The worst case is over {attacks}; {runs} has none, and only an "
        "upper bound by the attack that is named.",
        "Robust accuracy is over all attacked images. The worst case is over {attacks}; {runs} have none, and only an "
        "upper bound by the attack that is named.",
        len(without),
        attacks=ensemble,
        runs=listed(without),
    )
