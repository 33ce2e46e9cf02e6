"""What networks confuse: a confusion matrix over the epochs, and two of them beside each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, Create, FadeIn, Group

from weightreel.analysis.findings.confusion import (
    accuracies_in_words,
    basis_of_difference,
    confusion_in_words,
    differences_in_words,
    has_confusion,
    largest_differences,
    last_shares,
    latest_part,
    most_confused,
    reached,
    shares,
    taken,
    validation_confusions,
)
from weightreel.analysis.findings.training import history, measured
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import title_of
from weightreel.analysis.findings.words.numbers import percent, points
from weightreel.analysis.palette import theme
from weightreel.analysis.store.nodes import Run
from weightreel.scenes.chapters.learning_curves import MOST_CURVES
from weightreel.scenes.instruments.axes.epoch_dial import EpochDial
from weightreel.scenes.instruments.axes.fitting import cut_until, labels_within
from weightreel.scenes.instruments.axes.readout import Readout
from weightreel.scenes.instruments.training.confusion_matrix import ConfusionMatrix, Ramp, key_of_ramp
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.theme import BELOW_HEADER, SAFE_LEFT, SAFE_RIGHT, SMALL, colour_of_run
from weightreel.scenes.kit.type import ADVANCE, Letters, label, stand_over

MOST_NAMED = 2
"""Networks that are named at the top."""
BEND = (0, 0.01, 0.1, 0.25, 0.5, 1)
"""Shares that the key of a confusion matrix names."""
MATRIX, SMALL_MATRIX, SMALL_KEY, BESIDE_KEY = 3.8, 2.88, 1.15, 0.14
"""Sides of a matrix alone and of one of three, the least width of the key between those, and the room beside it."""
BETWEEN_NUMBERS = 0.12
"""Least distance of the numbers of that key."""


def promise_of(film: Film) -> str:
    """The question that what is in the store answers."""
    if has_confusion(film.run):
        return phrase("How well do the networks answer, until when do they get better, and what do they confuse?")
    if "accuracy" in measured(film.runs[:MOST_CURVES]):
        return phrase("How well do the networks answer, and until when do they get better?")
    return phrase("How far does the loss fall, and until when?")


def n_images(film: Film) -> dict[str, int]:
    """How many images the two parts hold."""
    return {part: int(film.store.dataset.attributes[f"n_{part}"]) for part in ("test", "validation")}


def confusion_over_the_epochs(film: Film) -> None:
    """The first network's matrix of the validation images on the clock, and what it confuses most at the end."""
    run, classes = film.run, film.classes
    film.beat(
        phrase("What is confused"),
        phrase(
            "The {title}'s answers to the validation images. A row is a class, a column an answer: right answers "
            "lie on the diagonal.",
            title=title_of(run),
        ),
    )
    film.add(
        film.header(film.shown_as, phrase("{title}, validation images, {data}", title=title_of(run), data=film.data))
    )
    counts = validation_confusions(run)
    parts = shares(counts)  # (E, C, C)
    matrix = ConfusionMatrix(run.epochs, parts, classes, MATRIX, Ramp.of_shares(colour_of_run(run, film.runs)))
    matrix.move_to([SAFE_LEFT, BELOW_HEADER + 0.1, 0], UP + LEFT)
    pairs = most_confused(parts[-1])
    column = matrix.get_right()[0] + 0.7
    accuracy = history(run, "validation", "accuracy")
    readouts = [Readout(run.epochs, phrase("validation accuracy"), accuracy, written=percent)]
    readouts += [
        Readout(run.epochs, taken(pair, classes), parts[:, pair.true, pair.answer], theme().TEXT, written=percent)
        for pair in pairs
    ]
    for row, readout in enumerate(readouts):
        readout.move_to([column, BELOW_HEADER - row * 0.95, 0], UP + LEFT)
    key = named_key(matrix.ramp, 4.2, BEND, [points(share, 0) for share in BEND], phrase("share of the true class, %"))
    key.add(label(phrase("rows: true class, columns: answer")).next_to(key, UP, buff=0.2).align_to(key, LEFT))
    below = min(matrix.get_bottom()[1], readouts[-1].get_bottom()[1] - 0.3 - key.height)
    key.move_to([column, below, 0], DOWN + LEFT)
    film.add(key)
    dial = EpochDial(run.epochs).move_to([SAFE_RIGHT, BELOW_HEADER, 0], UP + RIGHT)
    film.sweep(matrix, *readouts, dial)
    if pairs:
        film.play(Create(matrix.outline([(pair.true, pair.answer) for pair in pairs])), run_time=0.8)
    alone = other_network(film.runs) is None
    details = [accuracies_in_words([reached(run, n_images(film))])] if alone else []
    film.take_away(
        phrase("What it confuses most"),
        confusion_in_words(run.title, int(run.epochs[-1]), pairs, counts[-1], classes),
        *details,
    )


