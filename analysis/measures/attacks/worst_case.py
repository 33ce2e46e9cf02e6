"""Robust accuracy as the worst case over attacks whose success does not hang on the scale of the logits.

At each radius, the smallest first: what the gradient attacks of the same images have felled already, Auto-PGD on the
cross-entropy of scaled logits, FAB, targeted Auto-PGD, and Square. FAB looks for the nearest wrong answer and is put on
an image once: what it finds holds at every radius. An image that fell is left alone from there on, also
at larger radii, in which the smaller ones lie.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from weightreel.analysis.measures.attacks.apgd import Aim, apgd, likeliest_others, starts
from weightreel.analysis.measures.attacks.fab import fab
from weightreel.analysis.measures.attacks.gradient import BATCH
from weightreel.analysis.measures.attacks.probe import Link, Probe, Record, Targets, as_json, register, sample_of_test
from weightreel.analysis.measures.attacks.square_attack import square
from weightreel.analysis.networks.pixels import Network
from weightreel.analysis.recipe.recipe import Recipe
from weightreel.analysis.store.schema.fields import AttackKind

Array = NDArray[Any]

AT = "attacks/worst-case"
ATTACKS = ("without attack", "gradient attacks", "apgd-ce", "fab-t", "apgd-t", "square")
"""What an image may have fallen by, in the order in which it is tried."""
STANDS = -1
METHOD = "worst case of gradient attacks, Auto-PGD, FAB (Croce and Hein 2020) and Square (Andriushchenko et al. 2020)"
ON_LINE = 1e-9
"""Radii nearer to each other than this are one."""
SLACK = 2e-6
"""Rounding of a perturbation's norm in float32."""


def radii_of(recipe: Recipe) -> list[float]:
    """Radii of the worst case in 1/255, ascending."""
    chosen = recipe.worst_case.epsilons
    return sorted(set(recipe.gradient.epsilons if chosen is None else chosen))


@dataclass
class Fallen:
    """How N images stand so far.

    Attributes:
        radius: at which each fell (N,), 0 where it is wrong without attack, NaN where it stands.
        by: place in ATTACKS of what felled it (N,), STANDS where none did.
        prediction: its answer then (N,), the label where it stands.
        distance: L∞ norm of the perturbation (N,), NaN where it stands.
        nearest: distance that FAB found (N,), inf where it found none, NaN where it was not put on it.
        nearest_prediction: the answer there (N,).
    """

    radius: Array
    by: Array
    prediction: Array
    distance: Array
    nearest: Array
    nearest_prediction: Array

    @classmethod
    def before(cls, clean: Array, labels: Array) -> Fallen:
        """As images stand without an attack, with their answers (N,)."""
        wrong, n = clean != labels, len(labels)
        return cls(
            np.where(wrong, 0.0, np.nan),
            np.where(wrong, 0, STANDS).astype(np.int16),
            clean.astype(np.uint8),
            np.where(wrong, 0.0, np.nan).astype(np.float32),
            np.full(n, np.nan, np.float32),
            labels.astype(np.uint8),
        )

    @property
    def standing(self) -> NDArray[np.int64]:
        """Rows of the images that have not fallen."""
        return np.flatnonzero(self.by == STANDS)

    def fell(self, rows: Array, radius: float, by: int, prediction: Array, distance: Array) -> None:
        """Note images that fell, by their rows."""
        self.radius[rows], self.by[rows] = radius, by
        self.prediction[rows], self.distance[rows] = prediction, distance

    def record(self) -> Record:
        """As the store keeps it, by path below the run."""
        return {
            f"{AT}/fallen/radius": self.radius,
            f"{AT}/fallen/by": self.by,
            f"{AT}/prediction": self.prediction,
            f"{AT}/distance": self.distance,
            f"{AT}/nearest/distance": self.nearest,
            f"{AT}/nearest/prediction": self.nearest_prediction,
        }

    @classmethod
    def of(cls, record: Record) -> Fallen:
        """What `record` gave, which is left as it is."""
        keys = ("fallen/radius", "fallen/by", "prediction", "distance", "nearest/distance", "nearest/prediction")
        return cls(*(np.array(record[f"{AT}/{key}"]) for key in keys))


