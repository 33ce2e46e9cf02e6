"""How little an image must change for a network to give another answer, and how many survive which change."""

from __future__ import annotations

from weightreel.analysis.errors import NothingToShow
from weightreel.analysis.findings.attacks.gradients import fooling_in_words, fooling_of, moved_in_words, saliency_of
from weightreel.analysis.findings.attacks.perturbation import (
    examples_in_words,
    flip_in_words,
    most_instructive,
    path_attack,
    ways,
)
from weightreel.analysis.findings.attacks.robustness import attacked
from weightreel.analysis.findings.words.names import how_to_attack
from weightreel.scenes.chapters.perturbed.fooled import fooling_pictures
from weightreel.scenes.chapters.perturbed.picture import Followed, down_the_hill, how_little, next_to_nothing, which_way
from weightreel.scenes.chapters.perturbed.survivors import survivors
from weightreel.scenes.chapters.pictures import defended
from weightreel.scenes.kit.film import Film


class Perturbation(Film):
    """One picture that slides down its confidence under an attack, and how many images survive which radius."""

    def construct(self) -> None:
        """One image, its change, what the change looks like; fooling images; all networks."""
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
        if examples:
            way = most_instructive(examples)
            followed = Followed(way, examples, saliency_of(self.run, way.example))
            picture = how_little(self, followed)
            leaving = which_way(self, followed, picture)
            [seen] = down_the_hill(self, followed, picture, leaving)
            next_to_nothing(self, followed, seen)
        if fooling and (examples or not networks):
            self.clear_stage(*self.standing())
            fooling_pictures(self, fooling, opening=not examples)
        if networks:
            self.clear_stage(*self.standing())
            survivors(self, networks, opening=not examples)
        elif examples:
            self.conclude(flip_in_words(way), details=[examples_in_words(examples)])
        elif fooling:
            self.conclude(fooling_in_words(self.run.title, fooling), details=[moved_in_words(fooling)])
