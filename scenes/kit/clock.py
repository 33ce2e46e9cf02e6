"""The one clock of a film, and what follows it: Mobjects that hold a history and draw themselves at any real epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from manim import Animation, UpdateFromAlphaFunc, ValueTracker, VGroup, linear

from weightreel.analysis.findings.time import TimeScale, held, interpolate, stepped
from weightreel.scenes.kit.reading import Reading

SECONDS_PER_EPOCH = 0.24
SHORTEST, LONGEST = 4.5, 13.0
"""Seconds of a sweep: fifty epochs take 12, and few still need time to be read."""


class EpochClock(ValueTracker):
    """Counts epochs, as a real number; instruments that are attached to it draw themselves at its epoch.

    Args:
        epochs: the epochs recorded, ascending, (E,).
    """

    def __init__(self, epochs: np.ndarray) -> None:
        self.epochs = np.asarray(epochs, float)
        self.first, self.last = float(epochs[0]), float(epochs[-1])
        self.time = TimeScale(epochs)
        super().__init__(self.first)

    @property
    def epoch(self) -> float:
        """Where the clock stands."""
        return float(self.get_value())

    def paced(self, passed: np.ndarray, seconds: float, to: float | None = None) -> Animation:
        """Run to epoch `to`, slowly where much changes.

        Args:
            passed: share of a whole sweep's time when each recorded epoch is reached, ascending from 0 to 1, (E,).
            seconds: of the part that is run now.
            to: the last one if not given.

        Example (pictured as docs/verbs/paced.webp):
            counts = self.run["parameters/weight/counts"]
            dial = Timeline(self.epochs, [], self.zones.stage)
            clock = EpochClock(self.epochs)
            self.add(dial.attach(clock))
            self.play(clock.paced(passed_at(counts), seconds=4, to=self.epochs[-1] / 2))
        """
        target = self.last if to is None else float(np.clip(to, self.first, self.last))
        start, end = (float(np.interp(t, self.epochs, passed)) for t in (self.epoch, target))

        def move(clock: EpochClock, share: float) -> None:
            here = start + share * (end - start)
            clock.set_value(target if share == 1 else float(np.interp(here, passed, clock.epochs)))

        return UpdateFromAlphaFunc(self, move, run_time=seconds, rate_func=linear)

    def sweep(self, to: float | None = None, seconds: float | None = None) -> Animation:
        """Run evenly, on the scale of time, to epoch `to`, in a time that its number of epochs asks for.

        Args:
            to: the last one if not given.
            seconds: instead of that time.
        """
        target = self.last if to is None else float(np.clip(to, self.first, self.last))
        if seconds is None:
            seconds = float(np.clip(abs(target - self.epoch) * SECONDS_PER_EPOCH, SHORTEST, LONGEST))
        if not self.time.logarithmic:
            return self.animate(run_time=seconds, rate_func=linear).set_value(target)
        start, end = (float(self.time.share(t)) for t in (self.epoch, target))

        def move(clock: EpochClock, passed: float) -> None:
            clock.set_value(target if passed == 1 else clock.time.time(start + passed * (end - start)))

        return UpdateFromAlphaFunc(self, move, run_time=seconds, rate_func=linear)


class Clocked:
    """What every instrument can do, whatever kind of Mobject draws it.

    Subclasses hold their histories as NumPy attributes, epoch first, so that Manim's hash of a scene sees them; they
    draw axes and letters once and, in `at`, move as few paths as they can.

    No number is shown that was not measured. What is written, coloured or named is `held`, as `readings` are; lengths
    and heights are `stepped`; only what truly travels, such as a weight along its axis or the growing end of a curve,
    is `between` two epochs.

    Args:
        epochs: the epochs that the histories' first axis stands for, ascending, (E,).
    """

    epochs: np.ndarray
    readings: Sequence[Reading] = ()
    """Every number that changes with the clock, and the history that it is of; `write` shows them."""

    def at(self, t: float) -> Self:
        """Draw the state at epoch `t`; beyond the epochs recorded the nearest one's."""
        raise NotImplementedError

    def write(self, t: float) -> Self:
        """Write every reading at epoch `t`."""
        for reading in self.readings:
            reading.at(t)
        return self

    def attach(self, clock: EpochClock) -> Self:
        """Follow `clock`, and draw at once where it stands.

        Example (pictured as docs/verbs/attach.webp):
            clock = EpochClock(self.epochs)
            self.add(self.zones.stage.hold(EpochDial(self.epochs)).attach(clock))
            self.play(clock.sweep(seconds=3))
        """
        drawn = clock.epoch

        def follow(instrument: Clocked) -> None:
            nonlocal drawn
            if clock.epoch != drawn:
                drawn = clock.epoch
                instrument.at(drawn)

        self.at(drawn)
        self.add_updater(follow)
        return self

    def held(self, history: np.ndarray, t: float) -> np.ndarray:
        """What `history` (E, …) holds of the last epoch recorded at or before `t`, (…), exactly."""
        return held(self.epochs, history, t)

    def stepped(self, history: np.ndarray, t: float) -> np.ndarray:
        """`history` (E, …) at epoch `t`, (…): it stands, and turns into the next epoch's shortly before that one."""
        return stepped(self.epochs, history, t)

    def between(self, history: np.ndarray, t: float) -> np.ndarray:
        """`history` (E, …) at epoch `t`, (…), on a straight line from epoch to epoch; for what truly travels so."""
        return interpolate(self.epochs, history, t)


class Instrument(Clocked, VGroup):
    """An instrument that is drawn with paths."""

    def __init__(self, epochs: np.ndarray) -> None:
        super().__init__()
        self.epochs = np.asarray(epochs, dtype=float)
