"""How sure networks are of noise, beside each other and beside images, and how often a sure answer is right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.attacks.noise import attack_of, latest_answers, successes
from weightreel.analysis.findings.statistics import Rate, rate_of
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import named
from weightreel.analysis.findings.words.numbers import count, from_low_to_high, percent, points
from weightreel.analysis.store.nodes import Attack, Run

Array = NDArray[Any]

THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999)
CALIBRATION_BINS = 15
VERY_SURE = 0.999
"""A confidence that hardly any threshold keeps out."""


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
    values = {"title": named(title), "n": points(share, 0)}
    if share >= 0.95:
        return phrase("The {title} is surer of a real picture than of noise in {n} of 100 pairs: it tells them apart.",
                      **values)  # fmt: skip
    if share >= 0.6:
        return phrase("The {title} is surer of a real picture than of noise in {n} of 100 pairs, not more.", **values)
    if share > 0.4:
        return phrase("Surer of a real picture than of noise in {n} of 100 pairs: confidence tells nothing.", **values)
    return phrase("The {title} is surer of noise than of real pictures: surer of these in {n} of 100 pairs.", **values)


def passing_in_words(threshold: float, images: Array, noise: Array) -> str:
    """How many of both a threshold lets through, from confidences of images (n,) and of noise (m,)."""
    return phrase(
        "A confidence of at least {threshold} lets {images} of the real pictures pass, and {noise} of the noise.",
        threshold=percent(threshold, 0),
        images=percent(float((images >= threshold).mean())),
        noise=percent(float((noise >= threshold).mean())),
    )


@dataclass(frozen=True)
class Answered:
    """One network's outcome: who, of which training, and the rate at one epoch."""

    title: str
    model: str
    seed: int
    epoch: int
    rate: Rate

    @classmethod
    def of(cls, run: Run, attack: Attack) -> Answered:
        """A run's rate at its last epoch."""
        return cls(run.title, run.model, run.seed, int(run.epochs[-1]), rate_of(successes(attack)))


def rate_in_words(found: Answered, threshold: float) -> str:
    """How often one network was sure of noise, and what is called sure."""
    values = {
        "title": named(found.title),
        "trials": count(found.rate.trials),
        "threshold": percent(threshold, 0),
    }
    if found.rate.successes == 0:
        return phrase("The {title} is sure of none of {trials} pictures of noise: sure is {threshold}.", **values)
    return phrase(
        "The {title} is at least {threshold} sure of {successes} of {trials} pictures of noise: {rate}.",
        successes=count(found.rate.successes),
        rate=percent(found.rate.value),
        **values,
    )


def seeds_beside(run: Run, among: Iterable[Run]) -> list[float]:
    """Rates of the same network trained from other seeds, at their last epochs."""
    others = (other for other in among if other.model == run.model and other.name != run.name)
    attacks = (attack_of(other) for other in others)
    return [rate_of(successes(attack)).value for attack in attacks if attack is not None]


def seeds_beside_in_words(run: Run, attack: Attack, rates: Sequence[float]) -> str:
    """What other seeds say of a rate and its interval; of none, that there are none.

    Args:
        run, attack: whose rate it is.
        rates: of other seeds.
    """
    own = rate_of(successes(attack))
    if not rates:
        return phrase("Of the {title} there is one training: its interval is of these pictures only.",
                      title=named(run.title))  # fmt: skip
    low, high = min(own.value, *rates), max(own.value, *rates)
    values = {"share": from_low_to_high(percent(low), percent(high)), "title": named(run.title)}
    if low < own.low or high > own.high:
        return phrase("Train the {title} again and it is {share}: far outside of one training's interval.", **values)
    return phrase("Train the {title} again and it is {share}: within one training's interval.", **values)


def fooled_in_words(found: Answered, noise: Array) -> str:
    """How much noise a network is sure of, and how much of it very surely.

    Args:
        found: its rate.
        noise: confidences in its answers, (T,).
    """
    values = {"title": named(found.title), "rate": percent(found.rate.value), "level": percent(VERY_SURE)}
    very = float((noise >= VERY_SURE).mean())
    if not found.rate.successes:
        return phrase("Never: the {title} is sure of no picture of noise.", **values)
    if not very:
        return phrase("{rate} of the noise fools the {title}, and none of it with at least {level}.", **values)
    return phrase(
        "{rate} of the noise fools the {title}, and {very} of it with a confidence of at least {level}.",
        very=percent(very),
        **values,
    )


def kinds_in_words(title: str, kinds: Sequence[tuple[str, float]]) -> str:
    """Which noise a network is most and least often sure of; names of kinds with their rates, at least one."""
    ordered = sorted(kinds, key=lambda kind: -kind[1])
    (most, high), (least, low) = ordered[0], ordered[-1]
    if high == 0:
        return phrase("The {title} is sure of none of these kinds of noise.", title=named(title))
    if high == low:
        return phrase("The {title} is equally often sure of each: {rate}.", title=named(title), rate=percent(high))
    return phrase(
        "{title}: most often sure of {most} noise ({high}), least often of {least} ({low}).",
        title=named(title),
        most=most,
        high=percent(high),
        least=least,
        low=percent(low),
    )
