"""Here is noise: what a network says to it, how sure it is, and what it says an epoch or a training later."""

from __future__ import annotations

from weightreel.analysis.errors import NothingToShow
from weightreel.analysis.findings.attacks.noise import attack_of
from weightreel.analysis.findings.attacks.taken_for import Taken, picture_of, same_pictures
from weightreel.analysis.findings.words.names import how_to_attack
from weightreel.scenes.chapters.noise_epochs import every_epoch, its_answers, other_trainings
from weightreel.scenes.chapters.noise_image import Noise, many_more, what_will_it_say
from weightreel.scenes.kit.film import Film

MOST_TRAININGS = 10
"""Whose answers to the one picture are shown."""


class Adversarial(Film):
    """The report's noise attack as one claim: sure, and of what depends on when and whom one asks."""

    def construct(self) -> None:
        """One picture and its answer; a field of a thousand, over the epochs and in other trainings; the one again."""
        attack = attack_of(self.run)
        picture = None if attack is None else picture_of(attack)
        if attack is None or picture is None:
            raise NothingToShow(
                f"{self.store.path} holds no attacks on {self.run.name}; " + how_to_attack(self.run, self.store.path)
            )
        among = self.runs if self.settings.runs else list(self.store.runs.values())
        trainings = [(self.run, attack), *same_pictures(self.run, attack, among)][:MOST_TRAININGS]
        noise = Noise.of(attack, [Taken.of(run, found, self.store.classes) for run, found in trainings], picture,
                         self.zones.stage.width)  # fmt: skip
        followed, around = what_will_it_say(self, noise)
        field = many_more(self, noise, followed, around)
        leaving = [field]
        if len(noise.taken.epochs) > 1:
            timeline, beside = every_epoch(self, noise, field)
            leaving = other_trainings(self, noise, field, timeline, beside)
        its_answers(self, noise, leaving)
