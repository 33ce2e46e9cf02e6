"""What a rate of noise moves with, in words, and the axis on which its course is seen."""

from __future__ import annotations

import numpy as np
import pytest

from weightreel.analysis.findings.attacks.swing import visible_span, why_in_words


@pytest.mark.parametrize(
    ("correlation", "said"),
    [
        (0.55, "both tend to rise together (rank correlation +0.55)"),
        (-0.81, "one tends to fall as the other rises (rank correlation −0.81)"),
        (0.1, "they hardly move together (rank correlation +0.10)"),
    ],
)
def test_what_is_said_of_a_correlation(correlation: float, said: str) -> None:
    assert said in why_in_words(correlation)


def test_a_spike_leaves_the_axis() -> None:
    values = np.array([0.5, 0.6] * 25)
    values[1] = 50.0
    low, high = visible_span(values)
    assert 0.4 < low < 0.5
    assert 0.6 < high < 0.7
    assert visible_span(np.full(3, np.nan)) == (0.0, 1.0)
    assert visible_span(np.full(3, 2.0))[0] < 2.0 < visible_span(np.full(3, 2.0))[1]
