"""A film that is looked at while it is built: at the end of every beat, of every animation, and along its sweeps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from manim import AnimationGroup, Mobject, Wait, tempconfig

from weightreel.analysis.findings.words.language import phrase
from weightreel.scenes.kit.beats import seconds_to_read
from weightreel.scenes.kit.clock import EpochClock
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.theme import BELOW_HEADER
from weightreel.scenes.viewing.boxes import box_faults
from weightreel.scenes.viewing.contrast import pixel_faults
from weightreel.scenes.viewing.shown import Fault, Found, Shown

SHARES = (0.0, 0.25, 0.5, 0.75)
"""Where, on its way, a sweep is looked at; its end is the end of an animation."""
HASTE = 0.1
"""Seconds that a beat may lack: frames are counted whole."""
LONGEST_EMPTY = 0.3
"""Seconds for which a picture may stand still without anything on stage."""
HAS_NUMBER = re.compile(r"\d|\b(too little|too few|[Nn]one|[Nn]o|[Oo]ne|[Aa]ll|[Bb]oth|[Ee]very|nothing|never)\b")
"""What counts as a number in a sentence: digits, and words for the extremes."""


@dataclass
class Beat:
    """A chapter as it was told.

    Attributes:
        name: its name.
        caption: its subtitle.
        start: seconds from the film's start.
        end: seconds from the film's start.
        is_take_away: whether it ends a chapter on a sentence.
        small_print: characters of the details below that sentence.
    """

    name: str
    caption: str
    start: float
    end: float
    is_take_away: bool = False
    small_print: int = 0


@dataclass
class Report:
    """What was seen of a film.

    Attributes:
        film: its name.
        beats: in the order of the story.
        faults: each once, as first seen.
        looks: how often the stage was looked at.
    """

    film: str
    beats: list[Beat] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    looks: int = 0

    def note(self, found: list[Found]) -> None:
        """Keep faults that were not seen before, and the beat that shows them first."""
        beat = self.beats[-1].name if self.beats else "before the title"
        known = {(fault.kind, fault.what) for fault in self.faults}
        for each in found:
            if (each.kind, each.what) not in known:
                known.add((each.kind, each.what))
                self.faults.append(Fault(self.film, beat, each.kind, each.what, each.box))


def watched(film: type[Film], name: str = "") -> type[Film]:
    """A film that is looked at: once it has been drawn, its `report` says what a viewer would stumble over."""

    class Watched(film):  # type: ignore[misc, valid-type]
        report: Report

        def setup(self) -> None:
            self.report = Report(name or film.__name__)
            self._unseen = False
            super().setup()

        def beat(self, name: str, caption: str, **options: Any) -> None:
            self._look_closely()
            super().beat(name, caption, **options)
            self._end_beat()
            self.report.beats.append(Beat(name, caption, float(self.time), float(self.time)))

        def take_away(self, name: str, sentence: str, *details: str, **options: Any) -> None:
            super().take_away(name, sentence, *details, **options)
            self.report.beats[-1].is_take_away = True
            self.report.beats[-1].small_print = sum(map(len, details))

        def play(self, *animations: Any, **options: Any) -> None:
            clocks = {clock: clock.epoch for clock in _clocks(animations)}
            start = float(self.time)
            super().play(*animations, **options)
            self._unseen = True
            if all(isinstance(animation, Wait) for animation in animations):
                self._empty_for(float(self.time) - start)
            ends = {clock: clock.epoch for clock in clocks}
            for share in SHARES if any(ends[clock] != start for clock, start in clocks.items()) else ():
                for clock, start in clocks.items():
                    clock.set_value(start + share * (ends[clock] - start))
                self.report.note(pixel_faults(self._look()))
            for clock, end in ends.items():
                clock.set_value(end)
            self._look()

        def clear_stage(self, *keep: Mobject, **options: Any) -> None:
            self._look_closely()
            super().clear_stage(*keep, **options)

        def tear_down(self) -> None:
            self._look_closely()
            self._end_beat()
            super().tear_down()

        def _empty_for(self, seconds: float) -> None:
            """Note a picture that stands still with nothing below the line at its top."""
            boxes = Shown.of(self.mobjects).boxes
            if seconds > LONGEST_EMPTY and not (boxes[:, 0, 1] < BELOW_HEADER).any():
                self.report.note([Found("empty stage", f"for {seconds:.1f} s", np.zeros((2, 2)))])

        def _look(self) -> Shown:
            self.update_mobjects(0)
            stage = Shown.of(self.mobjects)
            self.report.looks += 1
            self.report.note(box_faults(stage))
            return stage

        def _look_closely(self) -> None:
            if self._unseen:
                self.report.note(pixel_faults(self._look()))
            self._unseen = False

        def _end_beat(self) -> None:
            if self.report.beats:
                self.report.beats[-1].end = float(self.time)

    return Watched


def _clocks(animations: tuple[Any, ...]) -> Iterator[EpochClock]:
    for animation in animations:
        if isinstance(animation, AnimationGroup):
            yield from _clocks(tuple(animation.animations))
        elif isinstance(mobject := getattr(animation, "mobject", None), EpochClock):
            yield mobject


def story_faults(report: Report) -> list[Fault]:
    """What is wrong with the story: its first and last beat, its captions, its take-aways and their pace."""
    found = []

    def fault(beat: str, kind: str, what: str) -> None:
        found.append(Fault(report.film, beat, kind, what))

    beats = report.beats
    if phrase("Title") not in [beat.name for beat in beats[:2]]:
        fault(beats[0].name if beats else "", "no title", "neither of the first two beats is called Title")
    if not beats or beats[-1].name != phrase("Data"):
        fault(beats[-1].name if beats else "", "no data", "the last beat is not the card of the data")
    if not any(beat.is_take_away for beat in beats):
        fault("", "no take-away", "no chapter ends on its sentence")
    if not any(not beat.is_take_away for beat in beats[1:-1]):
        fault("", "no evidence", "nothing is shown between the title and the data")
    for beat in beats:
        seconds = beat.end - beat.start
        if not beat.caption.strip():
            fault(beat.name, "no caption", "the beat says nothing to those who read it")
        elif seconds > 0 and seconds + HASTE < seconds_to_read(beat.caption, beat.small_print):
            fault(beat.name, "too brief", f"{len(beat.caption)} characters in {seconds:.1f} s")
        if beat.is_take_away and not HAS_NUMBER.search(beat.caption):
            fault(beat.name, "no number", beat.caption)
    return found


def check(film: type[Film], folder: Path, name: str = "") -> Report:
    """Build a film without rendering it, and look at it.

    Args:
        film: its class, which is drawn with the current settings.
        folder: for Manim's temporary files.
        name: of the film in the report; its class's by default.

    Raises:
        WeightreelError: as the film does, such as NothingToShow where its store holds nothing for it.
    """
    with _draft(folder):
        scene = watched(film, name)()
        scene.draw()
    report: Report = scene.report  # type: ignore[attr-defined]
    report.faults += story_faults(report)
    return report


@contextmanager
def _draft(folder: Path) -> Iterator[None]:
    small = {"pixel_width": 32, "pixel_height": 18, "frame_rate": 10, "save_last_frame": True, "dry_run": True}
    quiet = {"verbosity": "WARNING", "progress_bar": "none"}
    with tempconfig({"media_dir": str(folder), "output_file": str(folder / "film"), **small, **quiet}):
        yield
