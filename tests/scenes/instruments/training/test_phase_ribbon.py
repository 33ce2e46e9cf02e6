"""Phases of training as a ribbon along the epochs."""

from __future__ import annotations

import numpy as np

from weightreel.scenes.instruments.training.phase_ribbon import PhaseRibbon


def test_the_ribbon_grows_and_names_the_phase_of_the_nearest_epoch() -> None:
    ribbon = PhaseRibbon(np.arange(5), np.array([0, 0, 1, 1, 2]), 8)
    names = [ribbon.at(t).name_.text for t in (0, 1.4, 1.6, 3.4, 3.6, 4)]
    assert names == ["under-fitting", "under-fitting", "generalising", "generalising", "over-fitting", "over-fitting"]
    right = [max(p.points[:, 0].max() for p in ribbon.at(t).parts.values() if len(p.points)) for t in (1, 2.5, 4)]
    np.testing.assert_allclose(right, [2, 5, 8])
