"""The contact sheet and the trailer's moving picture, from made-up films."""

from __future__ import annotations

import shutil
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from tests.made.store import synthetic_store
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.settings import Settings
from weightreel.scenes.making.sheet import GAP, LETTERS, MOMENTS, TRAILER_FPS, WIDTH, frame_at, make_sheet

FPS, SECONDS = 10, 12


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """Two films whose grey grows from black to white, as `make` leaves them, and the store beside their folder."""
    synthetic_store(tmp_path / "made-up.h5", epochs=1, n_layers=2, models=("cnn",), attacks=False, drawn=64)
    folder = tmp_path / "films" / "made-up" / "l"
    folder.mkdir(parents=True)
    for name in ("esd", "trailer"):
        with av.open(str(folder / f"{name}.mp4"), "w") as container:
            stream = container.add_stream("libx264", rate=FPS)
            stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
            for i in range(FPS * SECONDS):
                grey = np.full((90, 160, 3), 255 * i / (FPS * SECONDS - 1), np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
            container.mux(stream.encode())
    return tmp_path / "films"


def make(films: Path) -> list[str]:
    """Make both pictures beside the films."""
    out = films.parent
    made_up = Settings(store=str(out / "made-up.h5"))
    return make_sheet(made_up, quality="l", films=films, out=out / "sheet.png", trailer=out / "trailer.webp")


def test_a_row_for_each_film_from_dark_to_bright(films: Path) -> None:
    sheet, trailer = make(films)
    assert sheet.endswith("sheet.png: 2 films")
    assert "trailer.webp: " in trailer
    pixels = np.asarray(Image.open(films.parent / "sheet.png").convert("L")).astype(int)
    row = LETTERS + 2 * GAP + WIDTH * 90 // 160
    assert pixels.shape[0] == 2 * row + GAP
    for i in range(2):
        middle = GAP + i * row + LETTERS + WIDTH * 90 // 320
        levels = [pixels[middle, GAP + j * (WIDTH + GAP) + WIDTH // 2] for j in range(len(MOMENTS))]
        assert (np.diff(levels) > 0).all()


def test_the_first_and_last_pictures_are_not_those_that_fade(films: Path) -> None:
    film = films / "made-up" / "l" / "esd.mp4"
    first, last = (np.asarray(frame_at(film, share)).mean() / 255 for share in (0.0, 1.0))
    assert first == pytest.approx(2 / SECONDS, abs=0.05)
    assert last == pytest.approx(1 - 0.5 / SECONDS, abs=0.05)


def test_the_trailer_moves_and_repeats(films: Path) -> None:
    make(films)
    picture = Image.open(films.parent / "trailer.webp")
    assert picture.is_animated
    assert picture.info["loop"] == 0
    # Frames that look alike are stored as one that lasts longer.
    assert picture.n_frames > SECONDS
    lengths = []
    for frame in range(picture.n_frames):
        picture.seek(frame)
        picture.load()  # only then is its length known
        lengths.append(picture.info["duration"])
    assert sum(lengths) / 1000 == pytest.approx(SECONDS, abs=2 / TRAILER_FPS)


def test_without_films_it_says_what_makes_them(films: Path) -> None:
    shutil.rmtree(films)
    with pytest.raises(WeightreelError, match="make videos"):
        make(films)
