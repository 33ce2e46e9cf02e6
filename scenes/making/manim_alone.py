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
from weightreel.analysis.plain_text import visible_lines
from weightreel.scenes.making import own

OWN = "--own"
"""Before Manim's options where a film is somebody's own; behind it stands the folder that paths are told from."""


def finding_ones_own(home: Path) -> Callable[[Path], list[type[Any]]]:
    """What finds the films of a file that is no part of this package, in Manim's place."""

    def found(path: Path) -> list[type[Any]]:
        try:
            module = own.loaded(path, home)
        except WeightreelError as error:
            print(visible_lines(str(error)), file=sys.stderr)
            raise SystemExit(2) from error
        return [own.telling(getattr(module, name), path, home) for name in config["scene_names"]]

    return found


if __name__ == "__main__":
    if sys.argv[1] == OWN:
        commands.scene_classes_from_file = finding_ones_own(Path(sys.argv[2]))
        del sys.argv[1:3]
    main(prog_name="manim")
