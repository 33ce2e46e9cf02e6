"""Names out of stores, and how films say them: those that are known are in the catalogues, others stay."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.store import Run
from scenes.kit.language import noted, phrase, phrase_n
from scenes.kit.wording import listed

NETWORKS = (
    noted("CNN"),
    noted("Spectral CNN"),
    noted("Spectral norm on all layers"),
    noted("Spectral norm by layer"),
    noted("Spectral norm, bounded BatchNorm"),
    noted("Spectral norm, no BatchNorm"),
    noted("Trained on FGSM"),
    noted("Trained on PGD-7"),
    noted("Trained in Gaussian noise"),
    noted("With a class for nothing"),
    noted("Outlier exposure"),
)
"""Titles in the recipes that come with the project."""
CLASSES = (
    noted("airplane"), noted("automobile"), noted("bird"), noted("cat"), noted("deer"),
    noted("dog"), noted("frog"), noted("horse"), noted("ship"), noted("truck"),
)  # fmt: skip
"""Of CIFAR-10. Digits are written alike in every language."""
RECIPES = (
    noted("Digits in a minute"),
    noted("Ten seeds of both networks on digits"),
    noted("Defences beside each other, on digits"),
    noted("The report's networks on CIFAR-10"),
    noted("The report's networks on a tenth of CIFAR-10"),
)
RULE = noted(
    "Losses are running medians of three epochs. A network is under-fitting until its validation loss has first made "
    "75% of its fall from epoch 0 to its minimum; over-fitting from the epoch after the minimum from which it stays "
    "more than 10% of that fall above the minimum while the training loss stays below its value there; generalising "
    "in between. A network whose validation loss never falls is under-fitting."
)
"""Of the phase of training, as stores tell it."""


def named(name: str) -> str:
    """A name out of a store in the films' language, as it is where no catalogue knows it."""
    return phrase(name) if name else ""


def title_of(run: Run) -> str:
    """A run's network, for people."""
    return named(run.title)


def networks_in_words(titles: Sequence[str], most: int) -> str:
    """The networks' names, or how many there are where they are more than `most`."""
    if len(titles) > most:
        return phrase_n("{n} network", "{n} networks", len(titles))
    return listed([named(title) for title in titles])


def names_of(classes: Sequence[str]) -> list[str]:
    """The classes' names, for people."""
    return [named(name) for name in classes]
