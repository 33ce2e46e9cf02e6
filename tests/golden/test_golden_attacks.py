"""The instruments of the films of perturbations and of randomised smoothing, each at a moment between two."""

from __future__ import annotations

import numpy as np
from manim import LEFT, RIGHT, Group

from tests.golden.comparator import compare
from weightreel.analysis.palette import DARK
from weightreel.scenes.instruments.answers.accuracy_curves import AccuracyCurves, Fall, row_of, steps_of
from weightreel.scenes.instruments.answers.answer_bars import AnswerBars
from weightreel.scenes.instruments.answers.moving_picture import MovingPicture, around_grey
from weightreel.scenes.instruments.answers.noise_ball import COPIES, NoiseBall

STEPS = np.arange(5.0)


def test_moving_picture_and_answer_bars() -> None:
    y, x = np.mgrid[0:8, 0:8]
    signs = np.where((x + y) % 3 == 0, 1, -1)[..., None] * np.array([1, -1, 1])
    frames = around_grey(STEPS[:, None, None, None] / 4 * signs * 8 / 255, 15)
    right = 0.9 - 0.2 * STEPS
    values = np.stack([right, 0.95 - right, np.full(5, 0.05)], 1)
    bars = AnswerBars(
        STEPS, ["cat", "dog", "frog"], values, (6, 3), most=1, colour=DARK.SUCCESS, chosen=0, chosen_colour=DARK.TEXT,
        written=lambda v: f"{v:.0%}",
    )  # fmt: skip
    picture = MovingPicture(STEPS, frames, 3.0).at(2.5)
    compare("path-of-an-attack", Group(picture.move_to(4.5 * LEFT), bars.move_to(2 * RIGHT).at(2.5)))


def test_accuracy_curves() -> None:
    epsilons = np.array([0.0, 1, 2, 4, 8])
    share = np.array([0.7, 0.4, 0.2, 0.05, 0.0])
    falls = [Fall(epsilons, s, c, s - 0.05 * s, s + 0.05) for s, c in ((share, DARK.CNN), (share + 0.1, DARK.ESD))]
    robust = AccuracyCurves(falls, (5, 4), title="PGD-40", most=8.0, x_name="ε in 1/255", named="accuracy, %").at(0.6)
    stairs = [
        Fall(*steps_of(np.array([0.1, 0.2, 0.2, 0.5]) * k, 5, 1.0), c) for k, c in ((1, DARK.CNN), (1.5, DARK.ESD))
    ]
    certified = AccuracyCurves(stairs, (5, 4), title="σ = 0.25", most=1.0, x_name="radius", limit=0.9).at(0.7)
    compare("accuracy-curves", *row_of([robust, certified], np.array([-5.2, -1.8, 0]), 6.0))


def test_noise_ball() -> None:
    sure = NoiseBall(0.9, 1.1, DARK.CNN, 5.0).at(COPIES).grow(0.8)
    close = NoiseBall(0.52, None, DARK.SPECTRAL_CNN, 5.0).at(COPIES / 2)
    compare("noise-ball", sure.move_to(3.2 * LEFT), close.move_to(3.2 * RIGHT))
