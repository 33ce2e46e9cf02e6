"""The instruments of the films of training and of noise, each at an epoch between two."""

from __future__ import annotations

import numpy as np
from manim import DOWN, RIGHT, Group

from tests.golden.comparator import compare
from weightreel.analysis.findings.confusion import shares
from weightreel.analysis.palette import DARK
from weightreel.scenes.instruments.answers.threshold_curves import ThresholdCurves, nines
from weightreel.scenes.instruments.axes.curves import Series
from weightreel.scenes.instruments.axes.grouped_bars import GroupedBars
from weightreel.scenes.instruments.training.confusion_matrix import ConfusionMatrix, Ramp, key_of_ramp

NAMES = ("airplane", "bird", "cat", "deer", "dog", "frog")
C = len(NAMES)


def counts(right: float) -> np.ndarray:
    """A confusion matrix (C, C) of 100 images a class: most wrong answers go to a class's neighbours."""
    apart = np.abs(np.subtract.outer(np.arange(C), np.arange(C)))
    wrong = np.where(apart > 0, 1.0 / np.maximum(apart, 1) ** 2, 0)
    return np.round(100 * (right * np.eye(C) + (1 - right) * wrong / wrong.sum(1, keepdims=True)))


def test_confusion_matrix_with_its_key() -> None:
    ramp = Ramp.of_shares(DARK.CNN)
    history = shares(np.stack([counts(0.2), counts(0.8)]))
    matrix = ConfusionMatrix(np.arange(2), history, NAMES, 4.2, ramp).at(1)
    key = key_of_ramp(ramp, 4.0, (0, 0.01, 0.1, 0.25, 0.5, 1), ("0", "1", "10", "25", "50", "100"))
    drawn = Group(matrix, key).arrange(RIGHT, buff=0.8).center()
    drawn.add(matrix.outline([(2, 1), (4, 5)]))
    compare("confusion-matrix", drawn)


def test_difference_of_confusion_matrices() -> None:
    ramp = Ramp.of_differences(DARK.CNN, DARK.SPECTRAL_CNN, 0.1)
    difference = shares(counts(0.8))[None] - shares(counts(0.7))
    many = np.sin(np.arange(30 * 30)).reshape(1, 30, 30) * 0.1
    named = ConfusionMatrix(np.zeros(1), difference, NAMES, 3.2, ramp, numbers=False)
    bare = ConfusionMatrix(np.zeros(1), many, [f"class {i}" for i in range(30)], 3.2, ramp)
    key = key_of_ramp(ramp, 3.2, (-0.1, 0, 0.1), ("−10", "0", "+10"))
    pictures = Group(named, bare).arrange(RIGHT, buff=0.8)
    compare("confusion-difference", Group(pictures, key).arrange(DOWN, buff=0.3).center())


def test_threshold_curves() -> None:
    thresholds = 1 - 10 ** -np.linspace(nines(0.5), nines(0.999), 60)
    series = [
        Series("", 1 - thresholds**6, DARK.CNN, 5.0),
        Series("", 1 - thresholds**2, DARK.SPECTRAL_CNN, 5.0),
        Series("", 1 - thresholds**20, DARK.CNN, 2.0),
    ]
    curves = ThresholdCurves(thresholds, series, (9, 4), "share that passes, %")
    compare("threshold-curves", curves.center().at(float(nines(0.97))))


def test_grouped_bars() -> None:
    value = np.array([[[0.1, 0.02], [0.2, 0.3], [0.0, np.nan]], [[0.7, 0.2], [0.4, 0.1], [0.05, np.nan]]])
    rates = np.stack([value, np.maximum(value - 0.04, 0), value + 0.05])
    colours = [DARK.CNN, DARK.SPECTRAL_CNN]
    bars = GroupedBars(np.arange(2), ["uniform", "±1", "shuffled pixels"], colours, rates, (9, 4), "success rate, %")
    compare("grouped-bars", bars.center().at(1))
