"""Seconds of a film, drawn and encoded again and again: what a frame costs, measured where a film is busiest.

    python -m benchmarks.excerpt weights --store data/cifar10.h5

Looks for the film's costliest seconds, goes there without drawing what comes before, and forks: each child draws the
excerpt, or draws and encodes it, or encodes frames that it drew before, and tells how long that took. Whatever the film
does on the way, new letters too, counts as drawing. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from manim import Camera, Scene, config, tempconfig

from benchmarks.grammar import SCENES as GRAMMAR
from benchmarks.scouting import FilmGate, Gate, Moment, scout, waits
from benchmarks.usual_films import USUAL
from weightreel.analysis.settings import Settings, holding
from weightreel.analysis.store.reader import Store
from weightreel.scenes.camera.encoding import FilmRenderer
from weightreel.scenes.kit.clock import EpochClock
from weightreel.scenes.making.in_process import class_of
from weightreel.scenes.making.orders import QUALITIES, find_films

WORKS = ("draw", "both", "encode")
"""Draw; draw and encode; encode only."""


@dataclass
class Measured:
    """Frames a second of each work, a number for each repetition."""

    film: str
    start: Moment
    frames: int
    epochs: tuple[float, float] | None
    """Where the clock stands at the beginning and the end, if the excerpt is part of a sweep."""
    memory: int = 0
    """Bytes, the most that drawing and encoding held at a time."""
    rates: dict[str, list[float]] = field(default_factory=dict)


class Finished(Exception):
    """All was measured; the rest of the film is not needed."""


class Excerpt(FilmRenderer):
    """Passes over a film up to the excerpt and measures each of the works there, each repetition in a child."""

    def __init__(self, film: str, start: Moment, frames: int, works: Sequence[str], repetitions: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.measured = Measured(film, start, frames, None)
        self._works, self._repetitions = works, repetitions
        self._entry = round(start.second * self.camera.frame_rate)
        self._left = frames
        self._within = False
        self._plays, self._moment = 0, 0
        self._pipe = -1
        self._began = 0.0

    def update_skipping_status(self) -> None:
        """Skip the animations before the excerpt."""
        self.skip_animations = self._plays < self.measured.start.play

    def play(self, scene: Scene, *args: Any, **kwargs: Any) -> None:
        """Play an animation, or pass over it."""
        self._moment = 0
        super().play(scene, *args, **kwargs)
        self._plays += not waits(scene)

    def save_static_frame_data(self, scene: Scene, static_mobjects: Any) -> Any:
        """Draw what does not move, unless the animation is passed over."""
        self.static_image = None
        return None if self.skip_animations else super().save_static_frame_data(scene, static_mobjects)

    def render(self, scene: Scene, time: float, moving_mobjects: Any = None) -> None:
        """Draw a frame of the excerpt."""
        if self.skip_animations:
            return
        here = self._plays == self.measured.start.play and self._moment == self._entry and not waits(scene)
        if here and not self._within:
            self._measure(scene)
        self._moment += 1
        if self._within:
            super().render(scene, time, moving_mobjects)
        else:
            self.time += 1 / self.camera.frame_rate

    def add_frame(self, frame: np.ndarray, num_frames: int = 1) -> None:
        """Hand on a frame; leave after the excerpt's last one."""
        num_frames = min(num_frames, self._left) if self._within else num_frames
        super().add_frame(frame, num_frames)
        if self._within:
            self._left -= num_frames
            if not self._left:
                self._leave()

    def _measure(self, scene: Scene) -> None:
        """Fork for each work and repetition. Returns in the children only."""
        self.measured.epochs = epochs_of(scene, self.measured.frames / self.camera.frame_rate)
        for _ in range(self._repetitions):
            for work in self._works:
                reading, writing = os.pipe()
                child = os.fork()
                if not child:
                    os.close(reading)
                    self._enter(work, writing)
                    return
                os.close(writing)
                with os.fdopen(reading) as pipe:
                    seconds = pipe.read()
                _, status, usage = os.wait4(child, 0)
                if status or not seconds:
                    raise RuntimeError(f"{self.measured.film}: a child that was to {work} ended with {status}")
                self.measured.rates.setdefault(work, []).append(self.measured.frames / float(seconds))
                if work == "both":
                    held = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
                    self.measured.memory = max(self.measured.memory, held)
        raise Finished

    def _enter(self, work: str, pipe: int) -> None:
        # Letters that are new in the excerpt must be set there, at every repetition.
        config.media_dir = tempfile.mkdtemp(dir=config.media_dir)
        self._within, self._pipe = True, pipe
        self.file_writer.work, self.file_writer.kept = work, []
        self._began = time.perf_counter()
        self.file_writer.begin_animation(True)

    def _leave(self) -> NoReturn:
        if self.file_writer.work == "both":
            self.file_writer.end_animation(True)
            self.file_writer.join_all_encode_jobs()
        elif self.file_writer.work == "encode":
            self._began = time.perf_counter()
            self.file_writer.encode_kept()
        os.write(self._pipe, str(time.perf_counter() - self._began).encode())
        os._exit(0)


