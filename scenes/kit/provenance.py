"""What a film was made from, as its last card tells it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from manim import LEFT, UP, VGroup

from analysis.store import Node, Run, Store
from scenes.kit.language import phrase
from scenes.kit.names import named, title_of
from scenes.kit.theme import BODY, theme
from scenes.kit.type import words

MOST_NAMED = 6
"""Layers that the card names where a film shows some of them only."""


def name_of_data(dataset: Node) -> str:
    """The training data, named honestly: `5,000 images of CIFAR-10 (JPEG q75)`."""
    about = dataset.attributes
    return phrase("{n} images of {dataset}", n=f"{about['n_train']:,}", dataset=about["name"])


def row(name: str, value: str, size: float) -> VGroup:
    """A name and its text beside it, `size` high."""
    key = words(name, BODY, theme.MUTED)
    text = words(value, size, width=9.8)
    key.move_to([0, 0, 0], aligned_edge=LEFT)
    text.move_to([2.2, 0, 0], aligned_edge=LEFT).align_to(key, UP)
    return VGroup(key, text)


def provenance(store: Store, runs: Sequence[Run]) -> list[tuple[str, str]]:
    """Names and texts: data, recipe, runs, layers where not all are shown, the store's digest and its licence."""
    recipe, about = store.recipe, store.dataset.attributes
    training: dict[str, Any] = recipe.get("training", {})
    details = [
        named(str(recipe.get("title", "")).strip()),
        phrase("batch {size}", size=training["batch_size"]) if "batch_size" in training else "",
        phrase("learning rate {rate}", rate=training["learning_rate"]) if "learning_rate" in training else "",
        phrase("augmentation {name}", name=training["augmentation"]) if "augmentation" in training else "",
    ]
    data = phrase(
        "{data} to train on, {validation} to validate, {test} to test",
        data=name_of_data(store.dataset), validation=f"{about['n_validation']:,}", test=f"{about['n_test']:,}",
    )  # fmt: skip
    return [
        (phrase("Data"), data),
        (phrase("Recipe"), ", ".join(filter(None, details))),
        (phrase("Runs"), "\n".join(_run_in_words(run) for run in runs)),
        *_chosen_layers(runs),
        (phrase("Store"), f"SHA-256 {store.digest[:16]}…"),
        (phrase("Licence"), str(store.attributes.get("licence", "CC BY 4.0"))),
    ]


def _chosen_layers(runs: Sequence[Run]) -> list[tuple[str, str]]:
    shown = list(dict.fromkeys(name for run in runs for name in run.layers))
    every = {name for run in runs for name in run.network}
    if len(shown) == len(every):
        return []
    names = ", ".join(shown[:MOST_NAMED]) + (", …" if len(shown) > MOST_NAMED else "")
    return [(phrase("Layers"), phrase("{shown} of {total}: {names}", shown=len(shown), total=len(every), names=names))]


def _run_in_words(run: Run) -> str:
    first, last = int(run.epochs[0]), int(run.epochs[-1])
    said = {"title": title_of(run), "seed": run.seed, "first": first, "last": last}
    if run.complete:
        if last > first:
            return phrase("{title}, seed {seed}, epochs {first}–{last}", **said)
        return phrase("{title}, seed {seed}, epoch {last}", **said)
    said["planned"] = run.attributes["epochs_planned"]
    if last > first:
        return phrase("{title}, seed {seed}, epochs {first}–{last} of {planned}, still training", **said)
    return phrase("{title}, seed {seed}, epoch {last} of {planned}, still training", **said)
