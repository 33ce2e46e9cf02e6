"""What a store supports saying of attacks by gradients: sentences chosen by its numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scenes.kit.perturbation import Attacked, Family, Fooling, Saliency, Way, minimum_distances
from scenes.kit.wording import listed, percent, significant

NOTHING_LEFT = 0.01
"""At or below this robust accuracy an attack is told to leave next to nothing."""


def radius_in_words(norm: str, epsilon: float) -> str:
    """`ε = 8/255`, or `ε = 0.5 in L2`."""
    return f"ε = {epsilon:g} in L2" if norm == "l2" else f"ε = {levels(epsilon)}/255"


def levels(values: float) -> str:
    """A difference of pixels in [0,1] in steps of 1/255, with a decimal only where it is not whole."""
    return f"{round(255 * values, 1):g}"


def bound_in_words(way: Way) -> str:
    """How far a perturbation may reach."""
    if way.norm == "l2":
        return f"its Euclidean norm is at most {way.epsilon:g}"
    return f"no value moves by more than {levels(way.epsilon)} of 255 levels"


def confidence_in_words(share: float) -> str:
    """`97 %`; what would be rounded to none or all is `under 1 %` or `over 99 %`."""
    if 0 < share < 0.005:
        return "under 1 %"
    return "over 99 %" if 0.995 <= share < 1 else percent(share, 0)


def answer_in_words(way: Way, step: int) -> str:
    """`frog (97 %)`: the answer after a step and its confidence."""
    answer = int(way.answered[step])
    return f"{way.answers[answer]} ({confidence_in_words(float(way.probabilities[step, answer]))})"


def flip_in_words(way: Way) -> str:
    """What the attack did to the answer."""
    before, after = answer_in_words(way, 0), answer_in_words(way, way.steps)
    if way.flips:
        return f"The answer of the {way.title} goes from {before} to {after}: {bound_in_words(way)}."
    if not way.right:
        return f"The {way.title} answers {before} to begin with, which is wrong; after the attack {after}."
    return f"The attack does not change the answer of the {way.title}: {before} before, {after} after."


def first_wrong_step(way: Way) -> int | None:
    """The first step after which the answer is wrong; None where none is."""
    wrong = np.flatnonzero(way.answered != way.label)
    return int(wrong[0]) if len(wrong) else None


def steps_in_words(way: Way) -> str:
    """When the answer flips, and how it ends."""
    step = first_wrong_step(way)
    true = way.answers[way.label]
    ends = confidence_in_words(float(way.probabilities[-1, way.label]))
    if step is None:
        return f"After {way.steps} steps the answer is still {true}, with {ends} confidence."
    if step == 0:
        return f"The answer is wrong before the first step; after {way.steps} the confidence in {true} is {ends}."
    back = "" if way.answered[-1] != way.label else ", and is right again at the end"
    return f"The answer is wrong after step {step} of {way.steps}{back}; in the end the confidence in {true} is {ends}."


def examples_in_words(found: Sequence[Way]) -> str:
    """How many of the examples flip: the one shown was chosen from them."""
    right, flipped = sum(way.right for way in found), sum(way.flips for way in found)
    many = f"Of the {len(found)} examples kept, the {found[0].title} answers {right} right" if len(found) > 1 else ""
    if not many:
        return "It is the only example that is kept."
    if not right:
        return f"{many}."
    how = "none of them flips" if not flipped else f"{flipped} of them {'flips' if flipped == 1 else 'flip'}"
    return f"{many}; {how}."


def slope_in_words(steepest: float) -> str:
    """A slope of the loss along one value; what is too small to be read is not written out."""
    return "below 0.0001" if 0 < steepest < 1e-4 else significant(steepest, 2)


def saliency_in_words(saliency: Saliency) -> str:
    """How steep the loss is along a single value, at the first and last epoch kept and where it is steepest."""
    steepest, last = saliency.steepest, int(saliency.epochs[-1])
    now = f"{slope_in_words(steepest[-1])} nat at epoch {last}"
    if len(steepest) == 1:
        return f"The loss's steepest slope along one value is {now}."
    peak = int(np.argmax(steepest))
    known = [f"{slope_in_words(steepest[0])} at epoch {int(saliency.epochs[0])}"]
    if 0 < peak < len(steepest) - 1:
        known.append(f"{slope_in_words(steepest[peak])} at epoch {int(saliency.epochs[peak])}")
    return f"The loss's steepest slope along one value of this image: {', '.join(known)}, {now}."


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
            left.append((network.run.title, other.rates[int(at[0])], other.rates[0]))
    attack = f"{family.name} with {radius_in_words(family.norm, epsilon)}"
    trials = f"{left[0][1].trials:,}"
    if len(left) > 2:
        counts = ", ".join(f"{title} {rate.successes:,} ({clean.successes:,})" for title, rate, clean in left)
        return f"Still right of {trials} images under {attack} (without it): {counts}."
    counts = listed([f"{r.successes:,} right in the {title} ({c.successes:,} without it)" for title, r, c in left])
    return f"Of {trials} images {attack} leaves {counts}."


def intervals_in_words(networks: Sequence[Attacked]) -> str:
    """What the curves rest on."""
    trials = {rate.trials for network in networks for family in network.families for rate in family.rates}
    images = f"{max(trials):,} test images" if len(trials) == 1 else f"{min(trials):,} to {max(trials):,} test images"
    seeds = "one seed of one network" if len(networks) == 1 else "one seed of each network"
    return f"{images}, whiskers: Wilson's 95 % intervals; {seeds}."


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
        far = significant(median, 2) if np.isfinite(median) else "beyond its reach"
        parts.append(f"{far} ({network.run.title})")
    return f"Median distance to a wrong answer that {name} finds, in L2: {listed(parts)}." if parts else ""


def fooling_in_words(title: str, fooling: Fooling) -> str:
    """How many classes the ascent reached, and in how many steps."""
    n, reached = len(fooling.names), int(fooling.reached.sum())
    if not reached:
        return f"None of {n} ascents comes to {percent(fooling.threshold, 0)} confidence."
    steps = fooling.steps[fooling.reached]
    span = f"{steps.min()} to {steps.max()} steps" if steps.min() < steps.max() else _steps(int(steps.max()))
    all_of = f"all {n}" if reached == n else f"{reached} of {n}"
    return f"The {title} is {percent(fooling.threshold, 0)} sure of {all_of} of these classes after {span}."


def moved_in_words(fooling: Fooling) -> str:
    """How far the images are from the noise at which they began, and which needed no step."""
    moved = np.abs(fooling.end.astype(float) - fooling.start).mean() / 255
    at_once = [name for name, s, r in zip(fooling.names, fooling.steps, fooling.reached, strict=True) if r and not s]
    said = f"On average a value has moved by {levels(float(moved))} of 255 levels."
    return f"{said} Called so without any step: {listed(at_once)}." if at_once else said


def _steps(n: int) -> str:
    return "1 step" if n == 1 else f"{n} steps"
