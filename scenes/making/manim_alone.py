"""Manim's command with the project's settings and nobody else's: `python -m weightreel.scenes.making.manim_alone`.

A film of somebody's own may import modules beside it, and tells them which of their lines is wrong.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from manim import config
from manim.__main__ import main
from manim.cli.render import commands

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.places import PACKAGE
from weightreel.analysis.plain_text import visible_lines
from weightreel.scenes.making import own

Found = Callable[[Path], list[type[Any]]]


def with_ones_own(of_manim: Found) -> Found:
    """How films are found in a file: as Manim does, `of_manim`, but for files that are no part of this package."""

    def found(path: Path) -> list[type[Any]]:
        if path.is_relative_to(PACKAGE):
            return of_manim(path)
        try:
            module = own.loaded(path)
        except WeightreelError as error:
            print(visible_lines(str(error)), file=sys.stderr)
            raise SystemExit(2) from error
        return [own.telling(getattr(module, name), path) for name in config["scene_names"]]

    return found


if __name__ == "__main__":
    commands.scene_classes_from_file = with_ones_own(commands.scene_classes_from_file)
    main(prog_name="manim")
