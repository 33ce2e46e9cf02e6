"""What films are made on: Manim's Scene, or manim-slides' Slide in a lecture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from manim import Scene

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.settings import Settings, read_settings
from weightreel.scenes.kit.settings import leave


def _as_slides() -> bool:
    try:
        return read_settings().slides
    except WeightreelError as error:
        leave(error, Settings())


def _base() -> type[Scene]:
    """manim-slides' Slide where WEIGHTREEL_SLIDES=1, else Manim's Scene."""
    if not _as_slides():
        return Scene
    try:
        from manim_slides import Slide
    except ImportError:
        needed = "WEIGHTREEL_SLIDES=1 needs manim-slides; install weightreel[slides] or unset it."
        leave(WeightreelError(needed), Settings())
    return type("Slides", (Slide,), {"skip_reversing": True})


AS_SLIDES = _as_slides()

if TYPE_CHECKING:
    Base = Scene
else:
    Base = _base()
