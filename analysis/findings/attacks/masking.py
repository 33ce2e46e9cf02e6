"""Whether a network hides its gradients: the signs of Athalye, Carlini and Wagner (2018), counted and in a sentence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.attacks.perturbation import levels
from weightreel.analysis.findings.attacks.worst_case import MOST_APART
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import title_of, titles_apart
from weightreel.analysis.findings.words.numbers import count, from_low_to_high, listed, percent
from weightreel.analysis.store.nodes import Run

Array = NDArray[Any]

VANISHING = 1e-6
"""A slope of the cross-entropy below this share of the margin's vanishes: the softmax of the true class is then within
some units of float32's rounding (6e-8) of 1, and what is left of the gradient is chance."""
SOME = 0.05
"""Above this share of images a vanishing gradient, or a loss that does not rise, is told as a sign."""


@dataclass(frozen=True)
class Masking:
    """Counts over the images that are answered rightly without attack.

    Attributes:
        images: how many those are.
        vanishing: at how many the gradient of the cross-entropy vanishes in float32.
        flat: at how many the loss is no higher after PGD's last step than before its first.
        single: felled by a single step (FGSM).
        many: felled by all steps of PGD.
        black: felled by the Square attack, which sees no gradient; None where it was not made.
        left_by_pgd: still right under PGD with no bound but that of pixels.
        left_by_apgd: the same under Auto-PGD on scaled logits.
        epsilon: radius of `single`, `many` and `black`, pixels in [0,1].
        steps: of PGD.
        queries: of Square.
    """

    images: int
    vanishing: int
    flat: int
    single: int
    many: int
    black: int | None
    left_by_pgd: int
    left_by_apgd: int
    epsilon: float
    steps: int
    queries: int

    @property
    def signs(self) -> tuple[str, ...]:
        """Names of the signs that are there."""
        return tuple(
            name
            for name, there in (
                ("vanishing", self.vanishing > SOME * self.images),
                ("flat", self.flat > SOME * self.images),
                ("single step", self.single > self.many),
                ("black box", self.black is not None and self.black > self.many),
                ("unbounded", self.left_by_pgd > 0 or self.left_by_apgd > 0),
            )
            if there
        )


def masking_of(run: Run) -> Masking | None:
    """The signs of a run; None where it was not looked for them, or where no image is right."""
    if not run.has("masking/slope/loss") or not run.has("masking/loss") or not run.has("masking/unbounded/apgd"):
        return None
    label = run["masking/label"]
    right = run["masking/clean"] == label
    if not right.any():
        return None

    def left(key: str) -> int:
        return int(np.sum((run[f"masking/{key}"] == label)[right]))

    n, loss = int(right.sum()), run["masking/loss"][right]
    about = json.loads(run.attributes_of("masking")["parameters"])
    slope, margin = run["masking/slope/loss"][right], run["masking/slope/margin"][right]
    return Masking(
        n,
        int(np.sum(slope <= VANISHING * margin)),
        int(np.sum(loss[:, -1] <= loss[:, 0])),
        n - left("single_step"),
        n - left("many_steps"),
        n - left("black_box") if run.has("masking/black_box") else None,
        left("unbounded/pgd"),
        left("unbounded/apgd"),
        float(about["epsilon"]),
        int(about["steps"]),
        int(about["queries"]),
    )


def masking_in_words(run: Run, title: str = "") -> str:
    """Which signs of hidden gradients a network shows, in a sentence; empty where it was not looked for them."""
    found = masking_of(run)
    if found is None:
        return ""
    values = {"title": title or title_of(run), "images": count(found.images)}
    if not found.signs and found.vanishing == found.flat == 0:
        return phrase(
            "{title}: no sign of hidden gradients on {images} images (none vanish, the loss rises along PGD, one step "
            "and Square fell no more than PGD, and without a bound every image falls).",
            **values,
        )
    if not found.signs:
        return phrase(
            "{title}: hardly a sign of hidden gradients on {images} images: the gradient vanishes at {vanishing}, the "
            "loss does not rise along PGD at {flat}.",
            vanishing=count(found.vanishing),
            flat=count(found.flat),
            **values,
        )
    return phrase(
        "{title}: signs of hidden gradients, by which PGD alone says too much, on {images} images: {signs}.",
        signs=listed(_signs_in_words(found)),
        **values,
    )


def _signs_in_words(found: Masking) -> list[str]:
    radius, signs = levels(found.epsilon), found.signs
    said = []
    if "vanishing" in signs:
        said.append(phrase("the gradient vanishes in float32 at {n}", n=count(found.vanishing)))
    if "flat" in signs:
        said.append(phrase("the loss does not rise along PGD at {n}", n=count(found.flat)))
    if "single step" in signs:
        said.append(
            phrase(
                "one step fells {single} and {steps} steps {many} (ε = {radius}/255)",
                single=count(found.single),
                many=count(found.many),
                steps=found.steps,
                radius=radius,
            )
        )
    if "black box" in signs:
        said.append(
            phrase(
                "Square, which sees no gradient, fells {black} and PGD {many} (ε = {radius}/255)",
                black=count(found.black or 0),
                many=count(found.many),
                radius=radius,
            )
        )
    if "unbounded" in signs:
        said.append(
            phrase(
                "without a bound PGD leaves {pgd} and Auto-PGD {apgd} right, where none can be",
                pgd=count(found.left_by_pgd),
                apgd=count(found.left_by_apgd),
            )
        )
    return said


def maskings_in_words(runs: Sequence[Run]) -> list[str]:
    """The sentences of all networks that were looked at; of more than MOST_APART one of them all."""
    found = [masking for run in runs if (masking := masking_of(run)) is not None]
    if len(found) <= MOST_APART:
        titles = titles_apart(runs)
        return [said for run, title in zip(runs, titles, strict=True) if (said := masking_in_words(run, title))]
    return [
        phrase(
            "Signs of hidden gradients, by which PGD alone says too much, in {some} of {all} networks. Of the "
            "images that are right the gradient vanishes in float32 at {vanishing}, the loss does not rise along PGD "
            "at {flat}; without a bound PGD leaves {pgd} right and Auto-PGD {apgd}, where none can be.",
            some=sum(bool(masking.signs) for masking in found),
            all=len(found),
            vanishing=_range([masking.vanishing / masking.images for masking in found]),
            flat=_range([masking.flat / masking.images for masking in found]),
            pgd=_range([masking.left_by_pgd / masking.images for masking in found]),
            apgd=_range([masking.left_by_apgd / masking.images for masking in found]),
        )
    ]


def _range(shares: Sequence[float]) -> str:
    return from_low_to_high(percent(min(shares), 0), percent(max(shares), 0))


def hidden_in_words(runs: Sequence[Run]) -> str:
    """At how many images each network's gradient vanishes, or PGD does not raise the loss; empty if not measured."""
    found = [(run, masking) for run in runs if (masking := masking_of(run)) is not None]
    if not found:
        return ""
    if len(found) > 2:
        return phrase(
            "The gradient vanishes in float32 at {vanishing}, and the loss does not rise along PGD at {flat} of the "
            "images.",
            vanishing=_range([masking.vanishing / masking.images for _, masking in found]),
            flat=_range([masking.flat / masking.images for _, masking in found]),
        )
    each = [
        phrase(
            "{vanishing} and {flat} of {images} ({title})",
            vanishing=count(masking.vanishing),
            flat=count(masking.flat),
            images=count(masking.images),
            title=title_of(run),
        )
        for run, masking in found
    ]
    return phrase(
        "The gradient vanishes in float32, and the loss does not rise along PGD, at {counts} images.",
        counts=", ".join(each),
    )
