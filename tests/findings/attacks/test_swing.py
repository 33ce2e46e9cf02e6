"""How far a rate swings, in words."""

from __future__ import annotations

import numpy as np
import pytest

from weightreel.analysis.findings.attacks.swing import moral_in_words, swing_in_words


@pytest.mark.parametrize(
    ("rate", "said"),
    [
        ([0.9, *[0.0] * 9, 0.55], "swings between 0 % and 55.00 % over the last 10 epochs (1–10)"),
        ([0.5, 0.01, 0.02], "stays between 1.00 % and 2.00 % over the last 2 epochs (1–2)"),
        ([0.3, 0.0, 0.0], "0 % at each of the last 2 epochs (1–2)"),
        ([0.3], "30.00 % at epoch 0, the only one so far"),
        ([0.3, 0.2], "20.00 % at epoch 1, the only one so far"),
    ],
    ids=["wild", "calm without the untrained network", "still", "untrained", "one epoch"],
)
def test_the_swing_of_a_rate(rate: list[float], said: str) -> None:
    assert said in swing_in_words("CNN", np.arange(len(rate)), np.array(rate))


def test_the_moral_follows_the_widest_swing() -> None:
    assert "moves by 55 percentage points" in moral_in_words([0.01, 0.55])
    assert "at most 1.0 percentage points" in moral_in_words([0.01])
    assert moral_in_words([]) == ""
