"""Time in films runs logarithmically where records do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weightreel.analysis.findings.time import TimeScale
from weightreel.scenes.instruments.axes.plane import time_ticks

LOGARITHMIC = np.array([0, 1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 32, 40, 50, 63, 79, 100, 200, 500, 1000])


@pytest.mark.parametrize(
    ("epochs", "is_logarithmic"),
    [(np.arange(51), False), (LOGARITHMIC, True), (np.array([0, 1, 2, 50]), False), (np.array([3]), False),
     (np.array([0, 1, 2, 3, 4, 100, 101, 102, 103, 104]), False), (np.arange(0, 5000, 100), False)],
)  # fmt: skip
def test_which_records_are_spaced_logarithmically(epochs: np.ndarray, is_logarithmic: bool) -> None:
    assert TimeScale(epochs).logarithmic == is_logarithmic


@given(st.floats(0, 1), st.sampled_from([np.arange(51), LOGARITHMIC]))
def test_time_and_share_are_inverse(share: float, epochs: np.ndarray) -> None:
    scale = TimeScale(epochs)
    assert float(scale.share(scale.time(share))) == pytest.approx(share, abs=1e-9)


def test_ticks_are_powers_of_ten() -> None:
    assert time_ticks(TimeScale(LOGARITHMIC), 5, 6) == [0, 1, 10, 100, 1000]
    assert time_ticks(TimeScale(np.arange(51)), 5, 6) == [0, 10, 20, 30, 40, 50]
