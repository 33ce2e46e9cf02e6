"""What the films of attacks and certificates share: which networks they show, and how."""

from __future__ import annotations

import numpy as np
from manim import DOWN, Group, Mobject

from weightreel.analysis.findings.words.names import networks_in_words
from weightreel.analysis.palette import theme
from weightreel.analysis.store.nodes import Run
from weightreel.scenes.instruments.answers.moving_picture import still
from weightreel.scenes.kit.story import Film, with_progress
from weightreel.scenes.kit.theme import SMALL
from weightreel.scenes.kit.type import Letters, label, stand_over, words

MOST_NAMED = 2
"""Networks that the line at the top has room for."""
SIDE = 3.3
"""Of a large picture, in units of the frame."""
MIDDLE = 0.55
"""Height at which large pictures are centred."""


def over(text: str, picture: Mobject, colour: str | None = None, gap: float = 0.16) -> Letters:
    """The smallest words above a picture."""
    colour = colour or theme().MUTED
    return stand_over(label(text, colour), picture, gap)


def panel(picture: np.ndarray, x: float, above: str, below: str, colour: str | None = None) -> Group:
    """A large picture with a name above it and words below it."""
    colour = colour or theme().TEXT
    drawn = still(picture, SIDE).move_to([x, MIDDLE, 0])
    return Group(drawn, over(above, drawn), words(below, SMALL, colour).next_to(drawn, DOWN, buff=0.16))


def small(picture: np.ndarray, side: float, above: str, below: str) -> Group:
    """A picture with short words above and below."""
    drawn = still(picture, side)
    parts = Group(over(above, drawn, theme().TEXT, 0.13), drawn)
    return parts.add(label(below).next_to(drawn, DOWN, buff=0.12)) if below else parts


class AttackFilm(Film):
    """A film that shows the store's other networks beside the chosen."""

    @property
    def defended(self) -> list[Run]:
        """The store's runs of defended networks, unless WEIGHTREEL_RUN says which runs to show."""
        if self.settings.runs:
            return []
        return [run for run in self.store.runs.values() if run.defence]

    @property
    def subject(self) -> str:
        """The networks and the data that this film shows."""
        titles = list(dict.fromkeys(run.title for run in self.runs))
        return with_progress(
            networks_in_words(titles, MOST_NAMED), self.data, complete=all(run.complete for run in self.runs)
        )
