"""A film that is looked at while it is built: at the end of every beat, of every animation, and along its sweeps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from manim import AnimationGroup, Mobject, Wait, tempconfig

from weightreel.scenes.camera.encoding import FilmRenderer
from weightreel.scenes.kit.clock import EpochClock
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.grammar.follow import Veil
from weightreel.scenes.kit.theme import BELOW_HEADER
from weightreel.scenes.viewing.boxes import box_faults
from weightreel.scenes.viewing.contrast import pixel_faults
from weightreel.scenes.viewing.dimmed import Known
from weightreel.scenes.viewing.seen import Beat, Report
from weightreel.scenes.viewing.shown import Found, Shown
from weightreel.scenes.viewing.stillness import UnwrittenFilm, drawing_size
from weightreel.scenes.viewing.story import movement_faults, story_faults

SHARES = (0.0, 0.25, 0.5, 0.75)
"""Where, on its way, a sweep is looked at; its end is the end of an animation."""
LONGEST_EMPTY = 0.3
"""Seconds for which a picture may stand still without anything on stage."""


def watched(film: type[Film], name: str = "") -> type[Film]:
    """A film that is looked at: once it has been drawn, its `report` says what a viewer would stumble over."""

    class Watched(film):  # type: ignore[misc, valid-type]
        report: Report

        def setup(self) -> None:
            self.report = Report(name or film.__name__, loops=film.loops)
            self._unseen = False
            self._signed_in = -1
            self._known = Known()
            super().setup()

        def beat(self, name: str, caption: str, **options: Any) -> None:
            self._look_closely()
            super().beat(name, caption, **options)
            self._end_beat()
            if not self.left_out:
                caption = self.telling.said(name, caption)
                self.report.beats.append(Beat(name, caption, float(self.time), float(self.time)))

        def take_away(self, name: str, sentence: str, *details: str, **options: Any) -> None:
            super().take_away(name, sentence, *details, **options)
            if self.left_out:
                return
            self.report.beats[-1].is_take_away = True
            self.report.beats[-1].small_print = sum(map(len, details))

        def conclude(self, *arguments: Any, **options: Any) -> Any:
            lines = super().conclude(*arguments, **options)
            if self.left_out:
                return lines
            self.report.beats[-1].is_take_away = True
            self.report.beats[-1].details = tuple(options.get("details", ()))
            self.report.beats[-1].small_print = sum(map(len, self.report.beats[-1].details))
            return lines

        def ask(self, *arguments: Any, **options: Any) -> Any:
            asked = super().ask(*arguments, **options)
            if not self.left_out:
                self.report.beats[-1].asks = True
            return asked

        def sign(self, *arguments: Any, **options: Any) -> Any:
            self._signed_in = len(self.report.beats)
            return super().sign(*arguments, **options)

        def play(self, *animations: Any, **options: Any) -> None:
            if self.left_out:
                super().play(*animations, **options)
                return
            clocks = {clock: clock.epoch for clock in _clocks(animations)}
            if any(isinstance(part, Veil) for mobject in _mobjects(animations) for part in mobject.get_family()):
                self._look_closely()  # what is dimmed must have been readable before
            start = float(self.time)
            super().play(*animations, **options)
            self._unseen = True
            if all(isinstance(animation, Wait) for animation in animations):
                self._empty_for(float(self.time) - start)
            ends = {clock: clock.epoch for clock in clocks}
            for share in SHARES if any(ends[clock] != start for clock, start in clocks.items()) else ():
                for clock, start in clocks.items():
                    clock.set_value(start + share * (ends[clock] - start))
                self._note_pixels()
            for clock, end in ends.items():
                clock.set_value(end)
            self._look()

        def clear_stage(self, *keep: Mobject, **options: Any) -> None:
            self._look_closely()
            super().clear_stage(*keep, **options)

        def tear_down(self) -> None:
            self._look_closely()
            self._end_beat()
            self.report.signed = self._signed_in == len(self.report.beats)
            super().tear_down()

        def _empty_for(self, seconds: float) -> None:
            """Note a picture that stands still with nothing below the line at its top."""
            stage = Shown.of(self.mobjects)
            boxes = stage.boxes[[not isinstance(part, Veil) for part in stage.parts]]
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
                self._note_pixels()
            self._unseen = False

        def _note_pixels(self) -> None:
            self.report.note(pixel_faults(self._look(), self._known))

        def _end_beat(self) -> None:
            if self.report.beats:
                self.report.beats[-1].end = float(self.time)

    return Watched


def _clocks(animations: tuple[Any, ...]) -> Iterator[EpochClock]:
    yield from (mobject for mobject in _mobjects(animations) if isinstance(mobject, EpochClock))


def _mobjects(animations: tuple[Any, ...]) -> Iterator[Mobject]:
    """What is animated, in groups of animations too."""
    for animation in animations:
        if isinstance(animation, AnimationGroup):
            yield from _mobjects(tuple(animation.animations))
        elif isinstance(mobject := getattr(animation, "mobject", None), Mobject):
            yield mobject


def check(film: type[Film], folder: Path, name: str = "") -> Report:
    """Draw a film without encoding it, and look at it.

    Its frames are drawn as a film of quality l shows them: stillness is defined there, and where nothing changes the
    films' camera draws nothing.

    Args:
        film: its class, which is drawn with the current settings.
        folder: for Manim's temporary files.
        name: of the film in the report; its class's by default.

    Raises:
        WeightreelError: as the film does, such as NothingToShow where its store holds nothing for it.
    """
    with _unwritten(folder):
        scene = watched(film, name)(FilmRenderer(UnwrittenFilm))
        scene.draw()
    report: Report = scene.report  # type: ignore[attr-defined]
    report.figures = scene.renderer.file_writer.meter.figures
    report.faults += [*story_faults(report), *movement_faults(report)]
    return report


@contextmanager
def _unwritten(folder: Path) -> Iterator[None]:
    nothing = {"media_dir": str(folder), "output_file": str(folder / "film"), "dry_run": True}
    quiet = {"verbosity": "WARNING", "progress_bar": "none"}
    with tempconfig({**nothing, **quiet, **drawing_size()}):
        yield
