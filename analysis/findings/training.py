"""Losses, accuracies and phases of runs, as arrays on common epochs and in words."""

from __future__ import annotations

import numpy as np

from weightreel.analysis.findings.words.language import noted, phrase, phrase_n
from weightreel.analysis.findings.words.names import title_of
from weightreel.analysis.findings.words.numbers import listed, percent, significant
from weightreel.analysis.store.nodes import Run

COURSES = (
    (
        "train/loss",
        noted("{title}: training loss {before} at {clock} {first}, {now} at {clock} {last}."),
        noted("{title}: training loss {now} at {clock} {last}."),
    ),
    (
        "validation/accuracy",
        noted("{title}: validation accuracy {before} at {clock} {first}, {now} at {clock} {last}."),
        noted("{title}: validation accuracy {now} at {clock} {last}."),
    ),
    (
        "train/accuracy",
        noted("{title}: training accuracy {before} at {clock} {first}, {now} at {clock} {last}."),
        noted("{title}: training accuracy {now} at {clock} {last}."),
    ),
)
"""Where a quantity lies, and what is said of it where it was measured often, and once."""


def grouped(runs: list[Run]) -> list[list[Run]]:
    """The runs of each network, in the order in which networks first occur."""
    found: dict[str, list[Run]] = {}
    for run in runs:
        found.setdefault(run.title, []).append(run)
    return list(found.values())


def seeds_in_words(runs: list[Run]) -> str:
    """A network's name, and its seed or how many it has: `CNN, seed 0`, `CNN, 5 seeds`."""
    title = title_of(runs[0])
    if len(runs) == 1:
        return phrase("{title}, seed {seed}", title=title, seed=runs[0].seed)
    return phrase_n("{title}, {n} seed", "{title}, {n} seeds", len(runs), title=title)


PARTS = ("train", "validation")
QUANTITIES = ("loss", "accuracy")
"""Of which a recipe's training measures both; what other code handed over may be less."""


def history(run: Run, key: str) -> np.ndarray:
    """The numbers at `key`, (E,); NaN where the run has none."""
    return run[key] if run.has(key) else np.full(len(run.epochs), np.nan)


def measured(runs: list[Run]) -> list[str]:
    """Those of QUANTITIES that any of the runs has measured on training or validation images."""
    return [
        key
        for key in QUANTITIES
        if any(np.isfinite(history(run, f"{part}/{key}")).any() for run in runs for part in PARTS)
    ]


def on_epochs(run: Run, key: str, epochs: np.ndarray) -> np.ndarray:
    """The history at `key` on `epochs`, (E,); NaN where the run has not recorded one."""
    values = np.full(len(epochs), np.nan)
    values[np.searchsorted(epochs, run.epochs)] = history(run, key)
    return values


def learning_in_words(run: Run) -> str:
    """Where the validation loss was lowest, and where both losses are at the last epoch; less where less is known."""
    train, validation, epochs = history(run, "train/loss"), history(run, "validation/loss"), run.epochs
    if not np.isfinite(validation[-1]):
        return course_in_words(run)
    values = {"last": epochs[-1], "now": significant(validation[-1]), "training": significant(train[-1])}
    if len(epochs) == 1:
        return phrase("Validation loss at {clock} {last}: {now} (training {training}).", **values)
    best = int(np.nanargmin(validation))
    if best == len(epochs) - 1:
        return phrase(
            "The validation loss is lowest at the last {clock}, {last}: {now} (training {training}).", **values
        )
    return phrase(
        "Lowest validation loss {lowest} at {clock} {best}; at {clock} {last} it is {now} (training {training}).",
        lowest=significant(validation[best]),
        best=epochs[best],
        **values,
    )


def course_in_words(run: Run) -> str:
    """How the first quantity went that the run has, where its validation loss is not known."""
    for key, often, once in COURSES:
        course = history(run, key)
        known = np.flatnonzero(np.isfinite(course))
        if not len(known):
            continue
        values = {"title": title_of(run), "now": significant(course[known[-1]]), "last": run.epochs[known[-1]]}
        if len(known) == 1:
            return phrase(once, **values)
        return phrase(often, before=significant(course[known[0]]), first=run.epochs[known[0]], **values)
    return phrase("{title}: its code handed over neither losses nor accuracies.", title=title_of(run))


def accuracy_in_words(run: Run) -> str:
    """How many of the validation images are answered right at the first and at the last epoch."""
    accuracy, epochs = history(run, "validation/accuracy"), run.epochs
    if not np.isfinite(accuracy[[0, -1]]).all():
        return course_in_words(run)
    values = {"title": title_of(run), "now": percent(float(accuracy[-1])), "last": epochs[-1]}
    if len(epochs) == 1:
        return phrase("Validation images that the {title} answers right: {now} at {clock} {last}.", **values)
    return phrase(
        "Validation images that the {title} answers right: {before} at {clock} {first}, {now} at {clock} {last}.",
        before=percent(float(accuracy[0])),
        first=epochs[0],
        **values,
    )


def comparison_in_words(runs: list[Run]) -> tuple[str, str]:
    """Accuracies that the networks reach, from the lowest to the highest of a network's seeds; how many there are."""
    tested = all(run.has("test/accuracy") for run in runs)
    key = "test/accuracy" if tested else "validation/accuracy"
    if not all(run.has(key) for run in runs):
        return " ".join(map(learning_in_words, runs[:2])), ""
    networks = grouped(runs)
    reached = [f"{title_of(of[0])} {_from_lowest([float(np.ravel(run[key])[-1]) for run in of])}" for of in networks]
    epochs = sorted({int(run.epochs[-1]) for run in runs})
    values = {"epoch": epochs[0], "rates": listed(reached)}
    if len(epochs) == 1:
        sentence = (
            phrase("Test accuracy at {clock} {epoch}: {rates}.", **values)
            if tested
            else phrase("Validation accuracy at {clock} {epoch}: {rates}.", **values)
        )
    elif tested:
        sentence = phrase("Test accuracy at each one's last {clock}: {rates}.", **values)
    else:
        sentence = phrase("Validation accuracy at each one's last {clock}: {rates}.", **values)
    if all(len(of) == 1 for of in networks):
        return sentence, phrase("One seed of each network: no conclusion between them.")
    counts = [phrase("{n} of the {title}", n=len(of), title=title_of(of[0])) for of in networks]
    return sentence, phrase("Seeds: {counts}.", counts=listed(counts))


def _from_lowest(shares: list[float]) -> str:
    low, high = percent(min(shares)), percent(max(shares))
    return low if low == high else phrase("{low} to {high}", low=low, high=high)
