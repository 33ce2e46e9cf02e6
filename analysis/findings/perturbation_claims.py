"""What a store supports saying of attacks by gradients: sentences chosen by its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.perturbation import Attacked, Family, Fooling, Saliency, Way, minimum_distances
from weightreel.analysis.findings.words.language import phrase, phrase_n
from weightreel.analysis.findings.words.names import named, title_of
from weightreel.analysis.findings.words.numbers import listed, percent, significant

NOTHING_LEFT = 0.01
"""At or below this robust accuracy an attack is told to leave next to nothing."""


def radius_in_words(norm: str, epsilon: float) -> str:
    """`ε = 8/255`, or `ε = 0.5 in L2`."""
    return phrase("ε = {radius} in L2", radius=f"{epsilon:g}") if norm == "l2" else f"ε = {levels(epsilon)}/255"


def levels(values: float) -> str:
    """A difference of pixels in [0,1] in steps of 1/255, with a decimal only where it is not whole."""
    return f"{round(255 * values, 1):g}"


def bound_in_words(way: Way) -> str:
    """How far a perturbation may reach."""
    if way.norm == "l2":
        return phrase("its Euclidean norm is at most {radius}", radius=f"{way.epsilon:g}")
    return phrase("no value moves by more than {levels} of 255 levels", levels=levels(way.epsilon))


def confidence_in_words(share: float) -> str:
    """`97 %`; what would be rounded to none or all is `under 1 %` or `over 99 %`."""
    if 0 < share < 0.005:
        return phrase("under 1 %")
    return phrase("over 99 %") if 0.995 <= share < 1 else percent(share, 0)


def answer_in_words(way: Way, step: int) -> str:
    """`frog (97 %)`: the answer after a step and its confidence."""
    answer = int(way.answered[step])
    return f"{way.answers[answer]} ({confidence_in_words(float(way.probabilities[step, answer]))})"


def flip_in_words(way: Way) -> str:
    """What the attack did to the answer."""
    said = {"title": way.title, "before": answer_in_words(way, 0), "after": answer_in_words(way, way.steps)}
    if way.flips:
        return phrase(
            "The answer of the {title} goes from {before} to {after}: {bound}.", bound=bound_in_words(way), **said
        )
    if not way.right:
        return phrase("The {title} answers {before} to begin with, which is wrong; after the attack {after}.", **said)
    return phrase("The attack does not change the answer of the {title}: {before} before, {after} after.", **said)


def first_wrong_step(way: Way) -> int | None:
    """The first step after which the answer is wrong; None where none is."""
    wrong = np.flatnonzero(way.answered != way.label)
    return int(wrong[0]) if len(wrong) else None


def steps_in_words(way: Way) -> str:
    """When the answer flips, and how it ends."""
    step = first_wrong_step(way)
    ends = confidence_in_words(float(way.probabilities[-1, way.label]))
    said = {"steps": way.steps, "true": way.answers[way.label], "confidence": ends}
    if step is None:
        return phrase("After {steps} steps the answer is still {true}, with {confidence} confidence.", **said)
    if step == 0:
        return phrase(
            "The answer is wrong before the first step; after {steps} the confidence in {true} is {confidence}.", **said
        )
    if way.answered[-1] != way.label:
        return phrase(
            "The answer is wrong after step {step} of {steps}; in the end the confidence in {true} is {confidence}.",
            step=step, **said,
        )  # fmt: skip
    return phrase(
        "The answer is wrong after step {step} of {steps}, and is right again at the end; in the end the confidence in "
        "{true} is {confidence}.",
        step=step, **said,
    )  # fmt: skip


def examples_in_words(found: Sequence[Way]) -> str:
    """How many of the examples flip: the one shown was chosen from them."""
    right, flipped = sum(way.right for way in found), sum(way.flips for way in found)
    if len(found) == 1:
        return phrase("It is the only example that is kept.")
    said = {"examples": len(found), "title": found[0].title, "right": right}
    if not right:
        return phrase("Of the {examples} examples kept, the {title} answers {right} right.", **said)
    if not flipped:
        return phrase("Of the {examples} examples kept, the {title} answers {right} right; none of them flips.", **said)
    return phrase_n(
        "Of the {examples} examples kept, the {title} answers {right} right; {n} of them flips.",
        "Of the {examples} examples kept, the {title} answers {right} right; {n} of them flip.",
        flipped, **said,
    )  # fmt: skip


def slope_in_words(steepest: float) -> str:
    """A slope of the loss along one value; what is too small to be read is not written out."""
    return phrase("below 0.0001") if 0 < steepest < 1e-4 else significant(steepest, 2)


def saliency_in_words(saliency: Saliency) -> str:
    """How steep the loss is along a single value, at the first and last epoch kept and where it is steepest."""
    steepest, last = saliency.steepest, int(saliency.epochs[-1])
    now = slope_in_words(steepest[-1])
    if len(steepest) == 1:
        return phrase("The loss's steepest slope along one value is {slope} nat at {clock} {epoch}.",
                      slope=now, epoch=last)  # fmt: skip
    peak = int(np.argmax(steepest))
    before = [0, peak] if 0 < peak < len(steepest) - 1 else [0]
    known = [
        phrase("{slope} at {clock} {epoch}", slope=slope_in_words(steepest[i]), epoch=int(saliency.epochs[i]))
        for i in before
    ]
    known.append(phrase("{slope} nat at {clock} {epoch}", slope=now, epoch=last))
    return phrase("The loss's steepest slope along one value of this image: {slopes}.", slopes=", ".join(known))


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
    place = telling_radius(family)
    epsilon = family.epsilons[place]
    left = []
    for network in networks:
        other = network.family(family.key)
        at = np.flatnonzero(np.isclose(other.epsilons, epsilon)) if other is not None else []
        if other is not None and len(at):
            left.append((title_of(network.run), other.rates[int(at[0])], other.rates[0]))
    said = {
        "images": f"{left[0][1].trials:,}",
        "attack": family.name,
        "radius": radius_in_words(family.norm, epsilon),
    }
    if len(left) > 2:
        counts = ", ".join(f"{title} {rate.successes:,} ({clean.successes:,})" for title, rate, clean in left)
        return phrase(
            "Still right of {images} images under {attack} with {radius} (without it): {counts}.", counts=counts, **said
        )
    each = [
        phrase(
            "{right} right in the {title} ({clean} without it)",
            right=f"{rate.successes:,}", title=title, clean=f"{clean.successes:,}",
        )
        for title, rate, clean in left
    ]  # fmt: skip
    return phrase("Of {images} images {attack} with {radius} leaves {counts}.", counts=listed(each), **said)


def intervals_in_words(networks: Sequence[Attacked]) -> str:
    """What the curves rest on."""
    trials = {rate.trials for network in networks for family in network.families for rate in family.rates}
    low, high = f"{min(trials):,}", f"{max(trials):,}"
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
        if found is None or not len(found[1]):
            continue
        name, distance = found
        # An image for which nothing was found lies beyond every distance.
        median = float(np.median(np.where(np.isfinite(distance), distance, np.inf)))
        far = significant(median, 2) if np.isfinite(median) else phrase("beyond its reach")
        parts.append(f"{far} ({title_of(network.run)})")
    if not parts:
        return ""
    return phrase(
        "Median distance to a wrong answer that {attack} finds, in L2: {distances}.",
        attack=name, distances=listed(parts),
    )  # fmt: skip


def fooling_in_words(title: str, fooling: Fooling) -> str:
    """How many classes the ascent reached, and in how many steps."""
    n, reached = len(fooling.names), int(fooling.reached.sum())
    threshold = percent(fooling.threshold, 0)
    if not reached:
        return phrase("None of {n} ascents comes to {threshold} confidence.", n=n, threshold=threshold)
    said = {"title": named(title), "threshold": threshold, "n": n, "steps": _steps(fooling.steps[fooling.reached])}
    if reached == n:
        return phrase("The {title} is {threshold} sure of all {n} of these classes after {steps}.", **said)
    return phrase(
        "The {title} is {threshold} sure of {reached} of {n} of these classes after {steps}.", reached=reached, **said
    )


def moved_in_words(fooling: Fooling) -> str:
    """How far the images are from the noise at which they began, and which needed no step."""
    moved = np.abs(fooling.end.astype(float) - fooling.start).mean() / 255
    at_once = [name for name, s, r in zip(fooling.names, fooling.steps, fooling.reached, strict=True) if r and not s]
    said = phrase("On average a value has moved by {levels} of 255 levels.", levels=levels(float(moved)))
    if not at_once:
        return said
    return " ".join((said, phrase("Called so without any step: {classes}.", classes=listed(at_once))))


def _steps(taken: NDArray[Any]) -> str:
    low, high = int(taken.min()), int(taken.max())
    if low < high:
        return phrase("{low} to {high} steps", low=low, high=high)
    return phrase_n("{n} step", "{n} steps", high)
