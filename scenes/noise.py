"""How often networks are fooled by nothing: counted, at every threshold, by kinds of noise, and what it goes with."""

from __future__ import annotations

from weightreel.analysis.errors import NothingToShow
from weightreel.analysis.findings.attacks.noise import attack_of, preview_pixels
from weightreel.analysis.findings.words.names import how_to_attack
from weightreel.scenes.chapters.noise_networks import count_them, every_threshold, how_often, in_the_end
from weightreel.scenes.chapters.noise_rates import kinds_of_noise, what_it_goes_with
from weightreel.scenes.kit.film import Film

MOST_ATTACKED = 4
"""Networks that the film sets beside each other."""


class Noise(Film):
    """The noise attack in numbers, for a lecture: what one rate says, and what it does not."""

    def construct(self) -> None:
        """Pictures of noise; the count of all; thresholds; kinds; what the rate goes with; the pictures again."""
        attacked = [(run, found) for run in self.runs if (found := attack_of(run)) is not None][:MOST_ATTACKED]
        if not attacked or attacked[0][0] is not self.run or not len(preview_pixels(attacked[0][1])):
            raise NothingToShow(
                f"{self.store.path} holds no attacks on {self.run.name}; " + how_to_attack(self.run, self.store.path)
            )
        self.about = [run for run, _ in attacked]
        pictures = how_often(self, attacked)
        count_them(self, attacked, pictures)
        every_threshold(self, attacked)
        kinds_of_noise(self, attacked)
        what_it_goes_with(self, attacked)
        in_the_end(self, attacked)
