"""Where the clock stands."""

from __future__ import annotations

import numpy as np

from weightreel.scenes.instruments.axes.epoch_dial import EpochDial


def test_the_dial_shows_the_last_epoch_when_it_is_reached() -> None:
    dial = EpochDial(np.arange(51))
    assert dial.at(49.999).text.text == "epoch 49 / 50"
    assert dial.at(49.9999999).text.text == "epoch 50 / 50"
    assert dial.at(0).text.text == "epoch 0 / 50"


def test_the_dial_shows_no_epoch_that_was_not_recorded() -> None:
    dial = EpochDial(np.arange(0, 51, 5))
    assert [dial.at(t).text.text for t in (-1, 4.9, 5, 44.4, 99)] == [
        f"epoch {n} / 50" for n in (0, 0, 5, 40, 50)
    ]  # fmt: skip
