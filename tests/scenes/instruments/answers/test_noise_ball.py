"""Randomised smoothing in two dimensions: an image, its noisy copies, and the ball that they certify."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.answers.noise_ball import COPIES, REACH, NoiseBall


def dots(ball: NoiseBall) -> tuple[np.ndarray, np.ndarray]:
    """Centres of the copies with the answer and of the others, in standard deviations, (n, 2) each."""
    each = len(ball.dot)
    found = (path.points.reshape(-1, each, 3).mean(1) - ball.centre for path in (ball.answers, ball.others))
    return tuple(centres[:, :2] / ball.unit for centres in found)


@pytest.mark.parametrize("t", [0.0, 7.4, COPIES / 2, COPIES])
def test_copies_arrive_with_the_clock_on_their_side_of_the_border(t: float) -> None:
    ball = NoiseBall(0.8, 0.5, theme().CNN, 4.0).shift(np.array([2.0, 1, 0])).at(t)
    answers, others = dots(ball)
    assert len(answers) + len(others) == int(t)
    border = NormalDist().inv_cdf(0.8)
    assert (answers[:, 0] <= border).all()
    assert (others[:, 0] > border).all()
    assert np.abs(np.concatenate([answers, others])).max(initial=0) < REACH
    if t == COPIES:
        assert len(answers) / COPIES == pytest.approx(0.8, abs=0.06)


def test_the_ball_is_as_large_as_the_radius_and_stays_before_the_border() -> None:
    ball = NoiseBall(0.8, 0.7, theme().CNN, 4.0)
    assert len(ball.ball.points) == 0
    for share in (0.5, 1.0):
        ball.grow(share)
        assert np.ptp(ball.ball.points[:, 0]) / 2 / ball.unit == pytest.approx(0.7 * share, rel=1e-3)
    assert ball.border > 0.7
    assert len(NoiseBall(0.8, None, theme().CNN, 4.0).grow(1.0).ball.points) == 0


def test_a_border_that_no_copy_crossed_is_not_drawn() -> None:
    assert not NoiseBall(1.0, 2.0, theme().CNN, 4.0).shows_border
    assert NoiseBall(0.5, None, theme().CNN, 4.0).shows_border
