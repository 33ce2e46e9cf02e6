"""The films' camera: it draws what Manim's own draws, and only where a frame differs from the one before it.

Manim's camera copies the whole frame and draws every mobject that may move again, curve by curve, at every frame. Here
the camera remembers what each mobject looked like: where nothing changed, the last frame's pixels stay. What changed is
drawn again within the rectangles that it covered and covers now, with all that lies above and below it there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import cairo
import numpy as np
from manim import RESAMPLING_ALGORITHMS, Camera, LineJointType, Mobject, PMobject, VMobject
from manim.camera.camera import CAP_STYLE_MAP, LINE_JOIN_MAP
from manim.mobject.types.image_mobject import AbstractImageMobject

from weightreel.scenes.camera.looks import (
    STRAIGHT,
    Array,
    Box,
    Drawn,
    changed,
    look_of,
    merged,
    opacity,
    same_path,
    shared,
    straight,
    subpaths,
)

WORTH_A_LOOK = 8
"""From so many curves on, it pays to find out which are straight."""
MITER_LIMIT = 10.0
"""Cairo's default: a pointed corner reaches so many half line widths beyond its path."""
SQUARE_CAP = 1.5
"""In half line widths, a little more than √2."""


class FilmCamera(Camera):
    """Manim's camera, faster: its pixels are equal, but for rounding at edges.

    Mobjects may change in any way, in place too. Whoever writes into `pixel_array` calls `reset` afterwards, as Manim
    does.
    """

    def __init__(self, **kwargs: Any) -> None:
        self._drawn: list[Drawn] | None = None  # None: unknown, so that the next frame is drawn whole
        self._base: Array | None = None  # what they were drawn on
        self._pending: Array | None = None  # what the next ones shall be drawn on
        self._seen: dict[int, Drawn] = {}
        self._changes: list[Box] = []
        super().__init__(**kwargs)

    @property
    def pixel_array(self) -> Array:
        """The frame, (height, width, 4) uint8, RGBA."""
        if self._pending is not None:
            self._show([])
        return self._pixels

    @pixel_array.setter
    def pixel_array(self, pixels: Array) -> None:
        self._pixels = pixels
        self._forget()

    def set_pixel_array(self, pixel_array: Any, convert_from_floats: bool = False) -> None:
        """Copy `pixel_array`, (height, width, 4), into the frame."""
        self._forget()
        super().set_pixel_array(pixel_array, convert_from_floats)

    def take_changes(self) -> list[Box]:
        """Rectangles that hold all pixels that changed since they were last taken; they may overlap."""
        boxes, self._changes = self._changes, []
        return boxes

    @property
    def _whole(self) -> Box:
        return 0, 0, self.pixel_width, self.pixel_height

    def _forget(self) -> None:
        """Know nothing of what the frame shows."""
        self._drawn = self._pending = None
        self._changes = [self._whole]

    def reset(self) -> FilmCamera:
        """Begin a frame on the background."""
        self.set_frame_to_background(self.background)
        return self

    def set_frame_to_background(self, background: Array) -> None:
        """Begin a frame on an image, (height, width, 4) uint8, which from now on stays as it is."""
        if hasattr(self, "_pixels") and self._pixels.shape == background.shape:
            self._pending = background
        else:
            self.set_pixel_array(background)

    def get_mobjects_to_display(
        self,
        mobjects: Iterable[Mobject],
        include_submobjects: bool = True,
        excluded_mobjects: list[Mobject] | None = None,
    ) -> list[Mobject]:
        """The families of `mobjects` that have points, from the lowest to the highest; of doubles the last one."""
        if not include_submobjects or excluded_mobjects:
            return super().get_mobjects_to_display(mobjects, include_submobjects, excluded_mobjects)
        family: list[Mobject] = []
        waiting = list(mobjects)[::-1]
        while waiting:
            mobject = waiting.pop()
            if len(mobject.points):
                family.append(mobject)
            waiting.extend(mobject.submobjects[::-1])
        if len(set(family)) < len(family):
            family = list(dict.fromkeys(reversed(family)))[::-1]
        return sorted(family, key=lambda m: m.z_index) if self.use_z_index else family

    def capture_mobjects(self, mobjects: Iterable[Mobject], **kwargs: Any) -> None:
        """Draw `mobjects` and their families onto the frame."""
        shown = self.get_mobjects_to_display(mobjects, **kwargs)
        if all(_is_known(mobject) for mobject in shown):
            self._show([self._look_at(mobject) for mobject in shown])
        else:
            if self._pending is not None:
                self.set_pixel_array(self._pending)
            self._forget()
            super().capture_mobjects(shown, include_submobjects=False)

    def _show(self, drawn: list[Drawn]) -> None:
        base, self._pending = self._pending, None
        if base is None:  # on top of what is there
            self._paint(drawn, [self._whole])
            self._forget()
            return
        known = self._drawn is not None and base is self._base
        boxes = changed(self._drawn, drawn, self._whole) if known else [self._whole]
        self._paint(drawn, boxes, base)
        self._changes = merged([*self._changes, *boxes])
        self._base, self._drawn = base, drawn
        self._seen = {id(d.mobject): d for d in drawn}  # they hold their mobjects, so that no id is used twice

    def _look_at(self, mobject: Mobject) -> Drawn:
        """How `mobject` looks now: the same object as at the frame before, if it looks the same."""
        look = look_of(mobject)
        before = self._seen.get(id(mobject))
        if before is not None and before.look == look:
            return before
        if isinstance(mobject, AbstractImageMobject):
            return Drawn(mobject, look, *self._picture(mobject))
        if not isinstance(mobject, VMobject) or not self._is_visible(mobject):
            return Drawn(mobject, look, None, None)
        if before is not None and before.shape is not None and same_path(before.look, look):
            return Drawn(mobject, look, before.box, before.shape)
        return Drawn(mobject, look, *self._trace(mobject))

    def _is_visible(self, mobject: VMobject) -> bool:
        strokes = any(
            mobject.get_stroke_width(behind) and opacity(self.get_stroke_rgbas(mobject, behind))
            for behind in (True, False)
        )
        return strokes or opacity(self.get_fill_rgbas(mobject)) > 0

    def _within(self, left: float, top: float, right: float, bottom: float) -> Box | None:
        """The part of a rectangle of pixels that lies on the frame, its sides cut to whole pixels."""
        return shared((int(left), int(top), int(right), int(bottom)), self._whole)

    def _trace(self, mobject: VMobject) -> tuple[Box | None, cairo.Path | None]:
        """A rectangle that holds the path and its strokes, and the path; None where it does not meet the frame."""
        context = self.get_cairo_context(self._pixels)
        self.set_cairo_context_path(context, mobject)
        path, (low_x, low_y, high_x, high_y) = context.copy_path(), context.path_extents()
        context.new_path()
        pointed = mobject.joint_type in (LineJointType.AUTO, LineJointType.MITER)
        width = max(mobject.get_stroke_width(), mobject.get_stroke_width(background=True))
        reach = width * self.cairo_line_width_multiple / 2 * (MITER_LIMIT if pointed else SQUARE_CAP)
        matrix = context.get_matrix()
        left, bottom = matrix.transform_point(low_x - reach, low_y - reach)
        right, top = matrix.transform_point(high_x + reach, high_y + reach)
        box = self._within(left - 1, top - 1, right + 2, bottom + 2)
        return box, path if box else None

    def set_cairo_context_path(self, ctx: cairo.Context, vmobject: VMobject) -> FilmCamera:
        """Make the mobject's curves the context's path; subpaths of straight ones as lines."""
        ctx.new_path()
        points = self.transform_points_pre_display(vmobject, vmobject.points)
        n = vmobject.n_points_per_cubic_curve
        curves = points[: len(points) // n * n, :2].reshape(-1, n, 2)
        lines = straight(curves) if len(curves) >= WORTH_A_LOOK else np.zeros(len(curves), bool)
        # Flat lists: many small ones would set off Python's search for garbage.
        starts, ends = curves[:, 0].ravel().tolist(), curves[:, -1].ravel().tolist()
        handles = [] if lines.all() else curves[:, 1:].ravel().tolist()
        for first, last in subpaths(curves, vmobject.tolerance_for_point_equality):
            ctx.new_sub_path()
            ctx.move_to(*starts[2 * first : 2 * first + 2])
            if lines[first:last].all():
                each = iter(ends[2 * first : 2 * last])
                for x, y in zip(each, each, strict=True):
                    ctx.line_to(x, y)
            else:
                for i in range(6 * first, 6 * last, 6):
                    ctx.curve_to(*handles[i : i + 6])
            if vmobject.consider_points_equals_2d(curves[first, 0], curves[last - 1, -1]):
                ctx.close_path()
        return self

    def _paint(self, drawn: Sequence[Drawn], boxes: Sequence[Box], base: Array | None = None) -> None:
        """Draw what is to be seen of `drawn` in each of `boxes`, from the lowest to the highest, on `base` if given."""
        seen = [d for d in drawn if d.box is not None]
        places = np.array([d.box for d in seen]).reshape(-1, 4)
        for box in boxes:
            left, top, right, bottom = box
            if base is not None:
                self._pixels[top:bottom, left:right] = base[top:bottom, left:right]
            meets = (places[:, :2] < (right, bottom)).all(1) & (places[:, 2:] > (left, top)).all(1)
            self._paint_in(box, [seen[i] for i in np.flatnonzero(meets)])

    def _paint_in(self, box: Box, drawn: Sequence[Drawn]) -> None:
        context = self.get_cairo_context(self._pixels)
        context.save()
        matrix = context.get_matrix()
        context.identity_matrix()
        context.rectangle(box[0], box[1], box[2] - box[0], box[3] - box[1])
        context.clip()
        context.set_matrix(matrix)
        for d in drawn:
            if isinstance(d.shape, cairo.Surface):
                context.identity_matrix()
                context.set_source_surface(d.shape, d.box[0], d.box[1])
                context.paint()
                context.set_matrix(matrix)
            else:
                context.append_path(d.shape)
                self._colour(context, d.mobject)
                context.new_path()
        context.restore()

    def _colour(self, context: cairo.Context, mobject: VMobject) -> None:
        """Fill and stroke the path; AUTO stands for cairo's defaults, whatever was drawn before."""
        context.set_line_join(LINE_JOIN_MAP[mobject.joint_type] or cairo.LineJoin.MITER)
        context.set_line_cap(CAP_STYLE_MAP[mobject.cap_style] or cairo.LineCap.BUTT)
        if mobject.background_stroke_width and opacity(self.get_stroke_rgbas(mobject, True)):
            self.apply_stroke(context, mobject, background=True)
        if opacity(self.get_fill_rgbas(mobject)):
            self.apply_fill(context, mobject)
        if mobject.stroke_width and opacity(self.get_stroke_rgbas(mobject)):
            self.apply_stroke(context, mobject)

    def _picture(self, mobject: AbstractImageMobject) -> tuple[Box | None, cairo.ImageSurface | None]:
        """Where an image lies on the frame, and its pixels there; None where nothing is to be seen."""
        if not _is_upright(mobject):
            alone = np.zeros_like(self._pixels)
            self.display_image_mobject(mobject, alone)
            return self._whole, _surface(_premultiplied(alone))
        pixels = mobject.get_pixel_array()
        (left, top), *_, (right, bottom) = self.points_to_subpixel_coords(mobject, mobject.points)
        box = self._within(left, top, right, bottom)
        if box is None or min(right - left, bottom - top) < 0.5 or not pixels[..., 3].any():
            return None, None
        height, width = pixels.shape[:2]
        columns = (np.arange(box[0], box[2]) + 0.5 - left) * (width / (right - left))
        rows = (np.arange(box[1], box[3]) + 0.5 - top) * (height / (bottom - top))
        # Whole pixels are taken, as one number each: first of the few rows, then whole rows.
        numbers = _premultiplied(pixels).view(np.uint32)[..., 0]
        wide = numbers.take(np.clip(columns, 0, width - 1).astype(int), 1)
        picture = wide.take(np.clip(rows, 0, height - 1).astype(int), 0)
        picture[:, (columns < 0) | (columns >= width)] = 0
        picture[(rows < 0) | (rows >= height)] = 0
        return box, _surface(picture)


def _is_known(mobject: Mobject) -> bool:
    """Whether `look_of` sees all that decides the mobject's pixels."""
    if isinstance(mobject, VMobject):
        return not mobject.get_background_image()
    return not isinstance(mobject, PMobject)  # a cloud of points; any other mobject, a clock for one, is not drawn


def _is_upright(mobject: AbstractImageMobject) -> bool:
    """Whether the image is neither turned nor smoothed, so that each of its pixels becomes a rectangle."""
    corners = mobject.points[:, :2]  # of the upper edge, then of the lower one
    (left, top), (right, bottom) = corners[0], corners[3]
    square = np.array([[left, top], [right, top], [left, bottom], [right, bottom]])
    nearest = mobject.resampling_algorithm == RESAMPLING_ALGORITHMS["nearest"]
    return nearest and right > left and top > bottom and bool(np.abs(corners - square).max() < STRAIGHT)


def _premultiplied(pixels: Array) -> Array:
    """Colours times opacity, as cairo has them, of pixels (height, width, 4)."""
    times = np.append(np.repeat(pixels[..., 3:], 3, 2), np.full_like(pixels[..., 3:], 255), 2)
    return ((pixels * times.astype(np.uint16) + 127) // 255).astype(np.uint8)


def _surface(pixels: Array) -> cairo.ImageSurface:
    """Pixels (height, width, 4) uint8, or (height, width) uint32, for cairo; it keeps them alive."""
    return cairo.ImageSurface.create_for_data(pixels.data, cairo.FORMAT_ARGB32, pixels.shape[1], pixels.shape[0])
