"""The accuracy that networks reached and what they confuse: matrices, what stands out in them, and sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.statistics import Rate, wilson
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import named
from weightreel.analysis.findings.words.numbers import beside, count, interval_in_percent, signed
from weightreel.analysis.store.nodes import Run

Array = NDArray[Any]

EVEN = 0.0005
"""Differences of shares up to this are none: they are written with one decimal of a percent."""


class Pair(NamedTuple):
    """A cell of a confusion matrix: the true class, the answer and its value."""

    true: int
    answer: int
    value: float


@dataclass(frozen=True)
class Reached:
    """The accuracy that a network reached, and its images: `test` or `validation`."""

    title: str
    seed: int
    epoch: int
    part: str
    rate: Rate


def reached(run: Run, images: dict[str, int]) -> Reached:
    """Accuracy on the test images, else on the validation images, at the run's last epoch.

    Args:
        images: how many `test` and `validation` images there are.
    """
    part = latest_part(run)
    counts = last_confusion(run, part)
    # Answers that are no class stand in no column, so the matrix may hold fewer images than were asked.
    right, asked = int(np.trace(counts)), max(images[part], int(counts.sum()))
    return Reached(
        run.title, run.seed, int(run.epochs[-1]), part, Rate(right, asked, right / asked, *wilson(right, asked))
    )


def has_confusion(run: Run) -> bool:
    """Whether a run has a confusion matrix of any images."""
    return run.has("test/confusion") or run.has("validation/confusion")


def latest_part(run: Run) -> str:
    """Which images the last confusion matrix counts: `test` once that is made, else `validation`."""
    return "test" if run.has("test/confusion") else "validation"


def validation_confusions(run: Run) -> Array | None:
    """The confusion matrix of the validation images at every record, (E, C, C); None where none is stored."""
    return run["validation/confusion"] if run.has("validation/confusion") else None


def last_confusion(run: Run, part: str) -> Array:
    """The confusion matrix (C, C) of a part at the last epoch."""
    return run["test/confusion"] if part == "test" else run["validation/confusion"][-1]


def shares(counts: Array, images: Array | None = None) -> Array:
    """Confusion counts (…, C, C) as shares of each true class; NaN where a class has no image.

    Args:
        images: of each class, (…, C); by default those that are counted.
    """
    counts = np.asarray(counts, float)
    total = counts.sum(-1, keepdims=True) if images is None else np.asarray(images, float)[..., None]
    return np.asarray(np.divide(counts, total, out=np.full_like(counts, np.nan), where=total > 0))


def last_shares(run: Run, part: str) -> Array:
    """The last confusion matrix (C, C) as shares of each true class.

    Where a network can answer that there is nothing, and the images' classes are known, rows of images so answered sum
    to less than 1.
    """
    return shares(last_confusion(run, part), _images_of_classes(run, part))


def images_in_words(run: Run, part: str) -> str:
    """How many images the last confusion matrix counts, and when."""
    n = count(int(_images_of_classes(run, part).sum()))
    values = {"n": n, "clock": run.clock, "time": run.epochs[-1]}
    if part == "test":
        return phrase("{n} test images, {clock} {time}", **values)
    return phrase("{n} validation images, {clock} {time}", **values)


def _images_of_classes(run: Run, part: str) -> Array:
    """Images of each true class, (C,): all where their classes are stored, else those that the matrix counts."""
    counts = last_confusion(run, part)
    if part == "test" and run.has("test/label"):
        return np.bincount(run["test/label"], minlength=len(counts))
    return np.asarray(counts.sum(-1))


def most_confused(of: Array, most: int = 3) -> list[Pair]:
    """The wrong answers that take the largest shares of their true class, largest first; none that never came."""
    return [pair for pair in _ranked(of, most, diagonal=False) if pair.value > 0]


def largest_differences(first: Array, second: Array, most: int = 3) -> list[Pair]:
    """The cells, diagonal included, whose shares of the true class differ most: second minus first."""
    found = _ranked(np.asarray(second) - np.asarray(first), most, diagonal=True)
    return [pair for pair in found if abs(pair.value) > EVEN]


def _ranked(values: Array, most: int, *, diagonal: bool) -> list[Pair]:
    size = np.nan_to_num(np.abs(np.asarray(values, float)), nan=-1.0)
    if not diagonal:
        np.fill_diagonal(size, -1.0)
    order = np.argsort(-size, axis=None, kind="stable")[:most]
    cells = (np.unravel_index(i, size.shape) for i in order)
    return [Pair(int(i), int(j), float(values[i, j])) for i, j in cells if size[i, j] >= 0]


def taken(pair: Pair, classes: Sequence[str]) -> str:
    """`cat taken for dog`, or `frog recognised` on the diagonal."""
    true, answer = classes[pair.true], classes[pair.answer]
    if pair.true == pair.answer:
        return phrase("{true} recognised", true=true)
    return phrase("{true} taken for {answer}", true=true, answer=answer)


def confusion_in_words(title: str, epoch: int, pairs: Sequence[Pair], counts: Array, classes: Sequence[str]) -> str:
    """What a network confuses most at an epoch.

    Args:
        pairs: as `most_confused` found them.
        counts: the matrix of that epoch, (C, C).
    """
    if not pairs:
        return phrase(
            "At {clock} {epoch} the {title} confuses no two classes of the validation images.",
            epoch=epoch,
            title=named(title),
        )
    true, answer, _ = pairs[0]
    return phrase(
        "At {clock} {epoch} the {title} most often takes {true} for {answer} ({often} of {images}).",
        epoch=epoch,
        title=named(title),
        true=classes[true],
        answer=classes[answer],
        often=count(counts[true, answer]),
        images=count(counts[true].sum()),
    )


def differences_in_words(pairs: Sequence[Pair], classes: Sequence[str]) -> str:
    """The largest differences: `cat taken for dog −4.1, frog recognised +2.0`."""
    if not pairs:
        return phrase("No cell of the two matrices differs.")
    cells = [f"{taken(p, classes)} {signed(100 * p.value, 1)}" for p in pairs]
    return phrase("Largest differences, points: {cells}.", cells=beside(cells))


def accuracies_in_words(networks: Sequence[Reached]) -> str:
    """Accuracies with Wilson's 95 % intervals."""
    parts = {n.part for n in networks}
    rates = beside([f"{named(n.title)} {interval_in_percent(n.rate)}" for n in networks])
    if parts == {"test"}:
        return phrase("Test accuracy: {rates}.", rates=rates)
    if parts == {"validation"}:
        return phrase("Validation accuracy: {rates}.", rates=rates)
    return phrase("Accuracy: {rates}.", rates=rates)


def basis_of_difference(networks: Sequence[Reached]) -> str:
    """What the intervals cover, and on how many trainings the comparison rests."""
    return phrase(
        "Wilson's 95 % intervals over {images} images; one training of each network: no conclusion.",
        images=count(max(n.rate.trials for n in networks)),
    )
