"""The first slide of a deck that a talk gives a title: the title, and what it is about."""

from __future__ import annotations

from pathlib import Path

from manim import DOWN, FadeIn, VGroup

from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.palette import theme
from weightreel.analysis.talk.talk import current_talk
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.theme import BODY, DISPLAY
from weightreel.scenes.kit.type import words
from weightreel.scenes.making.orders import FilmFile

WIDTH = 0.9
"""Of the safe area: the longest line."""


class Opening(Film):
    """The talk's title, with the networks and the data that it shows."""

    def construct(self) -> None:
        """The card alone."""
        title = current_talk().title
        self.beat(phrase("Title"), title)
        self.about = self.runs
        width = WIDTH * self.zones.stage.width
        heading = words(title, DISPLAY, weight="semibold", width=width, centred=True)
        card = VGroup(heading, words(self.subject, BODY, theme().MUTED, width=width, centred=True))
        self.play(FadeIn(self.zones.stage.fitted(card.arrange(DOWN, buff=0.55))), run_time=0.7)
        self.wait(0.5)


OPENING = FilmFile("opening", Path(__file__), Opening.__name__, shows_title=True)
