"""What is wrong with a film's story, and with its pace."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from weightreel.analysis.findings.words.language import phrase
from weightreel.scenes.kit.beats import seconds_to_read
from weightreel.scenes.viewing.seen import Beat, Report
from weightreel.scenes.viewing.shown import Fault
from weightreel.scenes.viewing.stillness import (
    DARK_BEGINNING,
    EMPTY_FLOOR,
    LEAST_LIT,
    LONGEST_STILL,
    MOST_EMPTY,
    MOST_STILL,
    STILL_PICTURE,
    STILLNESS,
    clock,
)

HASTE = 0.1
"""Seconds that a beat may lack: frames are counted whole."""
HAS_NUMBER = re.compile(r"\d|\b(too little|too few|[Nn]one|[Nn]o|[Oo]ne|[Aa]ll|[Bb]oth|[Ee]very|nothing|never)\b")
"""What counts as a number in a sentence: digits, and words for the extremes."""


def story_faults(report: Report) -> list[Fault]:
    """What is wrong with the story: how it begins and ends, its captions, its take-aways and their pace."""
    beats = report.beats
    found = [*_ends(report)]
    if not report.loops and not any(beat.is_take_away for beat in beats):
        found.append(("", "no take-away", "no chapter ends on its sentence"))
    if not any(not beat.is_take_away for beat in beats[1:-1]):
        found.append(("", "no evidence", "nothing is shown between beginning and end"))
    for beat in beats:
        found += [(beat.name, *fault) for fault in _told_badly(beat)]
    return [Fault(report.film, *fault) for fault in found]


def _ends(report: Report) -> list[tuple[str, str, str]]:
    """Beat, kind and words of what is wrong with the beginning and the end.

    A film asks over a picture first and ends on a take-away that is signed, but for one whose end flows into its
    beginning. Films of before begin with their title and
    end on the card of their data: that holds, whole, for those that have not been remade.
    """
    beats = report.beats
    names = [beat.name for beat in beats]
    first, last = (names[0], names[-1]) if names else ("", "")
    cards = [name for name in (phrase("Title"), phrase("Data")) if name in names]
    found = []
    if cards and not beats[0].asks:
        if phrase("Title") not in names[:2]:
            found.append((first, "no title", "neither of the first two beats is called Title"))
        if last != phrase("Data"):
            found.append((last, "no data", "the last beat is not the card of the data"))
        return found
    if not beats or not beats[0].asks:
        found.append((first, "no question", "the first beat asks nothing"))
    found += [(name, "card", "a film that begins with a question has no cards") for name in cards]
    if report.loops:
        return found
    if not beats or not beats[-1].is_take_away:
        found.append((last, "no ending", "the last beat is not a take-away"))
    if not report.signed:
        found.append((last, "not signed", "no line in a corner names the data"))
    return found


def _told_badly(beat: Beat) -> Iterable[tuple[str, str]]:
    """Kind and words of what is wrong with a beat."""
    seconds = beat.end - beat.start
    if not beat.caption.strip():
        yield "no caption", "the beat says nothing to those who read it"
    elif seconds > 0 and seconds + HASTE < seconds_to_read(beat.caption, beat.small_print):
        yield "too brief", f"{len(beat.caption)} characters in {seconds:.1f} s"
    if beat.is_take_away and not HAS_NUMBER.search(" ".join((beat.caption, *beat.details))):
        yield "no number", beat.caption


def movement_faults(report: Report) -> list[Fault]:
    """What its frames tell: too much that stands still, too long, a dark beginning, an empty floor."""
    figures = report.figures
    if figures is None:
        return []
    found = []
    stills = figures.stills
    if figures.still > MOST_STILL:
        beat = _most(report, [(still.start, still.seconds) for still in stills])
        found.append((beat, STILLNESS, f"{figures.still:.0%} of {figures.seconds:.1f} s, most of it here"))
    for still in stills:
        if round(still.seconds, 1) > LONGEST_STILL:
            what = f"for {still.seconds:.1f} s from {clock(still.start)}"
            found.append((report.beat_at(still.start + still.seconds / 2), STILL_PICTURE, what))
    if figures.lit < LEAST_LIT:
        found.append((report.beat_at(0.0), DARK_BEGINNING, f"{figures.lit:.1%} of the first frame is lit"))
    if figures.empty > MOST_EMPTY:
        bare = np.flatnonzero(figures.bare) / figures.fps
        beat = _most(report, [(second, 1.0) for second in bare.tolist()])
        found.append((beat, EMPTY_FLOOR, f"in {figures.empty:.0%} of the frames, most of them here"))
    return [Fault(report.film, *fault) for fault in found]


def _most(report: Report, spells: Sequence[tuple[float, float]]) -> str:
    """The beat to which most belongs, of pairs of a second and how much there is."""
    amount: Counter[str] = Counter()
    for second, much in spells:
        amount[report.beat_at(second)] += much  # type: ignore[assignment]
    return max(amount, key=lambda name: amount[name], default="")
