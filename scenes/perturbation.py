"""A small perturbation that changes a network's answer, how it is found, and what it leaves of the networks."""

from __future__ import annotations

from weightreel.analysis.errors import NothingToShow
from weightreel.analysis.findings.attacks.gradients import (
    fooling_of,
)
from weightreel.analysis.findings.attacks.perturbation import (
    most_instructive,
    path_attack,
    ways,
)
from weightreel.analysis.findings.attacks.robustness import attacked
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import how_to_attack
from weightreel.scenes.chapters.perturbation import fooling_images, one_image, robust_accuracy
from weightreel.scenes.chapters.pictures import defended
from weightreel.scenes.kit.film import Film


class Perturbation(Film):
    """The gradient of one image, the attack that follows it, and robust accuracy against its radius."""

    def construct(self) -> None:
        """One image's gradient and perturbation; the path; all networks; fooling images."""
        networks = attacked(self.runs, defended(self))
        self.run = next((run for run in self.runs if path_attack(run)), self.run)
        examples = ways(self.run, self.store)
        fooling = fooling_of(self.run, self.classes)
        if not (networks or examples or fooling):
            raise NothingToShow(
                f"{self.store.path} holds no attacks by gradients on {self.run.name}; "
                + how_to_attack(self.run, self.store.path)
            )
        if networks:
            self.runs = [network.run for network in networks]
        self.about = self.runs
        promise = phrase("How little must an image change for a network to give another answer?")
        self.beat(phrase("Title"), promise)
        header = self.title_card(phrase("Perturbations"), promise)
        if examples:
            one_image(self, examples, most_instructive(examples), header)
        if networks:
            robust_accuracy(self, networks)
            self.clear_stage(header)
        if fooling:
            fooling_images(self, fooling)
        self.end_card()
