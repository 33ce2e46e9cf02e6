"""How much of a film stands still, and how much of its frame stays empty: told from its frames, as they are drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from manim import ManimColor

from weightreel.analysis.palette import theme
from weightreel.scenes.camera.drawing import FilmCamera
from weightreel.scenes.camera.encoding import FilmWriter
from weightreel.scenes.camera.looks import Array, Box
from weightreel.scenes.kit.theme import MARGIN

WIDTH, HEIGHT, FPS = 854, 480, 15
"""Pixels and frames a second at which stillness is defined: quality l."""
STILL_PIXELS, STILL_LEVELS = 25, 12
"""A frame stands still where fewer pixels than this differ by more grey levels than that from the frame before."""
MOST_STILL = 0.30
"""Share of a film's frames that may stand still."""
LONGEST_STILL = 3.0
"""Seconds for which a picture may stand still."""
LIT_LEVELS = 23
"""Grey levels from the background that make a pixel lit: on the dark theme's, which is 17, those above 40."""
LEAST_LIT = 0.02
"""Share of the first frame that is lit: a film begins with a picture."""
FLOOR = 0.2
"""Share of the frame's height that is its floor, of which the margin shows nothing in any film."""
MOST_EMPTY = 0.25
"""Share of frames in which nothing may lie on the floor."""

STILLNESS = "stillness"
STILL_PICTURE = "still picture"
DARK_BEGINNING = "dark beginning"
EMPTY_FLOOR = "empty floor"
KINDS = (STILLNESS, STILL_PICTURE, DARK_BEGINNING, EMPTY_FLOOR)
"""The faults that frames tell."""


@dataclass(frozen=True)
class Still:
    """A picture that does not change.

    Attributes:
        start: second of the first frame that is like the one before it.
        seconds: until a frame differs, or the film ends.
    """

    start: float
    seconds: float


@dataclass(frozen=True)
class Figures:
    """What a film's frames tell of its movement.

    Attributes:
        changes: pixels that differ visibly from the frame before, of all frames but the first, (F - 1,).
        bare: whether the floor shows nothing, of all frames, (F,).
        lit: share of the first frame's pixels that are not of the background.
        fps: frames a second.
    """

    changes: Sequence[int]
    bare: Sequence[bool]
    lit: float
    fps: float = FPS

    @property
    def seconds(self) -> float:
        """From the first frame to the last."""
        return len(self.changes) / self.fps

    @property
    def still(self) -> float:
        """Share of the frames that stand still."""
        return float(np.mean(np.array(self.changes) < STILL_PIXELS)) if len(self.changes) else 1.0

    @property
    def stills(self) -> list[Still]:
        """Spells in which nothing moves, in the film's order."""
        found, first = [], 1
        for still, frames in groupby(n < STILL_PIXELS for n in self.changes):
            after = first + len(list(frames))
            if still:  # a spell lasts until the frame that ends it, of which the film's last one has none
                end = min(after, len(self.changes))
                found.append(Still(first / self.fps, (end - first) / self.fps))
            first = after
        return found

    @property
    def longest(self) -> float:
        """Seconds of the longest still."""
        return max((still.seconds for still in self.stills), default=0.0)

    @property
    def empty(self) -> float:
        """Share of the frames in which nothing lies on the floor."""
        return float(np.mean(self.bare)) if len(self.bare) else 1.0


class Meter:
    """Sees a film's frames one after the other, and keeps of them what `Figures` needs."""

    def __init__(self) -> None:
        self._changes: list[int] = []
        self._bare: list[bool] = []
        self._lit = 0.0
        self._grey: Array | None = None
        self._background = int(grey(np.array([[ManimColor(theme().BACKGROUND).to_int_rgb()]], np.uint8))[0, 0])

    @property
    def figures(self) -> Figures:
        """Of the frames so far."""
        return Figures(self._changes, self._bare, self._lit)

    def see(self, frame: Array, boxes: Iterable[Box], times: int = 1) -> None:
        """Take the next frames.

        Args:
            frame: (height, width, 3 or 4) uint8, of which the first three are red, green and blue.
            boxes: rectangles that hold all pixels in which it differs from the frame before.
            times: how many frames are this picture.
        """
        if times < 1:
            return
        if self._grey is None:
            self._grey = grey(frame)
            self._lit = float(self._is_lit(self._grey).mean())
            self._changes += [0] * (times - 1)
        else:
            self._changes += [self._update(self._grey, frame, boxes), *[0] * (times - 1)]
        self._bare += [self._is_bare(self._grey)] * times

    def _update(self, before: Array, frame: Array, boxes: Iterable[Box]) -> int:
        changed = 0
        for left, top, right, bottom in boxes:
            now, old = grey(frame[top:bottom, left:right]), before[top:bottom, left:right]
            changed += int(np.count_nonzero(np.abs(now - old) > STILL_LEVELS))
            old[:] = now  # where rectangles overlap, what changed is counted once
        return changed

    def _is_lit(self, levels: Array) -> Array:
        return np.abs(levels - self._background) > LIT_LEVELS

    def _is_bare(self, levels: Array) -> bool:
        height = len(levels)
        floor = levels[round((1 - FLOOR) * height) : round((1 - MARGIN) * height)]
        return int(np.count_nonzero(self._is_lit(floor))) < STILL_PIXELS


def grey(pixels: Array) -> Array:
    """Grey levels (h, w) int16 of red, green and blue (h, w, 3 or 4) uint8, as video encodes brightness (BT.601)."""
    red, green, blue = (pixels[..., i].astype(np.uint16) for i in range(3))
    return ((77 * red + 150 * green + 29 * blue + 128) >> 8).astype(np.int16)


class UnwrittenFilm(FilmWriter):
    """A writer that writes nothing: a meter sees the frames.

    Attributes:
        meter: what it has seen.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.meter = Meter()

    @property
    def copies(self) -> bool:
        """The meter keeps grey levels, so that a frame may be drawn over."""
        return True

    def write_frame(self, frame_or_renderer: Any, num_frames: int = 1) -> None:
        """Show the meter a frame, so many times."""
        camera = self.renderer.camera
        assert isinstance(camera, FilmCamera)
        self.meter.see(frame_or_renderer, camera.take_changes(), num_frames)

    def finish(self) -> None:
        """Leave no file behind."""


def drawing_size() -> dict[str, Any]:
    """Manim's options for frames of the size at which stillness is defined."""
    return {"pixel_width": WIDTH, "pixel_height": HEIGHT, "frame_rate": FPS}


def clock(seconds: float) -> str:
    """A moment of a film, as players show it: 1:05."""
    whole = int(seconds)
    return f"{whole // 60}:{whole % 60:02d}"
