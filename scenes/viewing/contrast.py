"""What pixels tell: texts and pictures that change none, texts that cannot be read on what lies behind them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

import cairo
import numpy as np
from manim import Camera, Mobject, VMobject
from manim.mobject.types.image_mobject import AbstractImageMobject

from weightreel.analysis.palette import LEAST_CONTRAST, theme
from weightreel.scenes.kit.clock import Clocked
from weightreel.scenes.kit.grammar.follow import Veil
from weightreel.scenes.kit.theme import FRAME_HEIGHT, FRAME_WIDTH
from weightreel.scenes.kit.type import Numerals
from weightreel.scenes.viewing.dimmed import Known, lie_under_a_veil
from weightreel.scenes.viewing.shown import Found, Shown, Text, drawn_parts

PER_UNIT = 60
"""Pixels of a unit of the frame: the picture is 480 pixels high, as on a phone."""
VISIBLE = 10
"""Levels of 255 that a pixel must change by to be seen."""
MOST_DIM = 0.1
"""Share of a text's pixels that may have less: where the edge of a picture runs behind it."""
SEEN_LINE = 1.25
"""Contrast of a line that can be seen behind a text."""
MOST_CROSSED = 0.04
"""Share of a text's pixels that a line may run through."""


def luminance(rgb: np.ndarray) -> np.ndarray:
    """Relative luminance (…) of sRGB colours (…, 3) in 0 … 1, as WCAG 2.2 defines it."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


def contrast(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Contrast ratio of luminances, 1 … 21."""
    return (np.maximum(one, other) + 0.05) / (np.minimum(one, other) + 0.05)


