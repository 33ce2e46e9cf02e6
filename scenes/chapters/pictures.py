"""Pictures with words around them, and which networks films of attacks show beside the chosen."""

from __future__ import annotations

import numpy as np
from manim import DOWN, Group, Mobject

from weightreel.analysis.palette import theme
from weightreel.analysis.store.nodes import Run
from weightreel.scenes.instruments.answers.moving_picture import still
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.theme import SMALL
from weightreel.scenes.kit.type import Letters, label, stand_over, words

MOST_NAMED = 2
"""Networks that the line at the top has room for."""
SIDE = 3.3
"""Side of a large picture, in units of the frame."""
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


def defended(film: Film) -> list[Run]:
    """The store's runs of defended networks, unless WEIGHTREEL_RUN says which runs to show."""
    if film.settings.runs:
        return []
    return [run for run in film.store.runs.values() if run.defence]
