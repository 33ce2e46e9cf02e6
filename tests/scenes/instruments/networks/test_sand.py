"""Grains stand where their entries are, and those that have crossed zero are counted as they are drawn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.networks.sand import Sand

EPOCHS = np.arange(4.0)
SAMPLE = np.array([[0.2, -0.1, 0.1], [0.1, 0.1, 0.2], [-0.1, 0.2, 0.3], [-0.2, -0.1, 0.3]])


def drawn(sand: Sand) -> list[int]:
    return [len(path.points) // 16 for path in sand.grains]


def test_grains_stand_in_the_order_of_their_beginnings() -> None:
    sand = Sand(EPOCHS, SAMPLE, (6, 3), theme().WEIGHTS)
    assert sand.order.tolist() == [1, 2, 0]
    heights = sand.places(0.0)[:, 1]
    assert (np.diff(heights) > 0).all()


@pytest.mark.parametrize(("t", "crossed"), [(0.0, 0), (0.9, 0), (1.0, 1), (2.0, 2), (3.0, 1)])
def test_what_is_counted_is_what_is_bright(t: float, crossed: int) -> None:
    sand = Sand(EPOCHS, SAMPLE, (6, 3), theme().WEIGHTS).at(t)
    assert drawn(sand) == [3 - crossed, crossed]
    assert sand.count.said == str(crossed)


def test_a_grain_travels_between_records() -> None:
    sand = Sand(EPOCHS, SAMPLE, (6, 3), theme().WEIGHTS)
    before, after = (sand.places(t)[2, 1] for t in (1.0, 2.0))
    assert sand.places(1.5)[2, 1] == pytest.approx((before + after) / 2)


@given(arrays(np.float64, (3, 5), elements=st.floats(-1, 1)))
def test_every_grain_is_drawn_at_every_epoch(sample: np.ndarray) -> None:
    sand = Sand(np.arange(3.0), sample, (6, 3), theme().WEIGHTS)
    for t in (0.0, 0.5, 2.0):
        assert sum(drawn(sand.at(t))) == 5
