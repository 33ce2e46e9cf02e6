"""Flashes are found where WCAG says that they are, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from weightreel.analysis.errors import WeightreelError
from weightreel.scenes.viewing.flashes import LEAST_AREA, flashes_of, flashing

FPS = 30
SHAPE = (36, 64, 3)


def flicker(
    hertz: float, low: float = 0.0, high: float = 0.5, share: float = 1.0, colour: tuple[float, ...] = (1, 1, 1)
) -> Iterator[np.ndarray]:
    """Three seconds of a square wave over a share of the screen, in linear light."""
    for i in range(3 * FPS):
        frame = np.full(SHAPE, 0.2 * np.array([1, 1, 1]))
        pixels = round(share * SHAPE[0] * SHAPE[1])
        frame.reshape(-1, 3)[:pixels] = np.array(colour) * (high if int(2 * hertz * i / FPS) % 2 else low)
        yield frame


@pytest.mark.parametrize("hertz", [4, 5, 10, 15])
def test_more_than_three_a_second_are_found(hertz: float) -> None:
    assert flashing(flicker(hertz), FPS)


@pytest.mark.parametrize("hertz", [0.5, 1, 2, 3])
def test_up_to_three_a_second_are_none(hertz: float) -> None:
    assert flashing(flicker(hertz), FPS) == []


def test_small_faint_and_bright_ones_do_not_count() -> None:
    assert flashing(flicker(10, share=0.9 * LEAST_AREA), FPS) == []
    assert flashing(flicker(10, low=0.4, high=0.49), FPS) == []
    assert flashing(flicker(10, low=0.81, high=1.0), FPS) == []
    assert flashing(flicker(10, share=2 * LEAST_AREA), FPS)


def test_red_ones_count_though_they_are_dark() -> None:
    assert flashing(flicker(10, low=0.0, high=0.3, colour=(1, 0, 0)), FPS)
    assert flashing(flicker(10, low=0.0, high=0.3, colour=(0, 0, 1)), FPS) == []


def test_slow_fades_and_steps_upwards_are_none() -> None:
    fade = (np.full(SHAPE, i / 90) for i in range(90))
    assert flashing(fade, FPS) == []
    stairs = (np.full(SHAPE, min(i // 3, 9) / 12) for i in range(90))
    assert flashing(stairs, FPS) == []


@pytest.mark.parametrize(("hertz", "flashes"), [(10, True), (1, False)])
def test_a_film_is_looked_at(hertz: float, flashes: bool, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    with av.open(str(film), "w") as container:
        stream = container.add_stream("libx264", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 256, 144, "yuv420p"
        for i in range(2 * FPS):
            grey = np.full((144, 256, 3), 200 * (int(2 * hertz * i / FPS) % 2), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        container.mux(stream.encode())
    assert bool(flashes_of(film)) == flashes


def test_what_is_no_film_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no film")
    with pytest.raises(WeightreelError, match=r"text\.mp4 is not a film"):
        flashes_of(tmp_path / "text.mp4")
