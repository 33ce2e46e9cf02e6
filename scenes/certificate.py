"""Randomised smoothing in one picture: noisy copies, their votes, the radius that follows; certified accuracy."""

from __future__ import annotations

from weightreel.analysis.errors import NothingToShow
from weightreel.analysis.findings.attacks.certificates import most_telling, networks, shown_image
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import how_to_attack
from weightreel.scenes.chapters.certificates import abstention, certified_accuracy, noisy_copies, votes_and_radius
from weightreel.scenes.chapters.pictures import defended
from weightreel.scenes.kit.film import Film


class Smoothing(Film):
    """Votes over noisy copies of an image, the ball that they certify, and certified accuracy of the networks."""

    def construct(self) -> None:
        """Copies, votes, radius; abstention; certified accuracy."""
        smoothed = networks(self.runs, defended(self))
        if not smoothed:
            raise NothingToShow(
                f"{self.store.path} holds no certificates of {self.run.name}; "
                + how_to_attack(self.run, self.store.path)
            )
        self.runs = [network[0].run for network in smoothed]
        self.about = self.runs
        promise = phrase("Many noisy copies of an image vote. How far may the image move before the vote can change?")
        self.beat(phrase("Title"), promise)
        header = self.title_card(phrase("Randomised smoothing"), promise)
        chosen = most_telling(smoothed)
        ball = noisy_copies(self, chosen)
        image = shown_image(chosen)
        if image is not None:
            votes_and_radius(self, chosen, image, ball)
        self.clear_stage(header)
        abstention(self, smoothed, chosen, header)
        certified_accuracy(self, smoothed)
        self.end_card()
