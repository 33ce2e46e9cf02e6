"""The training film's matrices, and the sentences that its numbers choose."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from manim import DOWN, RIGHT

from tests.made.store import CLASSES, synthetic_store
from weightreel.analysis.findings.confusion import (
    Pair,
    Reached,
    accuracies_in_words,
    basis_of_difference,
    confusion_in_words,
    differences_in_words,
    largest_differences,
    most_confused,
    reached,
    shares,
    taken,
)
from weightreel.analysis.findings.learning_rate import falls, falls_in_words
from weightreel.analysis.findings.statistics import Rate, wilson
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.writer import write
from weightreel.scenes.chapters.confusion import (
    BESIDE_KEY,
    SMALL_KEY,
    SMALL_MATRIX,
    in_a_row,
    limit_of,
    width_of_key,
)
from weightreel.scenes.chapters.learning_curves import marks_of_falls
from weightreel.scenes.instruments.axes.curves import Curves
from weightreel.scenes.instruments.training.confusion_matrix import ConfusionMatrix, Ramp, key_of_ramp
from weightreel.scenes.kit.clock import EpochClock
from weightreel.scenes.kit.theme import SAFE_BOTTOM, SAFE_LEFT, SAFE_RIGHT, SAFE_TOP
from weightreel.scenes.kit.type import label

COUNTS = np.array([[8, 2, 0], [1, 5, 4], [0, 0, 0]])
NAMES = ("cat", "dog", "frog")


def matrix(n: int = 3, epochs: int = 2, side: float = 3.0, **options: bool) -> ConfusionMatrix:
    history = shares(np.random.default_rng(0).integers(1, 9, (epochs, n, n)) + 50 * np.eye(n, dtype=int))
    names = CLASSES[:n] if n <= len(CLASSES) else [f"class {i}" for i in range(n)]
    return ConfusionMatrix(np.arange(epochs), history, names, side, Ramp.of_shares("#FFFFFF"), **options)


def test_a_matrix_is_one_picture_whose_cells_are_the_last_records() -> None:
    drawn = matrix()
    clock = EpochClock(drawn.epochs)
    drawn.attach(clock)
    for t, record in ((0.0, 0), (0.9, 0), (1.0, 1)):
        clock.set_value(t)
        drawn.update()
        expected = drawn.shares[record]
        np.testing.assert_array_equal(drawn.image.pixel_array[..., :3], drawn.ramp.colours(expected))
        assert [n.text for n in drawn.numbers] == [f"{100 * share:.0f}" for share in np.diag(expected)]
    assert drawn.image.pixel_array.shape == (3, 3, 4)


@pytest.mark.parametrize("n", [2, 10, 15, 20, 21, 100])
def test_a_matrix_names_its_classes_where_there_is_room_and_stays_in_the_frame(n: int) -> None:
    drawn = matrix(n, side=4.2)
    words = len(drawn.submobjects) - 2 - len(drawn.numbers)
    assert words == (2 * n if 4.2 / n >= 0.28 else 2)
    assert bool(drawn.numbers) == (4.2 / n >= 0.36)
    assert drawn.width < SAFE_RIGHT - SAFE_LEFT
    assert drawn.height < SAFE_TOP - SAFE_BOTTOM
    bare = matrix(n, side=4.2, rows=False, columns=False, numbers=False)
    assert (bare.width, bare.height) == (pytest.approx(4.2), pytest.approx(4.2))


def test_names_lie_beside_their_rows_and_below_their_columns() -> None:
    drawn = matrix(10, side=4.0)
    cell, left, top = 0.4, drawn.frame.get_left()[0], drawn.frame.get_top()[1]
    names = drawn.submobjects[2 + len(drawn.numbers) :]
    for i, (row, column) in enumerate(zip(names[::2], names[1::2], strict=True)):
        assert row.get_right()[0] == pytest.approx(left - 0.12)
        assert abs(row.get_y() - (top - (i + 0.5) * cell)) < cell / 4
        assert column.get_top()[1] == pytest.approx(drawn.frame.get_bottom()[1] - 0.12)
        assert abs(column.get_x() - (left + (i + 0.5) * cell)) < cell / 4


def test_outlines_lie_on_their_cells_wherever_the_matrix_was_moved() -> None:
    drawn = matrix(10, side=4.0).shift(2 * RIGHT + DOWN)
    box = drawn.outline([(0, 9)])
    corner = drawn.frame.get_corner(np.array([1.0, 1, 0]))
    np.testing.assert_allclose(box.get_corner(np.array([1.0, 1, 0])), corner)
    assert (box.width, box.height) == (pytest.approx(0.4), pytest.approx(0.4))
    assert len(drawn.outline([(0, 1), (2, 3)]).points) == 32


@pytest.mark.parametrize("most", ["3", "43", "100"])
@pytest.mark.parametrize("name", ["7", "photographer"])
def test_the_key_between_matrices_has_room_for_its_numbers_and_the_matrices_make_room_for_it(
    most: str, name: str
) -> None:
    written = [f"−{most}", "0", f"+{most}"]
    width = max(SMALL_KEY, width_of_key(written))
    key = key_of_ramp(Ramp.of_differences("#FF0000", "#0000FF", 1.0), width, (-1.0, 0.0, 1.0), written)
    for one, other in itertools.pairwise(key[2:]):
        assert other.get_left()[0] - one.get_right()[0] > 0.06
    matrices = [
        ConfusionMatrix(
            np.zeros(1), np.zeros((1, 10, 10)), [name] * 10, SMALL_MATRIX, Ramp.of_shares("#FFFFFF"), rows=i == 0
        )
        for i in range(3)
    ]
    in_a_row(matrices, [label("title") for _ in matrices], key.width + 2 * BESIDE_KEY)
    frames = [matrix.frame for matrix in matrices]
    gaps = [b.get_left()[0] - a.get_right()[0] for a, b in itertools.pairwise(frames)]
    assert matrices[0].get_left()[0] == pytest.approx(SAFE_LEFT)
    assert frames[-1].get_right()[0] == pytest.approx(SAFE_RIGHT)
    assert gaps[1] >= key.width + 2 * BESIDE_KEY - 1e-6
    assert 0.3 < gaps[0] <= gaps[1] + 1e-6


def test_shares_are_of_the_true_class() -> None:
    of = shares(COUNTS)
    np.testing.assert_allclose(of[:2], [[0.8, 0.2, 0], [0.1, 0.5, 0.4]])
    assert np.isnan(of[2]).all()


def test_the_pairs_confused_most_and_what_is_said_of_them() -> None:
    pairs = most_confused(shares(COUNTS), 9)
    assert [(p.true, p.answer) for p in pairs] == [(1, 2), (0, 1), (1, 0)]
    assert confusion_in_words("CNN", 50, pairs, COUNTS, NAMES) == (
        "At epoch 50 the CNN most often takes dog for frog (4 of 10)."
    )
    assert most_confused(np.eye(3)) == []
    assert "confuses no two classes" in confusion_in_words("CNN", 1, [], np.eye(3), NAMES)


def test_the_largest_differences_and_what_is_said_of_them() -> None:
    first, second = np.array([[0.9, 0.1], [0.3, 0.7]]), np.array([[0.92, 0.08], [0.125, 0.75]])
    found = largest_differences(first, second, 3)
    assert [(p.true, p.answer) for p in found] == [(1, 0), (1, 1), (0, 0)]
    told = differences_in_words(found, NAMES)
    assert told == "Largest differences, points: dog taken for cat −17.5, dog recognised +5.0, cat recognised +2.0."
    assert largest_differences(first, first) == []
    assert differences_in_words([], NAMES) == "No cell of the two matrices differs."
    assert taken(Pair(0, 0, 0.5), NAMES) == "cat recognised"
    assert limit_of(second - first) == pytest.approx(0.18)
    assert limit_of(np.zeros((2, 2))) == 0.01
    assert limit_of(np.array([[0.1201]])) == pytest.approx(0.13)


def of(hits: int, title: str = "CNN", part: str = "test", images: int = 1000) -> Reached:
    return Reached(title, 0, 50, part, Rate(hits, images, hits / images, *wilson(hits, images)))


def test_accuracies_are_told_with_their_intervals_and_their_basis() -> None:
    low, high = wilson(700, 1000)
    told = accuracies_in_words([of(700), of(650, "Spectral CNN")])
    assert told.startswith(f"Test accuracy: CNN 70.0 % [{100 * low:.1f}, {100 * high:.1f}], Spectral CNN 65.0 % [")
    assert accuracies_in_words([of(700, part="validation")]).startswith("Validation accuracy: ")
    assert accuracies_in_words([of(700), of(7, part="validation")]).startswith("Accuracy: ")
    assert "1,000 images; one training of each" in basis_of_difference([of(700), of(650)])


def test_an_answer_that_is_no_class_counts_as_an_image(tmp_path: Path) -> None:
    with Store(synthetic_store(tmp_path / "s.h5", epochs=2, n_layers=2, n_classes=3)) as store:
        run = store.select()[0]
        images = {"test": 9990, "validation": 999}
        whole = reached(run, images)
        assert (whole.part, whole.rate.trials) == ("test", 9990)
        assert whole.rate.value == pytest.approx(float(run["test/accuracy"]), abs=1e-6)
        contents = store.contents()
        contents.datasets[f"{run.path}/test/confusion"][0, 1] -= 10  # as if 10 images were answered `nothing`
    write(tmp_path / "nothing.h5", contents)
    with Store(tmp_path / "nothing.h5") as store:
        assert reached(store.select()[0], images).rate == whole.rate


def test_falls_of_the_learning_rate_are_found_named_and_marked(tmp_path: Path) -> None:
    rate = np.array([0.01, 0.01, 0.01, 0.001, 0.0001], np.float32)
    fell = falls(np.arange(5), rate)
    assert [epoch for epoch, _ in fell] == [2, 3]
    assert falls(np.arange(3), np.array([0.01, 0.02, 0.02])) == []
    assert falls_in_words([("CNN", fell), ("Spectral CNN", [])]) == "The learning rate first falls after epoch 2 (CNN)."
    assert falls_in_words([("CNN", [])]) == ""
    with Store(synthetic_store(tmp_path / "s.h5", epochs=40, n_layers=2, attacks=False)) as store:
        runs = store.select()
        plot = Curves(np.arange(40), [], size=(4, 2))
        marks = marks_of_falls(plot, runs)
        assert [mark.get_x() for mark in marks] == [pytest.approx(plot.plane.point(29, 0)[0])] * 2
        contents = store.contents()
        contents.datasets[f"{runs[0].path}/learning_rate"] = np.geomspace(0.1, 0.001, 40)
    write(tmp_path / "cosine.h5", contents)
    with Store(tmp_path / "cosine.h5") as store:
        assert len(marks_of_falls(plot, store.select())) == 1
