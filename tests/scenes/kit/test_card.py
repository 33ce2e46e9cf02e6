"""Rows of a name and its text, one below the other: the card that films end on."""

from __future__ import annotations

import pytest

from weightreel.scenes.kit import theme as colours
from weightreel.scenes.kit.card import card_of


@pytest.mark.parametrize("n", [1, 9, 14])
def test_the_end_card_has_room_for_many_runs(n: int) -> None:
    rows = [("Data", "Images of something"), ("Runs", "\n".join(f"CNN, seed {i}, epochs 0–50" for i in range(n)))]
    card = card_of(rows, [("Phase", "A rule that takes a line. " * 6)])
    assert card.height <= colours.SAFE_TOP - colours.SAFE_BOTTOM
