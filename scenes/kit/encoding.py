"""The films' writer: frames reach the encoder in its own colours, and only what changed in them is converted.

Manim's writer hands the encoder's thread whole RGBA frames, 8 MB each at 1080p, and each is copied and converted there:
on two cores nearly half of the time that encoding takes. Here the last frame is kept in the encoder's colours, and the
rectangles in which the camera has drawn since are converted into it. The files are the same, bit for bit.
"""

from __future__ import annotations

from queue import SimpleQueue
from typing import Any

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from manim import config
from manim.scene.scene_file_writer import SceneFileWriter, _PartialMovieEncodeJob, to_av_frame_rate
from manim.utils.file_ops import write_to_movie

from scenes.kit.drawing import FilmCamera
from scenes.kit.looks import Array, Box

CODEC, PIXELS, OPTIONS = "libx264", "yuv420p", {"an": "1", "crf": "23"}
"""Manim's own, so that films play everywhere and look as they did."""
EDGE = 16
"""Pixels: rectangles are converted on this grid and with so many around them, since colours are smoothed there."""


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
        left, top = box[0] // EDGE * EDGE, box[1] // EDGE * EDGE
        right, bottom = min(-(-box[2] // EDGE) * EDGE, self.width), min(-(-box[3] // EDGE) * EDGE, self.height)
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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._planes: Planes | None = None
        self._spare: SimpleQueue[av.VideoFrame] = SimpleQueue()

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
        self._current_encode_job = Job(
            self._spare, path=path, animation_index=self.renderer.num_plays, container=container, stream=stream,
            frame_queue_size=config.encoder_queue_size,
        )  # fmt: skip

    def write_frame(self, frame_or_renderer: Any, num_frames: int = 1) -> None:
        """Encode a frame, (height, width, 4) uint8, RGBA, so many times."""
        job = self._current_encode_job
        if isinstance(job, Job) and write_to_movie():
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


def _pixels(plane: Any) -> Array:
    """A plane's pixels, without those that pad its rows."""
    return np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
