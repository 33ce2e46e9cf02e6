"""Pictures, bars and curves of the films of attacks and certificates: drawn where the numbers say."""

from __future__ import annotations

import numpy as np
import pytest

from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.answers.accuracy_curves import AccuracyCurves, Fall, row_of, steps_of
from weightreel.scenes.instruments.answers.answer_bars import AnswerBars
from weightreel.scenes.instruments.answers.moving_picture import MovingPicture, amplification, around_grey, still
from weightreel.scenes.kit.theme import SAFE_LEFT

ANSWERS = ("cat", "dog", "frog")
PICTURE = np.full((2, 2, 3), 250, np.uint8)


def test_a_picture_is_blended_between_its_steps_and_keeps_its_size() -> None:
    frames = np.stack([np.zeros((2, 3, 3)), np.full((2, 3, 3), 100.0)])
    picture = MovingPicture(np.array([0.0, 2.0]), frames, 3.0)
    seen = [int(picture.at(t).pixel_array[..., :3].mean()) for t in (-1, 0, 1, 2, 9)]
    assert seen == [0, 0, 50, 100, 100]
    assert (picture.pixel_array[..., 3] == 255).all()
    assert picture.height == pytest.approx(3)
    np.testing.assert_array_equal(still(PICTURE, 1.0).pixel_array[..., :3], PICTURE)


def test_an_amplified_perturbation_is_not_clipped_and_grey_is_zero() -> None:
    delta = np.array([-8.0, 0, 8]) / 255
    factor = amplification(delta)
    assert factor == 15
    np.testing.assert_allclose(around_grey(delta, factor), [7.5, 127.5, 247.5])
    assert amplification(np.zeros(3)) == 1
    assert amplification(np.array([0.9])) == 1


def test_the_chosen_answer_has_its_own_colour_and_every_bar_its_length() -> None:
    bars = AnswerBars(
        np.arange(2.0), ANSWERS, np.array([[0.0, 0.5, 0.5], [1, 0, 0]]), (6, 3), most=1, colour="#FFFFFF", chosen=1,
        chosen_colour="#000000", written=lambda v: f"{v:.2f}",
    )  # fmt: skip
    for t in (0.0, 0.5, 1.0):
        bars.at(t)
        lengths = {}
        for name, path in (("others", bars.bars), ("chosen", bars.chosen)):
            lengths[name] = np.ptp(path.points.reshape(-1, 16, 3)[..., 0], axis=1) / bars.width_of_bars
        # Bars without length are not drawn.
        np.testing.assert_allclose(lengths["others"], [v for v in (t, 0.5 * (1 - t)) if v])
        np.testing.assert_allclose(lengths["chosen"], [v for v in (0.5 * (1 - t),) if v])
    assert [number.text for number in bars.numbers] == ["1.00", "0.00", "0.00"]


def chart(t: float) -> AccuracyCurves:
    x, share = np.array([0.0, 1, 4]), np.array([0.8, 0.4, 0.0])
    fall = Fall(x, share, theme().CNN, share * 0.9, share * 1.1)
    return AccuracyCurves([fall], (4, 2), title="PGD-40", most=4.0, x_name="ε", named="accuracy").at(t)


@pytest.mark.parametrize(("t", "end", "marks"), [(0.0, (0.0, 0.8), 1), (0.5, (2.0, 0.8 / 3), 2), (1.0, (4.0, 0.0), 3)])
def test_curves_reach_as_far_as_the_clock(t: float, end: tuple[float, float], marks: int) -> None:
    drawn = chart(t)
    assert len(drawn.marks[0].points) == 16 * marks
    if t > 0:
        expected = drawn.plane.point(end[0], 100 * end[1])
        np.testing.assert_allclose(drawn.lines[0].points[-1], expected, atol=1e-9)


def test_panels_keep_their_distance() -> None:
    row = row_of([chart(1.0), chart(1.0)], np.array([SAFE_LEFT, 0, 0]), 5.0)
    np.testing.assert_allclose(row[1].plane.corner - row[0].plane.corner, [5, 0, 0], atol=1e-12)


def test_a_staircase_holds_the_share_of_values_at_least_as_large() -> None:
    values = np.array([0.3, 0.1, 0.1])
    x, share = steps_of(values, 4, 1.0)
    assert (x[0], share[0], share[-1]) == (0.0, 0.75, 0.0)
    for radius in (0.05, 0.2, 0.29):
        assert np.interp(radius, x, share) == pytest.approx((values >= radius).mean() * 3 / 4)
    assert steps_of(np.empty(0), 4, 1.0)[1].max() == 0
