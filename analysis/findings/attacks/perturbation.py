"""One image under attack by gradients: the way of its perturbation, what that does to the answer, and its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.attacks.noise import answers_of, in_colours, whole_answers
from weightreel.analysis.findings.statistics import largest
from weightreel.analysis.findings.words.language import phrase, phrase_n
from weightreel.analysis.findings.words.names import shortened, title_of
from weightreel.analysis.findings.words.numbers import percent, plain
from weightreel.analysis.store.nodes import Attack, Run
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import AttackKind

Array = NDArray[Any]

PATH = "path/perturbation"
METHODS = {"autoattack": "AutoAttack", "deepfool": "DeepFool", "cw": "Carlini–Wagner"}
"""Names of methods that are not written in capitals."""


def name_of_method(family: str) -> str:
    """A family of attacks as people write it: `PGD-40` of pgd40-linf, `DeepFool` of deepfool-l2."""
    method = family.removesuffix("-linf").removesuffix("-l2")
    if method.startswith("pgd"):
        return f"PGD-{method.removeprefix('pgd')}"
    return METHODS.get(method, method.upper())


def attack_in_words(attack: Attack) -> str:
    """An attack and its radius in short: `PGD-10, ε = 8/255`, `PGD-40, ε = 0.5 in L2`; the name alone without one."""
    about = attack.parameters
    name = name_of_method(str(about["family"]))
    if "epsilon" not in about:
        return name
    return f"{name}, {radius_in_words(str(about['norm']), float(about['epsilon']))}"


def radius_in_words(norm: str, epsilon: float) -> str:
    """`ε = 8/255`, or `ε = 0.5 in L2`."""
    return phrase("ε = {radius} in L2", radius=plain(epsilon)) if norm == "l2" else f"ε = {levels(epsilon)}/255"


def levels(difference: float) -> str:
    """A difference of pixels in [0,1] in steps of 1/255, with a decimal only where it is not whole."""
    return plain(round(255 * difference, 1))


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


def example_pixels(store: Store) -> Array:
    """The examples that attacks are shown on, uint8 (n, H, W, 3); n is 0 where none are kept."""
    dataset = store.dataset
    return (
        in_colours(dataset["examples/pixels"]) if dataset.has("examples/pixels") else np.zeros((0, 1, 1, 3), np.uint8)
    )


def ways(run: Run, store: Store) -> list[Way]:
    """The ways of all examples that are kept of a run; empty without pixels of the examples."""
    attack = path_attack(run)
    pixels = example_pixels(store)
    if attack is None or not len(pixels):
        return []
    labels = store.dataset["examples/label"]
    scale = float(attack.attributes_of(PATH)["scale"])
    perturbation = in_colours(attack[PATH]).astype(float) * scale
    probabilities = whole_answers(run, attack["path/probabilities"].astype(float))
    answers, title = tuple(map(shortened, answers_of(run, store.classes))), title_of(run)
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


def bound_in_words(way: Way) -> str:
    """How far a perturbation may reach."""
    if way.norm == "l2":
        return phrase("its Euclidean norm is at most {radius}", radius=plain(way.epsilon))
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
    values = {"title": way.title, "before": answer_in_words(way, 0), "after": answer_in_words(way, way.steps)}
    if way.flips:
        return phrase(
            "The answer of the {title} goes from {before} to {after}: {bound}.", bound=bound_in_words(way), **values
        )
    if not way.right:
        return phrase("The {title} answers {before} to begin with, which is wrong; after the attack {after}.", **values)
    return phrase("The attack does not change the answer of the {title}: {before} before, {after} after.", **values)


def turn_in_words(way: Way) -> str:
    """What a change within the bound did to the answer, in one short sentence."""
    values = {"bound": bound_in_words(way), "before": way.answers[int(way.answered[0])]}
    if way.flips:
        return phrase("{before} becomes {after}, though {bound}.", after=way.answers[int(way.answered[-1])], **values)
    return phrase("The answer stays {before} while {bound}.", **values)


def first_wrong_step(way: Way) -> int | None:
    """The first step after which the answer is wrong; None where none is."""
    wrong = np.flatnonzero(way.answered != way.label)
    return int(wrong[0]) if len(wrong) else None


def steps_in_words(way: Way) -> str:
    """When the answer flips, and how it ends."""
    step = first_wrong_step(way)
    ends = confidence_in_words(float(way.probabilities[-1, way.label]))
    values = {"steps": way.steps, "true": way.answers[way.label], "confidence": ends}
    if step is None:
        return phrase("After {steps} steps the answer is still {true}, with {confidence} confidence.", **values)
    if step == 0:
        return phrase(
            "The answer is wrong before the first step; after {steps} the confidence in {true} is {confidence}.",
            **values,
        )
    if way.answered[-1] != way.label:
        return phrase(
            "The answer is wrong after step {step} of {steps}; in the end the confidence in {true} is {confidence}.",
            step=step,
            **values,
        )
    return phrase(
        "The answer is wrong after step {step} of {steps}, and is right again at the end; in the end the confidence in "
        "{true} is {confidence}.",
        step=step,
        **values,
    )


def examples_in_words(found: Sequence[Way]) -> str:
    """How many of the examples flip: the one shown was chosen from them."""
    right, flipped = sum(way.right for way in found), sum(way.flips for way in found)
    if len(found) == 1:
        return phrase("It is the only example that is kept.")
    values = {"examples": len(found), "title": found[0].title, "right": right}
    if not right:
        return phrase("Of the {examples} examples kept, the {title} answers {right} right.", **values)
    if not flipped:
        return phrase(
            "Of the {examples} examples kept, the {title} answers {right} right; none of them flips.", **values
        )
    return phrase_n(
        "Of the {examples} examples kept, the {title} answers {right} right; {n} of them flips.",
        "Of the {examples} examples kept, the {title} answers {right} right; {n} of them flip.",
        flipped,
        **values,
    )
