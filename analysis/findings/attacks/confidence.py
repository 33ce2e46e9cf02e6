"""How sure networks are of noise, beside each other and beside images, and how often a sure answer is right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.attacks.noise import latest_answers, successes
from weightreel.analysis.findings.statistics import Rate, rate_of
from weightreel.analysis.findings.words.language import phrase, phrase_n
from weightreel.analysis.findings.words.names import named
from weightreel.analysis.findings.words.numbers import count, listed, percent
from weightreel.analysis.store.nodes import Attack, Run

Array = NDArray[Any]

THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999)
CALIBRATION_BINS = 15


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


def result_in_words(found: Answered, threshold: float) -> str:
    """How often one network was sure of noise."""
    values = {
        "epoch": found.epoch,
        "title": named(found.title),
        "trials": count(found.rate.trials),
        "threshold": f"{threshold:g}",
    }
    if found.rate.successes == 0:
        return phrase(
            "At {clock} {epoch} the {title} answers none of {trials} noise images with confidence ≥ {threshold}.",
            **values,
        )
    return phrase(
        "At {clock} {epoch} the {title} is sure (≥ {threshold}) of {successes} of {trials} noise images: {rate}.",
        successes=count(found.rate.successes),
        rate=percent(found.rate.value, 2),
        **values,
    )


def comparison_in_words(answered: Sequence[Answered]) -> str:
    """What the rates say of the second model beside the first, in this store and at its last epoch only.

    With several seeds of both, the pairs of equal seed are counted instead.
    """
    models = list(dict.fromkeys(each.model for each in answered))
    if not models:
        return phrase("This store holds no noise attack.")
    if len(models) < 2:
        return phrase(
            "This store holds noise attacks on the {title} only: nothing to compare it with.",
            title=named(answered[0].title),
        )
    first, second = ({each.seed: each for each in answered if each.model == model} for model in models[:2])
    pairs = [(first[seed], second[seed]) for seed in first if seed in second]
    if len(pairs) > 1:
        return phrase(
            "At the last {clock} the rate is lower with {change} in {lower} of {pairs} pairs of seeds.",
            change=_change(pairs[0][1]),
            lower=sum(b.rate.value < a.rate.value for a, b in pairs),
            pairs=len(pairs),
        )
    return _of_two(*(pairs[0] if pairs else (next(iter(first.values())), next(iter(second.values())))))


def _of_two(a: Answered, b: Answered) -> str:
    if a.rate.successes == b.rate.successes == 0:
        return phrase("Neither network is sure of any noise image, so neither rate is below the other.")
    change, rate, other = _change(b), percent(b.rate.value, 2), percent(a.rate.value, 2)
    if b.rate.value == a.rate.value:
        return phrase(
            "At the last {clock} the rate is not lower with {change}: {rate} in both.", change=change, rate=rate
        )
    both = (
        phrase("{rate} with it, {other} without", rate=rate, other=other)
        if b.model.startswith("spectral")
        else phrase("{rate} against {other}", rate=rate, other=other)
    )
    apart = b.rate.high < a.rate.low or a.rate.high < b.rate.low
    if b.rate.value < a.rate.value:
        if apart:
            return phrase("At the last {clock} the rate is lower with {change}: {rates}.", change=change, rates=both)
        return phrase(
            "At the last {clock} the rate is lower with {change}: {rates}; the intervals overlap.",
            change=change,
            rates=both,
        )
    if apart:
        return phrase("At the last {clock} the rate is not lower with {change}: {rates}.", change=change, rates=both)
    return phrase(
        "At the last {clock} the rate is not lower with {change}: {rates}; the intervals overlap.",
        change=change,
        rates=both,
    )


def _change(second: Answered) -> str:
    if second.model.startswith("spectral"):
        return phrase("spectral normalisation")
    return phrase("the {title}", title=named(second.title))


def basis_in_words(answered: Sequence[Answered]) -> str:
    """What the intervals cover, and on how many seeds and epochs the statement rests; empty of no network."""
    if not answered:
        return ""
    seeds = len({each.seed for each in answered})
    epochs = ", ".join(map(str, sorted({each.epoch for each in answered})))
    trials = count(max(each.rate.trials for each in answered))
    covers = phrase("The intervals cover the {trials} trials only.", trials=trials)
    if seeds == 1:
        rests = phrase(
            "One seed and one {clock} ({epoch}) of each network: no conclusion about the networks.", epoch=epochs
        )
    else:
        rests = phrase_n(
            "{n} seed and one {clock} ({epoch}) of each network.",
            "{n} seeds and one {clock} ({epoch}) of each network.",
            seeds,
            epoch=epochs,
        )
    return f"{covers} {rests}"


def seeds_in_words(seeds: Sequence[int]) -> str:
    """`seed 0`, or `10 seeds`."""
    different = len(set(seeds))
    return phrase("seed {seed}", seed=seeds[0]) if different == 1 else phrase_n("{n} seed", "{n} seeds", different)


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
