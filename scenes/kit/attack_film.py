"""What the films of attacks and certificates share: which networks they show, and a clock of their own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import FadeIn

from analysis.store import Run
from scenes.kit.clock import EpochClock
from scenes.kit.instruments import Clocked
from scenes.kit.settings import setting
from scenes.kit.story import Film
from scenes.kit.wording import listed


class AttackFilm(Film):
    """A film whose clock counts steps, votes or radii, and that shows the store's other networks beside the chosen."""

    @property
    def defended(self) -> list[Run]:
        """The store's runs of defended networks, unless WEIGHTREEL_RUN says which runs to show."""
        if setting("WEIGHTREEL_RUN", ""):
            return []
        return [run for run in self.store.runs.values() if run.defence]

    @property
    def subject(self) -> str:
        """The networks and the data that this film shows."""
        titles = list(dict.fromkeys(run.title for run in self.runs))
        training = "" if all(run.complete for run in self.runs) else ", still training"
        return f"{listed(titles)}, {self.data}{training}"

    def run_clock(
        self, times: np.ndarray, instruments: Sequence[Clocked], seconds: float, *, shown: bool = False
    ) -> None:
        """Show instruments, unless they are, then run a clock over `times`, ascending, (E,)."""
        clock = EpochClock(times)
        if not shown:
            self.play(*(FadeIn(instrument) for instrument in instruments), run_time=0.8)
        for instrument in instruments:
            instrument.attach(clock)
        self.play(clock.sweep(seconds=seconds))
