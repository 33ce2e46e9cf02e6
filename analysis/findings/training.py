"""Losses, accuracies and learning rates of runs, as arrays on common epochs and in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.time import unfinished_in_words
from weightreel.analysis.findings.words.language import noted, phrase, phrase_n
from weightreel.analysis.findings.words.names import title_of
from weightreel.analysis.findings.words.numbers import from_low_to_high, listed, million, percent, significant
from weightreel.analysis.store.nodes import Run

Array = NDArray[Any]

COURSES = (
    (
        ("train", "loss"),
        noted("{title}: training loss {before} at {clock} {first}, {now} at {clock} {last}."),
        noted("{title}: training loss {now} at {clock} {last}."),
    ),
    (
        ("validation", "accuracy"),
        noted("{title}: validation accuracy {before} at {clock} {first}, {now} at {clock} {last}."),
        noted("{title}: validation accuracy {now} at {clock} {last}."),
    ),
    (
        ("train", "accuracy"),
        noted("{title}: training accuracy {before} at {clock} {first}, {now} at {clock} {last}."),
        noted("{title}: training accuracy {now} at {clock} {last}."),
    ),
)
"""A quantity's part of the data and its name, and what is said of it where it was measured often, and once."""


def by_title(runs: Iterable[Run]) -> list[list[Run]]:
    """The runs of each network by its title, in the order in which networks first occur."""
    return _grouped(runs, lambda run: run.title)


def by_model(runs: Iterable[Run]) -> list[list[Run]]:
    """The runs of each model of the recipe, in the order in which models first occur."""
    return _grouped(runs, lambda run: run.model)


def _grouped(runs: Iterable[Run], key: Callable[[Run], str]) -> list[list[Run]]:
    found: dict[str, list[Run]] = {}
    for run in runs:
        found.setdefault(key(run), []).append(run)
    return list(found.values())


def seeds_in_words(runs: list[Run]) -> str:
    """A network's name, and its seed or how many it has: `CNN, seed 0`, `CNN, 5 seeds`."""
    title = title_of(runs[0])
    if len(runs) == 1:
        return phrase("{title}, seed {seed}", title=title, seed=runs[0].seed)
    return phrase_n("{title}, {n} seed", "{title}, {n} seeds", len(runs), title=title)


LOWEST = {
    "once": (
        noted("Validation loss at {clock} {last}: {now} (training {training})."),
        noted("{title}: validation loss {now} (training {training}) at {clock} {last}."),
    ),
    "last": (
        noted("The validation loss is lowest at the last {clock}, {last}: {now} (training {training})."),
        noted("{title}: the validation loss is lowest at the last {clock}, {last}: {now} (training {training})."),
    ),
    "before": (
        noted(
            "Lowest validation loss {lowest} at {clock} {best}; at {clock} {last} it is {now} (training {training})."
        ),
        noted(
            "{title}: validation loss lowest at {clock} {best}, {lowest}; at {clock} {last} it is {now} (training "
            "{training})."
        ),
    ),
}
"""What is said of the lowest validation loss, without and with a title: of one record, at the last, before it."""

PARTS = {"train": noted("training"), "validation": noted("validation")}
"""The parts of the data on which an epoch is measured, and what they are called, as messages of the catalogues."""
QUANTITIES = ("loss", "accuracy")
"""What a recipe's training measures on both; what other code handed over may be less."""


def of_recipes(runs: Iterable[Run]) -> bool:
    """Whether all runs are a recipe's: of others the code of whoever trained them measured losses and accuracies."""
    return not any("source" in run.attributes for run in runs)


def name_of_part(part: str) -> str:
    """A part of the data, for people."""
    return phrase(PARTS[part])


def name_of_quantity(key: str, *, unit: bool = True) -> str:
    """The name of an axis of losses or accuracies; of other code's losses the unit is not known."""
    if key == "accuracy":
        return phrase("accuracy (%)")
    return phrase("loss (nat)") if unit else phrase("loss")


def history(run: Run, part: str, key: str) -> Array:
    """Losses or accuracies on a part of the data, (E,); NaN where the run has none."""
    return recorded(run, f"{part}/{key}")


def metric_history(run: Run, name: str) -> Array:
    """One of the numbers that a training's own code handed over, (E,); NaN where the run has none of that name."""
    return run.metric(name) if name in run.metrics else np.full(len(run.epochs), np.nan)


def recorded(run: Run, path: str) -> Array:
    """A history of a run, (E,); NaN where the run has none."""
    return run[path] if run.has(path) else np.full(len(run.epochs), np.nan)


def last_test(run: Run, key: str) -> float:
    """Loss or accuracy on the test images, at the last epoch; NaN where the test is not made."""
    return float(run[f"test/{key}"]) if run.has(f"test/{key}") else float("nan")


def last_accuracy(run: Run, part: str) -> float:
    """The accuracy on a part of the data, the test's included, at the last epoch; NaN where it is not known."""
    return last_test(run, "accuracy") if part == "test" else float(history(run, part, "accuracy")[-1])


def best_validation(run: Run) -> tuple[float, int] | None:
    """The best validation accuracy and the epoch that has it first; None where none is known."""
    accuracy = history(run, "validation", "accuracy")
    if not np.isfinite(accuracy).any():
        return None
    best = int(np.nanargmax(accuracy))
    return float(accuracy[best]), int(run.epochs[best])


