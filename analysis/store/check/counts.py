"""Count again what a store says of itself: sums, orders and ranges that hold in every store."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.store.check.attacks import recount_attacks
from weightreel.analysis.store.check.base import ROUNDING, Found, Sizes, below, settings
from weightreel.analysis.store.check.certificates import recount_certificates
from weightreel.analysis.store.check.spectra import recount_spectrum, refuse_negative_errors
from weightreel.analysis.store.check.tree import Dataset, Group
from weightreel.analysis.store.schema.fields import CLOCKS, STAGES, STOPPING, Phase
from weightreel.analysis.store.stacked import BROKEN, reason

UNCOUNTED = "holds numbers that cannot be counted again"
"""What is wrong with a run in which numbers lack what they are counted with."""
RULES = ("validation", "spectral")
"""Rules of phases, and of early stops."""

ERRORS_SINCE = (1, 5)
"""Version of the schema since which an error of alpha is NaN where it would be negative."""


def recount(file: Group) -> Found:
    """What does not add up in a store whose datasets are as the schema says."""
    n_classes = len(file["dataset/classes"])
    version = tuple(int(part) for part in str(file.attrs["schema_version"]).split("."))
    images = {key: int(file["dataset"].attrs[f"n_{key}"]) for key in ("validation", "test")}
    yield from below(file["dataset/examples/label"], n_classes, "classes")
    for run in file.get("runs", {}).values():
        try:
            yield from _run(run, n_classes, images, len(file["dataset/examples/label"]), version)
        except (ArithmeticError, LookupError, *BROKEN) as error:
            yield run.name, f"{UNCOUNTED} ({reason(error)})"


def _run(run: Group, n_classes: int, images: dict[str, int], n_examples: int, version: tuple[int, ...]) -> Found:
    """What does not add up in a run."""
    defence = settings(run, "defence")
    if defence is None:
        yield run.name, "has an attribute 'defence' that is no JSON object"
    answers = n_classes + bool((defence or {}).get("nothing", 0))
    sizes = Sizes(n_classes, answers, images["test"], n_examples)
    yield from _training(run, images, says_nothing=sizes.says_nothing)
    for parameter in run.get("parameters", {}).values():
        yield from _histogram(parameter, None)
    for layer in run.get("layers", {}).values():
        shape = tuple(int(n) for n in np.atleast_1d(layer.attrs["shape"]))
        for name in ("weight", "bias"):
            if name in layer:
                yield from _histogram(layer[name], math.prod(shape) if name == "weight" else None)
        if "spectrum/status" in layer:
            yield from recount_spectrum(layer, shape)
            if version >= ERRORS_SINCE:
                yield from refuse_negative_errors(layer["spectrum"])
    yield from recount_attacks(run, sizes)
    yield from recount_certificates(run, sizes)


def _training(run: Group, images: dict[str, int], *, says_nothing: bool) -> Found:
    """Epochs, phases, confusion matrices and accuracies of one run."""
    name, attributes = run.name, run.attrs
    if name.rsplit("/", 1)[1] != f"{attributes['model']}-s{attributes['seed']}":
        yield name, f"is not named after its model {attributes['model']!r} and seed {attributes['seed']}"
    epochs = run["epoch"][()]
    yield from _clock(run)
    if attributes["state"] not in ("training", "complete"):
        yield name, f"has the state {attributes['state']!r}, which is neither 'training' nor 'complete'"
    planned = attributes.get("epochs_planned", len(epochs) - 1) + 1
    stopped = attributes.get("stopped_by")
    if stopped is not None and stopped not in RULES:
        yield name, f"was stopped by {stopped!r}; the rules are {' and '.join(RULES)}"
    if len(epochs) > planned or (attributes["state"] == "complete" and not stopped and len(epochs) != planned):
        yield name, f"is {attributes['state']} with {len(epochs)} epochs of {planned}"
    yield from _phases(run)
    for part in ("validation", "test"):
        if f"{part}/confusion" in run:
            matrix, accuracy = run[f"{part}/confusion"], run.get(f"{part}/accuracy")
            yield from _confusion(matrix, accuracy, images[part], says_nothing=says_nothing)


def _clock(run: Group) -> Found:
    """What the records are counted by. A recipe's epochs have no gap; what other code trained may have any."""
    clock = run.attrs.get("clock", "epoch")
    if clock not in CLOCKS:
        yield run.name, f"has the clock {clock!r}; there are {', '.join(CLOCKS)}"
        return
    key = "step" if clock == "step" else "epoch"
    counted = run[key][()].astype(np.int64) if key in run else np.zeros(0, np.int64)
    if "source" in run.attrs:
        if len(counted) == 0 or np.any(np.diff(counted) <= 0):
            yield f"{run.name}/{key}", "does not ascend from one record to the next"
    elif len(counted) == 0 or not np.array_equal(counted, np.arange(len(counted))):
        yield f"{run.name}/{key}", "does not count 0, 1, 2, …"


