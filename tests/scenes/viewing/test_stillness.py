"""Stillness is measured on drawn frames, and is what a rendered film shows."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from manim import RIGHT, Circle, FadeIn, Rectangle, Square, linear, tempconfig

from weightreel.analysis.palette import theme
from weightreel.analysis.settings import Settings, holding
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.theme import SAFE_BOTTOM
from weightreel.scenes.kit.type import words
from weightreel.scenes.viewing.stillness import (
    FPS,
    HEIGHT,
    LIT_LEVELS,
    STILL_LEVELS,
    STILL_PIXELS,
    WIDTH,
    Figures,
    Meter,
    Still,
    clock,
    drawing_size,
    grey,
)
from weightreel.scenes.viewing.watch import check

WHOLE = (0, 0, WIDTH, HEIGHT)
MOST_REFRESHED = 0.08
"""Share of frames that only the encoder changes: it refreshes a picture up to a quarter of a second after it moved."""


def frame(level: int = 17) -> np.ndarray:
    """One level of grey everywhere."""
    return np.full((HEIGHT, WIDTH, 4), level, np.uint8)


def figures(*frames: np.ndarray, times: int = 1) -> Figures:
    """Of these frames, each so many times, told with the whole frame as what changed."""
    meter = Meter()
    for each in frames:
        meter.see(each, [WHOLE], times)
    return meter.figures


def dotted(pixels: int, by: int) -> np.ndarray:
    """A grey frame of which so many pixels are brighter by so many levels."""
    picture = frame()
    picture[100, :pixels, :3] += np.uint8(by)
    return picture


@pytest.mark.parametrize(
    ("pixels", "by", "still"),
    [
        (STILL_PIXELS - 1, 100, True),
        (STILL_PIXELS, 100, False),
        (STILL_PIXELS, STILL_LEVELS, True),
        (STILL_PIXELS, STILL_LEVELS + 1, False),
    ],
)
def test_a_frame_stands_still_below_both_thresholds(pixels: int, by: int, still: bool) -> None:
    assert figures(frame(), dotted(pixels, by)).still == (1.0 if still else 0.0)


def test_what_overlapping_rectangles_hold_counts_once() -> None:
    meter = Meter()
    meter.see(frame(), [WHOLE])
    meter.see(dotted(30, 50), [(0, 0, 20, HEIGHT), (10, 0, WIDTH, HEIGHT)])
    assert meter.figures.changes == [30]


def test_slow_changes_do_not_add_up_to_a_movement() -> None:
    assert figures(*(frame(20 + 10 * i) for i in range(10))).still == 1.0


def test_spells_last_until_a_frame_differs_or_the_film_ends() -> None:
    found = Figures([0, 0, 99, 99, 0, 99, 0, 0, 0], [True] * 10, 0.0, fps=1)
    assert found.stills == [Still(1, 2), Still(5, 1), Still(7, 2)]
    assert (found.seconds, found.longest, round(found.still, 2)) == (9, 2, 0.67)


def test_a_picture_that_lasts_is_seen_for_all_its_frames() -> None:
    found = figures(frame(), frame(200), times=3)
    assert [n > 0 for n in found.changes] == [False, False, True, False, False]
    assert len(found.bare) == 6


def test_the_first_frame_is_lit_where_it_differs_from_the_background() -> None:
    half = frame()
    half[:, : WIDTH // 2, :3] += np.uint8(LIT_LEVELS + 1)
    assert figures(half, frame()).lit == 0.5
    assert figures(frame(), half).lit == 0.0


def test_the_floor_ends_at_the_margin_and_is_a_fifth() -> None:
    def lit_at(row: int) -> bool:
        picture = frame()
        picture[row, :, :3] = 255
        return not figures(picture).bare[0]

    assert [lit_at(row) for row in (383, 384, 455, 456)] == [False, True, True, False]


def test_grey_is_the_brightness_that_video_has() -> None:
    pixels = np.array([[(255, 255, 255), (0, 0, 0), (14, 17, 22), (255, 0, 0), (0, 255, 0)]], np.uint8)
    assert grey(pixels).tolist() == [[255, 0, 17, 77, 149]]


def test_nothing_that_was_seen_tells_nothing() -> None:
    nothing = Meter().figures
    assert (nothing.seconds, nothing.still, nothing.longest, nothing.empty) == (0, 1, 0, 1)


@pytest.mark.parametrize(("seconds", "told"), [(0.0, "0:00"), (12.4, "0:12"), (65.9, "1:05")])
def test_moments_are_told_as_players_do(seconds: float, told: str) -> None:
    assert clock(seconds) == told


class Moving(Film):
    """Words and a box that come in, stand, move evenly and stand again, and a floor that fills late."""

    def construct(self) -> None:
        self.beat("One", "What stands here moves in a moment, and then stands again.")
        box = Square(2.0, fill_color=theme().WEIGHTS, fill_opacity=1, stroke_width=0).shift(3 * RIGHT)
        self.add(box, words("a line of words that does not change"))
        self.wait(2.0)
        self.play(box.animate(run_time=2.0, rate_func=linear).shift(2 * RIGHT))
        self.wait(3.6)
        ring, floor = Circle(1.0), Rectangle(width=6.0, height=0.5).move_to([0, SAFE_BOTTOM + 0.4, 0])
        self.play(FadeIn(ring), FadeIn(floor), run_time=1.0)
        self.wait(1.0)


def test_the_measure_is_that_of_the_rendered_film(small_store: Path, tmp_path: Path) -> None:
    options = {"media_dir": str(tmp_path), "verbosity": "WARNING", "progress_bar": "none"}
    with holding(Settings(store=str(small_store))):
        drawn = check(Moving, tmp_path).figures
        with tempconfig({**options, **drawing_size()}):
            Moving().render()
    (made,) = (path for path in tmp_path.rglob("*.mp4") if "partial_movie_files" not in path.parts)
    assert drawn is not None
    with av.open(str(made)) as film:
        frames = [each.to_ndarray(format="gray").astype(int) for each in film.decode(video=0)]
    changed = np.array([np.count_nonzero(np.abs(b - a) > STILL_LEVELS) for a, b in pairwise(frames)])
    assert frames[0].shape == (HEIGHT, WIDTH)
    assert len(drawn.changes) == len(changed) and len(drawn.bare) == len(frames)
    assert drawn.seconds == pytest.approx(len(changed) / FPS)

    # The encoder refreshes pictures that stand still, and that alone makes a difference.
    differ = (np.array(drawn.changes) < STILL_PIXELS) != (changed < STILL_PIXELS)
    assert not np.array(drawn.changes)[differ].any()
    assert differ.mean() <= MOST_REFRESHED
    assert drawn.lit == pytest.approx(float((frames[0] > 40).mean()), abs=0.002)
    floor = [np.count_nonzero(each[384:456] > 40) < STILL_PIXELS for each in frames]
    assert np.mean(np.array(drawn.bare) != floor) < 0.01
    assert 3.5 < drawn.longest < 4.0  # a fade begins slowly
