"""Alpha of every layer over the epochs, above the ranges that two readings give names to."""

from __future__ import annotations

from math import nan

import numpy as np
import pytest

from tests.scenes.instruments.spectra.test_esd import EPOCHS
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.spectra.alpha_timeline import HIGHEST, AlphaTimeline, key_of_readings, top_of_axis


def test_a_timeline_breaks_where_a_fit_failed_and_keeps_within_its_axes() -> None:
    values = np.array([[3.0, 4], [nan, 4], [nan, 30], [3, 4], [2, 5]])
    timeline = AlphaTimeline(EPOCHS, values, np.array([True, False]), (5, 3), top=8, colour="#FFFFFF", main=0).at(4)
    pale, normal, bold = timeline.lines
    assert len(bold.points) == 4  # epochs 3 to 4 alone have a fit at both ends
    assert len(normal.points) == 0
    assert len(pale.points) == 16
    top = (timeline.plane.corner + timeline.plane.upwards)[1]
    assert pale.points[:, 1].max() == pytest.approx(top)
    assert len(timeline.at(0.0).lines[0].points) <= 4
    assert top_of_axis([np.array([nan, 3.0]), np.array([50.0])]) == HIGHEST
    assert top_of_axis([np.array([nan])]) == 7


def test_a_timeline_of_one_epoch_shows_a_marker_a_layer() -> None:
    timeline = AlphaTimeline(
        np.array([0.0]), np.array([[3.0, nan, 4.0]]), np.full(3, True), (5, 3), top=7, colour="#FFF"
    )
    assert [len(line.points) for line in timeline.lines] == [0, 0, 0]
    assert [len(head.points) // 16 for head in timeline.heads] == [0, 2, 0]


def test_both_readings_are_drawn_at_their_heights_and_named() -> None:
    timeline = AlphaTimeline(EPOCHS, np.full((5, 1), 3.0), np.array([True]), (5, 3), top=8, colour="#FFFFFF")
    tints = [band.points[:, 1] for band in timeline._bands(8)[:3]]
    edges = [timeline.plane.point(0, alpha)[1] for alpha in (1, 2, 6, 8)]
    for heights, low, high in zip(tints, edges[:-1], edges[1:], strict=True):
        assert (heights.min(), heights.max()) == pytest.approx((low, high))
    for band, low, high in zip(timeline._bands(8)[3:], (2, 4), (3, 5), strict=True):
        ends = timeline.plane.point(0, low)[1], timeline.plane.point(0, high)[1]
        assert (band.points[:, 1].min(), band.points[:, 1].max()) == pytest.approx(ends)
        assert band.points[:, 0].min() >= timeline.plane.corner[0] - 1e-9
    assert len(key_of_readings()) == 2


def test_timelines_can_share_an_axis_of_epochs() -> None:
    alphas, trusted = np.full((3, 1), 3.0), np.array([True])
    own = AlphaTimeline(np.arange(3), alphas, trusted, (4, 2), top=8, colour=theme().CNN)
    shared = AlphaTimeline(np.arange(3), alphas, trusted, (4, 2), top=8, colour=theme().CNN, along=np.arange(9))
    assert own.plane.x_range == (0, 2) and shared.plane.x_range == (0, 8)
    ends = [float(line.at(8).heads[1].get_center()[0] - line.plane.corner[0]) for line in (own, shared)]
    np.testing.assert_allclose(ends, [4, 1])
