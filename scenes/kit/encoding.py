"""The films' writer: frames reach the encoder in its own colours, and only what changed in them is converted.

Manim's writer hands the encoder's thread whole RGBA frames, 8 MB each at 1080p, and each is copied and converted there:
on two cores nearly half of the time that encoding takes. Here the last frame is kept in the encoder's colours, and the
rectangles in which the camera has drawn since are converted into it: the encoder gets the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from queue import SimpleQueue
from typing import Any

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from manim import Mobject, Scene, config
from manim.renderer.cairo_renderer import CairoRenderer
from manim.scene.scene_file_writer import SceneFileWriter, _PartialMovieEncodeJob, to_av_frame_rate
from manim.utils.file_ops import write_to_movie

from scenes.kit.drawing import FilmCamera
from scenes.kit.looks import Array, Box

CODEC, PIXELS = "libx264", "yuv420p"
"""Manim's own, which play everywhere."""
OPTIONS = {"preset": "veryfast", "crf": "20"}
"""Of 14 moving histograms at 1080p, files as large and as good as with Manim's settings (the preset medium at 23: PSNR
46 dB) for less than half of the work."""
REACH = 2
"""Pixels: the halved colours of a row are made from its neighbours too, so that a change reaches beyond itself."""
EDGE = 16
"""Pixels: rectangles are converted on this grid, with so many around them."""


class Planes:
    """A frame as brightness and two colours at half the size, kept up with an RGBA frame by rectangles of it.

    Args:
        width, height: in pixels, both even.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.planes = [np.zeros((height // k, width // k), np.uint8) for k in (1, 2, 2)]
        self._reformatter = VideoReformatter()

    def update(self, frame: Array, box: Box) -> None:
        """Take a rectangle over from `frame`, (height, width, 4) uint8, RGBA."""
        left, top = (max(side - REACH, 0) // EDGE * EDGE for side in box[:2])
        right, bottom = (-(-(side + REACH) // EDGE) * EDGE for side in box[2:])
        right, bottom = min(right, self.width), min(bottom, self.height)
        x, y = max(left - EDGE, 0), max(top - EDGE, 0)
        cut = np.ascontiguousarray(frame[y : min(bottom + EDGE, self.height), x : min(right + EDGE, self.width)])
        converted = self._reformatter.reformat(av.VideoFrame.from_ndarray(cut, format="rgba"), format=PIXELS)
        for plane, target, k in zip(converted.planes, self.planes, (1, 2, 2), strict=True):
            source = _pixels(plane)[(top - y) // k : (bottom - y) // k, (left - x) // k : (right - x) // k]
            target[top // k : bottom // k, left // k : right // k] = source

    def copy_to(self, frame: av.VideoFrame) -> None:
        """Write the frame into a VideoFrame of the same size."""
        for plane, source in zip(frame.planes, self.planes, strict=True):
            _pixels(plane)[:] = source


class Job(_PartialMovieEncodeJob):
    """Encodes one animation's frames in a thread, and gives each back to `spare`, to be used again."""

    def __init__(self, spare: SimpleQueue[av.VideoFrame], **kwargs: Any) -> None:
        self._spare = spare
        self._n = 0
        super().__init__(**kwargs)

    def _encode_and_write_frame(self, frame: av.VideoFrame, num_frames: int) -> None:
        for _ in range(num_frames):
            frame.pts = self._n
            self._n += 1
            for packet in self.stream.encode(frame):
                self.container.mux(packet)
        self._spare.put(frame)


class FilmWriter(SceneFileWriter):
    """Manim's writer, faster; formats other than MP4 it leaves to that."""

    job: type[_PartialMovieEncodeJob] = Job

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._planes: Planes | None = None
        self._spare: SimpleQueue[av.VideoFrame] = SimpleQueue()

    @property
    def copies(self) -> bool:
        """Whether a frame has been copied when it has been written, so that it may be drawn over."""
        return isinstance(self._current_encode_job, Job)

    @property
    def _usual(self) -> bool:
        even = config.pixel_width % 2 == config.pixel_height % 2 == 0
        return config.movie_file_extension != ".mp4" or config.transparent or not even

    def open_partial_movie_stream(self, file_path: Any = None) -> None:
        """Begin an animation's file, `file_path` or the one that Manim has a name for."""
        if self._usual:
            super().open_partial_movie_stream(file_path)
            return
        path = file_path or self.partial_movie_files[self.renderer.num_plays]
        container = av.open(path, mode="w")
        stream = container.add_stream(CODEC, rate=to_av_frame_rate(config.frame_rate), options=OPTIONS)
        stream.pix_fmt, stream.width, stream.height = PIXELS, config.pixel_width, config.pixel_height
        self.partial_movie_file_path = path
        self._current_encode_job = self.job(
            self._spare, path=path, animation_index=self.renderer.num_plays, container=container, stream=stream,
            frame_queue_size=config.encoder_queue_size,
        )  # fmt: skip

    def write_frame(self, frame_or_renderer: Any, num_frames: int = 1) -> None:
        """Encode a frame, (height, width, 4) uint8, RGBA, so many times."""
        if self.copies and write_to_movie():
            super().write_frame(self._in_encoders_colours(frame_or_renderer), num_frames)
        else:
            super().write_frame(frame_or_renderer, num_frames)

    def _in_encoders_colours(self, frame: Array) -> av.VideoFrame:
        height, width = frame.shape[:2]
        camera = self.renderer.camera
        boxes: list[Box] = [(0, 0, width, height)]
        if self._planes is None:
            self._planes = Planes(width, height)
        elif isinstance(camera, FilmCamera):
            boxes = camera.take_changes()
        for box in boxes:
            self._planes.update(frame, box)
        video = av.VideoFrame(width, height, PIXELS) if self._spare.empty() else self._spare.get()
        self._planes.copy_to(video)
        return video


class FilmRenderer(CairoRenderer):
    """Manim's renderer with the films' camera and writer, which takes frames from the camera without a copy."""

    def __init__(self, file_writer_class: type[SceneFileWriter] = FilmWriter, **kwargs: Any) -> None:
        super().__init__(file_writer_class, **{"camera_class": FilmCamera} | kwargs)

    def render(self, scene: Scene, time: float, moving_mobjects: Iterable[Mobject] | None = None) -> None:
        """Draw a frame and write it."""
        self.update_frame(scene, moving_mobjects)
        copied = isinstance(self.file_writer, FilmWriter) and self.file_writer.copies
        self.add_frame(self.camera.pixel_array if copied else self.get_frame())


def _pixels(plane: Any) -> Array:
    """A plane's pixels, without those that pad its rows."""
    return np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
