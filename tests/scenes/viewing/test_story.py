"""What story and movement must be: either form of a film, whole; and what its frames tell, named with its beats."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from weightreel.scenes.viewing.seen import Beat, Report
from weightreel.scenes.viewing.stillness import DARK_BEGINNING, EMPTY_FLOOR, STILL_PICTURE, STILLNESS, Figures
from weightreel.scenes.viewing.story import movement_faults, story_faults


def report(*beats: Beat, signed: bool = False) -> Report:
    """A report on these beats alone."""
    return Report("tiny", list(beats), signed=signed)


TITLE = Beat("Title", "What is this?", 0, 4)
SHOWN = Beat("Shown", "Something moves.", 4, 10)
TOLD = Beat("Told", "It moves by 3.", 10, 15, is_take_away=True)
DATA = Beat("Data", "Made from this.", 15, 20)
ASKED = Beat("Question", "What is this?", 0, 4, asks=True)


def test_a_whole_story_is_told_well() -> None:
    assert not story_faults(report(ASKED, SHOWN, TOLD, signed=True))


def test_a_film_of_before_is_a_whole_story_with_both_cards() -> None:
    assert not story_faults(report(TITLE, SHOWN, TOLD, DATA))


@pytest.mark.parametrize(
    ("beats", "signed", "kind"),
    [
        ((SHOWN, SHOWN, TOLD), True, "no question"),
        ((ASKED, SHOWN, TOLD), False, "not signed"),
        ((ASKED, TOLD, SHOWN), True, "no ending"),
        ((ASKED, SHOWN, TOLD, DATA), True, "card"),
        ((ASKED, TITLE, SHOWN, TOLD), True, "card"),
        ((ASKED, TOLD), True, "no evidence"),
        ((), False, "no question"),
    ],
)
def test_what_a_film_that_asks_must_have(beats: tuple[Beat, ...], signed: bool, kind: str) -> None:
    assert kind in {fault.kind for fault in story_faults(report(*beats, signed=signed))}


@pytest.mark.parametrize(
    ("beats", "kind"),
    [
        ((SHOWN, TOLD, DATA), "no title"),
        ((TITLE, SHOWN, TOLD), "no data"),
        ((TITLE, SHOWN, DATA), "no take-away"),
        ((TITLE, TOLD, DATA), "no evidence"),
        ((TITLE, Beat("Shown", " ", 4, 10), TOLD, DATA), "no caption"),
        ((TITLE, Beat("Shown", "w" * 200, 4, 10), TOLD, DATA), "too brief"),
        ((TITLE, SHOWN, Beat("Told", "It moves.", 10, 15, True, small_print=300), DATA), "too brief"),
        ((TITLE, SHOWN, Beat("Told", "It moves.", 10, 15, True), DATA), "no number"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_gap_in_the_story_is_found(beats: tuple[Beat, ...], kind: str) -> None:
    assert kind in {fault.kind for fault in story_faults(report(*beats))}


def moving(changes: Sequence[int], bare: Sequence[bool] = (), lit: float = 0.5) -> Report:
    """A report on a film of two beats, at a frame a second, whose frames changed so."""
    figures = Figures(changes, bare or [False] * (len(changes) + 1), lit, fps=1)
    beats = [Beat("First", "It moves.", 0, 5), Beat("Second", "It stands.", 5, 10)]
    return Report("tiny", beats, figures=figures)


def kinds_and_beats(report: Report) -> list[tuple[str, str]]:
    """Of its faults of movement."""
    return [(fault.kind, fault.beat) for fault in movement_faults(report)]


def test_a_film_that_moves_has_no_fault() -> None:
    assert movement_faults(moving([99, 99, 99, 0, 0, 0, 99, 99, 99, 99])) == []


def test_too_much_that_stands_still_is_named_with_the_beat_that_has_most() -> None:
    assert kinds_and_beats(moving([0, 99, 99, 99, 99, 0, 0, 99, 0, 99])) == [(STILLNESS, "Second")]


def test_a_long_still_is_named_with_its_beginning_and_its_beat() -> None:
    (fault,) = movement_faults(moving([99] * 5 + [0] * 4 + [99] * 10))
    assert (fault.kind, fault.beat, fault.what) == (STILL_PICTURE, "Second", "for 4.0 s from 0:06")


def test_a_dark_beginning_and_an_empty_floor_are_named() -> None:
    bare = [False] * 6 + [True] * 5
    assert kinds_and_beats(moving([99] * 10, bare, lit=0.01)) == [(DARK_BEGINNING, "First"), (EMPTY_FLOOR, "Second")]
    assert kinds_and_beats(moving([99] * 7, [True] * 2 + [False] * 6)) == []


def test_a_film_that_was_not_drawn_has_no_fault_of_movement() -> None:
    assert movement_faults(Report("tiny", [TITLE])) == []
