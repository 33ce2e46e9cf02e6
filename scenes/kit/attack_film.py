"""What the films of attacks and certificates share: which networks they show, and how."""

from __future__ import annotations

from manim import Mobject

from analysis.store import Run
from scenes.kit.names import networks_in_words
from scenes.kit.settings import setting
from scenes.kit.story import Film, with_progress
from scenes.kit.theme import theme
from scenes.kit.type import Letters, label, stand_over

MOST_NAMED = 2
"""Networks that the line at the top has room for."""


def over(text: str, picture: Mobject, colour: str = theme.MUTED, gap: float = 0.16) -> Letters:
    """The smallest words above a picture."""
    return stand_over(label(text, colour), picture, gap)


class AttackFilm(Film):
    """A film that shows the store's other networks beside the chosen."""

    @property
    def defended(self) -> list[Run]:
        """The store's runs of defended networks, unless WEIGHTREEL_RUN says which runs to show."""
        if setting("WEIGHTREEL_RUN", ""):
            return []
        return [run for run in self.store.runs.values() if run.defence]

    @property
    def subject(self) -> str:
        """The networks and the data that this film shows."""
        titles = list(dict.fromkeys(run.title for run in self.runs))
        return with_progress(
            networks_in_words(titles, MOST_NAMED), self.data, complete=all(run.complete for run in self.runs)
        )
