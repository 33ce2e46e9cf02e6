"""The instruments of the film of spectral normalisation, each at an epoch between two."""

from __future__ import annotations

import numpy as np
from manim import Group

from tests.golden.comparator import compare
from weightreel.analysis.palette import DARK
from weightreel.scenes.instruments.networks.unit_ball import UnitBall, side_by_side
from weightreel.scenes.instruments.spectra.sigma_by_layer import Lane, SigmaByLayer, range_of

EPOCHS = np.arange(6.0)
LEADING = np.stack([1 + EPOCHS / 5, 0.8 + EPOCHS / 10], 1)


def test_unit_ball() -> None:
    plain = UnitBall(EPOCHS, "CNN", LEADING, DARK.CNN, 4.4, reach=2.2).at(4.5)
    folded = UnitBall(
        EPOCHS, "Spectral CNN", np.ones((6, 2)), DARK.SPECTRAL_CNN, 4.4, folded=2 * LEADING, folded_reach=4.2
    ).at(4.5)
    side_by_side([plain, folded.fold(0.8)], np.array([-5.5, 3.0, 0]), 5.5)
    compare("unit-ball", Group(plain, folded).center())


def test_sigma_by_layer() -> None:
    reshaped = 1 + np.outer(EPOCHS, [0.1, 0.4, 0.2])
    operator = 2.5 * reshaped
    operator[:, 1] = np.nan
    lanes = [
        Lane(EPOCHS, reshaped, operator, DARK.CNN),
        Lane(EPOCHS, np.ones((6, 3)), 2 * np.ones((6, 3)), DARK.SPECTRAL_CNN),
    ]
    names = ["features.0", "features.3", "a.module.path.too.long.for.its.room"]
    compare("sigma-by-layer", SigmaByLayer(names, lanes, (8, 4), range_of(lanes), "as trained").center().at(4.5))
