"""The films' writer hands the encoder the same numbers as Manim's, and its files hold what was drawn."""

from __future__ import annotations

import threading
from pathlib import Path

import av
import numpy as np
import pytest
from manim import RIGHT, FadeIn, FadeOut, Rectangle, Scene, Square, tempconfig

from weightreel.analysis.palette import DARK
from weightreel.scenes.camera.encoding import FilmRenderer, Patch, Planes
from weightreel.scenes.camera.joining import start_fast
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
    whole = av.VideoFrame.from_ndarray(frame, format="rgba").reformat(
        format="yuv420p", dst_colorspace="ITU709", src_color_range="JPEG", dst_color_range="MPEG"
    )
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


class Blue(Scene):
    """A frame of one colour, then another that moves across it."""

    def construct(self) -> None:
        self.add(Rectangle(width=16, height=9, stroke_width=0, fill_color=DARK.WEIGHTS, fill_opacity=1))
        self.wait(0.3)
        self.play(FadeIn(Square(1).shift(5 * RIGHT)), run_time=0.3)


def from_bt709(frame: av.VideoFrame) -> np.ndarray:
    """Mean colour of a frame's left half, (3,), by BT.709's own equations and not by a library's."""
    planes = frame.to_ndarray().astype(float)  # (3/2 height, width)
    height, width = frame.height, frame.width
    y = planes[:height, : width // 2].mean()
    u, v = (planes[height:].reshape(2, height // 2, width // 2)[i, :, : width // 4].mean() for i in (0, 1))
    luma, blue, red = (y - 16) / 219, (u - 128) / 224, (v - 128) / 224
    r, b = luma + 1.5748 * red, luma + 1.8556 * blue
    g = (luma - 0.2126 * r - 0.0722 * b) / 0.7152
    return 255 * np.array([r, g, b])


def film_of(scene: type[Scene], folder: Path) -> Path:
    """The file of a scene, joined from its animations."""
    small = {"pixel_width": 320, "pixel_height": 180, "frame_rate": 10, "media_dir": str(folder)}
    quiet = {"progress_bar": "none", "verbosity": "ERROR", "disable_caching": True, "output_file": "film"}
    with tempconfig(small | quiet):
        shown = scene(renderer=FilmRenderer())
        shown.render()
    return Path(shown.renderer.file_writer.movie_file_path)


def test_films_carry_bt709_and_their_colours_are_by_it(tmp_path: Path) -> None:
    wanted = np.array([int(DARK.WEIGHTS[i : i + 2], 16) for i in (1, 3, 5)])
    with av.open(str(film_of(Blue, tmp_path))) as container:
        stream = container.streams.video[0].codec_context
        assert (stream.color_primaries, stream.color_trc, stream.colorspace, stream.color_range) == (1, 1, 1, 1)
        frames = list(container.decode(video=0))
    assert {(f.color_primaries, f.color_trc, f.colorspace, f.color_range) for f in frames} == {(1, 1, 1, 1)}
    for frame in (frames[0], frames[-1]):
        assert np.abs(from_bt709(frame) - wanted).max() < 2


def test_films_and_their_parts_begin_with_what_a_player_needs_first(tmp_path: Path) -> None:
    film = film_of(Blue, tmp_path)
    parts = [file for file in tmp_path.rglob("*.mp4") if file != film]
    assert len(parts) == 2
    for file in (film, *parts):
        content = file.read_bytes()
        assert 0 < content.find(b"moov") < content.find(b"mdat"), file.name


def test_a_film_that_ends_with_what_a_player_needs_is_mended(tmp_path: Path) -> None:
    film, slow = film_of(Blue, tmp_path), tmp_path / "it's slow.mp4"
    with av.open(str(film)) as source, av.open(str(slow), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    before = slow.read_bytes()
    assert before.find(b"mdat") < before.find(b"moov")
    start_fast(slow)
    after = slow.read_bytes()
    assert 0 < after.find(b"moov") < after.find(b"mdat")
    with av.open(str(slow)) as one, av.open(str(film)) as other:
        assert len(list(one.decode(video=0))) == len(list(other.decode(video=0)))
    start_fast(slow)
    assert slow.read_bytes() == after


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
