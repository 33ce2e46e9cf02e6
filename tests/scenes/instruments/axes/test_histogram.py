"""A histogram that is one path."""

from __future__ import annotations

import numpy as np
import pytest
from manim import VMobject

from tests.scenes.instruments.test_axes import histogram
from weightreel.scenes.instruments.axes.histogram import coarsen, visible_range


def test_a_histogram_is_one_path_whose_heights_are_the_counts() -> None:
    counts = np.stack([np.arange(20) * 100.0, np.arange(20)[::-1] * 100.0])
    drawn = histogram(counts)
    moving = [m for m in drawn.family_members_with_points() if isinstance(m, VMobject) and m.fill_opacity == 0.55]
    assert moving == [drawn.bars]
    for t, expected in ((0.0, counts[0]), (0.75, counts[0]), (0.9, counts.mean(0)), (1.0, counts[1])):
        drawn.at(t)
        tops = drawn.bars.points[4::8, 1]  # starts of the horizontal pieces, one a bin, then the base line
        unit = drawn.plane.upwards[1] / drawn.plane.y_range[1]
        np.testing.assert_allclose((tops[:20] - drawn.plane.corner[1]) / unit, expected, atol=1e-6)


def test_coarse_bins_lose_no_entry() -> None:
    rng = np.random.default_rng(0)
    counts = rng.integers(0, 99, (3, 100))
    edges, coarse = coarsen(np.linspace(0, 1, 101), counts, None, 30)
    assert coarse.shape[1] <= 30
    assert len(edges) == coarse.shape[1] + 1
    np.testing.assert_array_equal(coarse.sum(1), counts.sum(1))
    assert (edges[0], edges[-1]) == (0, 1)


def test_the_visible_range_holds_the_bulk_and_never_leaves_the_data() -> None:
    low, high = visible_range(np.array([[-1.0, 0, 1]]), np.array([-9.0]), np.array([1.2]))
    assert (low, high) == (pytest.approx(-1.7), pytest.approx(1.2))
    low, high = visible_range(np.array([[0.5, 0.5, 0.5]]), np.array([0.5]), np.array([0.5]))
    assert low < 0.5 < high
