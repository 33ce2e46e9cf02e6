"""What a Recorder could not do, said once and never raised: the training goes on."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from weightreel.analysis.notices import say

MOST = 20
"""Sentences, after which only one more is said."""


class Warnings:
    """Sentences on the standard error stream, each kind once, and none may fail."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def tell(self, kind: str, sentence: str) -> None:
        """Say what is missing.

        Args:
            kind: what it is about; of each kind the first sentence is the one that is said.
            sentence: without a full stop.
        """
        if kind in self._told or len(self._told) > MOST:
            return
        self._told.add(kind)
        with contextlib.suppress(Exception):  # nobody may be there to listen
            say(f"{sentence}." if len(self._told) <= MOST else "there is more that is not recorded.")


def reasons_in_words(skipped: Mapping[str, str], most: int = 4) -> str:
    """What is left out, and why, in words."""
    named = [f"{name}, because {reason}" for name, reason in list(skipped.items())[:most]]
    more = [f"{len(skipped) - most} more"] if len(skipped) > most else []
    return "; ".join(named + more)
