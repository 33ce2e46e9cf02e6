"""The whole story in little more than a minute: a network learns, its spectra grow a tail, and then it breaks."""

from __future__ import annotations

from weightreel.analysis.findings.attacks.noise import attack_of
from weightreel.analysis.findings.attacks.perturbation import (
    most_instructive,
    ways,
)
from weightreel.analysis.findings.parameters import Distribution
from weightreel.analysis.findings.training import measured
from weightreel.scenes.chapters.in_short import (
    a_small_step,
    does_it_help,
    it_learns,
    it_leaves_randomness,
    opening,
    sure_of_nothing,
    what_is_this,
)
from weightreel.scenes.kit.film import Film


class Trailer(Film):
    """One chapter from each of the films, as far as the store holds what they show."""

    def construct(self) -> None:
        """A picture of nothing, what the network has learned, its spectra, and two ways to break it."""
        attack = attack_of(self.run)
        attacked = [(run, found) for run in self.runs if (found := attack_of(run)) is not None]
        if attack is not None:
            what_is_this(self, attack)
        opening(self)
        if measured([self.run]) and Distribution.of(self.run, "weight") is not None:
            it_learns(self)
        it_leaves_randomness(self)
        if attack is not None:
            sure_of_nothing(self, attack)
        if found := ways(self.run, self.store):
            a_small_step(self, most_instructive(found))
        does_it_help(self, attacked)
        self.end_card()