def _phases(run: Group) -> Found:
    """Phases by either rule, how well they agree, and where each would have stopped."""
    phases: dict[str, NDArray[np.uint8]] = {}
    for rule in RULES:
        key = f"phase/{rule}"
        if key in run:
            phases[rule] = run[key][()]
            yield from below(run[key], len(Phase), "phases")
        if f"stop/{rule}" in run:
            yield from _stop(run, rule)
    if "spectral" not in phases:
        return
    attributes = run["phase/spectral"].attrs
    if any(np.any(found >= len(STAGES)) for found in phases.values()):
        return
    share, kappa = _agreement(*(np.array(STAGES)[phases[rule]] for rule in RULES))
    for name, counted in (("agreement", share), ("kappa", kappa)):
        if name in attributes and not np.isclose(attributes[name], counted, atol=ROUNDING, equal_nan=True):
            yield f"{run.name}/phase/spectral", f"says {name} {attributes[name]:.4f}; both rules give {counted:.4f}"


def _agreement(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> tuple[float, float]:
    """Share of epochs at which two histories of stages are the same, and Cohen's kappa."""
    share = float(np.mean(one == other))
    chance = sum(float(np.mean(one == stage) * np.mean(other == stage)) for stage in set(STAGES))
    return share, (share - chance) / (1 - chance) if chance < 1 else math.nan


def _stop(run: Group, rule: str) -> Found:
    """The epoch is one of the run's, and accuracy and cost are those of that epoch."""
    path, stop, accuracy = f"{run.name}/stop/{rule}", run[f"stop/{rule}"], run["validation/accuracy"][()]
    if "epoch" not in stop:
        return
    epoch = int(stop["epoch"][()])
    if not -1 <= epoch < len(accuracy):
        yield f"{path}/epoch", f"is {epoch}, which is neither an epoch of the run nor -1"
        return
    if rule == "spectral" and "phase/spectral" in run:  # the rule on losses judges an epoch anew by those after it
        over = np.flatnonzero(np.isin(run["phase/spectral"][()], STOPPING))
        if epoch != (over[0] if len(over) else -1):
            yield (
                f"{path}/epoch",
                "is not the first epoch that phase/spectral calls over-fitting, over-trained or at rest",
            )
    best = np.nanmax(accuracy) if np.isfinite(accuracy).any() else math.nan
    for key, counted in (("accuracy", accuracy[epoch]), ("cost", best - accuracy[epoch])):
        if key in stop and not np.isclose(stop[key][()], counted, atol=ROUNDING, equal_nan=True):
            yield f"{path}/{key}", f"is {stop[key][()]:.4f}; validation/accuracy gives {counted:.4f}"


def _confusion(confusion: Dataset, accuracy: Dataset | None, n_images: int, *, says_nothing: bool) -> Found:
    """Each matrix counts every image once, but for those answered with no class; its diagonal gives the accuracy."""
    matrices = confusion[()].astype(np.int64)  # (..., C, C)
    totals = matrices.sum((-2, -1))
    wrong = totals > n_images if says_nothing else totals != n_images
    if np.any(wrong):
        yield confusion.name, f"counts {np.ravel(totals)[np.argmax(wrong)]} images, not {n_images}"
    elif accuracy is not None and n_images:
        hits = np.trace(matrices, axis1=-2, axis2=-1) / n_images
        if not np.allclose(hits, accuracy[()], atol=ROUNDING):
            yield accuracy.name, "differs from the diagonal of its confusion matrix"


def _histogram(parameter: Group, entries: int | None) -> Found:
    """Bins, counts and moments of a parameter.

    Entries that are not finite are in no bin; unless `n_not_finite` counts them, they make the mean NaN.
    """
    edges, counts = parameter["edges"][()], parameter["counts"][()].astype(np.int64)  # (B + 1,), (E, B)
    if np.any(np.diff(edges) <= 0):
        yield f"{parameter.name}/edges", "does not ascend"
    finite = np.isfinite(parameter["mean"][()])
    left_out = parameter["n_not_finite"][()] if "n_not_finite" in parameter else np.zeros(len(counts), np.int64)
    totals = (counts.sum(1) + left_out)[finite]
    expected = entries if entries is not None or not len(totals) else int(totals[0])
    if np.any(totals != expected):
        yield f"{parameter.name}/counts", f"counts {totals[np.argmax(totals != expected)]} entries, not {expected}"
    ordered = np.column_stack([parameter["minimum"][()], parameter["quantiles"][()], parameter["maximum"][()]])[finite]
    if not np.all(np.diff(ordered, axis=1) >= -ROUNDING * np.ptp(ordered, axis=1)[:, None]):
        yield f"{parameter.name}/quantiles", "does not ascend from minimum to maximum"
