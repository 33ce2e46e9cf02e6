"""What a store holds of attacks by gradients, ready to be drawn."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings import defences as robustness
from weightreel.analysis.findings.confidence import largest
from weightreel.analysis.findings.noise import NOTHING
from weightreel.analysis.findings.statistics import Rate
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import short_names, title_of
from weightreel.analysis.store.nodes import Attack, Run
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.paths import AttackKind

Array = NDArray[Any]

MOST_NETWORKS = 5
"""More curves could not be told apart."""
MOST_PANELS = 5
PATH = "path/perturbation"


@dataclass(frozen=True)
class Way:
    """One example's way through an attack of S steps; step 0 is the image as it is.

    Attributes:
        title: the network's name, for people.
        parameters: of the attack.
        example: its number among the examples.
        picture: uint8, (H, W, 3).
        label: its true class.
        perturbation: after each step, pixels in [0,1], (S + 1, H, W, 3).
        probabilities: of each answer, (S + 1, A).
        answers: names of the A answers.
    """

    title: str
    parameters: dict[str, Any]
    example: int
    picture: Array
    label: int
    perturbation: Array
    probabilities: Array
    answers: tuple[str, ...]

    @property
    def steps(self) -> int:
        """Steps taken, S."""
        return len(self.perturbation) - 1

    @property
    def norm(self) -> str:
        """Norm that the attack bounds, linf or l2."""
        return str(self.parameters.get("norm", "linf"))

    @property
    def epsilon(self) -> float:
        """Radius of the attack, pixels in [0,1]; where it names none, the largest change of a value."""
        return float(self.parameters.get("epsilon", np.abs(self.perturbation).max()))

    @property
    def images(self) -> Array:
        """What the network sees after each step, 0 … 255, (S + 1, H, W, 3)."""
        return np.clip(self.picture / 255 + self.perturbation, 0, 1) * 255

    @property
    def answered(self) -> Array:
        """The answer after each step, (S + 1,)."""
        return np.asarray(self.probabilities.argmax(1))

    @property
    def right(self) -> bool:
        """Whether the image as it is is answered right."""
        return bool(self.answered[0] == self.label)

    @property
    def flips(self) -> bool:
        """Whether a right answer has become a wrong one at the end."""
        return self.right and bool(self.answered[-1] != self.label)


def path_attack(run: Run) -> Attack | None:
    """The attack whose steps on the examples are kept; None where none are."""
    return next((a for a in run.attacks_of(AttackKind.GRADIENT).values() if a.has(PATH)), None)


def ways(run: Run, store: Store) -> list[Way]:
    """The ways of all examples that are kept of a run; empty without pixels of the examples."""
    attack = path_attack(run)
    if attack is None or not store.dataset.has("examples/pixels"):
        return []
    pixels, labels = store.dataset["examples/pixels"], store.dataset["examples/label"]
    scale = float(attack.attributes_of(PATH)["scale"])
    perturbation = attack[PATH].astype(float) * scale
    probabilities = attack["path/probabilities"].astype(float)
    answers = tuple(short_names(store.classes))
    if run.can_answer_nothing:
        rest = np.clip(1 - probabilities.sum(-1, keepdims=True), 0, 1)
        probabilities, answers = np.concatenate([probabilities, rest], -1), (*answers, phrase(NOTHING))
    title = title_of(run)
    return [
        Way(title, attack.parameters, int(e), pixels[e], int(labels[e]), perturbation[i], probabilities[i], answers)
        for i, e in enumerate(attack["path/example"])
        if e < len(pixels)
    ]


def most_instructive(found: Sequence[Way]) -> Way:
    """The example whose answer is sure before the attack and, wrongly, after it.

    Where no answer flips, the right one that loses most confidence; where none is right, the first.
    """

    def sure(way: Way) -> tuple[bool, bool, float]:
        before, after = way.probabilities[0, way.label], way.probabilities[-1]
        lost = before - after[way.label]
        return way.flips, way.right, float(min(before, after.max()) if way.flips else lost)

    return max(found, key=sure) if any(way.right for way in found) else found[0]


def shown_answers(way: Way, most: int = 10) -> list[int]:
    """Which answers are drawn, in their order: all, or those that are ever likeliest, the true class among them."""
    peak = way.probabilities.max(0).copy()
    peak[way.label] = np.inf
    return largest(peak, most)


@dataclass(frozen=True)
class Saliency:
    """Gradients of the loss by an example's pixels in [0,1].

    Attributes:
        epochs: at which they are kept, (E,).
        gradient: nat, (E, H, W, 3).
    """

    epochs: Array
    gradient: Array

    @property
    def steepest(self) -> Array:
        """The largest slope along one value at each epoch, nat, (E,)."""
        return np.asarray(np.abs(self.gradient).max((1, 2, 3)))

    def scaled(self) -> Array:
        """The gradients divided by each epoch's largest value, -1 … 1; zero where that is."""
        peak = self.steepest[:, None, None, None]
        return np.divide(self.gradient, peak, out=np.zeros_like(self.gradient), where=peak > 0)


