"""What a film, deck or page was made from: data, recipe, runs, and the digest of the store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from weightreel.analysis.findings.words.language import noted, phrase
from weightreel.analysis.findings.words.names import named, title_of
from weightreel.analysis.findings.words.numbers import count
from weightreel.analysis.store.nodes import Node, Run
from weightreel.analysis.store.reader import Store

UNNAMED, WATCHED = noted("data not named"), noted("recorded while other code trained it")
"""What stores say that no recipe made."""
MOST_NAMED = 6
"""Layers that the card names where a film shows some of them only."""


def name_of_data(dataset: Node) -> str:
    """The training data, named honestly: `5,000 images of CIFAR-10 (JPEG q75)`; by its name where no more is known."""
    about = dataset.attributes
    if not about["n_train"]:
        return named(str(about["name"]))
    return phrase("{n} images of {dataset}", n=count(about["n_train"]), dataset=about["name"])


def data_of(dataset: Node) -> str:
    """The training data, named honestly; empty where whoever recorded it gave no name."""
    return "" if dataset.attributes["name"] == UNNAMED else name_of_data(dataset)


def provenance(store: Store, runs: Sequence[Run]) -> list[tuple[str, str]]:
    """Names and texts: data, recipe, runs, layers where not all are shown, the results' digest and the licence."""
    recipe, about = store.recipe, store.dataset.attributes
    training: dict[str, Any] = recipe.get("training", {})
    details = [
        named(str(recipe.get("title", "")).strip()),
        phrase("batch {size}", size=training["batch_size"]) if "batch_size" in training else "",
        phrase("learning rate {rate}", rate=training["learning_rate"]) if "learning_rate" in training else "",
        phrase("augmentation {name}", name=training["augmentation"]) if "augmentation" in training else "",
    ]
    data = name_of_data(store.dataset)
    if about["n_train"]:
        data = phrase(
            "{data} to train on, {validation} to validate, {test} to test",
            data=data, validation=count(about['n_validation']), test=count(about['n_test']),
        )  # fmt: skip
    return [
        (phrase("Data"), data),
        *_made_by(runs, ", ".join(filter(None, details))),
        (phrase("Runs"), "\n".join(_run_in_words(run) for run in runs)),
        *_chosen_layers(runs),
        *_left_out(runs),
        (phrase("Results"), _digests(store)),
        (phrase("Licence"), str(store.attributes.get("licence", "CC BY 4.0"))),
    ]


def evaluated_in_words(store: Store) -> str:
    """Of how many training images training loss and accuracy are; empty where no recipe says, or it is of all."""
    found = store.recipe.get("record", {}).get("train_images")
    n_train = int(store.dataset.attributes["n_train"])
    if not found or int(found) >= n_train:
        return ""
    return phrase(
        "Training loss and accuracy are of {n} of the {all} training images, in evaluation mode.",
        n=count(int(found)),
        all=count(n_train),
    )


def _digests(store: Store) -> str:
    """Digests of the store's results, or of those of the stores that it was merged from."""
    parts: dict[str, str] = store.recipe.get("stores", {})
    if not parts:
        return f"SHA-256 {store.digest[:16]}…"
    return "\n".join(f"{name}: SHA-256 {digest[:16]}…" for name, digest in parts.items())


def _made_by(runs: Sequence[Run], recipe: str) -> list[tuple[str, str]]:
    """The recipe, or how runs were recorded that none made."""
    sources = list(dict.fromkeys(str(run.attributes["source"]) for run in runs if "source" in run.attributes))
    if not sources:
        return [(phrase("Recipe"), recipe)]
    return [(phrase("Source"), "; ".join(map(named, sources)))]


def _left_out(runs: Sequence[Run]) -> list[tuple[str, str]]:
    """What could not be recorded of the networks."""
    names = list(dict.fromkeys(name for run in runs for name in run.skipped))
    if not names:
        return []
    more = len(names) - MOST_NAMED
    if more > 0:
        return [(phrase("Not recorded"), phrase("{names} and {n} more", names=", ".join(names[:MOST_NAMED]), n=more))]
    return [(phrase("Not recorded"), ", ".join(names))]


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
            return phrase("{title}, seed {seed}, {clocks} {first}–{last}", **said)
        return phrase("{title}, seed {seed}, {clock} {last}", **said)
    if "epochs_planned" not in run.attributes:
        return phrase("{title}, seed {seed}, {clocks} {first}–{last}, still training", **said)
    said["planned"] = run.attributes["epochs_planned"]
    if last > first:
        return phrase("{title}, seed {seed}, {clocks} {first}–{last} of {planned}, still training", **said)
    return phrase("{title}, seed {seed}, {clock} {last} of {planned}, still training", **said)
