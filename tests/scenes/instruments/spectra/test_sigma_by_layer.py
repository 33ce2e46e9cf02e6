"""The film of spectral normalisation: ellipses and marks where the numbers say, and claims that the store supports."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.edited import edited
from tests.made.store import synthetic_store
from weightreel.analysis.findings.folding import range_in_words
from weightreel.analysis.findings.norms import (
    Sigmas,
    folded_in_words,
    held_in_words,
    layers_in_words,
    most_stretching,
    networks,
    operators_in_words,
    stretch_in_words,
)
from weightreel.analysis.palette import theme
from weightreel.analysis.store.reader import Store
from weightreel.scenes.instruments.networks.unit_ball import (
    UnitBall,
    length_in_digits,
    reach_of,
    rings_of,
    side_by_side,
)
from weightreel.scenes.instruments.spectra.sigma_by_layer import Lane, SigmaByLayer, range_of

EPOCHS = np.arange(3.0)
LEADING = np.array([[1.0, 0.5], [2.0, 1.0], [2.0, 1.5]])


def extent(points: np.ndarray) -> tuple[float, float]:
    """Width and height of a path."""
    known = points[np.isfinite(points[:, 0])]
    return float(np.ptp(known[:, 0])), float(np.ptp(known[:, 1]))


@pytest.mark.parametrize(("t", "expected"), [(0, (1.0, 0.5)), (0.5, (1.5, 0.75)), (2, (2.0, 1.5))])
def test_the_ellipse_has_the_singular_values_as_semi_axes(t: float, expected: tuple[float, float]) -> None:
    ball = UnitBall(EPOCHS, "CNN", LEADING, theme().TEXT, 4.0).at(t)
    unit = extent(ball.unit.points)[0] / 2
    width, height = extent(ball.image.points)
    assert (width / 2 / unit, height / 2 / unit) == pytest.approx(expected, rel=1e-3)
    assert [number.text for number in ball.numbers] == [f"{value:.2f}" for value in expected]


def test_folding_first_makes_room_and_then_changes_the_ellipse() -> None:
    ball = UnitBall(EPOCHS, "CNN", LEADING, theme().TEXT, 4.0, folded=3 * LEADING).at(2)
    before = extent(ball.unit.points)[0]
    assert len(ball.before.points) == 0
    ball.fold(0.35)
    assert extent(ball.unit.points)[0] == pytest.approx(before / 3, rel=1e-3)
    assert ball.semi_axes_at(2) == pytest.approx(LEADING[2])
    ball.fold(1)
    assert ball.semi_axes_at(2) == pytest.approx(3 * LEADING[2])
    assert extent(ball.before.points)[0] / extent(ball.unit.points)[0] == pytest.approx(LEADING[2, 0], rel=1e-3)


def test_rings_are_round_lengths_and_one() -> None:
    assert 1.0 in rings_of(0.3)
    assert rings_of(2.1, 5.2) == sorted(rings_of(2.1, 5.2))
    assert reach_of(LEADING) >= 2.0
    assert length_in_digits(0.9996) == "1.00"
    assert length_in_digits(0.012) != "0.01"


def test_balls_stand_beside_each_other_on_one_scale() -> None:
    balls = [UnitBall(EPOCHS, name, LEADING, theme().TEXT, 3.0) for name in ("a", "b")]
    side_by_side(balls, np.zeros(3), 4.0)
    assert balls[1].corner - balls[0].corner == pytest.approx([4.0, 0, 0])
    assert extent(balls[0].unit.points) == pytest.approx(extent(balls[1].unit.points))


def test_marks_stand_at_the_logarithm_of_the_norm() -> None:
    reshaped, operator = np.array([[1.0, 2.0]] * 3), np.array([[4.0, np.nan]] * 3)
    lane = Lane(EPOCHS, reshaped, operator, theme().TEXT)
    chart = SigmaByLayer(["a", "b"], [lane], (5, 2), (0.5, 8.0), "as trained").at(1.0)
    squares = chart.reshaped[0].points.reshape(2, -1, 3).mean(1)
    for centre, value in zip(squares, (1.0, 2.0), strict=True):
        assert centre[0] == pytest.approx(chart.plane.point(np.log10(value), 0)[0], abs=1e-6)
    diamonds = chart.operator[0].points
    diamonds = diamonds[np.isfinite(diamonds[:, 0])]
    assert np.mean([diamonds[:, 0].min(), diamonds[:, 0].max()]) == pytest.approx(
        chart.plane.point(np.log10(4.0), 0)[0], abs=1e-6
    )
    low, high = range_of([lane])
    assert low <= 1.0 < 4.0 <= high


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic_store(tmp_path_factory.mktemp("sigma") / "s.h5", epochs=4)


def test_networks_are_the_first_plain_and_the_first_normalised(store: Path) -> None:
    with Store(store) as opened:
        runs = list(opened.runs.values())
        found = networks(runs)
        assert [sigmas.normalised for sigmas in found] == [False, True]
        assert found[0].names == found[1].names
        assert [s.normalised for s in networks(runs[:1])] == [False]
        assert networks([]) == []
        layer = most_stretching(found)
        last = {name: runs[0].layer(name)["spectrum/sigma/reshaped"][-1] for name in found[0].names}
        assert layer == max(last, key=lambda name: last[name])


def test_claims_quote_the_store(store: Path) -> None:
    with Store(store) as opened:
        found = networks(list(opened.runs.values()))
        name = most_stretching(found)
        values = found[0].pick([name]).trained.reshaped[:, 0]
        said = stretch_in_words(name, found)
        assert name in said
        assert f"{values[-1]:.2f}" in said
        operators = found[0].trained.operator[-1]
        assert range_in_words(operators) in operators_in_words(found)
        after = found[0].pick([name]).folded.reshaped[-1, 0]
        assert f"{after:.3g}" in folded_in_words(name, found)


def changed(store: Path, target: Path, **groups: float) -> Path:
    """A copy whose normalised run has other singular values of every convolution, by group."""
    with edited(store, target) as file:
        for name in file["runs/spectral-cnn-s0/layers"]:
            layer = f"runs/spectral-cnn-s0/layers/{name}"
            for group, value in groups.items():
                for key in ("leading", "reshaped", "operator"):
                    path = f"{layer}/spectrum/{group}/{key}"
                    if path in file:
                        file[path][...] = value * np.ones_like(file[path][()])
    return target


def normalised(path: Path) -> tuple[str, str, str, str]:
    with Store(path) as opened:
        found = networks(list(opened.runs.values()))
        name = most_stretching(found)
        return (
            held_in_words(name, found),
            folded_in_words(name, found),
            layers_in_words(found),
            operators_in_words(found),
        )


def test_what_batchnorm_undoes_is_said_to_be_undone(store: Path, tmp_path: Path) -> None:
    path = changed(store, tmp_path / "undone.h5", **{"sigma": 1.0, "sigma/folded": 3.0})
    held, folded, layers, operators = normalised(path)
    assert "holds σ₁" in held
    assert "BatchNorm undoes" in folded
    assert "folding undoes the normalisation in 8 of 8" in layers
    assert "is not one there" not in operators  # the operators are at 1 too


def test_what_batchnorm_leaves_is_not(store: Path, tmp_path: Path) -> None:
    path = changed(store, tmp_path / "kept.h5", **{"sigma": 1.0, "sigma/folded": 0.9})
    _, folded, layers, _ = normalised(path)
    assert "does not undo" in folded
    assert "8 of 8" not in layers


def test_a_normalisation_that_does_not_hold_is_not_said_to(store: Path, tmp_path: Path) -> None:
    held, folded, _, _ = normalised(changed(store, tmp_path / "off.h5", sigma=1.4))
    assert "does not hold" in held
    assert "undo" not in folded


def test_nothing_is_said_of_what_is_not_measured(store: Path, tmp_path: Path) -> None:
    path = changed(store, tmp_path / "nan.h5", **{"sigma": np.nan, "sigma/folded": np.nan})
    with Store(path) as opened:
        assert Sigmas.of(opened.run("spectral-cnn-s0")) is None
        assert [sigmas.normalised for sigmas in networks(list(opened.runs.values()))] == [False]
    assert range_in_words(np.array([np.nan])) == ""
    assert range_in_words(np.array([1.001, 1.002])) == "1.00"
