"""The films' writer hands the encoder the same numbers as Manim's, and its files hold what was drawn."""

from __future__ import annotations

import threading
from pathlib import Path

import av
import numpy as np
import pytest
from manim import RIGHT, FadeIn, FadeOut, Scene, Square, tempconfig

from weightreel.scenes.camera.encoding import FilmRenderer, Patch, Planes
from weightreel.scenes.kit.type import words

MOST_DIFFERENT = 1.5
"""Mean difference in levels over a frame: both were encoded, with different settings."""


@pytest.mark.parametrize("size", [(426, 240), (480, 270), (854, 480)])
def test_patches_make_the_frame_that_manim_encodes(size: tuple[int, int]) -> None:
    width, height = size
    rng = np.random.default_rng(0)
    frame = rng.integers(0, 256, (height, width, 4), dtype=np.uint8)
    planes = Planes(width, height)
    planes.update(Patch.of(frame, (0, 0, width, height)))
    for _ in range(60):
        left, top = (int(rng.integers(n)) for n in size)
        right, bottom = int(rng.integers(left, width)) + 1, int(rng.integers(top, height)) + 1
        frame[top:bottom, left:right, :3] = rng.integers(0, 256, (bottom - top, right - left, 3))
        planes.update(Patch.of(frame, (left, top, right, bottom)))
    whole = av.VideoFrame.from_ndarray(frame, format="rgba").reformat(format="yuv420p")
    assert np.array_equal(planes.frame.to_ndarray(), whole.to_ndarray())


class Short(Scene):
    """Something that fades, waits and moves."""

    def construct(self) -> None:
        square, label = Square(2, fill_opacity=0.6), words("a label").shift(2 * RIGHT)
        self.play(FadeIn(square), run_time=0.5)
        self.wait(0.4)
        self.play(square.animate.shift(3 * RIGHT), FadeIn(label), run_time=0.6)
        self.play(FadeOut(label), run_time=0.3)


def render(folder: Path, renderer: type[FilmRenderer] | None, **settings: object) -> tuple[str, list[np.ndarray]]:
    """Codec and frames (height, width, 3) of Short as they come out of its file; without a renderer Manim's own."""
    small = {"pixel_width": 320, "pixel_height": 180, "frame_rate": 10, "media_dir": str(folder)}
    quiet = {"progress_bar": "none", "verbosity": "ERROR", "disable_caching": True, "output_file": "film"}
    with tempconfig(small | quiet | settings):
        scene = Short(renderer=renderer() if renderer else None)
        scene.render()
        with av.open(str(scene.renderer.file_writer.movie_file_path)) as container:
            codec = container.streams.video[0].codec_context
            assert codec.pix_fmt == "yuv420p"
            return codec.name, [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


@pytest.mark.parametrize("in_flight", [1, 2])
def test_a_film_holds_the_frames_that_manims_writer_would_write(tmp_path: Path, in_flight: int) -> None:
    codec, ours = render(tmp_path / "ours", FilmRenderer, max_inflight_encoders=in_flight, encoder_queue_size=2)
    _, stock = render(tmp_path / "stock", None)
    assert codec == "h264"
    assert len(ours) == len(stock) == 18
    for a, b in zip(ours, stock, strict=True):
        assert np.abs(a.astype(int) - b.astype(int)).mean() < MOST_DIFFERENT


def test_other_formats_are_left_to_manim(tmp_path: Path) -> None:
    codec, frames = render(tmp_path, FilmRenderer, format="webm", movie_file_extension=".webm")
    assert codec == "vp9"
    assert len(frames) == 18


def test_a_render_that_fails_ends_its_encoder(tmp_path: Path) -> None:
    class Broken(Short):
        def construct(self) -> None:
            super().construct()
            square = Square().add_updater(lambda _: 1 / 0)
            self.play(FadeIn(square))

    threads = threading.active_count()
    settings = {"media_dir": str(tmp_path), "frame_rate": 5, "progress_bar": "none", "verbosity": "CRITICAL"}
    with tempconfig(settings), pytest.raises(ZeroDivisionError):
        Broken(renderer=FilmRenderer()).render()
    assert threading.active_count() == threads
