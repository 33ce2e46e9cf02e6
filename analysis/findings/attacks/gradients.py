"""What gradients by an image's values show and make: slopes of the loss, fooling images, the nearest wrong answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.attacks.noise import answers_of, in_colours
from weightreel.analysis.findings.attacks.perturbation import levels, name_of_method
from weightreel.analysis.findings.statistics import Rate, counted
from weightreel.analysis.findings.words.language import phrase, phrase_n
from weightreel.analysis.findings.words.names import named, title_of
from weightreel.analysis.findings.words.numbers import listed, percent, significant, with_power
from weightreel.analysis.store.nodes import Attack, Run
from weightreel.analysis.store.schema.fields import AttackKind

Array = NDArray[Any]


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
        return np.asarray(np.divide(self.gradient, peak, out=np.zeros_like(self.gradient), where=peak > 0))


def saliency_of(run: Run, example: int) -> Saliency | None:
    """The input gradients of one example; None where they are not kept."""
    if not run.has("saliency/gradient"):
        return None
    examples = run["saliency/example"].tolist()
    if example not in examples:
        return None
    i = examples.index(example)
    scale = run["saliency/scale"][:, i, None, None, None].astype(float)
    return Saliency(run.epochs[run["saliency/epoch"]], in_colours(run["saliency/gradient"][:, i]).astype(float) * scale)


def saliency_examples(run: Run) -> list[int]:
    """Which examples' input gradients are kept; none where there are none."""
    return [int(example) for example in run["saliency/example"]] if run.has("saliency/gradient") else []


def saliency_in_words(saliency: Saliency) -> str:
    """How steep the loss is along a single value, at the first and last epoch kept and where it is steepest."""
    steepest, last = saliency.steepest, int(saliency.epochs[-1])
    now = with_power(steepest[-1])
    if len(steepest) == 1:
        return phrase(
            "The loss's steepest slope along one value is {slope} nat at {clock} {epoch}.", slope=now, epoch=last
        )
    peak = int(np.argmax(steepest))
    before = [0, peak] if 0 < peak < len(steepest) - 1 else [0]
    known = [
        phrase("{slope} at {clock} {epoch}", slope=with_power(steepest[i]), epoch=int(saliency.epochs[i]))
        for i in before
    ]
    known.append(phrase("{slope} nat at {clock} {epoch}", slope=now, epoch=last))
    return phrase("The loss's steepest slope along one value of this image: {slopes}.", slopes=", ".join(known))


@dataclass(frozen=True)
class Fooling:
    """Noise that was changed until the network was sure of a class.

    Attributes:
        names: of the classes that were aimed at, C.
        start, end: uint8, (C, H, W, 3).
        path: confidence in the target after each step, (C, S + 1).
        answers: what the changed images are answered as, C.
        confidence: in that answer, (C,).
        reached: whether it came to the threshold, (C,).
        steps: taken, (C,).
        threshold: of confidence.
    """

    names: tuple[str, ...]
    start: Array
    end: Array
    path: Array
    answers: tuple[str, ...]
    confidence: Array
    reached: Array
    steps: Array
    threshold: float


def fooling_of(run: Run, classes: Sequence[str]) -> Fooling | None:
    """The fooling images of one run; None where there are none."""
    attack = next(iter(run.attacks_of(AttackKind.FOOLING).values()), None)
    if attack is None or not attack.has("pixels") or not attack.has("path/confidence"):
        return None
    target, way = attack["target"], attack["path/confidence"]
    answers = answers_of(run, list(classes))
    return Fooling(
        tuple(classes[i] for i in target),
        in_colours(attack["start"]),
        in_colours(attack["pixels"]),
        np.asarray(way, float),
        tuple(answers[i] for i in attack["prediction"]),
        attack["confidence"],
        fooling_reached(attack),
        attack["steps"],
        attack.threshold,
    )


def fooling_reached(attack: Attack) -> NDArray[np.bool_]:
    """Which of the targets the ascent reached: answered as it, with the attack's confidence or above, (C,)."""
    return np.asarray((attack["prediction"] == attack["target"]) & (attack["confidence"] >= attack.threshold))


def fooling_in_words(title: str, fooling: Fooling) -> str:
    """How many classes the ascent reached, and in how many steps."""
    n, reached = len(fooling.names), int(fooling.reached.sum())
    threshold = percent(fooling.threshold, 0)
    if not reached:
        return phrase("None of {n} ascents comes to {threshold} confidence.", n=n, threshold=threshold)
    values = {"title": named(title), "threshold": threshold, "n": n, "steps": _steps(fooling.steps[fooling.reached])}
    if reached == n:
        return phrase("The {title} is {threshold} sure of all {n} of these classes after {steps}.", **values)
    return phrase(
        "The {title} is {threshold} sure of {reached} of {n} of these classes after {steps}.", reached=reached, **values
    )


def moved_in_words(fooling: Fooling) -> str:
    """How far the images are from the noise at which they began, and which needed no step."""
    moved = np.abs(fooling.end.astype(float) - fooling.start).mean() / 255
    at_once = [name for name, s, r in zip(fooling.names, fooling.steps, fooling.reached, strict=True) if r and not s]
    moved_by = phrase("On average a value has moved by {levels} of 255 levels.", levels=levels(float(moved)))
    if not at_once:
        return moved_by
    return " ".join((moved_by, phrase("Called so without any step: {classes}.", classes=listed(at_once))))


def _steps(taken: NDArray[Any]) -> str:
    low, high = int(taken.min()), int(taken.max())
    if low < high:
        return phrase("{low} to {high} steps", low=low, high=high)
    return phrase_n("{n} step", "{n} steps", high)


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


def distances_in_words(runs: Sequence[Run]) -> str:
    """The median smallest perturbation found for each network; empty where no such attack was made."""
    parts, name = [], ""
    for run in runs:
        found = minimum_distances(run)
        if found is None or not len(found.found):
            continue
        name = found.name
        far = significant(found.median, 2) if np.isfinite(found.median) else phrase("beyond its reach")
        parts.append(f"{far} ({title_of(run)})")
    if not parts:
        return ""
    return phrase(
        "Median distance to a wrong answer that {attack} finds, in L2: {distances}.",
        attack=name,
        distances=listed(parts),
    )
