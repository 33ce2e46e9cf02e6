"""The films' camera draws what Manim's does, whatever changed since the frame before."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from manim import (
    BLUE,
    DOWN,
    GREEN,
    LEFT,
    RED,
    RESAMPLING_ALGORITHMS,
    RIGHT,
    UP,
    Camera,
    Circle,
    Dot,
    ImageMobject,
    Line,
    Mobject,
    PMobject,
    Rectangle,
    Square,
    ValueTracker,
    VGroup,
    VMobject,
    tempconfig,
)

from tests.golden.comparator import MOST_MEAN, MOST_STRONG, STRONG
from weightreel.scenes.camera.drawing import FilmCamera
from weightreel.scenes.camera.looks import straight, subpaths
from weightreel.scenes.kit.paths import polyline
from weightreel.scenes.kit.type import words

ROUNDING = 12
"""Levels by which a frame drawn in parts may differ from one drawn at once: edges are cut where a rectangle ends."""


@pytest.fixture(autouse=True)
def small_frames() -> Iterator[None]:
    with tempconfig({"pixel_width": 480, "pixel_height": 270, "background_color": "#102030"}):
        yield


def image(pixels: np.ndarray, nearest: bool = True) -> ImageMobject:
    picture = ImageMobject(pixels)
    picture.set_resampling_algorithm(RESAMPLING_ALGORITHMS["nearest" if nearest else "bicubic"])
    picture.height = 3
    return picture


def noise(alpha: int = 255) -> np.ndarray:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 4), dtype=np.uint8)
    pixels[..., 3] = alpha
    return pixels


def zigzag(n: int = 40) -> VMobject:
    path = VMobject(stroke_color=GREEN, stroke_width=3, fill_color=RED, fill_opacity=0.4)
    x = np.linspace(-5, 5, n)
    path.points = polyline(np.stack([x, 2 * np.sin(7 * x), 0 * x], 1))
    return path


def pieces() -> VMobject:
    """Two separate lines with one that is missing between them, and a curve."""
    path = VMobject(stroke_color=BLUE, stroke_width=4)
    corners = np.array([[-3, -2, 0], [-1, 1, 0], [np.nan, 0, 0], [1, 1, 0], [3, -2, 0.0]])
    path.points = np.concatenate([polyline(corners), Circle(0.5).points])
    return path


def outlined() -> VMobject:
    return Square(3, fill_opacity=0.5).set_stroke(RED, width=9, background=True).set_stroke(BLUE, width=2)


def cloud() -> PMobject:
    return PMobject().add_points(np.random.default_rng(0).normal(size=(50, 3)))


SIGHTS: dict[str, Callable[[], Mobject]] = {
    "letters": lambda: words("Letters, of many curves: 0.125"),
    "a path of lines": zigzag,
    "broken paths": pieces,
    "overlapping, transparent": lambda: VGroup(Circle(2, fill_opacity=0.5), Square(3, fill_opacity=0.5).shift(RIGHT)),
    "z-order": lambda: VGroup(Square(3, fill_opacity=1).set_z_index(1), Circle(2, RED, fill_opacity=1)),
    "a stroke behind": outlined,
    "a gradient": lambda: Square(3, fill_opacity=1).set_fill([RED, BLUE]).set_sheen_direction(RIGHT),
    "beyond the frame": lambda: Square(30, fill_opacity=0.3).shift(9 * LEFT),
    "outside": lambda: Square(1, fill_opacity=1).shift(30 * LEFT),
    "invisible": lambda: Square(3, fill_opacity=0, stroke_opacity=0),
    "without points": VMobject,
    "not finite": lambda: Square().apply_function(lambda p: p * np.nan),
    "a picture": lambda: image(noise()),
    "a transparent picture": lambda: VGroup(Square(4, fill_opacity=1)) and image(noise(90)),
    "a smooth picture": lambda: image(noise(), nearest=False),
    "a turned picture": lambda: image(noise()).rotate(0.4),
    "a picture beyond the frame": lambda: image(noise()).shift(6 * LEFT + 3 * UP),
    "points": cloud,
    "a clock": lambda: ValueTracker(3),
}


def captured(camera: Camera, *mobjects: Mobject) -> np.ndarray:
    camera.reset()
    camera.capture_mobjects(mobjects)
    return np.array(camera.pixel_array).astype(int)


def assert_alike(ours: np.ndarray, stock: np.ndarray) -> None:
    """As golden frames are compared."""
    difference = np.abs(ours - stock)
    assert (difference.max(2) > STRONG).mean() <= MOST_STRONG
    assert difference.mean() <= MOST_MEAN


@pytest.mark.parametrize("name", SIGHTS)
def test_a_frame_is_as_manims_camera_draws_it(name: str) -> None:
    background = Square(2, fill_opacity=1, color=GREEN).shift(LEFT)
    sight = SIGHTS[name]()
    stock = captured(Camera(), background, sight)
    camera = FilmCamera()
    assert_alike(captured(camera, background, sight), stock)
    assert_alike(captured(camera, background, sight), stock)


def move_in_place(mobject: Mobject) -> None:
    mobject.points += 0.3 * RIGHT


def repaint(mobject: Mobject) -> None:
    mobject.pixel_array[2:5, 2:5] = 255


CHANGES: dict[str, Callable[[Mobject], object]] = {
    "moved": lambda m: m.shift(0.7 * UP),
    "moved in place": move_in_place,
    "resized": lambda m: m.scale(0.5),
    "gone": lambda m: m.set_opacity(0),
    "paler": lambda m: m.set_opacity(0.3),
    "raised": lambda m: m.set_z_index(7),
    "unchanged": lambda m: m,
}


@pytest.mark.parametrize("sight", ["letters", "a path of lines", "a stroke behind", "a picture", "a smooth picture"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_frame_is_as_if_drawn_anew(sight: str, change: str) -> None:
    below, changing = Square(3, fill_opacity=0.7, color=BLUE).shift(LEFT), SIGHTS[sight]()
    above = Circle(1, fill_opacity=0.5, color=RED).shift(0.5 * RIGHT)
    camera = FilmCamera()
    captured(camera, below, changing, above)
    CHANGES[change](changing)
    assert np.abs(captured(camera, below, changing, above) - captured(FilmCamera(), below, changing, above)).max() <= (
        ROUNDING
    )


def test_each_frame_of_many_changes_is_as_if_drawn_anew() -> None:
    rng = np.random.default_rng(1)
    camera = FilmCamera()
    stage: list[Mobject] = [words("letters stay"), image(noise()), zigzag()]
    for _ in range(40):
        act = rng.integers(6)
        chosen = stage[rng.integers(len(stage))]
        if act == 0:
            stage.append(Dot(rng.normal(size=3) * [3, 2, 0], radius=0.4, fill_opacity=0.6))
        elif act == 1 and len(stage) > 2:
            stage.remove(chosen)
        elif act == 2:
            chosen.shift(rng.normal(size=3) * [1, 1, 0])
        elif act == 3:
            chosen.set_opacity(rng.random())
        elif act == 4:
            rng.shuffle(stage)
        elif isinstance(chosen, ImageMobject):
            repaint(chosen)
        assert np.abs(captured(camera, *stage) - captured(FilmCamera(), *stage)).max() <= ROUNDING


def test_frames_on_another_image_and_without_a_beginning() -> None:
    ours, stock = FilmCamera(), Camera()
    square, circle = Square(2, fill_opacity=0.5), Circle(1, fill_opacity=0.5)
    for camera in (ours, stock):
        camera.reset()
        camera.capture_mobjects([square])
        still = np.array(camera.pixel_array)
        camera.set_frame_to_background(still)
        camera.capture_mobjects([circle])
        camera.capture_mobjects([circle.copy().shift(DOWN)])  # on top
    assert_alike(np.array(ours.pixel_array).astype(int), np.array(stock.pixel_array).astype(int))
    assert np.array_equal(ours.reset().pixel_array, stock.reset().pixel_array)


def test_changes_hold_every_pixel_that_changed() -> None:
    camera = FilmCamera()
    square, label = Square(2, fill_opacity=1), words("a label").shift(2 * UP)
    before = captured(camera, square, label)
    camera.take_changes()
    square.shift(2 * RIGHT)
    changed = (captured(camera, square, label) != before).any(2)
    boxes = camera.take_changes()
    assert changed.any()
    for left, top, right, bottom in boxes:
        changed[top:bottom, left:right] = False
    assert not changed.any()
    assert sum((b[2] - b[0]) * (b[3] - b[1]) for b in boxes) < 480 * 270 / 2
    captured(camera, square, label)
    assert camera.take_changes() == []


def test_lines_and_runs_of_curves_are_found() -> None:
    curves = pieces().points[:, :2].reshape(-1, 4, 2)
    lines = straight(curves)
    assert lines[:2].all()
    assert not lines[2:].any()
    assert subpaths(curves, 1e-6) == [(0, 1), (1, 2), (2, len(curves))]
    assert subpaths(curves[:0], 1e-6) == []
    assert subpaths(Rectangle().points[:, :2].reshape(-1, 4, 2), 1e-6) == [(0, 4)]
    assert straight(Line().points[:, :2].reshape(-1, 4, 2)).all()
