"""Settings of the attacks, of fooling images and of certificates."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from weightreel.analysis.recipe.part import AboveZero, Count, Part, Repeats, Seed, Steps, Trials

NoiseKind = Literal["uniform", "gaussian", "rademacher", "smooth", "shuffled"]
KINDS: tuple[NoiseKind, ...] = ("uniform", "gaussian", "rademacher", "smooth", "shuffled")

ATTACK_NAME = re.compile(r"fgsm|pgd[1-9]\d{0,4}(-l2)?|deepfool|autoattack")


class NoiseRecipe(Part):
    """The report's attack: pure noise, and what the network takes it for."""

    kinds: Annotated[tuple[NoiseKind, ...], Field(min_length=1)] = KINDS
    """`uniform` is the report's; `shuffled` are the pixels of test images in random order."""
    trials: Trials = 10_000
    history: Annotated[int, Field(ge=1, le=10**6)] = 1000
    """The first trials of uniform noise, repeated at every epoch."""
    history_of_others: Annotated[int, Field(ge=1, le=10**6)] = 250
    """Trials of each other kind that are repeated at every epoch; never more than `history`."""
    threshold: Annotated[float, Field(ge=0, le=1)] = 0.9
    seed: Seed = 0
    gallery: Annotated[int, Field(ge=0, le=1000)] = 16
    preview: Annotated[int, Field(ge=1, le=64)] = 8

    @field_validator("kinds")
    @classmethod
    def _no_repeats(cls, kinds: tuple[NoiseKind, ...]) -> tuple[NoiseKind, ...]:
        if len(set(kinds)) != len(kinds):
            raise ValueError("an entry stands there twice")
        return kinds

    @model_validator(mode="after")
    def _history_is_a_part(self) -> NoiseRecipe:
        if self.history > self.trials or self.preview > self.history:
            raise ValueError("preview ≤ history ≤ trials must hold")
        return self


class GradientRecipe(Part):
    """Attacks that follow the network's gradient, on a seeded sample of the test images, at the last epoch."""

    attacks: tuple[str, ...] = ("fgsm", "pgd10", "pgd40", "pgd40-l2", "deepfool")
    """`fgsm`, `pgdN` (L∞, N steps), `pgdN-l2`, `deepfool` (minimum L2 norm), `autoattack` (where it is installed)."""
    epsilons: tuple[AboveZero, ...] = (1, 2, 4, 8)
    """L∞ radii in 1/255 of the pixel range."""
    radii: tuple[AboveZero, ...] = (0.25, 0.5, 1.0)
    """L2 radii, pixels in [0,1]."""
    images: Count = 200
    """Test images attacked; 0 for no gradient attack at all."""
    seed: Seed = 0
    path_steps: Annotated[int, Field(ge=1, le=100)] = 10
    """Steps of the attack whose way is kept for the example images."""
    path_epsilon: Annotated[float, Field(gt=0, le=255)] = 8
    """Its L∞ radius in 1/255."""
    examples: Annotated[int, Field(ge=0, le=20)] = 6
    """Example images whose way and whose input gradients are kept."""
    saliency_epochs: Repeats = 6
    """At how many epochs, evenly spread, the examples' input gradients are kept."""

    @field_validator("attacks")
    @classmethod
    def _known(cls, attacks: tuple[str, ...]) -> tuple[str, ...]:
        for name in attacks:
            if not ATTACK_NAME.fullmatch(name):
                raise ValueError(
                    f"there is no attack {name[:40]!r}; there are fgsm, pgd10, pgd40 (up to 99,999 steps), pgd40-l2, "
                    "deepfool and autoattack"
                )
        return attacks

    @field_validator("epsilons")
    @classmethod
    def _in_the_range(cls, epsilons: tuple[float, ...]) -> tuple[float, ...]:
        return _levels(epsilons)


def _levels(epsilons: tuple[float, ...]) -> tuple[float, ...]:
    if any(epsilon > 255 for epsilon in epsilons):
        raise ValueError("is counted in 1/255 of the pixel range, so that no entry is above 255")
    return epsilons


class WorstCaseRecipe(Part):
    """The worst case over attacks whose success does not hang on the scale of the logits, at the last epoch.

    The images are a part of those of the gradient attacks, drawn with `gradient.seed`, and so is all chance.
    """

    images: Count | None = None
    """Test images attacked; None for as many as `gradient.images`, 0 for no worst case."""
    epsilons: Annotated[tuple[AboveZero, ...], Field(min_length=1)] | None = None
    """L∞ radii in 1/255 of the pixel range; None for `gradient.epsilons`."""
    steps: Steps = 50
    """Gradient steps of each Auto-PGD; AutoAttack takes 100."""
    restarts: Annotated[int, Field(ge=1, le=1000)] = 1
    """Random starts of each Auto-PGD."""
    targets: Annotated[int, Field(ge=0, le=255)] = 9
    """Likeliest other answers that Auto-PGD and FAB aim at, one after the other; 0 for neither."""
    fab_steps: Repeats = 20
    """Steps of FAB for each target; AutoAttack takes 100. 0 for no FAB."""
    queries: Repeats = 500
    """Queries of the Square attack; AutoAttack takes 5,000. 0 for no Square attack."""

    @field_validator("epsilons")
    @classmethod
    def _in_the_range(cls, epsilons: tuple[float, ...] | None) -> tuple[float, ...] | None:
        return None if epsilons is None else _levels(epsilons)


class MaskingRecipe(Part):
    """Whether a network hides its gradients (Athalye, Carlini and Wagner 2018), at the last epoch."""

    images: Count | None = None
    """Test images looked at, of those of the gradient attacks; None for as many as `gradient.images`, 0 for none."""
    epsilon: Annotated[float, Field(gt=0, le=255)] | None = None
    """L∞ radius in 1/255 at which attacks are held against each other; None for the middle one of the worst case."""
    steps: Steps = 10
    """Steps of PGD from the image itself, and of that without a bound."""
    queries: Repeats = 200
    """Queries of the Square attack beside it; 0 for none."""


class FoolingRecipe(Part):
    """Images that are answered with a class, made from noise by gradient ascent."""

    classes: tuple[str, ...] | None = None
    """Classes to aim at; None for all, an empty list for no fooling images."""
    confidence: Annotated[float, Field(gt=0, lt=1)] = 0.99
    steps: Steps = 200
    seed: Seed = 0


class CertificateRecipe(Part):
    """Randomised smoothing (Cohen, Rosenfeld and Kolter 2019), at the last epoch."""

    sigmas: tuple[AboveZero, ...] = (0.12, 0.25, 0.5)
    """Standard deviations of the noise, pixels in [0,1]."""
    images: Count = 50
    """Test images to certify, a seeded sample; 0 for none. The paper takes 500."""
    n_selection: Trials = 100
    n_estimation: Trials = 1000
    """Noisy copies behind the bound; the paper takes 100,000."""
    failure_probability: Annotated[float, Field(gt=0, lt=0.5)] = 0.001
    """Probability with which a certificate may be wrong (the paper's alpha)."""
    seed: Seed = 0
