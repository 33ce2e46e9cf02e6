"""Where the clock stands."""

from __future__ import annotations

import numpy as np

from weightreel.scenes.instruments.axes.epoch_dial import EpochDial


def test_the_dial_shows_the_last_epoch_when_it_is_reached() -> None:
    dial = EpochDial(np.arange(51))
    assert dial.at(49.999).text.text == "epoch 49 / 50"
    assert dial.at(49.9999999).text.text == "epoch 50 / 50"
    assert dial.at(0).text.text == "epoch 0 / 50"
