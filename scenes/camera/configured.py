"""Manim with its own defaults and the project's manim.cfg, and nobody else's.

Manim reads `~/.config/manim/manim.cfg` and the working folder's manim.cfg when it is imported. One that asks for a
frame of another size, for a few animations or for another renderer would cut the films. So importing
`weightreel.scenes` makes Manim, where it is not imported yet, read the project's file alone.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from configparser import ConfigParser
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

import click

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.places import SCENES

CONFIGURATION = SCENES / "manim.cfg"
"""The file that Manim renders films with."""
MANIM = "manim"
HEIGHT = 8.0
"""Of a frame, in its units."""
LEAST, MOST = 16, 8192
"""Pixels of a frame's sides."""
FASTEST = 240
"""Frames a second."""
RANGE = "from_animation_number"
"""Manim's option of the animations that are drawn."""
ALL = -1
"""Manim's number of the last animation where all are drawn."""


class Finder(MetaPathFinder):
    """Finds Manim once, so that it is imported with the project's settings."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> Any:
        """Manim's own spec with `Configured` as its loader, None for everything else."""
        if fullname != MANIM:
            return None
        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = Configured(spec, spec.loader)
        return spec


class Configured(Loader):
    """Imports Manim as its own loader does, while no other file of its settings can be read."""

    def __init__(self, spec: ModuleSpec, loader: Loader) -> None:
        self.spec, self.loader = spec, loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """As Manim's loader does."""
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """As Manim's loader does, which the module keeps."""
        self.spec.loader = module.__loader__ = self.loader
        with reading_ours_alone():
            self.loader.exec_module(module)


def import_manim_with_ours() -> None:
    """Let Manim read the project's settings when it is imported; where it is imported already nothing changes."""
    if MANIM not in sys.modules and not any(isinstance(finder, Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, Finder())


@contextmanager
def reading_ours_alone() -> Iterator[None]:
    """Of files called manim.cfg read the project's, whichever are asked for, until the block ends."""
    read = ConfigParser.read

    def read_ours(self: ConfigParser, filenames: Any, encoding: str | None = None) -> list[str]:
        asked = [filenames] if isinstance(filenames, (str, bytes, Path)) else list(filenames)
        names = [Path(str(name)).name == CONFIGURATION.name for name in asked]
        wanted: Iterable[Any] = [CONFIGURATION] if any(names) else asked
        return read(self, wanted, encoding or "utf-8")

    ConfigParser.read = read_ours  # type: ignore[assignment,method-assign]
    try:
        yield
    finally:
        ConfigParser.read = read  # type: ignore[method-assign]


def our_settings() -> dict[str, Any]:
    """What `manim.tempconfig` takes so that a film is drawn with the project's settings, whatever Manim has read."""
    from manim._config.utils import ManimConfig, config_file_paths

    defaults, *_ = config_file_paths()
    parser = ConfigParser()
    parser.read([defaults, CONFIGURATION], encoding="utf-8")
    settings = ManimConfig().digest_parser(parser)
    return {name: value for name, value in settings._d.items() if value is not None}


def nothing_drawn(animations: int) -> WeightreelError | None:
    """What there is to say where a range of animations was asked for that begins after a film's last; else None."""
    from manim import config

    if config.from_animation_number < max(animations, 1):
        return None
    return WeightreelError(
        f"the film has {animations} animations, and nothing was drawn from number {config.from_animation_number} on; "
        f"name a smaller one with --{RANGE}."
    )


def refused_frame() -> WeightreelError | None:
    """What of Manim's settings, from its command line or somebody's manim.cfg, no film can be drawn with; else None."""
    from manim import config
    from manim.constants import RendererType

    if config.renderer != RendererType.CAIRO:
        return WeightreelError(
            "films are drawn with Manim's renderer Cairo; leave out --renderer, or set renderer = cairo in manim.cfg."
        )
    width, height, rate = config.pixel_width, config.pixel_height, config.frame_rate
    encoded = config.write_to_movie and not config.dry_run
    least, odd = (LEAST, width % 2 or height % 2) if encoded else (1, 0)
    if min(width, height) < least or max(width, height) > MOST or odd:
        return WeightreelError(
            f"a film of {width}×{height} pixels cannot be encoded; ask for even numbers of {LEAST} to {MOST} "
            "with --resolution, such as 1280,720."
        )
    if not 0 < rate <= FASTEST:
        return WeightreelError(
            f"a film of {rate:g} frames a second cannot be encoded; ask for a number up to {FASTEST} with --fps."
        )
    first, last = config.from_animation_number, config.upto_animation_number
    if first < 0 or (last != ALL and last < first):
        return WeightreelError(
            f"there are no animations from {first} to {last}; name two numbers that ascend from 0 with "
            f"--{RANGE}, such as 3,5."
        )
    return None


def compose_frame() -> None:
    """Override what somebody's manim.cfg would cut a film by: the frame's size, and a range of animations.

    The frame becomes as high as films are composed for, and of the pixels' shape. One of 16:9 stays where the picture
    has another shape: it is then drawn with empty room around it. A range counts where the command line names it.
    """
    from manim import config

    command = click.get_current_context(silent=True)
    if command is not None and command.params.get(RANGE, "") is None:
        config.from_animation_number, config.upto_animation_number = 0, ALL

    wide = HEIGHT * config.pixel_width / config.pixel_height
    known = any(math.isclose(config.frame_width, width, rel_tol=1e-3) for width in (wide, HEIGHT * 16 / 9))
    if not (known and math.isclose(config.frame_height, HEIGHT)):
        config.frame_height, config.frame_width = HEIGHT, wide