def saliency_of(run: Run, example: int) -> Saliency | None:
    """The input gradients of one example; None where they are not kept."""
    if not run.has("saliency/gradient"):
        return None
    place = np.flatnonzero(run["saliency/example"] == example)
    if not len(place):
        return None
    scale = run["saliency/scale"][:, place[0], None, None, None].astype(float)
    return Saliency(run.epochs[run["saliency/epoch"]], run["saliency/gradient"][:, place[0]].astype(float) * scale)


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
    for family, members in robustness.families(run).items():
        if not len(members[0]["label"]):
            continue
        rates = (robustness.clean_accuracy(members[0]), *map(robustness.robust_accuracy, members))
        epsilons = np.array([0.0, *(float(attack.parameters["epsilon"]) for attack in members)])
        norm = str(members[0].parameters.get("norm", "linf"))
        found.append(Family(name_of_family(family), norm, epsilons, rates))
    return found


def name_of_family(family: str) -> str:
    """`pgd40-linf` as people write it: PGD-40."""
    method = re.sub(r"-(linf|l2)$", "", family)
    if method == "autoattack":
        return "AutoAttack"
    return re.sub(r"^(PGD)(\d+)$", r"\1-\2", method.upper())


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


@dataclass(frozen=True)
class Fooling:
    """Noise that was changed until the network was sure of a class.

    Attributes:
        names: of the classes that were aimed at, C.
        start, end: uint8, (C, H, W, 3).
        before, after: confidence in the target, (C,).
        reached: whether it came to the threshold, (C,).
        steps: taken, (C,).
        threshold: of confidence.
    """

    names: tuple[str, ...]
    start: Array
    end: Array
    before: Array
    after: Array
    reached: Array
    steps: Array
    threshold: float


def fooling_of(run: Run, classes: Sequence[str]) -> Fooling | None:
    """The fooling images of one run; None where there are none."""
    attack = next(iter(run.attacks_of(AttackKind.FOOLING).values()), None)
    if attack is None or not attack.has("pixels") or not attack.has("path/confidence"):
        return None
    target, way = attack["target"], attack["path/confidence"]
    after = np.asarray(way[:, -1], float)
    reached = (attack["prediction"] == target) & (attack["confidence"] >= attack.threshold)
    return Fooling(
        tuple(classes[i] for i in target), attack["start"], attack["pixels"], np.asarray(way[:, 0], float), after,
        reached, attack["steps"], attack.threshold,
    )  # fmt: skip


def minimum_distances(run: Run) -> tuple[str, Array] | None:
    """Name of the minimum-norm attack and the L2 distances that it found for images answered right, (k,)."""
    attack = next(iter(run.attacks_of(AttackKind.MINIMUM_NORM).values()), None)
    if attack is None:
        return None
    distance = attack["distance"][attack["clean/prediction"] == attack["label"]].astype(float)
    known = {"deepfool-l2": "DeepFool", "cw-l2": "Carlini–Wagner"}
    name = known.get(attack.name, attack.name)
    return name, distance
