"""The training film's matrices, and the sentences that its numbers choose."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from manim import DOWN, RIGHT, ManimColor

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
from weightreel.analysis.findings.statistics import Rate, wilson
from weightreel.analysis.findings.training import falls, falls_in_words, learning_in_words
from weightreel.analysis.palette import theme
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.writer import write
from weightreel.scenes.chapters.confusion import (
    BESIDE_KEY,
    SMALL_KEY,
    SMALL_MATRIX,
    in_a_row,
    limit_of,
    other_network,
    width_of_key,
)
from weightreel.scenes.chapters.learning_curves import marks_of_falls
from weightreel.scenes.instruments.axes.curves import Curves
from weightreel.scenes.instruments.training.confusion_matrix import ConfusionMatrix, Ramp, key_of_ramp
from weightreel.scenes.kit.clock import EpochClock
from weightreel.scenes.kit.theme import SAFE_BOTTOM, SAFE_LEFT, SAFE_RIGHT, SAFE_TOP, SMALLEST
from weightreel.scenes.kit.type import label
from weightreel.scenes.training import Training

COUNTS = np.array([[8, 2, 0], [1, 5, 4], [0, 0, 0]])
NAMES = ("cat", "dog", "frog")


def matrix(n: int = 3, epochs: int = 2, side: float = 3.0, **options: bool) -> ConfusionMatrix:
    history = shares(np.random.default_rng(0).integers(1, 9, (epochs, n, n)) + 50 * np.eye(n, dtype=int))
    names = CLASSES[:n] if n <= len(CLASSES) else [f"class {i}" for i in range(n)]
    return ConfusionMatrix(np.arange(epochs), history, names, side, Ramp.of_shares("#FFFFFF"), **options)


def test_a_ramp_goes_from_the_background_to_its_colour_and_keeps_what_is_unknown_dark() -> None:
    ramp = Ramp.of_shares("#FFFFFF")
    ground = np.round(255 * ManimColor(theme().BACKGROUND).to_rgb())
    drawn = ramp.colours(np.array([0, 0.01, 0.25, 1, np.nan, 7]))
    assert drawn.dtype == np.uint8
    np.testing.assert_array_equal(drawn[[0, 4]], [ground, ground])
    np.testing.assert_array_equal(drawn[[3, 5]], np.full((2, 3), 255))
    np.testing.assert_allclose(drawn[2], (ground + 255) / 2, atol=1)  # the root of a quarter is a half
    assert (np.diff(drawn[:4].astype(int).sum(1)) > 0).all()


def test_differences_of_both_signs_have_the_colours_of_their_networks() -> None:
    drawn = Ramp.of_differences("#FF0000", "#0000FF", 0.1).colours(np.array([-0.1, 0, 0.1, -5]))
    np.testing.assert_array_equal(drawn[[0, 2, 3]], [[255, 0, 0], [0, 0, 255], [255, 0, 0]])
    np.testing.assert_array_equal(drawn[1], np.round(255 * ManimColor(theme().BACKGROUND).to_rgb()))


def test_a_matrix_is_one_picture_whose_cells_follow_the_clock() -> None:
    drawn = matrix()
    clock = EpochClock(drawn.epochs)
    drawn.attach(clock)
    for t in (0.0, 0.5, 1.0):
        clock.set_value(t)
        drawn.update()
        expected = (1 - t) * drawn.shares[0] + t * drawn.shares[1]
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


def test_the_key_of_a_ramp_is_as_wide_as_it_says_and_its_numbers_can_be_read() -> None:
    key = key_of_ramp(Ramp.of_shares("#FFFFFF"), 4.0, (0, 0.25, 1), ("0", "25", "100"))
    assert key.width <= 4.0 + 1e-6
    assert key[3].get_center()[0] == pytest.approx(0, abs=0.05)  # the root of a quarter
    assert min(number.height for number in key[2:]) >= SMALLEST - 1e-9


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


@pytest.mark.parametrize(
    ("validation", "said"),
    [
        ([2.3, 1.0, 1.4], "CNN: validation loss lowest at epoch 1, 1.00; at epoch 2 it is 1.40 (training 0.500)."),
        ([2.3, 1.4, 1.0], "CNN: the validation loss is lowest at the last epoch, 2: 1.00 (training 0.500)."),
        ([2.3], "CNN: validation loss 2.30 (training 2.00) at epoch 0."),
        ([np.nan, np.nan, np.nan], "CNN: training loss 2.00 at epoch 0, 0.500 at epoch 2."),
    ],
)
def test_until_when_a_network_got_better(validation: list[float], said: str, tmp_path: Path) -> None:
    n = len(validation)
    with Store(synthetic_store(tmp_path / "s.h5", epochs=n, n_layers=2, models=("cnn",))) as store:
        contents, path = store.contents(), store.select()[0].path
    losses = {"train": np.array([2.0, 1.0, 0.5][:n], np.float32), "validation": np.array(validation, np.float32)}
    for part, values in losses.items():
        contents.datasets[f"{path}/{part}/loss"] = values
    write(tmp_path / "losses.h5", contents)
    with Store(tmp_path / "losses.h5") as store:
        assert learning_in_words(store.select()[0], titled=True) == said


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


def test_the_network_beside_the_first_is_another_one(tmp_path: Path) -> None:
    models = ("cnn", "resnet", "spectral-cnn")
    with Store(synthetic_store(tmp_path / "s.h5", epochs=2, n_layers=2, models=models, seeds=(0, 1),
                               attacks=False)) as store:  # fmt: skip
        runs = list(store.runs.values())
        assert other_network(runs).model == "spectral-cnn"
        assert other_network(runs[2:4] + runs[:2]).model == "cnn"
        assert other_network(runs[:2]) is None


def test_the_film_says_which_networks_it_shows() -> None:
    film = Training.__new__(Training)

    class Of:
        complete = True

        def __init__(self, title: str) -> None:
            self.title = title

    class Data:
        attributes: dict[str, object] = {"n_train": 5000, "name": "digits"}  # noqa: RUF012

    film.store = type("S", (), {"dataset": Data()})()
    film.about = [Of("CNN"), Of("Spectral CNN")]
    assert film.subject == "CNN and Spectral CNN, 5,000 images of digits"
    film.about = [Of("CNN"), Of("Spectral CNN"), Of("ResNet")]
    film.about[1].complete = False
    assert film.subject == "3 networks, 5,000 images of digits, still training"
