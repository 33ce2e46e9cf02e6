"""The films' writer: frames reach the encoder in its own colours, and only what changed in them is converted.

Manim's writer hands the encoder's thread whole RGBA frames, 8 MB each at 1080p, and each is copied and converted there:
on two cores nearly half of the time that encoding takes. Here that thread keeps the frame in the encoder's colours, and
gets the rectangles in which the camera has drawn since: the encoder sees the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, VideoReformatter
from manim import Mobject, Scene, __version__, config
from manim.renderer.cairo_renderer import CairoRenderer
from manim.scene.scene_file_writer import SceneFileWriter, _PartialMovieEncodeJob, to_av_frame_rate
from manim.utils.file_ops import is_gif_format, modify_atime, write_to_movie

from weightreel.scenes.camera.drawing import FilmCamera
from weightreel.scenes.camera.joining import FAST_START, Sound, join
from weightreel.scenes.camera.looks import Array, Box

CODEC, PIXELS = "libx264", "yuv420p"
"""Manim's own, which play everywhere."""
OPTIONS = {"preset": "veryfast", "crf": "20"}
"""Measured on 14 moving histograms at 1080p60 (90 frames of the film weights): 161 kB at a PSNR of 43.9 dB, for less
than half of the work of Manim's own settings, the preset medium at 23, which take 158 kB at 44.1 dB."""
REACH = 2
"""Pixels: the halved colours of a row are made from its neighbours too, so that a change reaches beyond itself."""
EDGE = 16
"""Pixels: rectangles are converted on this grid, with so many around them."""
MOST_KEPT = 2
"""Frames' worth of pixels for which converters of rectangles are kept, by size."""


