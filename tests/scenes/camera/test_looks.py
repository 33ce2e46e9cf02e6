"""What mobjects looked like when they were drawn, and where two frames differ."""

from __future__ import annotations

import numpy as np

from weightreel.scenes.camera.looks import MOST_COMPARED, MOST_RECTANGLES, merged


def test_rectangles_are_merged_into_few() -> None:
    rng = np.random.default_rng(0)
    corners = rng.integers(0, 4000, (5 * MOST_COMPARED, 2))
    boxes = [(int(x), int(y), int(x) + 9, int(y) + 5) for x, y in corners]
    parts = merged(boxes)
    assert 1 <= len(parts) <= MOST_RECTANGLES
    for left, top, right, bottom in boxes:
        assert any(p[0] <= left and p[1] <= top and right <= p[2] and bottom <= p[3] for p in parts)
    assert merged([]) == []
    apart = [(0, 0, 300, 300), (2000, 700, 2300, 1000)]
    assert merged(apart) == apart
