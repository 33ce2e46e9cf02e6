"""What a store supports saying of how networks learned and what they confuse: sentences chosen by its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.statistics import Rate, wilson
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import named
from weightreel.analysis.findings.words.numbers import listed, percent, significant
from weightreel.analysis.store.nodes import Run

Array = NDArray[Any]

MOST_FALLS = 6
"""Falls of the learning rate that are marked; a schedule that falls more often is not marked."""
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
    part = "test" if run.has("test/confusion") else "validation"
    counts = last_confusion(run, part)
    # Answers that are no class stand in no column, so the matrix may hold fewer images than were asked.
    right, asked = int(np.trace(counts)), max(images[part], int(counts.sum()))
    return Reached(
        run.title, run.seed, int(run.epochs[-1]), part, Rate(right, asked, right / asked, *wilson(right, asked))
    )


def last_confusion(run: Run, part: str) -> Array:
    """The confusion matrix (C, C) of a part at the last epoch."""
    return run["test/confusion"] if part == "test" else run["validation/confusion"][-1]


def shares(counts: Array) -> Array:
    """Confusion counts (…, C, C) as shares of each true class; NaN where a class has no image."""
    counts = np.asarray(counts, float)
    total = counts.sum(-1, keepdims=True)
    return np.divide(counts, total, out=np.full_like(counts, np.nan), where=total > 0)


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
        often=f"{counts[true, answer]:,}",
        images=f"{counts[true].sum():,}",
    )


def differences_in_words(pairs: Sequence[Pair], classes: Sequence[str]) -> str:
    """The largest differences: `cat taken for dog −4.1, frog recognised +2.0`."""
    if not pairs:
        return phrase("No cell of the two matrices differs.")
    cells = (f"{taken(p, classes)} {'+' if p.value > 0 else '−'}{100 * abs(p.value):.1f}" for p in pairs)
    return phrase("Largest differences, points: {cells}.", cells=", ".join(cells))


def accuracies_in_words(networks: Sequence[Reached]) -> str:
    """Accuracies with Wilson's 95 % intervals."""
    parts = {n.part for n in networks}
    rates = ", ".join(
        f"{named(n.title)} {percent(n.rate.value)} [{100 * n.rate.low:.1f}, {100 * n.rate.high:.1f}]" for n in networks
    )
    if parts == {"test"}:
        return phrase("Test accuracy: {rates}.", rates=rates)
    if parts == {"validation"}:
        return phrase("Validation accuracy: {rates}.", rates=rates)
    return phrase("Accuracy: {rates}.", rates=rates)


def basis_of_difference(networks: Sequence[Reached]) -> str:
    """What the intervals cover, and on how many trainings the comparison rests."""
    return phrase(
        "Wilson's 95 % intervals over {images} images; one training of each network: no conclusion.",
        images=f"{max(n.rate.trials for n in networks):,}",
    )


def learned_in_words(title: str, epochs: Array, train: Array, validation: Array) -> str:
    """Until when a network got better on images that it had not seen.

    Args:
        epochs: ascending, (E,).
        train, validation: losses in nat, (E,).
    """
    values = {
        "title": named(title),
        "last": int(epochs[-1]),
        "now": significant(validation[-1]),
        "training": significant(train[-1]),
    }
    if len(epochs) == 1 or not np.isfinite(validation).any():
        return phrase("{title}: validation loss {now} (training {training}) at {clock} {last}.", **values)
    best = int(np.nanargmin(validation))
    if best == len(epochs) - 1:
        return phrase(
            "{title}: the validation loss is lowest at the last {clock}, {last}: {now} (training {training}).", **values
        )
    return phrase(
        "{title}: validation loss lowest at {clock} {best}, {lowest}; at {clock} {last} it is {now} (training "
        "{training}).",
        best=epochs[best],
        lowest=significant(validation[best]),
        **values,
    )


def falls(epochs: Array, learning_rate: Array) -> list[tuple[float, float]]:
    """Epochs after which the learning rate fell, and what it fell to.

    Args:
        epochs: ascending, (E,).
        learning_rate: of the epoch that ended, (E,).
    """
    rate = np.asarray(learning_rate, float)
    fell = np.flatnonzero(rate[1:] < 0.999 * rate[:-1])
    return [(float(epochs[i]), float(rate[i + 1])) for i in fell]


def falls_in_words(networks: Sequence[tuple[str, Sequence[tuple[float, float]]]]) -> str:
    """When each network's learning rate first fell; empty where none did."""
    parts = [
        phrase("after {clock} {epoch} ({title})", epoch=f"{fell[0][0]:g}", title=named(title))
        for title, fell in networks
        if fell
    ]
    return phrase("The learning rate first falls {when}.", when=listed(parts)) if parts else ""
