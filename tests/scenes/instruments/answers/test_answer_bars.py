"""A network's answer as bars, one of them in its own colour."""

from __future__ import annotations

import numpy as np

from weightreel.scenes.instruments.answers.answer_bars import AnswerBars

ANSWERS = ("cat", "dog", "frog")


def test_the_chosen_answer_has_its_own_colour_and_every_bar_its_length() -> None:
    bars = AnswerBars(
        np.arange(2.0), ANSWERS, np.array([[0.0, 0.5, 0.5], [1, 0, 0]]), (6, 3), most=1, colour="#FFFFFF", chosen=1,
        chosen_colour="#000000", written=lambda v: f"{v:.2f}",
    )  # fmt: skip
    # It stands until a fifth of the way is left; half-way through that fifth, half of it has turned.
    for t, turned in ((0.0, 0.0), (0.5, 0.0), (0.9, 0.5), (1.0, 1.0)):
        bars.at(t)
        lengths = {}
        for name, path in (("others", bars.bars), ("chosen", bars.chosen)):
            lengths[name] = np.ptp(path.points.reshape(-1, 16, 3)[..., 0], axis=1) / bars.width_of_bars
        # Bars without length are not drawn.
        np.testing.assert_allclose(lengths["others"], [v for v in (turned, 0.5 * (1 - turned)) if v])
        np.testing.assert_allclose(lengths["chosen"], [v for v in (0.5 * (1 - turned),) if v])
    assert [reading.numerals.text for reading in bars.readings] == ["1.00", "0.00", "0.00"]
