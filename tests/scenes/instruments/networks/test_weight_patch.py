"""Single weights as coloured squares."""

from __future__ import annotations

import numpy as np
import pytest

from weightreel.scenes.instruments.networks.weight_patch import LEVELS, MOST, WeightPatch, rows_of
from weightreel.scenes.kit.grammar.zones import Zone

ZONE = Zone(-3.0, -1.0, 3.0, 2.0)


def test_colours_are_those_of_the_last_record_and_nothing_is_blended() -> None:
    sample = np.array([[-1.0, 0.0, 0.5, 1.0], [1.0, 0.0, 0.5, -1.0]])
    patch = WeightPatch(np.array([0.0, 3.0]), sample, ZONE)
    levels = {level: members.tolist() for level, members in enumerate(patch.at(2.9).members) if len(members)}
    assert levels[0] == [0] and levels[LEVELS] == [1] and levels[2 * LEVELS] == [3]
    assert patch.at(3.0).members[0].tolist() == [3]
    assert sum(len(path.points) for path in patch.paths) == 4 * 16


@pytest.mark.parametrize("n", [1, 5, 7, 64, 128, 512, 4000])
def test_any_number_of_weights_fits_its_zone(n: int) -> None:
    patch = WeightPatch(np.zeros(1), np.random.default_rng(0).normal(size=(1, n)), ZONE)
    assert 0.7 * min(n, MOST) <= patch.n <= min(n, MOST)
    box = Zone.around(patch)
    assert box.left >= ZONE.left and box.right <= ZONE.right and box.bottom >= ZONE.bottom and box.top <= ZONE.top
    rows, columns = rows_of(n, 2.0)
    assert rows * columns <= n


def test_squares_keep_their_identity_when_they_are_put_elsewhere() -> None:
    patch = WeightPatch(np.arange(2.0), np.array([[1.0, -1.0], [-1.0, 1.0]]), ZONE)
    places = patch.places + np.array([0.5, 0.0])
    patch.put(places, patch.sides).at(0.0)
    np.testing.assert_allclose(patch.places, places)
    assert patch.members[2 * LEVELS].tolist() == [0]
