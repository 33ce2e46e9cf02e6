"""The last slide of every deck: what all of it was made from."""

from __future__ import annotations

from pathlib import Path

from weightreel.scenes.kit.film import Film
from weightreel.scenes.making.orders import FilmFile

DATA = "data"
"""Its name as a chapter."""


class Closing(Film):
    """Data, recipe, runs and the digest of the store, once for all films of a deck."""

    def construct(self) -> None:
        """The card alone."""
        self.data_card()


CLOSING = FilmFile(DATA, Path(__file__), Closing.__name__)
