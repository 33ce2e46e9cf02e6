"""Finds where a film is busiest: draws it whole, at few frames a second, and notes what each costs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from manim import Scene, Wait, config, tempconfig
from manim.scene.scene_file_writer import SceneFileWriter, _PartialMovieEncodeJob

from weightreel.scenes.camera.encoding import FilmRenderer, FilmWriter
from weightreel.scenes.kit.clock import EpochClock

SCOUTED = 5
"""Frames a second that are drawn to find the busiest seconds."""


@dataclass(frozen=True)
class Moment:
    """A frame of a film, by its animation and its place in that, in seconds.

    Waits are not counted as animations: how many there are depends on how long the others took, to a frame.
    """

    play: int
    second: float


@dataclass(frozen=True)
class Sample:
    """What a frame cost that stands for some of the film's seconds."""

    at: Moment
    seconds: float
    """Length of the film; 0 for what is done between animations."""
    cost: float
    """Seconds of processor time that the film takes for them at its own frame rate."""
    shown: frozenset[str]
    """Names of the classes on the stage."""
    waiting: bool
    """Whether it is part of a wait, where no excerpt begins."""
    running: bool = True
    """Whether a clock runs."""


class PlainWriter(FilmWriter):
    """Encodes with the films' settings, but each frame whole, as Manim does."""

    job = _PartialMovieEncodeJob


class Gate(SceneFileWriter):
    """A writer of films that keeps frames, or neither keeps nor encodes them, where it is told so."""

    work = ""
    kept: list[list[tuple[np.ndarray, int]]]

    def begin_animation(self, allow_write: bool = False, file_path: Any = None) -> None:
        """Begin a file."""
        if self.work == "encode":
            self.kept.append([])
        elif self.work == "both":
            super().begin_animation(allow_write, file_path)

    def write_frame(self, frame_or_renderer: Any, num_frames: int = 1) -> None:
        """Take a frame."""
        if self.work == "encode":
            self.kept[-1].append((frame_or_renderer, num_frames))
        elif self.work == "both":
            super().write_frame(frame_or_renderer, num_frames)

    def end_animation(self, allow_write: bool = False) -> None:
        """End a file."""
        if self.work == "both":
            super().end_animation(allow_write)

    def finish(self) -> None:
        """Leave no film: what was encoded is an excerpt."""

    def encode_kept(self) -> None:
        """Encode the frames that were kept, into as many files as they belong to."""
        writer = PlainWriter(self.renderer, "kept")
        for i, frames in enumerate(self.kept):
            writer.begin_animation(True, str(self.partial_movie_directory / f"kept-{i}.mp4"))
            for frame, times in frames:
                writer.write_frame(frame, times)
            writer.end_animation(True)
        writer.join_all_encode_jobs()


class FilmGate(Gate, FilmWriter):
    """The films' writer, likewise."""

    @property
    def copies(self) -> bool:
        """Whether a frame may be drawn over when it has been taken."""
        return self.work != "encode"


class Scout(FilmRenderer):
    """Draws a film at few frames a second and notes what they cost."""

    def __init__(self, fps: float) -> None:
        super().__init__(FilmGate)
        self.samples: list[Sample] = []
        self._worth = fps / SCOUTED
        self._before = time.thread_time()
        self._plays, self._second = 0, 0.0

    def play(self, scene: Scene, *args: Any, **kwargs: Any) -> None:
        """Play an animation."""
        self._second = 0.0
        super().play(scene, *args, **kwargs)
        self._plays += not waits(scene)

    def save_static_frame_data(self, scene: Scene, static_mobjects: Any) -> Any:
        """Note what was done since the last animation, when the next one is ready to run."""
        image = super().save_static_frame_data(scene, static_mobjects)
        self._note(scene, 0, 1)
        return image

    def render(self, scene: Scene, time: float, moving_mobjects: Any = None) -> None:
        """Draw a frame and note its cost."""
        super().render(scene, time, moving_mobjects)
        self._note(scene, 1 / SCOUTED, self._worth)

    def freeze_current_frame(self, duration: float) -> None:
        """Wait."""
        super().freeze_current_frame(duration)
        self._second += duration

    def _note(self, scene: Scene, seconds: float, worth: float) -> None:
        now = time.thread_time()
        shown = frozenset(type(mobject).__name__ for mobject in scene.mobjects)
        cost = (now - self._before) * worth
        moment, running = Moment(self._plays, self._second), runs_a_clock(scene)
        self.samples.append(Sample(moment, seconds, cost, shown, waits(scene), running))
        self._before, self._second = now, self._second + seconds


def busiest(samples: Sequence[Sample], seconds: float, showing: str | None = None) -> Moment:
    """Where the costliest `seconds` begin; with `showing`, in one run of a clock with an object of that class on stage.

    Raises:
        ValueError: there are no such seconds.
    """
    best, start = -1.0, None
    for i, first in enumerate(samples):
        length = cost = 0.0
        for sample in samples[i:]:
            within = sample.at.play == first.at.play and sample.running and (showing or "") in sample.shown
            if showing and not within:
                break
            length, cost = length + sample.seconds, cost + sample.cost
            if length > seconds - 1e-6:
                break
        if first.seconds and not first.waiting and length > seconds - 1e-6 and cost > best:
            best, start = cost, first.at
    if start is None:
        raise ValueError(f"there are no {seconds} s of film{f' with {showing}' if showing else ''}")
    return start


def waits(scene: Scene) -> bool:
    """Whether the scene's animation is a wait."""
    return all(isinstance(animation, Wait) for animation in scene.animations or [])


def runs_a_clock(scene: Scene) -> bool:
    """Whether one of the scene's animations moves a clock."""
    return any(isinstance(animation.mobject, EpochClock) for animation in scene.animations or [])


def scout(scene: type[Scene], seconds: float, showing: str | None) -> Moment:
    """Find the costliest `seconds` of a film as it is drawn by its own camera; within `settings`."""
    fps = config.frame_rate
    with tempconfig({"frame_rate": SCOUTED}):
        renderer = Scout(fps)
        scene(renderer=renderer).render()
    return busiest(renderer.samples, seconds, showing)
