"""One beat of a film, soon after an edit: a still of its end, or the beat alone as a film.

The beats before it are told without drawing a frame, those after it not at all.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from manim import Mobject, Scene, tempconfig
from manim.utils.exceptions import EndSceneEarlyException
from PIL import Image

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.files import file_name
from weightreel.analysis.settings import Settings, holding
from weightreel.scenes.camera.configured import our_settings
from weightreel.scenes.camera.encoding import FilmRenderer
from weightreel.scenes.kit.film import Film
from weightreel.scenes.making.in_process import class_of, draw_film, size_of
from weightreel.scenes.making.orders import Order, orders_of
from weightreel.scenes.viewing.stillness import UnwrittenFilm

STILL, MOVING = "m", "l"
"""Qualities of a still and of a beat as a film."""


def glimpse(film: str, beat: str, settings: Settings, out: Path, *, moving: bool = False) -> Path:
    """Draw one beat of a film.

    Args:
        film: its name, or the path of one's own.
        beat: how its name begins, or its number from 1.
        settings: what it is drawn with; several stores are merged first.
        out: a folder; the picture becomes OUT/STORE/QUALITY/FILM-BEAT.png.
        moving: the beat as a film instead of a still of its end.

    Returns:
        The picture, or the film.

    Raises:
        WeightreelError: no such film, store, run or beat; or the film refuses.
    """
    (order,) = orders_of([film], replace(settings, slides=False, voice=""), MOVING if moving else STILL, out)
    order.folder.mkdir(parents=True, exist_ok=True)
    return _moving(order, beat) if moving else _still(order, beat)


def _still(order: Order, beat: str) -> Path:
    with tempfile.TemporaryDirectory() as nowhere:
        unwritten = {"media_dir": nowhere, "output_file": str(Path(nowhere) / "film"), "dry_run": True}
        with tempconfig(our_settings() | size_of(order)), tempconfig(unwritten), holding(order.settings):
            scene: Any = only(class_of(order.film), beat)(Unseen())
            scene.draw()
            target = _place(order, beat, scene)
    scene.picture.save(target)
    return target


def _moving(order: Order, beat: str) -> Path:
    made = []

    class Noted(only(class_of(order.film), beat, moving=True)):  # type: ignore[misc]
        def setup(self) -> None:
            made.append(self)
            super().setup()

    with tempfile.TemporaryDirectory(dir=order.folder) as work:
        film = draw_film(order, Path(work), Noted)
        target = _place(order, beat, made[0])
        film.replace(target.with_suffix(".mp4"))
    return target.with_suffix(".mp4")


def _place(order: Order, beat: str, scene: Any) -> Path:
    """Where the picture of the beat that was found goes; where none was, that is said."""
    if not scene.found:
        ends = [start for _, start in scene.told[1:]] + [scene.renderer.num_plays]
        told = enumerate(zip(scene.told, ends, strict=True), start=1)
        there = "; ".join(f"{number} {name} ({start}–{end - 1})" for number, ((name, start), end) in told)
        raise WeightreelError(f"{order.film.name} has no beat {beat!r}; its beats, with their animations: {there}.")
    return order.folder / f"{file_name(f'{order.film.name}-{scene.found}')}.png"


def is_meant(wanted: str, name: str, number: int) -> bool:
    """Whether a beat is meant by the beginning of its name, in small or large letters, or by its number."""
    begins = wanted.strip().casefold()
    return bool(begins) and (begins == str(number) or name.casefold().startswith(begins))


def only(film: type[Film], wanted: str, *, moving: bool = False) -> type[Film]:
    """The film, of which one beat is drawn: as a `picture` of its end, or `moving`, so that others are skipped.

    Once it has been drawn, `told` are the names of the beats until then, each with the number of its first animation,
    and `found` is the name of the one; empty if there is none.
    """

    class Only(film):  # type: ignore[misc, valid-type]
        told: list[tuple[str, int]]
        found: str
        picture: Image.Image | None

        def setup(self) -> None:
            self.told, self.found, self.picture, self._left = [], "", None, False
            super().setup()
            self.next_section()

        def beat(self, name: str, caption: str, **options: Any) -> None:
            if self.found:
                raise EndSceneEarlyException
            self.let_read()  # what is still to be read of the beat before belongs to it
            self.told.append((name, self.renderer.num_plays))
            if is_meant(wanted, name, len(self.told)):
                self.found = name
            super().beat(name, caption, **options)

        def next_section(self, name: str = "unnamed", *of_manim: Any, skip_animations: bool = False) -> None:
            super().next_section(name, *of_manim, skip_animations=skip_animations or (moving and not self.found))

        def play(self, *animations: Any, **options: Any) -> None:
            self._left = False
            super().play(*animations, **options)

        def clear_stage(self, *keep: Mobject, **options: Any) -> None:
            self._take()
            super().clear_stage(*keep, **options)
            self._left = True  # the beat's end is the picture before

        def tear_down(self) -> None:
            self._take()
            super().tear_down()

        def _take(self) -> None:
            if self.found and not self._left and isinstance(self.renderer, Unseen):
                self.picture = self.renderer.picture_of(self)

    Only.__name__, Only.__module__ = film.__name__, film.__module__
    return Only


class Unseen(FilmRenderer):
    """A renderer that skips every animation, and draws a frame only where it is asked for one."""

    def __init__(self) -> None:
        super().__init__(UnwrittenFilm, skip_animations=True)
        self._drawing = False

    def update_frame(self, scene: Scene, *arguments: Any, **options: Any) -> None:
        """Draw nothing, unless for a picture."""
        if self._drawing:
            super().update_frame(scene, *arguments, **options)

    def picture_of(self, scene: Scene) -> Image.Image:
        """What stands on stage now."""
        scene.update_mobjects(0)
        self._drawing, self.static_image = True, None
        self.update_frame(scene)
        self._drawing = False
        return Image.fromarray(self.camera.pixel_array.copy()).convert("RGB")