def measured_parts(run: Run, key: str) -> list[str]:
    """Those of PARTS on which a run has measured a quantity, validation first."""
    return [part for part in reversed(PARTS) if np.isfinite(history(run, part, key)).any()]


def measured(runs: Iterable[Run]) -> list[str]:
    """Those of QUANTITIES that any of the runs has measured on training or validation images."""
    runs = list(runs)
    return [key for key in QUANTITIES if any(measured_parts(run, key) for run in runs)]


def on_epochs(run: Run, part: str, key: str, epochs: Array) -> Array:
    """Losses or accuracies of a run on `epochs`, (E,); NaN where the run has not recorded one."""
    values = np.full(len(epochs), np.nan)
    values[np.searchsorted(epochs, run.epochs)] = history(run, part, key)
    return values


def learning_in_words(run: Run, *, titled: bool = False) -> str:
    """Where the validation loss was lowest, and where both losses are at the last epoch; less where less is known.

    Args:
        titled: begin with the network's name, as where several are told of.
    """
    train, validation, epochs = history(run, "train", "loss"), history(run, "validation", "loss"), run.epochs
    if not np.isfinite(validation[-1]):
        return course_in_words(run)
    best = int(np.nanargmin(validation))
    values = {
        "title": title_of(run),
        "last": epochs[-1],
        "now": significant(validation[-1]),
        "training": significant(train[-1]),
        "best": epochs[best],
        "lowest": significant(validation[best]),
    }
    when = "once" if len(epochs) == 1 else "last" if best == len(epochs) - 1 else "before"
    return phrase(LOWEST[when][titled], **values)


def course_in_words(run: Run) -> str:
    """How the first quantity went that the run has, where its validation loss is not known."""
    for (part, key), often, once in COURSES:
        course = history(run, part, key)
        known = np.flatnonzero(np.isfinite(course))
        if not len(known):
            continue
        values = {"title": title_of(run), "now": significant(course[known[-1]]), "last": run.epochs[known[-1]]}
        if len(known) == 1:
            return phrase(once, **values)
        return phrase(often, before=significant(course[known[0]]), first=run.epochs[known[0]], **values)
    return phrase("{title}: its code handed over neither losses nor accuracies.", title=title_of(run))


def learned_in_words(run: Run) -> str:
    """That a network changed its weights, and whether it answers more images right at its end than at its beginning."""
    values = {"n": million(int(run.attributes["n_parameters"]))}
    part = "validation" if np.isfinite(history(run, "validation", "accuracy")).any() else "train"
    accuracy = history(run, part, "accuracy")
    known = accuracy[np.isfinite(accuracy)]
    if len(known) > 1 and known[-1] > known[0]:
        return phrase("It changed its {n} numbers, {clock} after {clock}, until it was right more often.", **values)
    return phrase("It changed its {n} numbers, {clock} after {clock}.", **values)


def comparison_in_words(runs: list[Run]) -> tuple[str, str]:
    """Accuracies that the networks reach, from the lowest to the highest of a network's seeds; how many there are."""
    tested = all(run.has("test/accuracy") for run in runs)
    key = "test/accuracy" if tested else "validation/accuracy"
    if not all(run.has(key) for run in runs):
        return " ".join(map(learning_in_words, runs[:2])), ""
    networks = by_title(runs)
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
    return from_low_to_high(low, high)


def runs_in_words(runs: Sequence[Run]) -> Iterator[str]:
    """How many seeds of each network there are, which are not over, whose code measured them, and what is missing."""
    for own in by_model(runs):
        epochs = sorted({int(run.epochs[-1]) for run in own})
        values = {
            "title": title_of(own[0]),
            "seeds": ", ".join(str(run.seed) for run in own),
            "clock": own[0].clock,
            "first": epochs[0],
            "last": epochs[-1],
        }
        yield (
            phrase_n(
                "{title}: {n} seed ({seeds}), measured at {clock} {last}.",
                "{title}: {n} seeds ({seeds}), measured at {clock} {last}.",
                len(own),
                **values,
            )
            if len(epochs) == 1
            else phrase("{title}: {n} seeds ({seeds}), measured at {clocks} {first}–{last}.", n=len(own), **values)
        )
    yield from unfinished_in_words(runs)
    sources: dict[str, list[str]] = {}
    for run in runs:
        if "source" in run.attributes:
            sources.setdefault(str(run.attributes["source"]), []).append(run.name)
    for source, names in sources.items():
        yield phrase("{runs}: {source}; shown is what its code handed over.", runs=", ".join(names), source=source)
    for run in runs:
        if run.skipped:
            skipped = ", ".join(f"{name} ({why})" for name, why in run.skipped.items())
            yield phrase("{run}, not recorded: {layers}.", run=run.name, layers=skipped)


def seeds_caveat(runs: Sequence[Run]) -> str:
    """That one seed of a network is no ground for a comparison; empty where each has several or there is one alone."""
    networks = by_model(runs)
    if len(networks) < 2 or min(map(len, networks)) > 1:
        return ""
    return phrase("With one seed of a network, a difference between networks may be a difference between seeds.")
