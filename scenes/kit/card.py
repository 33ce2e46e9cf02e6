"""Rows of a name and its text, one below the other: the card that films end on."""

from __future__ import annotations

from collections.abc import Sequence

from manim import DOWN, LEFT, UP, VGroup

from weightreel.analysis.palette import theme
from weightreel.scenes.kit.theme import BODY, SAFE_BOTTOM, SAFE_TOP, SMALL
from weightreel.scenes.kit.type import words


def row(name: str, value: str, size: float) -> VGroup:
    """A name and its text beside it, `size` high."""
    key = words(name, BODY, theme().MUTED)
    text = words(value.strip() or "–", size, width=9.8)
    key.move_to([0, 0, 0], aligned_edge=LEFT)
    text.move_to([2.2, 0, 0], aligned_edge=LEFT).align_to(key, UP)
    return VGroup(key, text)


def card_of(rows: Sequence[tuple[str, str]], more: Sequence[tuple[str, str]]) -> VGroup:
    """Names and texts one below the other in the middle of the frame, as large and as far apart as there is room.

    Args:
        more: rows in the smallest type.
    """
    for size, gap in ((BODY, 0.3), (BODY, 0.2), (SMALL, 0.2), (SMALL, 0.1)):
        card = VGroup(*(row(name, value, size) for name, value in rows))
        card.add(*(row(name, value, SMALL) for name, value in more)).arrange(DOWN, buff=gap, aligned_edge=LEFT)
        if card.height <= SAFE_TOP - SAFE_BOTTOM:
            break
    return card.move_to([0, 0, 0])