@register
class WorstCaseProbe(Probe):
    """The worst case on a sample of the test images, at the last epoch, a radius and an attack at a time."""

    name = "worst-case"
    order = 5
    last_epoch_alone = True

    def __init__(self, recipe: Recipe, targets: Targets) -> None:
        super().__init__(recipe, targets)
        about = recipe.worst_case
        n = recipe.gradient.images if about.images is None else about.images
        self.sample = sample_of_test(len(targets.test[1]), n, recipe.gradient.seed)
        self.pixels, self.labels = (part[self.sample] for part in targets.test)
        self.radii = radii_of(recipe)
        self.wanted = len(self.sample) > 0 and bool(self.radii)

    def chain(self) -> dict[str, Link]:
        """First the answers without attack, then each attack at each radius."""
        links: list[Link] = [self._clean]
        for k in self.radii:
            links.append(partial(self._known, radius=k / 255))
            links += [
                partial(self._attack, radius=k / 255, by=ATTACKS.index(name), attack=attack)
                for name, attack in self._attacks()
            ]
        return {f"worst-case-{number:03d}": link for number, link in enumerate(links)}

    def described(self, network: Network) -> dict[str, dict[str, Any]]:
        """With which budgets."""
        about = self.recipe.worst_case
        parameters = about.model_dump(exclude={"images", "epsilons"}) | {
            "norm": "linf",
            "epsilons": [k / 255 for k in self.radii],
        }
        return {
            AT: {
                "kind": AttackKind.WORST_CASE.value,
                "method": METHOD,
                "parameters": as_json(parameters),
                "attacks": json.dumps(ATTACKS),
                "seed": self.recipe.gradient.seed,
            }
        }

    def _attacks(self) -> Iterator[tuple[str, Callable[..., Any]]]:
        """Those that the recipe has a budget for, in their order."""
        about = self.recipe.worst_case
        yield "apgd-ce", self._cross_entropy
        if about.targets and about.fab_steps:
            yield "fab-t", self._fab
        if about.targets:
            yield "apgd-t", self._targeted
        if about.queries:
            yield "square", self._square

    def _clean(self, network: Network, _: Record) -> Record:
        whole = network.whole(self.pixels)
        answers = whole.argmax(1)
        return Fallen.before(answers, self.labels).record() | {
            f"{AT}/image": self.sample,
            f"{AT}/label": self.labels,
            f"{AT}/clean/prediction": answers,
            f"{AT}/clean/confidence": whole.max(1),
        }

    def _known(self, network: Network, before: Record, radius: float) -> Record:
        """What other attacks in L∞ have felled within the radius, and what FAB found at a smaller one."""
        fallen = Fallen.of(before)
        rows = np.flatnonzero((fallen.by == STANDS) & (fallen.nearest <= radius))
        fallen.fell(rows, radius, ATTACKS.index("fab-t"), fallen.nearest_prediction[rows], fallen.nearest[rows])
        for name, epsilon in known_attacks(before):
            if epsilon <= radius + ON_LINE:
                place = {int(image): i for i, image in enumerate(before[f"attacks/{name}/image"])}
                for row in fallen.standing:
                    at = place.get(int(self.sample[row]))
                    if at is not None and (answer := before[f"attacks/{name}/prediction"][at]) != self.labels[row]:
                        distance = before[f"attacks/{name}/distance"][at]
                        fallen.fell(np.array([row]), radius, ATTACKS.index("gradient attacks"), answer, distance)
        return fallen.record()

    def _attack(self, network: Network, before: Record, radius: float, by: int, attack: Callable[..., Any]) -> Record:
        fallen = Fallen.of(before)
        with network.held():
            for rows in self._parts(network, fallen.standing):
                attack(network, fallen, rows, radius, by)
        return fallen.record()

    def _parts(self, network: Network, rows: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
        size = BATCH[network.device.type]
        for start in range(0, len(rows), size):
            yield rows[start : start + size]

    def _at(self, network: Network, rows: Array) -> tuple[Tensor, Tensor, Tensor]:
        """Images, labels and logits without attack of some rows."""
        x = network.tensor(self.pixels[rows])
        with torch.no_grad():
            logits = network.logits(x)
        return x, torch.from_numpy(np.asarray(self.labels[rows])).to(network.device).long(), logits

    def _cross_entropy(self, network: Network, fallen: Fallen, rows: Array, radius: float, by: int) -> None:
        x, labels, logits = self._at(network, rows)
        self._auto_pgd(network, fallen, rows, radius, by, x, Aim.at(logits, labels), 0)

    def _targeted(self, network: Network, fallen: Fallen, rows: Array, radius: float, by: int) -> None:
        x, labels, logits = self._at(network, rows)
        others = likeliest_others(logits, labels, self.recipe.worst_case.targets)
        for number, targets in enumerate(others.T):
            aim = Aim.at(logits, labels).towards(targets)
            self._auto_pgd(network, fallen, rows, radius, by, x, aim, 1 + number)

    def _auto_pgd(
        self, network: Network, fallen: Fallen, rows: Array, radius: float, by: int, x: Tensor, aim: Aim, stage: int
    ) -> None:
        """Auto-PGD from every start on those of the rows that stand."""
        about = self.recipe.worst_case
        for restart in range(about.restarts):
            on = np.flatnonzero(fallen.by[rows] == STANDS)
            if not len(on):
                return
            chosen = torch.from_numpy(on).to(x.device)
            numbers, seed = self.sample[rows[on]], self.recipe.gradient.seed
            begin = starts(x[chosen], radius, seed, numbers, stage * about.restarts + restart)
            found, fell = apgd(network, x[chosen], aim.of(chosen), radius, begin, about.steps)
            self._note(network, fallen, rows[on], radius, by, x[chosen], found, fell)

    def _fab(self, network: Network, fallen: Fallen, rows: Array, radius: float, by: int) -> None:
        """FAB on images that it was not put on before: what it finds holds for every radius."""
        rows = rows[np.isnan(fallen.nearest[rows])]
        if not len(rows):
            return
        about = self.recipe.worst_case
        x, labels, logits = self._at(network, rows)
        fallen.nearest[rows] = np.inf
        for targets in likeliest_others(logits, labels, about.targets).T:
            on = np.flatnonzero(fallen.by[rows] == STANDS)
            if not len(on):
                return
            chosen = torch.from_numpy(on).to(x.device)
            found, norm = fab(network, x[chosen], labels[chosen], targets[chosen], about.fab_steps, radius)
            better = norm.cpu().numpy() < fallen.nearest[rows[on]]
            if better.any():
                kept = np.flatnonzero(better)
                answers = _answers(network, found[torch.from_numpy(kept).to(x.device)])
                wrong = answers != self.labels[rows[on[kept]]]
                nearer, kept = rows[on[kept[wrong]]], kept[wrong]
                fallen.nearest[nearer] = norm.cpu().numpy()[kept]
                fallen.nearest_prediction[nearer] = answers[wrong]
            self._note(network, fallen, rows[on], radius, by, x[chosen], found, norm <= radius)

    def _square(self, network: Network, fallen: Fallen, rows: Array, radius: float, by: int) -> None:
        about = self.recipe.worst_case
        x, labels, _ = self._at(network, rows)
        found, fell = square(network, x, labels, radius, about.queries, self.recipe.gradient.seed, self.sample[rows])
        self._note(network, fallen, rows, radius, by, x, found, fell)

    def _note(
        self, network: Network, fallen: Fallen, rows: Array, radius: float, by: int, x: Tensor, found: Tensor,
        fell: Tensor,
    ) -> None:  # fmt: skip
        """Note which of the rows fell, after a look at whether the perturbation is one that was allowed.

        Raises:
            RuntimeError: an attack left its ball or the range of pixels.
        """
        if not bool(fell.any()):
            return
        moved = (found[fell] - x[fell]).flatten(1).abs().amax(1)
        if moved.max() > radius + SLACK or found.min() < 0 or found.max() > 1:
            raise RuntimeError(f"{ATTACKS[by]} left its ball of radius {radius}: {float(moved.max())}")
        # Rounding differs with the batch: what is answered rightly when it is looked at again has not fallen.
        answers, chosen = _answers(network, found[fell]), rows[fell.cpu().numpy()]
        wrong = answers != self.labels[chosen]
        fallen.fell(chosen[wrong], radius, by, answers[wrong], moved.cpu().numpy()[wrong])


@torch.no_grad()
def _answers(network: Network, x: Tensor) -> NDArray[np.uint8]:
    return network.logits(x).argmax(1).cpu().numpy().astype(np.uint8)


def known_attacks(before: Record) -> Iterator[tuple[str, float]]:
    """Names and radii of the attacks in L∞ that were measured before, `pgd40-linf-8` among them."""
    for path in before:
        parts = path.split("/")
        if len(parts) == 3 and parts[0] == "attacks" and parts[2] == "image" and "-linf-" in parts[1]:
            yield parts[1], float(parts[1].rsplit("-", 1)[1]) / 255
