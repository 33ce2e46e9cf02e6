"""Zones of the frame: parts of parts, whatever the frame's shape."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from manim import DOWN, LEFT, RIGHT, UP, Square, tempconfig

from weightreel.scenes.kit.grammar.zones import Zone, Zones, spread_over

SIDES = st.floats(0.5, 20)
SHARES = st.lists(st.floats(0.2, 5), min_size=1, max_size=6)


def zone(width: float, height: float) -> Zone:
    return Zone(-1.0, -2.0, width - 1.0, height - 2.0)


@given(SIDES, SIDES, SHARES)
def test_columns_fill_the_zone_and_have_their_shares(width: float, height: float, shares: list[float]) -> None:
    whole = zone(width, height)
    columns = whole.columns(*shares, gap=0.05)
    assert columns[0].left == pytest.approx(whole.left)
    assert columns[-1].right == pytest.approx(whole.right)
    assert all(b.left - a.right == pytest.approx(0.05) for a, b in itertools.pairwise(columns))
    assert {(c.bottom, c.top) for c in columns} == {(whole.bottom, whole.top)}
    np.testing.assert_allclose([c.width / columns[0].width for c in columns], np.array(shares) / shares[0])


@given(SIDES, SIDES, SHARES)
def test_rows_are_the_columns_of_the_zone_turned(width: float, height: float, shares: list[float]) -> None:
    columns = zone(height, width).columns(*shares, gap=0.05)
    rows = zone(width, height).rows(*shares, gap=0.05)
    np.testing.assert_allclose([r.height for r in rows], [c.width for c in columns])
    assert rows[0].top == pytest.approx(height - 2.0)
    assert rows[-1].bottom == pytest.approx(-2.0)


@given(st.integers(1, 40), SIDES, SIDES)
def test_a_grid_has_a_cell_for_each_within_the_zone(n: int, width: float, height: float) -> None:
    whole = zone(width + 3, height + 3)
    cells = whole.grid(n, gap=(0.01, 0.01))
    assert len(cells) == n
    around = spread_over(cells)
    assert around.left >= whole.left - 1e-9
    assert around.right <= whole.right + 1e-9
    assert around.bottom >= whole.bottom - 1e-9
    assert len({(c.left, c.top) for c in cells}) == n


def test_wide_zones_are_split_beside_and_tall_ones_below_each_other() -> None:
    left, right = zone(4, 2).split(1, 1)
    assert right.left > left.right
    upper, lower = zone(2, 4).split(1, 1)
    assert lower.top < upper.bottom


def test_a_mobject_is_held_at_its_side_and_made_smaller_only_where_it_must() -> None:
    held = zone(4, 2).hold(Square(1.0), UP + LEFT)
    np.testing.assert_allclose(held.get_corner(UP + LEFT), [-1, 0, 0])
    assert zone(4, 2).fitted(Square(1.0), DOWN + RIGHT).width == pytest.approx(1)
    fitted = zone(4, 2).fitted(Square(3.0))
    assert fitted.height == pytest.approx(2)
    np.testing.assert_allclose(fitted.get_center(), [1, -1, 0], atol=1e-12)


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1024, 768), (1080, 1920)])
def test_zones_fill_the_safe_area_of_a_frame_of_any_shape(width: int, height: int) -> None:
    with tempconfig(
        {"pixel_width": width, "pixel_height": height, "frame_height": 8.0, "frame_width": 8 * width / height}
    ):
        zones, safe = Zones.of_frame(), Zone.safe()
    assert safe.width == pytest.approx(0.9 * 8 * width / height)
    around = spread_over([zones.header, zones.stage, zones.floor])
    assert (around.left, around.bottom, around.right, around.top) == pytest.approx(
        (safe.left, safe.bottom, safe.right, safe.top)
    )
    assert zones.header.bottom > zones.stage.top > zones.stage.bottom > zones.floor.top
