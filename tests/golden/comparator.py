"""Compare what an instrument draws with a picture kept beside the tests. Never skips, whatever cairo is there."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from manim import Mobject, tempconfig
from PIL import Image

from weightreel.analysis.palette import DARK
from weightreel.scenes.camera.drawing import FilmCamera

FRAMES = Path(__file__).parent / "frames"
DIFFERENCES = Path(__file__).parents[2] / "media" / "golden-diff"
SIZE = 480, 270

STRONG = 48
"""Levels (of 255) by which a channel must differ for its pixel to count: versions of cairo smooth edges differently."""
MOST_STRONG = 0.002
"""Share of the pixels that may: some 250 of 129,600, about what one line moved by a pixel changes."""
MOST_MEAN = 0.5
"""Mean difference in levels over the whole frame."""


class FrameDiffersError(AssertionError):
    """A frame is not the one that was kept."""


def frame_of(*mobjects: Mobject) -> np.ndarray:
    """What the films' camera sees of `mobjects`, (270, 480, 3) uint8."""
    width, height = SIZE
    with tempconfig({"pixel_width": width, "pixel_height": height, "background_color": DARK.BACKGROUND}):
        camera = FilmCamera()
        camera.capture_mobjects(mobjects)
        return np.array(camera.pixel_array[..., :3])


def compare(name: str, *mobjects: Mobject, frames: Path = FRAMES, differences: Path = DIFFERENCES) -> None:
    """Compare with `frames`/NAME.png; WEIGHTREEL_GOLDEN=update writes that file instead.

    Raises:
        FrameDiffersError: there is no such picture, or it differs; a picture of kept, drawn and difference side by
            side is then left at `differences`/NAME.png.
    """
    drawn = frame_of(*mobjects)
    path = frames / f"{name}.png"
    if os.environ.get("WEIGHTREEL_GOLDEN") == "update":
        frames.mkdir(parents=True, exist_ok=True)
        Image.fromarray(drawn).save(path, optimize=True)
        return
    if not path.is_file():
        raise FrameDiffersError(f"there is no {path}; look at what is drawn and keep it with WEIGHTREEL_GOLDEN=update.")
    kept = np.asarray(Image.open(path).convert("RGB"))
    if kept.shape != drawn.shape:
        raise FrameDiffersError(f"{path} has shape {kept.shape}, drawn is {drawn.shape}.")
    difference = np.abs(kept.astype(int) - drawn.astype(int))
    strong, mean = float((difference.max(2) > STRONG).mean()), float(difference.mean())
    if strong > MOST_STRONG or mean > MOST_MEAN:
        differences.mkdir(parents=True, exist_ok=True)
        beside = np.concatenate([kept, drawn, np.minimum(difference * 4, 255).astype(np.uint8)], axis=1)
        Image.fromarray(beside).save(differences / f"{name}.png")
        raise FrameDiffersError(
            f"{name}: {strong:.2%} of the pixels differ by more than {STRONG} levels (allowed {MOST_STRONG:.2%}), on "
            f"average {mean:.2f} (allowed {MOST_MEAN}); see {differences / f'{name}.png'}."
        )
