"""Every film's frames are as Manim's own camera draws them."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from manim import Camera, Mobject, Scene, tempconfig
from manim.utils.iterables import list_update

from tests.golden.comparator import MOST_MEAN, MOST_STRONG, STRONG
from weightreel.scenes.camera.encoding import FilmRenderer
from weightreel.scenes.making.orders import find_films

EVERY = 3
"""So many frames are drawn by the films' camera for one that is compared."""


class Twice(FilmRenderer):
    """Draws frames with Manim's camera too, and notes those that differ by more than golden frames may."""

    def __init__(self) -> None:
        super().__init__()
        self.stock = Camera()
        self.compared = 0
        self.differing: list[str] = []

    def render(self, scene: Scene, time: float, moving_mobjects: Iterable[Mobject] | None = None) -> None:
        super().render(scene, time, moving_mobjects)
        if round(self.time * self.camera.frame_rate) % EVERY:
            return
        self.stock.set_frame_to_background(self.camera.background if self.static_image is None else self.static_image)
        self.stock.capture_mobjects(moving_mobjects or list_update(scene.mobjects, scene.foreground_mobjects))
        difference = np.abs(self.camera.pixel_array.astype(int) - self.stock.pixel_array)
        strong, mean = (difference.max(2) > STRONG).mean(), difference.mean()
        self.compared += 1
        if strong > MOST_STRONG or mean > MOST_MEAN:
            self.differing.append(f"{self.time:.2f} s: {strong:.2%} of the pixels, {mean:.2f} on average")


@pytest.mark.slow
@pytest.mark.parametrize("name", find_films())
def test_a_film_is_drawn_as_by_manims_camera(
    name: str, small_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEIGHTREEL_STORE", str(small_store))
    monkeypatch.delenv("WEIGHTREEL_RUN", raising=False)
    film = find_films()[name]
    size = {"pixel_width": 640, "pixel_height": 360, "frame_rate": 6, "dry_run": True}
    with tempconfig(size | {"media_dir": str(tmp_path), "output_file": str(tmp_path / "film"), "verbosity": "ERROR"}):
        renderer = Twice()
        getattr(importlib.import_module(f"weightreel.scenes.{name}"), film.scene)(renderer=renderer).render()
    assert renderer.compared > 20
    assert not renderer.differing
