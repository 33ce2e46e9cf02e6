"""Phases of training as a ribbon along the epochs."""

from __future__ import annotations

import numpy as np

from weightreel.scenes.instruments.training.phase_ribbon import PhaseRibbon


def test_the_ribbon_grows_and_names_the_phase_of_the_last_epoch_recorded() -> None:
    ribbon = PhaseRibbon(np.arange(5), np.array([0, 0, 1, 1, 2]), 8)
    names = [ribbon.at(t).name_.text for t in (0, 1.6, 2, 3.6, 4)]
    assert names == ["under-fitting", "under-fitting", "generalising", "generalising", "over-fitting"]
    right = [max(p.points[:, 0].max() for p in ribbon.at(t).parts.values() if len(p.points)) for t in (1, 2.5, 4)]
    np.testing.assert_allclose(right, [2, 5, 8])


def test_no_part_of_the_ribbon_has_a_phase_before_its_epoch_is_recorded() -> None:
    ribbon = PhaseRibbon(np.arange(3), np.array([0, 1, 2]), 8)
    reach = [[p.points[:, 0].max() for p in ribbon.at(t).parts.values() if len(p.points)] for t in (0.9, 1.0, 1.9, 2.0)]
    np.testing.assert_allclose(reach[0], [3.6])
    np.testing.assert_allclose(reach[1], [2, 4])
    np.testing.assert_allclose(reach[2], [2, 7.6])
    np.testing.assert_allclose(reach[3], [2, 6, 8])
