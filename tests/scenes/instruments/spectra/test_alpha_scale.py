"""One alpha below two readings."""

from __future__ import annotations

from math import nan

import numpy as np
import pytest

from weightreel.scenes.instruments.spectra.alpha_scale import HIGHEST, AlphaScale, free_place
from weightreel.scenes.kit.grammar.zones import Zone

ZONE = Zone(-6.0, -1.5, 6.0, 2.0)


def test_the_marker_stands_at_alpha_and_its_bar_reaches_to_the_interval_s_ends() -> None:
    scale = AlphaScale(3.29, (2.65, 4.15), ZONE)
    x = scale.marker.points[:, 0]
    assert (x.min(), x.max()) == pytest.approx((scale.place(2.65), scale.place(4.15)))
    alone = AlphaScale(3.29, (nan, nan), ZONE).marker.points[:, 0]
    assert alone == pytest.approx(scale.place(3.29))


def test_both_readings_are_there_with_their_bands() -> None:
    report, authors = AlphaScale(3.0, (2.5, 3.5), ZONE).rows
    bands = [[part for part in row if len(part.points) == 16] for row in (report, authors)]
    assert [len(of) for of in bands] == [2, 3]
    assert bands[1][0].points[:, 0].min() == pytest.approx(ZONE.left)


@pytest.mark.parametrize("alpha", [1.01, 2.4, 8.0, 11.0, 40.0])
def test_any_alpha_stays_within_the_zone(alpha: float) -> None:
    scale = AlphaScale(alpha, (alpha - 0.5, alpha + 0.5), ZONE)
    assert ZONE.left <= scale.place(alpha) <= ZONE.right
    assert np.isfinite(scale.get_all_points()).all()
    last = scale.numbers[-1].said
    assert last == (f"≥{HIGHEST:g}" if alpha > HIGHEST else f"{scale.top:g}")


def test_words_keep_off_the_marker_or_stay_away() -> None:
    box = Zone(0.0, 0.0, 3.0, 1.0)
    assert free_place(box, 1.0, 2.0) == pytest.approx(0.1)
    assert free_place(box, 1.0, 0.5) == pytest.approx(0.6)
    assert free_place(box, 2.0, 2.5) == pytest.approx(0.1)
    assert free_place(box, 2.7, 1.5) is None
    assert free_place(box, 2.7, 9.0) == pytest.approx(0.1)
