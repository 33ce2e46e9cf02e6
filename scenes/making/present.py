"""A lecture in a window of its own: manim-slides' player, which needs Qt."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from weightreel.analysis.errors import WeightreelError

if TYPE_CHECKING:
    from manim_slides.config import PresentationConfig

BINDINGS = ("PySide6", "PyQt6")
"""Bindings of Qt; manim-slides takes either."""
INSTEAD = "open the HTML deck in a browser, which needs no Qt: weightreel slides STORE"


def need_qt() -> None:
    """Find out before hours are spent.

    Raises:
        WeightreelError: there is no binding of Qt.
    """
    if not any(map(find_spec, BINDINGS)):
        raise WeightreelError(
            f"manim-slides present needs Qt; install it with: pip install 'manim-slides[pyside6]', or {INSTEAD}."
        )


def present(chapters: Sequence[tuple[str, PresentationConfig]], folder: Path, options: Sequence[str] = ()) -> None:
    """Show chapters one after the other, and return when the speaker closes the window.

    Args:
        chapters: names of scenes, and their slides.
        folder: for the list of slides that the player reads.
        options: of `manim-slides present`, such as --full-screen.

    Raises:
        WeightreelError: the player fails, for example because there is no display.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for scene, slides in chapters:
        # The player takes one folder, films have one each: their paths are made whole.
        whole = slides.model_copy(deep=True)
        for slide in whole.slides:
            slide.file, slide.rev_file = slide.file.resolve(), slide.rev_file.resolve()
        whole.to_file(folder / f"{scene}.json")
    command = [sys.executable, "-m", "manim_slides", "present", "--folder", str(folder), *options]
    done = subprocess.run([*command, *(scene for scene, _ in chapters)], check=False)
    if done.returncode:
        raise WeightreelError(
            f"manim-slides present ended with exit code {done.returncode}; is there a display? Else {INSTEAD}."
        )