@dataclass(frozen=True)
class Patch:
    """A rectangle of a frame, with what lies around it.

    Attributes:
        box: on the frame, its sides even.
        pixels: of a larger rectangle, (height, width, 4) uint8, RGBA.
        left, top: where that lies on the frame.
    """

    box: Box
    pixels: Array
    left: int
    top: int

    @classmethod
    def of(cls, frame: Array, box: Box) -> Patch:
        """Copy from `frame`, (height, width, 4), what is needed to convert all that a change in `box` changes."""
        height, width = frame.shape[:2]
        left, top = (max(side - REACH, 0) // EDGE * EDGE for side in box[:2])
        right, bottom = (-(-(side + REACH) // EDGE) * EDGE for side in box[2:])
        x, y = max(left - EDGE, 0), max(top - EDGE, 0)
        pixels = frame[y : bottom + EDGE, x : right + EDGE].copy()
        return cls((left, top, min(right, width), min(bottom, height)), pixels, x, y)


def tag(stream: VideoCodecContext | av.VideoFrame) -> None:
    """Say of a stream or frame that its colours are BT.709's in its narrow range: players guess where nothing says."""
    stream.colorspace, stream.color_range = Colorspace.ITU709, ColorRange.MPEG
    stream.color_primaries, stream.color_trc = ColorPrimaries.BT709, ColorTrc.BT709


class Planes:
    """A frame as brightness and two colours at half the size, by BT.709, kept up by patches.

    Args:
        width, height: in pixels, both even.
    """

    def __init__(self, width: int, height: int) -> None:
        self.frame = av.VideoFrame(width, height, PIXELS)
        tag(self.frame)
        self._planes = [_bytes(plane) for plane in self.frame.planes]
        self._converters: dict[tuple[int, int], tuple[av.VideoFrame, VideoReformatter]] = {}

    def update(self, patch: Patch) -> None:
        """Take a patch over."""
        height, width = patch.pixels.shape[:2]
        if (width, height) not in self._converters:
            if sum(w * h for w, h in self._converters) > MOST_KEPT * self.frame.width * self.frame.height:
                self._converters.clear()
            self._converters[width, height] = av.VideoFrame(width, height, "rgba"), VideoReformatter()
        rgba, reformatter = self._converters[width, height]
        _bytes(rgba.planes[0], 4)[:] = patch.pixels.reshape(height, 4 * width)
        left, top, right, bottom = patch.box
        converted = reformatter.reformat(
            rgba,
            format=PIXELS,
            dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
            threads=1,
        )
        for plane, target, k in zip(converted.planes, self._planes, (1, 2, 2), strict=True):
            rows = slice((top - patch.top) // k, (bottom - patch.top) // k)
            columns = slice((left - patch.left) // k, (right - patch.left) // k)
            target[top // k : bottom // k, left // k : right // k] = _bytes(plane)[rows, columns]


class Job(_PartialMovieEncodeJob):
    """Encodes one animation's frames, which come as patches of the frame before, in a thread."""

    def __init__(self, **kwargs: Any) -> None:
        stream = kwargs["stream"]
        self._planes = Planes(stream.width, stream.height)
        self._n = 0
        self.fresh = True
        super().__init__(**kwargs)

    def _listen_and_write(self) -> None:
        super()._listen_and_write()
        del self._planes, self.stream, self.container  # a film has many jobs, and each encoder holds frames

    def _encode_and_write_frame(self, frame: list[Patch], num_frames: int) -> None:
        for patch in frame:
            self._planes.update(patch)
        for _ in range(num_frames):
            self._planes.frame.pts = self._n
            self._n += 1
            for packet in self.stream.encode(self._planes.frame):
                self.container.mux(packet)


class FilmWriter(SceneFileWriter):
    """Manim's writer, faster; formats other than MP4 it leaves to that.

    Attributes:
        script: what the film says, in Markdown; written beside the subtitles.
        chapters: of an MP4, as PyAV takes them.
    """

    job: type[_PartialMovieEncodeJob] = Job
    script: str = ""
    chapters: Sequence[dict[str, Any]] = ()

    @property
    def copies(self) -> bool:
        """Whether a frame has been copied when it has been written, so that it may be drawn over."""
        return isinstance(self._current_encode_job, Job)

    @property
    def _usual(self) -> bool:
        return config.movie_file_extension != ".mp4" or config.transparent

    def open_partial_movie_stream(self, file_path: Any = None) -> None:
        """Begin an animation's file, `file_path` or the one that Manim has a name for."""
        if self._usual:
            super().open_partial_movie_stream(file_path)
            return
        path = file_path or self.partial_movie_files[self.renderer.num_plays]
        container = av.open(path, mode="w", options=FAST_START)
        stream = container.add_stream(CODEC, rate=to_av_frame_rate(config.frame_rate), options=OPTIONS)
        tag(stream.codec_context)
        stream.pix_fmt, stream.width, stream.height = PIXELS, config.pixel_width, config.pixel_height
        self.partial_movie_file_path = path
        self._current_encode_job = self.job(
            path=path,
            animation_index=self.renderer.num_plays,
            container=container,
            stream=stream,
            frame_queue_size=config.encoder_queue_size,
        )

    def write_frame(self, frame_or_renderer: Any, num_frames: int = 1) -> None:
        """Encode a frame, (height, width, 4) uint8, RGBA, so many times."""
        job = self._current_encode_job
        if isinstance(job, Job) and write_to_movie():
            super().write_frame(self._patches(frame_or_renderer, job), num_frames)
        else:
            super().write_frame(frame_or_renderer, num_frames)

    def combine_to_movie(self) -> None:
        """Join the animations, with the film's chapters and sound."""
        parts = [part for part in self.partial_movie_files if part is not None]
        if self._usual or is_gif_format() or not parts:
            super().combine_to_movie()
            return
        comment = f"Rendered with Manim Community v{__version__}"
        join(parts, self.movie_file_path, self.chapters, comment, self._sound())
        self.print_file_ready_message(str(self.movie_file_path))
        for part in parts:
            modify_atime(part)  # where Manim keeps parts, it removes the longest unused first

    def _sound(self) -> Sound | None:
        """What was to be heard, until the film's end."""
        if not self.includes_sound:
            return None
        heard = self.audio_segment.set_channels(1).set_sample_width(2)
        samples = np.frombuffer(heard.raw_data, np.int16)
        missing = round(float(self.renderer.time) * heard.frame_rate) - len(samples)
        return Sound(np.pad(samples, (0, max(missing, 0))), heard.frame_rate)

    def write_subcaption_file(self) -> None:
        """Write the subtitles, and the script where the film told its beats."""
        super().write_subcaption_file()
        if config.output_file is not None and self.script:
            Path(config.output_file).with_suffix(".md").write_text(self.script, encoding="utf-8")

    def _patches(self, frame: Array, job: Job) -> list[Patch]:
        """What the job must know of a frame: all of its first one, then what changed."""
        height, width = frame.shape[:2]
        camera = self.renderer.camera
        boxes: list[Box] = [(0, 0, width, height)]
        if isinstance(camera, FilmCamera):
            changes = camera.take_changes()
            boxes = boxes if job.fresh else changes
        job.fresh = False
        return [Patch.of(frame, box) for box in boxes]


class FilmRenderer(CairoRenderer):
    """Manim's renderer with the films' camera and writer, which takes frames from the camera without a copy."""

    def __init__(self, file_writer_class: type[SceneFileWriter] = FilmWriter, **kwargs: Any) -> None:
        super().__init__(file_writer_class, **{"camera_class": FilmCamera} | kwargs)

    def render(self, scene: Scene, time: float, moving_mobjects: Iterable[Mobject] | None = None) -> None:
        """Draw a frame and write it."""
        self.update_frame(scene, moving_mobjects)
        copied = isinstance(self.file_writer, FilmWriter) and self.file_writer.copies
        self.add_frame(self.camera.pixel_array if copied else self.get_frame())


def _bytes(plane: Any, each: int = 1) -> Array:
    """A plane's pixels of `each` bytes, (height, each × width) uint8, without those that pad its rows."""
    return np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : each * plane.width]
