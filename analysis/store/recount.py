"""Count again what a store says of itself: sums, orders and ranges that hold in every store."""

from __future__ import annotations

import math
from collections.abc import Iterator

import h5py
import numpy as np
from numpy.typing import NDArray

from analysis.store.schema import MIN_EIGENVALUES, FitStatus, Phase

Found = Iterator[tuple[str, str]]
"""Full path of a dataset or group, and what is wrong there."""

ROUNDING = 1e-4
"""Relative difference between float32 numbers that were measured in two ways."""


def recount(file: h5py.File) -> Found:
    """What does not add up in a store whose datasets are as the schema says."""
    n_classes = len(file["dataset/classes"])
    sizes = {key: int(file["dataset"].attrs[f"n_{key}"]) for key in ("validation", "test")}
    yield from _below(file["dataset/examples/label"], n_classes, "classes")
    for run in file.get("runs", {}).values():
        yield from _training(run, sizes)
        for parameter in run["parameters"].values():
            yield from _histogram(parameter, None)
        for layer in run.get("layers", {}).values():
            shape = tuple(int(n) for n in np.atleast_1d(layer.attrs["shape"]))
            for name in ("weight", "bias"):
                if name in layer:
                    yield from _histogram(layer[name], math.prod(shape) if name == "weight" else None)
            if "spectrum/status" in layer:
                yield from _spectrum(layer["spectrum"], shape)
        for attack in run.get("attacks", {}).values():
            yield from _attack(attack, n_classes)


def _training(run: h5py.Group, sizes: dict[str, int]) -> Found:
    """Epochs, phases, confusion matrices and accuracies of one run."""
    name, attributes = run.name, run.attrs
    if name.rsplit("/", 1)[1] != f"{attributes['model']}-s{attributes['seed']}":
        yield name, f"is not named after its model {attributes['model']!r} and seed {attributes['seed']}"
    epochs = run["epoch"][()]
    if len(epochs) == 0 or not np.array_equal(epochs, np.arange(len(epochs))):
        yield f"{name}/epoch", "does not count 0, 1, 2, …"
    if attributes["state"] not in ("training", "complete"):
        yield name, f"has the state {attributes['state']!r}, which is neither 'training' nor 'complete'"
    if attributes["state"] == "complete" and len(epochs) != attributes["epochs_planned"] + 1:
        yield name, f"is complete with {len(epochs)} epochs of {attributes['epochs_planned'] + 1}"
    for key in ("phase/validation", "phase/spectral"):
        if key in run:
            yield from _below(run[key], len(Phase), "phases")
            if np.any(np.diff(run[key][()].astype(int)) < 0):
                yield f"{name}/{key}", "goes back to an earlier phase"
    for part in ("validation", "test"):
        if f"{part}/confusion" in run:
            yield from _confusion(run[f"{part}/confusion"], run.get(f"{part}/accuracy"), sizes[part])


def _confusion(confusion: h5py.Dataset, accuracy: h5py.Dataset | None, n_images: int) -> Found:
    """Each matrix counts every image once, and its diagonal gives the accuracy."""
    matrices = confusion[()].astype(np.int64)  # (..., C, C)
    totals = matrices.sum((-2, -1))
    if np.any(totals != n_images):
        yield confusion.name, f"counts {np.ravel(totals)[np.argmax(totals != n_images)]} images, not {n_images}"
    elif accuracy is not None and n_images:
        hits = np.trace(matrices, axis1=-2, axis2=-1) / n_images
        if not np.allclose(hits, accuracy[()], atol=ROUNDING):
            yield accuracy.name, "differs from the diagonal of its confusion matrix"


def _histogram(parameter: h5py.Group, entries: int | None) -> Found:
    """Bins, counts and moments of a parameter. Entries that are not finite are in no bin, and make the mean NaN."""
    edges, counts = parameter["edges"][()], parameter["counts"][()].astype(np.int64)  # (B + 1,), (E, B)
    if np.any(np.diff(edges) <= 0):
        yield f"{parameter.name}/edges", "does not ascend"
    finite = np.isfinite(parameter["mean"][()])
    totals = counts.sum(1)[finite]
    expected = entries if entries is not None or not len(totals) else int(totals[0])
    if np.any(totals != expected):
        yield f"{parameter.name}/counts", f"counts {totals[np.argmax(totals != expected)]} entries, not {expected}"
    ordered = np.column_stack([parameter["minimum"][()], parameter["quantiles"][()], parameter["maximum"][()]])[finite]
    if not np.all(np.diff(ordered, axis=1) >= -ROUNDING * np.ptp(ordered, axis=1)[:, None]):
        yield f"{parameter.name}/quantiles", "does not ascend from minimum to maximum"


