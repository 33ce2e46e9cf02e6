"""A number that is added to all values moves a cloud by as much on its axis."""

from __future__ import annotations

import numpy as np
import pytest

from weightreel.scenes.instruments.axes.plane import Plane
from weightreel.scenes.instruments.training.cloud import Cloud


def test_the_line_is_at_the_mean_and_moves_with_what_is_added() -> None:
    plane = Plane((-1, 1), (0, 1), (8, 0))
    values = np.array([0.1, 0.2, 0.6])
    cloud = Cloud(values, plane, 1.0, 1.0, "#ffffff")
    assert cloud.foot[0] == pytest.approx(plane.point(0.3, 0)[0])
    assert cloud.top[1] - cloud.foot[1] == pytest.approx(1.0)
    cloud.shift(cloud.way(-0.3))
    assert cloud.foot[0] == pytest.approx(plane.point(0.0, 0)[0])
    assert len(cloud.dots.points) == 16 * len(values)
