"""Grains keep their identity on the way from one picture to the next."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from weightreel.scenes.kit.grammar.grains import LEVELS, Fly, Grains, cells, colours_of, piles
from weightreel.scenes.kit.grammar.zones import Zone

ZONE = Zone(-2.0, -1.0, 2.0, 1.0)


def test_cells_run_row_by_row_from_the_top() -> None:
    np.testing.assert_allclose(cells(ZONE, 2, 2), [[-1, 0.5], [1, 0.5], [-1, -0.5], [1, -0.5]])


@given(st.lists(st.integers(0, 6), min_size=1, max_size=60))
def test_piles_are_the_histogram_of_their_columns(column: list[int]) -> None:
    places = piles(ZONE, np.array(column), 7, 0.1)
    x = ZONE.left + (np.arange(7) + 0.5) * ZONE.width / 7
    counted = [int(np.isclose(places[:, 0], each).sum()) for each in x]
    assert counted == np.bincount(column, minlength=7).tolist()
    assert len({tuple(place) for place in places.round(9)}) == len(column)  # none on top of another
    assert places[:, 1].max() <= ZONE.top


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_all_leave_from_where_they_were_and_arrive_where_they_shall(order: list[float]) -> None:
    n = len(order)
    start = np.random.default_rng(n).normal(0, 1, (n, 2))
    grains = Grains(start, 0.1, ["#FFFFFF", "#000000"] * (n // 2) + ["#FFFFFF"] * (n % 2))
    fly = Fly(grains, -start, 0.2, order=np.array(order))
    fly.begin()
    fly.interpolate(0)
    np.testing.assert_allclose(grains.places, start)
    before = grains.places.copy()
    for alpha in (0.3, 0.6, 0.9):
        fly.interpolate(alpha)
        # On the straight way, and never back.
        assert (np.abs(grains.places - start) >= np.abs(before - start) - 1e-12).all()
        before = grains.places.copy()
    fly.interpolate(1)
    np.testing.assert_allclose(grains.places, -start)
    np.testing.assert_allclose(grains.sides, 0.2)


def test_each_colour_is_one_path_with_its_grains() -> None:
    grains = Grains(cells(ZONE, 2, 3), 0.2, ["#FF0000", "#00FF00"] * 3)
    assert [len(path.points) for path in grains.paths] == [3 * 16, 3 * 16]


def test_colours_are_the_pixels_rounded() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (6, 5, 3), dtype=np.uint8)
    colours = colours_of(pixels)
    rounded = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in colours])
    assert np.abs(rounded - pixels.reshape(-1, 3).astype(int)).max() <= 255 / (LEVELS - 1) / 2 + 1
    assert len(set(colours_of(np.zeros((4, 4, 3), np.uint8)))) == 1