def epochs_of(scene: Scene, seconds: float) -> tuple[float, float] | None:
    """Where a scene's clock stands now and in `seconds`, if it runs."""
    for animation in scene.animations or []:
        if isinstance(animation.mobject, EpochClock):
            clock = animation.mobject
            return clock.epoch, clock.epoch + seconds / animation.run_time * (clock.last - clock.first)
    return None


@contextmanager
def settings(quality: str, store: Path, **more: Any) -> Iterator[None]:
    """Manim's configuration for measuring, with all files in a temporary folder."""
    size = QUALITIES[quality]
    with tempfile.TemporaryDirectory() as folder:
        ours = {"media_dir": folder, "output_file": f"{folder}/film", "write_to_movie": True, "format": "mp4"}
        ours |= {"pixel_width": size.width, "pixel_height": size.height, "frame_rate": size.fps}
        quiet = {"progress_bar": "none", "verbosity": "ERROR", "disable_caching": True}
        with tempconfig(ours | quiet | more), holding(Settings(store=str(store))):
            yield


def measure(
    name: str,
    scene: type[Scene],
    start: Moment,
    seconds: float,
    works: Sequence[str],
    reps: int,
    *,
    usual: bool = False,
) -> Measured:
    """Measure `seconds` of a scene from `start` on; within `settings`.

    Args:
        usual: with Manim's own camera and writer instead of the films'.

    Raises:
        RuntimeError: the scene ended before, or a child failed.
    """
    classes = {"camera_class": Camera, "file_writer_class": Gate} if usual else {"file_writer_class": FilmGate}
    renderer = Excerpt(name, start, round(seconds * config.frame_rate), works, reps, **classes)
    try:
        scene(renderer=renderer).render()
    except Finished:
        return renderer.measured
    raise RuntimeError(f"{name} ended before its excerpt began, at {start}")


def measure_usual(film: str, ours: Measured, path: Path, seconds: float, reps: int) -> Measured:
    """Measure the first seconds of the same excerpt, made in the usual way."""
    assert ours.epochs is not None
    with Store(path) as store, tempconfig({"max_inflight_encoders": 1}):
        whole = ours.frames / config.frame_rate
        scene = USUAL[film][1](store.select("")[0], ours.epochs, whole)
        return measure(f"usual {film}", scene, Moment(0, 0.0), seconds, ("draw", "both"), reps, usual=True)


def main(arguments: list[str] | None = None) -> int:
    """Measure an excerpt of one film and print what was measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.excerpt", description="Measure seconds of a film.")
    parser.add_argument("film")
    parser.add_argument("--store", type=Path, default=Path("data/cifar10.h5"))
    parser.add_argument("--quality", choices=QUALITIES, default="h")
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--works", nargs="+", choices=WORKS, default=WORKS)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument(
        "--usual", type=float, metavar="SECONDS", help="an excerpt that has a peer, and so much of that"
    )
    options = parser.parse_args(arguments)
    name = options.film
    scene = GRAMMAR[name] if name in GRAMMAR else class_of(find_films()[name])
    showing = USUAL[name][0] if options.usual else None
    with settings(options.quality, options.store):
        start = Moment(0, 0.0) if name in GRAMMAR else scout(scene, options.seconds, showing)
        found = [measure(name, scene, start, options.seconds, options.works, options.repetitions)]
        if options.usual:
            found.append(measure_usual(name, found[0], options.store, options.usual, options.repetitions))
    print(json.dumps([asdict(measured) for measured in found]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
