"""Pure noise, what the networks take it for, and how much a single rate says."""

from __future__ import annotations

from weightreel.analysis.errors import NothingToShow
from weightreel.analysis.findings.attacks.noise import attack_of
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import how_to_attack, title_of
from weightreel.scenes.chapters.noise_image import noise_becomes_an_image, the_network_answers, trials_add_up
from weightreel.scenes.chapters.noise_networks import every_threshold, kinds_of_noise, networks_beside_each_other
from weightreel.scenes.chapters.noise_rates import MOST_ATTACKED, other_seeds, rates_over_the_epochs, why_it_swings
from weightreel.scenes.kit.film import Film


class Adversarial(Film):
    """The report's noise attack, on the runs' last epoch and over all of them."""

    def construct(self) -> None:
        """One noise image, its answer, all of them; every threshold and kind of noise; every epoch."""
        attack = attack_of(self.run)
        if attack is None:
            raise NothingToShow(
                f"{self.store.path} holds no attacks on {self.run.name}; " + how_to_attack(self.run, self.store.path)
            )
        attacked = [(run, found) for run in self.runs if (found := attack_of(run)) is not None][:MOST_ATTACKED]
        self.beat(
            phrase("Title"),
            phrase(
                "What does the {title} answer when it is shown pure noise, and how sure is it?",
                title=title_of(self.run),
            ),
        )
        header = self.title_card(
            phrase("Noise"),
            phrase(
                "Images of nothing: how often does a network answer with at least {threshold} confidence?",
                threshold=f"{attack.threshold:.0%}",
            ),
        )
        noise_becomes_an_image(self, attack)
        self.clear_stage(header)
        the_network_answers(self, attack)
        self.clear_stage(header)
        trials_add_up(self, attack)
        networks_beside_each_other(self, attacked)
        every_threshold(self, attacked)
        kinds_of_noise(self, attacked)
        rates_over_the_epochs(self, attacked)
        why_it_swings(self, attacked)
        self.end_card(*other_seeds(self, attacked))
