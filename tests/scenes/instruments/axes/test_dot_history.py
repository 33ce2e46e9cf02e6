"""Shares as dots, and rates that are counted: what they show was measured at that epoch or after that trial."""

from __future__ import annotations

import numpy as np
import pytest

from weightreel.analysis.findings.statistics import wilson
from weightreel.scenes.instruments.axes.counted_rates import CountedRates
from weightreel.scenes.instruments.axes.dot_history import DotHistory

EPOCHS = np.arange(4.0)
SHARES = np.array([0.0, 1.0, 0.25, 0.5])
RED, BLUE = "#FF0000", "#0000FF"


def dots() -> DotHistory:
    return DotHistory(EPOCHS, SHARES, [RED, BLUE, RED, BLUE], (6, 3), "share, %")


@pytest.mark.parametrize(("t", "said"), [(0.0, "0 %"), (1.0, "100 %"), (1.99, "100 %"), (2.0, "25 %"), (9.0, "50 %")])
def test_the_number_is_that_of_the_epoch_reached(t: float, said: str) -> None:
    assert dots().at(t).number.said == said


def test_a_bar_stands_at_the_present_epoch_and_leaves_dots() -> None:
    drawn = dots().at(2.5)
    assert drawn.bar.get_top()[1] == pytest.approx(drawn.plane.point(2, 25)[1])
    assert drawn.bar.get_x() == pytest.approx(drawn.place_of(2.5)[0])
    assert len(drawn.dots[RED].points) == 2 * len(drawn.dots[BLUE].points)
    assert drawn.dots[BLUE].get_center() == pytest.approx(drawn.plane.point(1, 100))


def test_a_rate_is_counted_with_its_interval() -> None:
    trials = np.array([0, 10, 100])
    chart = CountedRates(trials, ["CNN"], [RED], np.array([[0], [4], [30]]), (8, 2), "%")
    assert chart.readings[0].numerals.said == ""
    assert not chart.whiskers.points.size
    chart.at(55)
    assert chart.readings[0].numerals.said == "4 / 10  40.0 %"
    assert chart.bars[0].get_right()[0] == pytest.approx(chart.plane.point(40, 0)[0])
    low, high = wilson(4, 10)
    assert chart.whiskers.get_left()[0] == pytest.approx(chart.plane.point(100 * low, 0)[0])
    assert chart.whiskers.get_right()[0] == pytest.approx(chart.plane.point(100 * high, 0)[0])
    chart.at(100)
    assert chart.readings[0].numerals.said == "30 / 100  30.0 %"
    assert chart.others(0, [0.2, 0.6], BLUE).get_x() == pytest.approx(chart.plane.point(40, 0)[0])
