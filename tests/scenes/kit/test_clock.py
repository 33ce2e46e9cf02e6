"""The one clock of a film, and what follows it: Mobjects that hold a history and draw themselves at any real epoch."""

from __future__ import annotations

import numpy as np

from tests.findings.test_time import LOGARITHMIC
from weightreel.scenes.kit.clock import LONGEST, SHORTEST, EpochClock


def test_the_clock_sweeps_fifty_epochs_in_ten_to_fifteen_seconds() -> None:
    assert 10 <= EpochClock(np.arange(51)).sweep().build().run_time <= 15
    assert EpochClock(np.arange(2)).sweep().build().run_time == SHORTEST
    assert EpochClock(np.arange(1000)).sweep().build().run_time == LONGEST


def test_the_clock_keeps_to_the_epochs_recorded() -> None:
    clock = EpochClock(np.array([3, 4, 9]))
    assert clock.epoch == 3
    animation = clock.sweep(99).build()
    animation.begin()
    animation.finish()
    assert clock.epoch == 9


def test_the_clock_gives_early_records_as_much_time_as_late_ones() -> None:
    clock = EpochClock(LOGARITHMIC)
    sweep = clock.sweep(seconds=10)
    sweep.begin()
    passed = []
    for alpha in (0.25, 0.5, 0.75, 1.0):
        sweep.interpolate(alpha)
        passed.append(clock.epoch)
    np.testing.assert_allclose(passed, [1001**0.25 - 1, 1001**0.5 - 1, 1001**0.75 - 1, 1000])