def two_beside_each_other(film: Film, other: Run) -> None:
    """The last matrices of two networks, and their difference."""
    pair, classes = (film.run, other), film.classes
    part = "test" if all(latest_part(run) == "test" for run in pair) else "validation"
    film.beat(
        phrase("Beside each other"),
        phrase(
            "Answers to the test images at the last {clock}, and at the right, in which of them the networks differ."
        )
        if part == "test"
        else phrase(
            "Answers to the validation images at the last {clock}, and at the right, in which of them the networks "
            "differ."
        ),
    )
    first, second = (last_shares(run, part) for run in pair)
    most = limit_of(second - first)
    colours = [colour_of_run(run, film.runs) for run in pair]
    if colours[0] == colours[1]:
        colours[1] = theme().TEXT
    ramps = [*map(Ramp.of_shares, colours), Ramp.of_differences(*colours, most)]
    matrices = [
        ConfusionMatrix(np.zeros(1), values[None], classes, SMALL_MATRIX, ramp, rows=i == 0, numbers=i < 2)
        for i, (values, ramp) in enumerate(zip((first, second, second - first), ramps, strict=True))
    ]
    titles = labels_within([(title_of(run), colour) for run, colour in zip(pair, colours, strict=True)], SMALL_MATRIX)
    whole = [title_of(other), title_of(film.run)]
    first_less = cut_until(whole, lambda names: label(" − ".join(names)).width <= SMALL_MATRIX)
    titles.append(label(" − ".join(first_less), theme().TEXT))
    written = [f"−{points(most, 0)}", "0", f"+{points(most, 0)}"]
    key = key_of_ramp(ramps[-1], max(SMALL_KEY, width_of_key(written)), (-most, 0.0, most), written)
    stage = in_a_row(matrices, titles, float(key.width) + 2 * BESIDE_KEY)
    key.next_to(matrices[-1].frame, LEFT, buff=BESIDE_KEY).align_to(matrices[-1].frame, DOWN)
    unit = label(phrase("% points")).next_to(key, UP, buff=0.1)
    shown = (
        phrase("test images, {data}", data=film.data)
        if part == "test"
        else phrase("validation images, {data}", data=film.data)
    )
    film.add(film.header(film.shown_as, shown))
    film.play(FadeIn(stage), FadeIn(key), FadeIn(unit), run_time=0.8)
    differences = largest_differences(first, second)
    if differences:
        film.play(Create(matrices[-1].outline([(d.true, d.answer) for d in differences])), run_time=0.8)
    networks = [reached(run, n_images(film)) for run in pair]
    film.take_away(
        phrase("What the networks reach"),
        accuracies_in_words(networks),
        differences_in_words(differences, classes),
        basis_of_difference(networks),
    )


def other_network(runs: list[Run]) -> Run | None:
    """The run to set beside the first: the spectral CNN where it is another network, else the next other one."""
    others = [run for run in runs if run.model != runs[0].model]
    return next((run for run in others if run.model == "spectral-cnn"), others[0] if others else None)


def limit_of(differences: np.ndarray) -> float:
    """End of the scale of differences: the largest, rounded up to whole percentage points."""
    largest = float(np.nanmax(np.abs(differences), initial=0.0))
    return max(np.ceil(100 * largest - 1e-9), 1.0) / 100


def named_key(ramp: Ramp, width: float, ticks: Sequence[float], written: Sequence[str], name: str) -> Group:
    """A ramp's key with its name above it."""
    key = key_of_ramp(ramp, width, ticks, written)
    return Group(label(name).next_to(key, UP, buff=0.1).align_to(key, LEFT), key)


def width_of_key(numbers: Sequence[str]) -> float:
    """How wide a key must be for these numbers at its ends and in its middle."""
    return sum(map(len, numbers)) * ADVANCE * SMALL + (len(numbers) - 1) * BETWEEN_NUMBERS


def in_a_row(matrices: list[ConfusionMatrix], titles: list[Letters], last_gap: float) -> Group:
    """Matrices from the left to the right margin, their squares on one line and their titles above them.

    They are evenly apart, but the last is at least `last_gap` from the one before.
    """
    left = SAFE_LEFT + matrices[0].frame.get_left()[0] - matrices[0].get_left()[0]
    end = SAFE_RIGHT - SMALL_MATRIX
    apart = (end - left) / (len(matrices) - 1)
    before = min(left + (len(matrices) - 2) * apart, end - last_gap - SMALL_MATRIX)
    starts = [*np.linspace(left, before, len(matrices) - 1), end]
    for start, matrix, title in zip(starts, matrices, titles, strict=True):
        corner = np.array([start, BELOW_HEADER - 0.06, 0])
        matrix.shift(corner - matrix.frame.get_corner(UP + LEFT))
        stand_over(title, matrix.frame, 0.14)
    return Group(*matrices, *titles)
