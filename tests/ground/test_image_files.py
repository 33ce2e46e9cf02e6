"""Image files as people have them: depth, orientation, transparency, frames, damage, and what is no image at all."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.image_files import read_image

RAMP = np.linspace(0, 255, 64).reshape(8, 8)


def picture(pixels: Any, path: Path, mode: str | None = None, **options: Any) -> Path:
    image = Image.fromarray(np.asarray(pixels))
    (image if mode is None else image.convert(mode)).save(path, **options)
    return path


def grey_of(path: Path) -> np.ndarray:
    pixels = read_image(path, 8)
    assert pixels.shape == (8, 8, 3) and pixels.dtype == np.uint8
    assert np.ptp(pixels, axis=2).max() == 0
    return pixels[..., 0]


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bits_keep_their_brightness(suffix: str, tmp_path: Path) -> None:
    path = picture(np.rint(RAMP * 257).astype(np.uint16), tmp_path / f"a{suffix}")
    assert np.array_equal(grey_of(path), np.rint(RAMP))
    big = picture(np.rint(RAMP * 257).astype(">u2"), tmp_path / f"b{suffix}")
    assert np.array_equal(grey_of(big), np.rint(RAMP))


def test_sixteen_bits_of_colours_and_those_that_are_clear(tmp_path: Path) -> None:
    import struct
    import zlib

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    wide = np.rint(RAMP * 257).astype(">u2")
    for kind, planes, clear in ((2, 3, b""), (4, 2, b""), (6, 4, b""), (0, 1, wide[0, 0].tobytes())):
        values = np.repeat(wide[..., None], planes, axis=2)
        if kind in (4, 6):
            values[..., -1] = 65535
        rows = b"".join(b"\0" + row.tobytes() for row in values)
        head = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 16, kind, 0, 0, 0))
        marks = chunk(b"tRNS", clear) if clear else b""
        path = tmp_path / f"{kind}.png"
        path.write_bytes(
            b"\x89PNG\r\n\x1a\n" + head + marks + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
        )
        wanted = np.rint(RAMP)
        if clear:
            wanted[0, 0] = 255
        assert np.abs(grey_of(path) - wanted).max() <= 1, kind


def test_floats_from_zero_to_one_are_read_and_others_are_not_guessed(tmp_path: Path) -> None:
    path = picture((RAMP / 255).astype(np.float32), tmp_path / "a.tif")
    assert np.array_equal(grey_of(path), np.rint(RAMP))
    for name, values in (("wide", RAMP), ("negative", RAMP / 255 - 0.5), ("nan", RAMP * np.nan)):
        path = picture(values.astype(np.float32), tmp_path / f"{name}.tif")
        with pytest.raises(WeightreelError, match=rf"{name}\.tif holds floating-point numbers.*8 or 16 bits"):
            read_image(path, 8)
    path = picture((RAMP * 1000).astype(np.int32), tmp_path / "integers.tif")
    with pytest.raises(WeightreelError, match=r"integers\.tif holds signed integers"):
        read_image(path, 8)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
def test_cameras_orientation_is_heeded(orientation: int, suffix: str, tmp_path: Path) -> None:
    upright = np.zeros((8, 8), np.uint8)
    upright[:4], upright[:4, :4] = 120, 255
    turns = [
        lambda a: a, np.fliplr, lambda a: np.rot90(a, 2), np.flipud, np.transpose, lambda a: np.rot90(a, 1),
        lambda a: np.rot90(a, 2).T, lambda a: np.rot90(a, -1),
    ]  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    quality = {".jpg": {"quality": 100}, ".webp": {"lossless": True}}.get(suffix, {})
    path = picture(turns[orientation - 1](upright), tmp_path / f"a{suffix}", exif=exif, **quality)
    assert np.abs(read_image(path, 8)[..., 0].astype(int) - upright).max() < 12


def test_damaged_notes_of_a_camera_do_not_matter(tmp_path: Path) -> None:
    path = picture(RAMP.astype(np.uint8), tmp_path / "a.png", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")
    assert np.array_equal(grey_of(path), RAMP.astype(np.uint8))


def test_what_is_transparent_stands_on_white(tmp_path: Path) -> None:
    rgba = np.zeros((8, 8, 4), np.uint8)
    rgba[:4, :, 3] = 255  # black above, and below what is not seen
    rgba[4:, :, 0] = 200
    half = np.full((8, 8, 2), 128, np.uint8)
    half[..., 0] = 0
    picture(rgba, tmp_path / "rgba.png")
    picture(rgba, tmp_path / "rgba.webp", lossless=True)
    picture(rgba, tmp_path / "rgba.tif")
    Image.fromarray(rgba).quantize(4).save(tmp_path / "p.png")
    Image.fromarray(rgba[..., :3]).save(tmp_path / "key.png", transparency=(200, 0, 0))
    for name in ("rgba.png", "rgba.webp", "rgba.tif", "p.png", "key.png"):
        pixels = read_image(tmp_path / name, 8)
        assert pixels[:4].max() == 0 and pixels[4:].min() == 255, name
    assert np.abs(grey_of(picture(half, tmp_path / "la.png")).astype(int) - 127).max() <= 1


@pytest.mark.parametrize(("mode", "suffix"), [("CMYK", ".jpg"), ("CMYK", ".tif"), ("1", ".png"), ("P", ".gif")])
def test_other_modes_become_colours(mode: str, suffix: str, tmp_path: Path) -> None:
    halves = np.where(np.arange(8)[:, None] < 4, 255, 0).astype(np.uint8).repeat(8, 1)
    path = picture(np.stack([halves] * 3, 2), tmp_path / f"a{suffix}", mode)
    assert np.abs(read_image(path, 8).astype(int) - halves[..., None]).max() < 12


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp", ".tif"])
def test_of_what_moves_the_first_frame_is_taken_and_that_is_told(suffix: str, tmp_path: Path) -> None:
    frames = [Image.new("RGB", (8, 8), (shade, shade, shade)) for shade in (0, 255)]
    path, told = tmp_path / f"a{suffix}", list[Path]()
    frames[0].save(path, save_all=True, append_images=frames[1:])
    assert read_image(path, 8, told.append).max() == 0
    assert told == [path]
    still = picture(RAMP.astype(np.uint8), tmp_path / f"still{suffix}")
    read_image(still, 8, told.append)
    assert told == [path]


@pytest.mark.parametrize("shape", [(1, 1), (10, 20000), (20000, 10), (8, 8)])
def test_sizes_are_stretched(shape: tuple[int, int], tmp_path: Path) -> None:
    path = picture(np.full(shape, 77, np.uint8), tmp_path / "a.png")
    assert (read_image(path, 8) == 77).all()


def test_the_content_counts_and_not_the_ending(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.fromarray(RAMP.astype(np.uint8)).save(path, "PNG")
    assert np.array_equal(grey_of(path), RAMP.astype(np.uint8))


def test_what_would_start_another_program_is_no_image(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\nshowpage\n")
    with pytest.raises(WeightreelError, match=r"a\.png cannot be read"):
        read_image(path, 8)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".webp", ".gif", ".tif"])
def test_damage_is_one_sentence_that_names_the_file(suffix: str, tmp_path: Path) -> None:
    path = picture(np.random.default_rng(0).integers(0, 255, (40, 40, 3), np.uint8), tmp_path / f"a{suffix}")
    whole = path.read_bytes()
    for content in (b"", whole[:20], whole[: len(whole) // 2], b"\0" * 200, b"<html>"):
        path.write_bytes(content)
        with pytest.raises(WeightreelError, match=rf"the image .*a{suffix} cannot be read") as caught:
            read_image(path, 8)
        assert "\n" not in str(caught.value) and str(caught.value).count(str(path)) == 1
    chance = np.random.default_rng(1)
    for _ in range(40):
        damaged = np.frombuffer(whole, np.uint8).copy()
        damaged[chance.integers(0, len(whole), 3)] = chance.integers(0, 255, 3)
        path.write_bytes(damaged.tobytes())
        try:
            assert read_image(path, 8).shape == (8, 8, 3)
        except WeightreelError as error:
            assert "\n" not in str(error)


def test_no_pipe_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe.png")
    Path("folder.png").mkdir()
    Path("loop.png").symlink_to("loop.png")
    Path("device.png").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket.png")
        for name, told in {
            "pipe": "a named pipe", "folder": "a folder", "device": "a device", "socket": "a socket",
            "loop": "cannot be read", "nowhere": "cannot be read",
        }.items():  # fmt: skip
            with pytest.raises(WeightreelError, match=f"{name}.png.*{told}"):
                read_image(Path(f"{name}.png"), 8)


def bombs(folder: Path) -> list[Path]:
    Image.new("1", (30000, 30000)).save(folder / "b.png")
    Image.new("L", (20000, 5000)).save(folder / "b.gif")
    many = PngImagePlugin.PngInfo()
    many.add_text("x", "a" * (2**27), zip=True)
    Image.new("1", (8, 8)).save(folder / "text.png", pnginfo=many)
    return sorted(folder.iterdir())


def test_bombs_are_refused_by_name_and_take_no_memory(tmp_path: Path) -> None:
    for path in bombs(tmp_path):
        limited = subprocess.run(
            [sys.executable, "-c", READ_WITHIN, str(path)], capture_output=True, text=True, check=False, timeout=60
        )
        assert limited.returncode == 2, limited.stderr
        assert limited.stdout.startswith(f"the image {path} ") and limited.stdout.count("\n") == 1


READ_WITHIN = f"""
import resource, sys
from pathlib import Path
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.image_files import read_image
resource.setrlimit(resource.RLIMIT_AS, ({2**31}, resource.getrlimit(resource.RLIMIT_AS)[1]))
try:
    read_image(Path(sys.argv[1]), 8)
except WeightreelError as error:
    print(error)
    sys.exit(2)
"""
