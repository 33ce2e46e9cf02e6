"""What a confidence is worth: noise and images at every threshold, and how often a sure answer is right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.noise import latest_answers, successes
from weightreel.analysis.findings.statistics import Rate, rate_of
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import named
from weightreel.analysis.findings.words.numbers import listed, percent
from weightreel.analysis.store.nodes import Attack, Run

Array = NDArray[Any]

THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999)
CALIBRATION_BINS = 15
MOST_ANSWERS = 12
"""Bars of answers that fit below each other with their names."""


def success_curve(attack: Attack, thresholds: Iterable[float] = THRESHOLDS) -> list[Rate]:
    """Share of noise answered with a class at each confidence or above, at the last epoch; empty where unanswered."""
    if latest_answers(attack) is None:
        return []
    return [rate_of(successes(attack, threshold)) for threshold in thresholds]


def of_images(run: Run) -> Array | None:
    """Confidence in a class of the answer to every test image, 0 where it was that there is nothing, (N,).

    None where the store does not keep the answers.
    """
    if not run.has("test/confidence"):
        return None
    classes = run["test/confusion"].shape[-1]
    return np.where(run["test/prediction"] < classes, run["test/confidence"], 0.0)


def share_above(confidence: Array, thresholds: Array) -> Array:
    """Share of trials (T,) that are at least as sure as each threshold, (N,)."""
    ordered = np.sort(confidence)
    return 1 - np.searchsorted(ordered, thresholds, side="left") / len(ordered)


@dataclass(frozen=True)
class Calibration:
    """How often answers are right, by how sure they are.

    Attributes:
        edges: of the bins of confidence (B + 1,).
        images: in each bin (B,).
        accuracy: share of them answered rightly (B,); NaN in empty bins.
        confidence: their mean confidence (B,); NaN in empty bins.
        error: expected calibration error (Guo et al. 2017): mean over images of |accuracy − confidence| of their bin.
    """

    edges: Array
    images: Array
    accuracy: Array
    confidence: Array
    error: float


def calibration(prediction: Array, label: Array, confidence: Array, bins: int = CALIBRATION_BINS) -> Calibration:
    """Reliability of answers in equally wide bins of confidence, each without its lower edge.

    Args:
        prediction: answers (N,).
        label: true classes (N,).
        confidence: of the answers (N,); NaN, as a network answers that diverged, is in no bin.
        bins: how many.

    Returns:
        Its error is NaN of no image.
    """
    edges, counts = np.linspace(0, 1, bins + 1), np.isfinite(confidence)
    sure, right = np.asarray(confidence, float)[counts], (np.asarray(prediction) == label)[counts]
    number = bin_of(sure, edges)
    images = np.bincount(number, minlength=bins)
    total = np.maximum(images, 1)
    accuracy = np.where(images, np.bincount(number, right, bins) / total, np.nan)
    mean = np.where(images, np.bincount(number, sure, bins) / total, np.nan)
    gaps = np.nan_to_num(np.abs(accuracy - mean))
    error = float((images * gaps).sum() / images.sum()) if images.any() else float("nan")
    return Calibration(edges, images, accuracy, mean, error)


def bin_of(confidence: Array, edges: Array) -> NDArray[np.intp]:
    """The bin of each confidence (N,) between edges (B + 1,), each bin without its lower edge but the first."""
    return np.clip(np.searchsorted(edges, confidence) - 1, 0, len(edges) - 2)


def calibration_of(run: Run) -> Calibration | None:
    """The calibration on a run's test images; None where the store does not keep their answers."""
    if not run.has("test/confidence"):
        return None
    return calibration(run["test/prediction"], run["test/label"], run["test/confidence"])


def separation_in_words(title: str, share: float) -> str:
    """Whether confidence tells images from noise; `share` as `statistics.separation` gives it."""
    values = {"title": named(title), "n": f"{100 * share:.0f}"}
    if share >= 0.95:
        return phrase(
            "Confidence tells noise from images: the {title} is surer of a test image than of a noise image in {n} of "
            "100 pairs.",
            **values,
        )
    if share >= 0.6:
        return phrase(
            "Confidence tells noise from images only in part: the {title} is surer of a test image than of a noise "
            "image in {n} of 100 pairs.",
            **values,
        )
    if share > 0.4:
        return phrase(
            "Confidence does not tell noise from images: the {title} is surer of a test image than of a noise image in "
            "{n} of 100 pairs.",
            **values,
        )
    return phrase(
        "Noise is answered more surely than images: the {title} is surer of a test image than of a noise image in {n} "
        "of 100 pairs.",
        **values,
    )


def passing_in_words(title: str, threshold: float, images: Array, noise: Array) -> str:
    """How many of both a threshold lets through, from confidences of images (n,) and of noise (m,)."""
    return phrase(
        "{title}, confidence ≥ {threshold}: {images} of the test images pass, and {noise} of the noise.",
        title=named(title),
        threshold=f"{threshold:g}",
        images=percent(float((images >= threshold).mean())),
        noise=percent(float((noise >= threshold).mean())),
    )


def levels_in_words(title: str, noise: Array, levels: Sequence[float] = (0.9, 0.99, 0.999)) -> str:
    """How many noise images, whose confidences are (T,), are answered at least this surely."""
    shares = [
        phrase("{share} with ≥ {level}", share=percent(float((noise >= level).mean())), level=f"{level:g}")
        for level in levels
    ]
    return phrase("{title}: of the noise images {shares}.", title=named(title), shares=listed(shares))


def largest(peaks: Array, most: int = MOST_ANSWERS) -> list[int]:
    """Indices of the `most` largest of `peaks` (C,), ascending."""
    return sorted(int(i) for i in np.argsort(-np.asarray(peaks, float), kind="stable")[:most])