class Picture:
    """A stage drawn by Manim's own camera, whole or a part of it without some mobjects."""

    def __init__(self, stage: Shown) -> None:
        self.stage = stage
        self.shape = round(FRAME_HEIGHT * PER_UNIT), round(FRAME_WIDTH * PER_UNIT)

    @cached_property
    def whole(self) -> np.ndarray:
        """All of it, uint8 (height, width, 3)."""
        return self._draw(self.stage.parts, np.array([[0, 0], self.shape[::-1]]))

    def window(self, box: np.ndarray) -> np.ndarray:
        """Pixels around a box (2, 2) in units of the frame: left, top; right, bottom, as (2, 2) of int."""
        low, high = box
        left, right = np.array([low[0], high[0]]) * PER_UNIT + self.shape[1] / 2
        top, bottom = self.shape[0] / 2 - np.array([high[1], low[1]]) * PER_UNIT
        corners = np.array([[np.floor(left) - 1, np.floor(top) - 1], [np.ceil(right) + 1, np.ceil(bottom) + 1]])
        return np.clip(corners, 0, self.shape[::-1]).astype(int)

    def without(self, hidden: Iterable[Mobject], box: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The part of the picture around `box` as it is and without `hidden`, uint8 (h, w, 3) each."""
        gone = {id(part) for part in hidden}
        window = self.window(box)
        near = self._reaching(box)
        parts = [part for part, is_near in zip(self.stage.parts, near, strict=True) if is_near and id(part) not in gone]
        (left, top), (right, bottom) = window
        return self.whole[top:bottom, left:right], self._draw(parts, window)

    def _reaching(self, box: np.ndarray) -> np.ndarray:
        room = 3 / PER_UNIT
        boxes = self.stage.boxes
        return ((boxes[:, 0] < box[1] + room) & (boxes[:, 1] > box[0] - room)).all(1)

    def _draw(self, parts: list[Mobject], window: np.ndarray) -> np.ndarray:
        (left, top), (right, bottom) = window
        if right <= left or bottom <= top:
            return np.zeros((max(bottom - top, 0), max(right - left, 0), 3), np.uint8)
        centre = [(left + right - self.shape[1]) / 2 / PER_UNIT, (self.shape[0] - top - bottom) / 2 / PER_UNIT, 0.0]
        camera = Camera(
            pixel_width=int(right - left),
            pixel_height=int(bottom - top),
            frame_width=(right - left) / PER_UNIT,
            frame_height=(bottom - top) / PER_UNIT,
            frame_center=np.array(centre),
            background_color=theme().BACKGROUND,
        )
        if parts:
            camera.capture_mobjects(parts, include_submobjects=False)
        return camera.pixel_array[..., :3]


def coverage(text: Text, picture: Picture) -> np.ndarray:
    """How much of each pixel of the text's window its letters fill, 0 … 1, (h, w)."""
    (left, top), (right, bottom) = picture.window(text.box)
    surface = cairo.ImageSurface(cairo.FORMAT_A8, int(right - left), int(bottom - top))
    pen = cairo.Context(surface)
    for points in (part.points for part in text.parts):
        xs = points[:, 0] * PER_UNIT + picture.shape[1] / 2 - left
        ys = picture.shape[0] / 2 - points[:, 1] * PER_UNIT - top
        end = None
        for curve in np.stack([xs, ys], 1).reshape(-1, 8).tolist():
            if end is None or abs(curve[0] - end[0]) + abs(curve[1] - end[1]) > 1e-3:
                pen.move_to(curve[0], curve[1])
            pen.curve_to(*curve[2:])
            end = curve[6:]
    pen.fill()
    surface.flush()
    rows = np.frombuffer(surface.get_data(), np.uint8).reshape(surface.get_height(), surface.get_stride())
    return rows[:, : surface.get_width()] / 255


def pixel_faults(stage: Shown, known: Known) -> list[Found]:
    """All faults that pixels tell.

    Args:
        stage: as it is now.
        known: what could be read and seen before, which may be dimmed now; what can be read now is added.
    """
    picture = Picture(stage)
    found = []
    for text in stage.texts:
        if lie_under_a_veil(text.parts, stage):
            found += known.dimmed(text)
        elif faults := text_faults(text, picture):
            found += faults
        else:
            known.read(text)
    for name, parts in pictures(stage):
        if known.has_seen(name) and lie_under_a_veil(parts, stage):
            continue
        box = _around(stage, parts)
        shown, hidden = picture.without(parts, box)
        if _differ(shown, hidden).any():
            known.saw(name)
        else:
            found.append(Found("invisible", name, box))
    return found


def text_faults(text: Text, picture: Picture) -> list[Found]:
    """Whether a text can be seen, and read on what lies behind it."""
    shown, behind = picture.without(text.parts, text.box)
    if not _differ(shown, behind).any():
        return [Found("invisible", text.name, text.box)]
    filled = coverage(text, picture)
    letters = filled >= 0.5 * filled.max()
    back = luminance(behind / 255)
    colour, opacity = _colour_of(text)
    ratio = contrast(luminance(opacity * colour + (1 - opacity) * behind / 255), back)[letters]
    found = []
    if np.mean(ratio < LEAST_CONTRAST) > MOST_DIM:
        found.append(Found("low contrast", f"{text.name}, {np.quantile(ratio, MOST_DIM):.1f} : 1", text.box))
    near = _widened(filled >= 0.3)
    usual = np.median(back[near])
    crossed = float(np.mean(contrast(back[near], usual) > SEEN_LINE))
    if crossed > MOST_CROSSED:
        found.append(Found("picture through text", f"{text.name}, {crossed:.0%} of its letters", text.box))
    return found


def pictures(stage: Shown) -> Iterator[tuple[str, list[Mobject]]]:
    """Names and drawn parts, but for texts, of every instrument on stage and of everything that belongs to none."""
    written = {id(part) for text in stage.texts for part in text.parts}
    on_stage = {id(part) for part in stage.parts if not isinstance(part, Numerals | Veil)} - written
    taken: set[int] = set()
    for member in stage.members():
        if isinstance(member, Clocked):
            parts = [part for part in drawn_parts([member]) if id(part) in on_stage]
            if parts and not {id(p) for p in parts} <= taken:
                yield type(member).__name__, parts
            taken |= {id(p) for p in parts}
    for part in stage.parts:
        if id(part) in on_stage - taken and _has_extent(part):
            yield type(part).__name__, [part]


def _has_extent(part: Mobject) -> bool:
    return isinstance(part, AbstractImageMobject) or bool(np.ptp(part.points, axis=0).max() > 0)


def _around(stage: Shown, parts: list[Mobject]) -> np.ndarray:
    wanted = {id(part) for part in parts}
    boxes = stage.boxes[[id(part) in wanted for part in stage.parts]]
    return np.stack([boxes[:, 0].min(0), boxes[:, 1].max(0)])


def _differ(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.abs(one.astype(int) - other.astype(int)).max(-1, initial=0) >= VISIBLE


def _colour_of(text: Text) -> tuple[np.ndarray, float]:
    """Colour (3,) and opacity of a text's letters."""
    part = text.parts[0]
    assert isinstance(part, VMobject)
    return np.array(part.get_fill_color().to_rgb()), float(part.get_fill_opacity())


def _widened(mask: np.ndarray) -> np.ndarray:
    """The mask and the eight neighbours of each of its pixels."""
    padded = np.pad(mask, 1)
    return np.lib.stride_tricks.sliding_window_view(padded, (3, 3)).any((2, 3))
