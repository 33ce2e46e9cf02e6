"""What a layer makes of the unit circle in the plane of the two directions that it stretches most."""

from __future__ import annotations

import numpy as np
import pytest

from tests.scenes.instruments.spectra.test_sigma_by_layer import EPOCHS
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.networks.unit_ball import (
    UnitBall,
    length_in_digits,
    reach_of,
    rings_of,
    side_by_side,
)

LEADING = np.array([[1.0, 0.5], [2.0, 1.0], [2.0, 1.5]])


def extent(points: np.ndarray) -> tuple[float, float]:
    """Width and height of a path."""
    known = points[np.isfinite(points[:, 0])]
    return float(np.ptp(known[:, 0])), float(np.ptp(known[:, 1]))


@pytest.mark.parametrize(
    ("t", "expected", "written"),
    [(0, (1.0, 0.5), ["1.00", "0.50"]), (0.5, (1.5, 0.75), ["1.00", "0.50"]), (2, (2.0, 1.5), ["2.00", "1.50"])],
)
def test_the_ellipse_has_the_singular_values_as_semi_axes_and_an_epochs_are_written(
    t: float, expected: tuple[float, float], written: list[str]
) -> None:
    ball = UnitBall(EPOCHS, "CNN", LEADING, theme().TEXT, 4.0).at(t)
    unit = extent(ball.unit.points)[0] / 2
    width, height = extent(ball.image.points)
    assert (width / 2 / unit, height / 2 / unit) == pytest.approx(expected, rel=1e-3)
    assert [number.text for number in ball.numbers] == written


def test_folding_first_makes_room_and_then_changes_the_ellipse() -> None:
    ball = UnitBall(EPOCHS, "CNN", LEADING, theme().TEXT, 4.0, folded=3 * LEADING).at(2)
    before = extent(ball.unit.points)[0]
    assert len(ball.before.points) == 0
    ball.fold(0.35)
    assert extent(ball.unit.points)[0] == pytest.approx(before / 3, rel=1e-3)
    assert ball.semi_axes_at(2) == pytest.approx(LEADING[2])
    ball.fold(0.9)
    assert [number.text for number in ball.numbers] == ["2.00", "1.50"]
    ball.fold(1)
    assert [number.text for number in ball.numbers] == ["6.00", "4.50"]
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
