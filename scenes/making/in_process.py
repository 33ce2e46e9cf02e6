"""Draw a film in this interpreter, without a child process: one film with two settings, or one film of one's own."""

from __future__ import annotations

import contextlib
import importlib
from pathlib import Path
from typing import Any

from manim import tempconfig

from weightreel.analysis.places import PACKAGE
from weightreel.analysis.settings import holding
from weightreel.scenes.camera.configured import our_settings
from weightreel.scenes.kit.film import Film
from weightreel.scenes.making import own
from weightreel.scenes.making.orders import QUALITIES, FilmFile, Order, found_from_anywhere


def draw_film(order: Order, work: Path, film: type[Film] | None = None) -> Path:
    """Draw a film with its order's settings into the folder `work`, whatever settings are current.

    Args:
        order: what to draw.
        work: the folder, which is made.
        film: a class to draw in the place of the film's own.

    Returns:
        Its .mp4; subtitles and narration lie beside it. As slides, manim-slides leaves them in `work`/slides.

    Raises:
        WeightreelError: the film refuses, for example because the store holds nothing for it.
    """
    work.mkdir(parents=True, exist_ok=True)
    options = our_settings() | size_of(order)
    options |= {"media_dir": ".", "output_file": order.film.name}  # Manim takes braces in a path for fields
    film = film or class_of(order.film)
    whole = work.resolve()
    with tempconfig(options), holding(found_from_anywhere(order)), contextlib.chdir(work):
        scene = film()
        scene.draw()
    return whole / scene.renderer.file_writer.movie_file_path


def size_of(order: Order) -> dict[str, Any]:
    """Manim's options for frames of the order's quality, drawn without a word."""
    size = QUALITIES[order.quality]
    return {
        "pixel_width": size.width,
        "pixel_height": size.height,
        "frame_rate": size.fps,
        "disable_caching": True,
        "verbosity": "WARNING",
        "progress_bar": "none",
    }


def class_of(film: FilmFile) -> type[Film]:
    """The class that a film's file defines; one of somebody's own tells them which of their lines fails.

    Raises:
        WeightreelError: the file of somebody's own cannot be run.
    """
    if film.own:
        return own.telling(getattr(own.loaded(film.path), film.scene), film.path)
    inside = film.path.relative_to(PACKAGE).with_suffix("").parts
    found: type[Film] = getattr(importlib.import_module(".".join((PACKAGE.name, *inside))), film.scene)
    return found
