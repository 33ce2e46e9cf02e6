"""Many rectangles as one path: a mobject costs more than its curves."""

from __future__ import annotations

import numpy as np

from weightreel.scenes.kit.paths import rectangles


def test_rectangles_without_area_are_left_out() -> None:
    points = rectangles(np.zeros(3), np.array([1.0, 0, 2]), np.arange(3.0), np.arange(3.0) + 1)
    assert points.shape == (32, 3)
    np.testing.assert_allclose(points[16:].max(0), [2, 3, 0])
    assert rectangles(np.zeros(1), np.zeros(1), np.zeros(1), np.ones(1)).shape == (0, 3)
