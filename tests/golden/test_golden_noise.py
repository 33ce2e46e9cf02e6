"""The instruments of the films of noise, each at an epoch between two."""

from __future__ import annotations

import numpy as np
from manim import DOWN, Group

from tests.golden.comparator import compare
from weightreel.analysis.palette import DARK
from weightreel.scenes.instruments.answers.answer_readout import AnswerReadout
from weightreel.scenes.instruments.answers.noise_field import NoiseField
from weightreel.scenes.instruments.axes.counted_rates import CountedRates
from weightreel.scenes.instruments.axes.dot_history import DotHistory
from weightreel.scenes.kit.grammar.zones import Zone

EPOCHS = np.arange(6.0)
COLOURS = (DARK.LEARNING, DARK.WEIGHTS, DARK.TAIL)


def test_a_field_of_answers() -> None:
    rng = np.random.default_rng(0)
    answers = rng.choice(3, (6, 200), p=(0.7, 0.2, 0.1))
    field = NoiseField(EPOCHS, answers, rng.random((6, 200)) ** 0.3, COLOURS, Zone(-5, -3, 5, 3), followed=0)
    compare("noise-field", field.at(3.7))


def test_shares_as_dots_and_a_bar() -> None:
    shares = np.array([0.0, 0.98, 0.12, 0.55, 0.8, 0.81])
    dots = DotHistory(EPOCHS, shares, [COLOURS[i] for i in (2, 0, 1, 0, 0, 0)], (8, 4), "answered surely, %")
    compare("dot-history", dots.at(3.4).center())


def test_an_answer_and_its_share() -> None:
    names = ("frog", "bird", "truck")
    shown = [
        AnswerReadout(EPOCHS, np.array([2, 0, 1, 1, 0, 0]), np.linspace(0.2, 0.998, 6), names, COLOURS).at(t)
        for t in (0.5, 5)
    ]
    compare("answer-readout", Group(*shown).arrange(DOWN, buff=0.6).center())


def test_rates_that_are_being_counted() -> None:
    trials = np.arange(0, 1001, 10)
    successes = np.stack([trials * 7 // 10, trials * 3 // 10], 1)
    chart = CountedRates(trials, ["CNN", "Spectral CNN"], [DARK.CNN, DARK.SPECTRAL_CNN], successes, (9, 3.4), "sure, %")
    compare("counted-rates", Group(chart.at(45), chart.others(0, [0.5, 0.55], DARK.TEXT)).center())
