"""The way that PGD takes from an image to its wrong answer, step by step."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.measures.attacks.test_gradient import CLASSES
from tests.measures.attacks.test_properties import NETWORK, pixels
from weightreel.analysis.measures.attacks.path import LEVELS, attack_path, quantised


@given(pixels, st.floats(1e-3, 1), st.integers(1, 5))
@settings(deadline=None, max_examples=25)
def test_every_step_of_a_way_stays_in_the_ball(images: np.ndarray, epsilon: float, steps: int) -> None:
    way, probabilities = attack_path(NETWORK, images, np.zeros(len(images), np.uint8), epsilon, steps)
    shown = images[:, None] / 255 + way
    assert np.abs(way).max() <= epsilon + 2e-6
    assert shown.min() >= -1e-6
    assert shown.max() <= 1 + 1e-6
    assert probabilities.shape == (len(images), steps + 1, CLASSES)
    assert probabilities.sum(2) == pytest.approx(np.ones((len(images), steps + 1)), abs=1e-5)
    assert np.abs(quantised(way, epsilon) * (epsilon / LEVELS) - way).max() <= epsilon / LEVELS * 0.51
