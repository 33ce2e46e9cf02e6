"""Eigenvalues as lines over the epochs: what is a line, what is the band, and what the arrow says."""

from __future__ import annotations

from math import nan

import numpy as np
import pytest
from manim import config

from weightreel.analysis.findings.spectral.escape import Escape
from weightreel.scenes.instruments.spectra.escape_chart import (
    HEAD,
    MOST_LINES,
    WITHOUT_EDGE,
    EscapeChart,
    Leaving,
    axis_of,
    numbers_along,
)
from weightreel.scenes.kit.grammar.zones import Zone

ZONE = Zone(-6.0, -2.0, 3.0, 2.5)


def escape(epochs: int = 6, k: int = 40, leaving: int = 3, edge: float = 1.0) -> Escape:
    """A bulk below 1, of which some rise one record after the other, and then stay."""
    t = np.arange(float(epochs))
    values = np.tile(np.linspace(0.9, 0.1, k), (epochs, 1))
    for i in range(leaving):
        values[:, i] = 0.95 + np.maximum(t - i, 0) * (leaving - i)
    values = -np.sort(-values, axis=1)
    edges = np.full(epochs, edge)
    outside = np.where(np.isfinite(edges), (values > np.nan_to_num(edges)[:, None]).sum(1), nan)
    return Escape("head.0", (k, 2 * k), t, values, edges, outside, 0)


def test_a_line_is_drawn_from_the_record_before_it_left() -> None:
    chart = EscapeChart(escape(), ZONE)
    assert chart.ranks.tolist() == [0, 1, 2] and chart.left_out == 0
    assert len(chart.at(0.0).lines.points) == len(chart.heads.points) == 0
    chart.at(3.0)
    starts = chart.lines.points[::4]
    first = [chart.plane.point(t, 0)[0] for t in (0, 1, 2)]
    assert sorted({round(float(x), 6) for x in starts[:, 0]})[:3] == pytest.approx(first, abs=1e-6)
    assert len(chart.heads.points) == 3 * 16, "a marker for each that is outside"
    assert chart.heads.points[:, 0].max() == pytest.approx(chart.plane.point(3.0, 0)[0] + HEAD)


def test_the_band_holds_the_rest_up_to_the_edge() -> None:
    chart = EscapeChart(escape(), ZONE).at(5.0)
    edge = chart.plane.point(0, 0.0)[1]
    assert chart.band.points[:, 1].max() <= edge + 1e-9
    assert chart.band.points[:, 1].min() == pytest.approx(chart.frame.bottom)
    assert chart.edge.points[:, 1] == pytest.approx(edge)


def test_where_no_edge_is_known_the_largest_are_lines_and_the_band_holds_all() -> None:
    chart = EscapeChart(escape(edge=nan), ZONE).at(5.0)
    assert len(chart.ranks) == WITHOUT_EDGE
    assert len(chart.edge.points) == 0 and len(chart.key) == 0
    assert chart.band.points[:, 1].max() == pytest.approx(chart.plane.point(5, np.log10(13.95 + 2))[1], abs=0.3)
    assert Leaving(chart).at(5.0).words.said == ""


def test_of_many_lines_some_are_drawn_and_the_others_counted() -> None:
    chart = EscapeChart(escape(epochs=90, k=200, leaving=80), ZONE).at(89.0)
    assert len(chart.ranks) == MOST_LINES and chart.left_out == 80 - MOST_LINES
    assert chart.ranks[[0, -1]].tolist() == [0, 79]


def test_a_chart_draws_where_it_was_moved_to_and_runs_backwards() -> None:
    there, here = EscapeChart(escape(), ZONE), EscapeChart(escape(), ZONE)
    there.shift([1.0, 0.5, 0.0]).at(5.0)
    there.at(2.4), here.at(2.4)
    for one, other in zip(there.drawn, here.drawn, strict=True):
        np.testing.assert_allclose(one.points, other.points + np.array([1.0, 0.5, 0.0]), atol=1e-9)


@pytest.mark.parametrize("epochs", [1, 2, 300])
def test_any_number_of_records_can_be_drawn(epochs: int) -> None:
    for compact in (False, True):
        chart = EscapeChart(escape(epochs=epochs), ZONE, compact=compact)
        for t in (0.0, 0.5, float(epochs)):
            assert np.isfinite(chart.at(t).get_all_points()).all()
        box = Zone.around(chart)
        assert box.left >= ZONE.left - 0.05 and box.right <= ZONE.right + 0.05
        assert box.bottom >= ZONE.bottom - 0.05 and box.top <= ZONE.top + 0.05


def test_a_chart_becomes_its_small_one_line_by_line() -> None:
    large, small = EscapeChart(escape(), ZONE).at(5.0), EscapeChart(escape(), Zone(0, 0, 2, 1), compact=True).at(5.0)
    large.remove(large.numbers, large.clock_numbers, large.key)
    motion = large.into(small)
    motion.begin()
    motion.interpolate(1.0)
    for mine, its in zip(large.drawn, small.drawn, strict=True):
        np.testing.assert_allclose(Zone.around(mine).centre, Zone.around(its).centre, atol=1e-6)


def test_the_arrow_steps_from_departure_to_departure_and_goes() -> None:
    chart = EscapeChart(escape(epochs=12), ZONE)
    pointer = Leaving(chart)
    said = []
    for t in (0.0, 0.99, 1.0, 1.5, 2.0, 3.2, 5.9, 6.0):
        chart.at(t)
        said.append(pointer.at(t).words.said)
        assert (len(pointer.arrow.points) > 0) == bool(said[-1])
    assert said == ["", "", "the first leaves", "the first leaves", "number 2 leaves", "number 3 leaves",
                    "number 3 leaves", ""]  # fmt: skip
    assert abs(pointer.words.get_center()[0]) < config.frame_width / 2


def test_axes_show_what_leaves_in_round_numbers() -> None:
    low, high = axis_of(escape())
    assert low == pytest.approx(np.log10(0.12)) and 10**high > 13
    assert axis_of(Escape("a", (2, 2), np.zeros(1), np.zeros((1, 2)), np.full(1, nan), np.full(1, nan), 0)) == (-1, 1)
    assert numbers_along(-1, 1) == pytest.approx([0.1, 0.2, 0.5, 1, 2, 5, 10])
    assert numbers_along(-3.5, 6.2) == pytest.approx([1e-2, 1e0, 1e2, 1e4, 1e6]) or len(numbers_along(-3.5, 6.2)) <= 7