def _spectrum(spectrum: h5py.Group, shape: tuple[int, ...]) -> Found:
    """Eigenvalues against norms, and the fit against its status."""
    status, alpha, n_tail = (spectrum[key][()] for key in ("status", "alpha", "n_tail"))
    yield from _below(spectrum["status"], len(FitStatus), "states of a fit")
    failed = status == FitStatus.FAILED
    if np.any(np.isnan(alpha) != failed) or np.any((n_tail == 0) != failed):
        yield f"{spectrum.name}/status", "disagrees with alpha and n_tail: a failed fit has NaN and 0, no other has"
    if np.any(alpha <= 1):
        yield f"{spectrum.name}/alpha", "holds exponents of 1 or below, which no density has"
    n_eigenvalues = min(shape[:2]) * math.prod(shape[2:])
    if n_eigenvalues < MIN_EIGENVALUES and np.any(status == FitStatus.OK):
        yield f"{spectrum.name}/status", f"calls a fit of {n_eigenvalues} eigenvalues ok"
    largest = spectrum["lambda_max"][()]
    if not np.allclose(spectrum["sigma/slices"][()] ** 2, largest, rtol=ROUNDING, equal_nan=True):
        yield f"{spectrum.name}/sigma/slices", "is not the square root of lambda_max"
    if "eigenvalues" in spectrum:
        yield from _eigenvalues(spectrum, n_eigenvalues, largest)


def _eigenvalues(spectrum: h5py.Group, n_eigenvalues: int, largest: NDArray[np.float32]) -> Found:
    """The eigenvalues themselves; those of weights that are not finite are NaN."""
    eigenvalues = spectrum["eigenvalues"][()].astype(np.float64)  # (E, K)
    path = f"{spectrum.name}/eigenvalues"
    if eigenvalues.shape[1] != n_eigenvalues:
        yield path, f"holds {eigenvalues.shape[1]} eigenvalues; the layer's shape gives {n_eigenvalues}"
        return
    finite = np.isfinite(eigenvalues).all(1)
    if np.any(np.diff(eigenvalues[finite], axis=1) < 0) or np.any(eigenvalues[finite] < 0):
        yield path, "does not ascend from 0 or above"
    if not np.allclose(eigenvalues[:, -1], largest, rtol=ROUNDING, equal_nan=True):
        yield f"{spectrum.name}/lambda_max", "is not the largest eigenvalue"
    if not np.allclose(eigenvalues.sum(1), spectrum["frobenius_norm"][()] ** 2.0, rtol=ROUNDING * 10, equal_nan=True):
        yield f"{spectrum.name}/frobenius_norm", "is not the square root of the eigenvalues' sum"
    xmin, n_tail = spectrum["xmin"][()], spectrum["n_tail"][()]
    fitted = np.isfinite(xmin)
    reaching = (eigenvalues >= xmin[:, None]).sum(1)
    above = (eigenvalues > xmin[:, None]).sum(1)  # float32 may make eigenvalues beside xmin equal to it
    if np.any(((n_tail > reaching) | (n_tail <= above))[fitted]):
        yield f"{spectrum.name}/n_tail", "is not the number of eigenvalues from xmin on"


def _attack(attack: h5py.Group, n_classes: int) -> Found:
    """Answers, and the pictures that were kept of them."""
    for key in ("prediction", "history/prediction"):
        if key in attack:
            yield from _below(attack[key], n_classes, "classes")
    for key in ("confidence", "history/confidence"):
        if key in attack:
            values = attack[key][()]
            values = values[np.isfinite(values)]  # a network that diverged answers NaN
            if np.any((values < 1 / n_classes - ROUNDING) | (values > 1 + ROUNDING)):
                yield f"{attack.name}/{key}", f"leaves [1/{n_classes}, 1], where the largest of {n_classes} shares lies"
    for key in ("gallery/probabilities", "preview/probabilities"):
        if key in attack:
            sums = attack[key][()].sum(-1)
            if not np.allclose(sums[np.isfinite(sums)], 1, atol=ROUNDING * 10):
                yield f"{attack.name}/{key}", "does not sum to 1"
    if "gallery/trial" in attack and "confidence" in attack:
        yield from _gallery(attack)


def _gallery(attack: h5py.Group) -> Found:
    """Each picture is a success among the trials, and its answer the one that was counted."""
    confidence, trial = attack["confidence"][()], attack["gallery/trial"][()]
    if np.any(trial >= len(confidence)):
        yield f"{attack.name}/gallery/trial", f"names trials beyond {len(confidence)}"
        return
    if np.any(confidence[trial] < attack.attrs["threshold"]):
        yield f"{attack.name}/gallery/trial", "names trials that are no success"
    if "gallery/probabilities" in attack and len(trial):
        answered = attack["gallery/probabilities"][()].max(1)
        if not np.allclose(answered, confidence[trial], atol=ROUNDING * 10):
            yield f"{attack.name}/gallery/probabilities", "differs from the confidence of its trial"


def _below(dataset: h5py.Dataset, limit: int, what: str) -> Found:
    """Numbers that stand for one of `limit` things."""
    values = dataset[()]
    if np.any(values >= limit):
        yield dataset.name, f"holds {values.max()}; there are {limit} {what}"
