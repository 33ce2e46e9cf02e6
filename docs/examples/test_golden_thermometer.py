"""The thermometer, between two epochs."""

from __future__ import annotations

import numpy as np

from tests.golden.comparator import compare  # isort: skip
from weightreel.scenes.instruments.training.thermometer import Thermometer


def test_it_stands_as_high_as_the_history() -> None:
    compare("thermometer", Thermometer(np.arange(11), np.linspace(2, 0, 11) ** 2).at(6.5))
