"""Pointers keep to what they point at, and their words stay in the frame."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from manim import LEFT, RIGHT, UP

from weightreel.scenes.kit.grammar.pointing import CLEAR, HOOK, Brace, Pointer, Ring, arrow
from weightreel.scenes.kit.grammar.zones import Zone

EPOCHS = np.arange(11.0)


def across(t: float) -> np.ndarray:
    """From the left to the right of the frame."""
    return np.array([-6.0 + 1.2 * t, 1.0, 0.0])


@pytest.mark.parametrize("t", [0.0, 3.3, 10.0])
@pytest.mark.parametrize("away", [1.2 * UP, 1.5 * RIGHT, 1.5 * LEFT + 0.4 * UP])
def test_the_tip_is_beside_the_target_and_the_words_in_the_frame(t: float, away: np.ndarray) -> None:
    pointer = Pointer(EPOCHS, across, "here it is", away).at(t)
    tips = np.linalg.norm(pointer.arrow.points - across(t), axis=1)
    assert tips.min() == pytest.approx(CLEAR)
    assert pointer.words is not None
    words, safe = Zone.around(pointer.words), Zone.safe()
    assert words.left >= safe.left - 1e-9
    assert words.right <= safe.right + 1e-9


def test_words_may_stand_still_while_the_arrow_turns() -> None:
    place = np.array([0.0, 3.0, 0.0])
    pointer = Pointer(EPOCHS, across, "here", lambda _: place)
    assert pointer.words is not None
    for t in (2.0, 5.0, 8.0):
        tips = np.linalg.norm(pointer.at(t).arrow.points - across(t), axis=1)
        assert tips.min() == pytest.approx(CLEAR)
        box = Zone.around(pointer.words)
        assert box.left <= place[0] <= box.right or abs(place[0] - box.left) < 0.05 or abs(place[0] - box.right) < 0.05


def test_what_is_not_there_is_not_pointed_at() -> None:
    def nowhere(t: float) -> np.ndarray:
        return np.full(3, np.nan) if t < 5 else np.zeros(3)

    pointer, ring = Pointer(EPOCHS, nowhere, "now", UP), Ring(EPOCHS, nowhere, 0.3)
    assert not len(pointer.at(2).arrow.points)
    assert not len(ring.at(2).ring.points)
    assert len(pointer.at(6).arrow.points)
    assert pointer.words is not None
    assert pointer.words.submobjects[0].get_fill_opacity() == 1
    assert len(ring.at(6).ring.points)


@given(st.floats(-3, 3), st.floats(-3, 3))
def test_an_arrow_that_has_no_room_is_not_drawn(x: float, y: float) -> None:
    length = float(np.hypot(x, y))
    drawn = arrow(np.zeros(3), np.array([x, y, 0.0]))
    assert bool(len(drawn)) == (length >= 0.32)


def test_a_ring_is_round_and_a_brace_embraces() -> None:
    ring = Ring(EPOCHS, across, 0.3).at(4)
    np.testing.assert_allclose(np.linalg.norm(ring.ring.points[::4] - across(4), axis=1), 0.3)
    brace = Brace(EPOCHS, lambda t: np.array([[1.0, -t, 0.0], [1.0, t, 0.0]]), "both", RIGHT).at(2)
    assert brace.line.points[:, 1].min() == pytest.approx(-2)
    assert brace.line.points[:, 1].max() == pytest.approx(2)
    assert brace.line.points[:, 0].max() == pytest.approx(1 + HOOK)
    assert brace.words is not None
    assert brace.words.get_left()[0] == pytest.approx(1 + 2 * HOOK)
