"""The whole story in less than a minute: noise is given a name, a network learns, and a small change breaks it."""

from __future__ import annotations

from weightreel.analysis.findings.attacks.noise import attack_of
from weightreel.analysis.findings.attacks.perturbation import most_instructive, ways
from weightreel.analysis.findings.attacks.same_noise import SameNoise
from weightreel.analysis.findings.parameters import Distribution
from weightreel.scenes.chapters.in_short import (
    a_small_step,
    it_learns,
    it_leaves_randomness,
    left_open,
    network_in,
    once_more,
    what_does_it_do,
    what_is_this,
)
from weightreel.scenes.kit.film import Film


class Trailer(Film):
    """One picture of noise, and what a network makes of it. The end flows into the beginning."""

    loops = True

    def construct(self) -> None:
        """The question, the training, what grew inside, the same noise again, a picture that flips, the question."""
        attack, network = attack_of(self.run), network_in(self)
        noise = None if attack is None else SameNoise.of(self.run, attack, self.store.classes)
        if noise is not None:
            what_is_this(self, noise, network)
        else:
            what_does_it_do(self, network)
        if Distribution.of(self.run, "weight") is not None and len(self.run.epochs) > 1:
            it_learns(self, network)
        it_leaves_randomness(self, network)
        if noise is not None:
            once_more(self, noise)
        if found := ways(self.run, self.store):
            a_small_step(self, most_instructive(found))
        left_open(self, noise, network_in(self))
