"""An eye that moves: what fills one zone fills another, and all keeps its shape."""

from __future__ import annotations

import numpy as np
import pytest
from manim import Group, ImageMobject, Square

from weightreel.scenes.kit.grammar.eye import Look
from weightreel.scenes.kit.grammar.zones import Zone


def test_what_is_looked_at_ends_in_its_zone_and_the_rest_beside_it() -> None:
    one, other = Square(1.0).shift([2, 1, 0]), Square(0.5).shift([4, 1, 0])
    world = Group(one, other)
    look = Look(world, Zone.around(one), Zone(-4, -2, -1, 1))
    look.begin()
    look.interpolate(1)
    around = Zone.around(one)
    assert (around.left, around.bottom, around.right, around.top) == pytest.approx((-4, -2, -1, 1))
    assert other.width == pytest.approx(1.5)
    np.testing.assert_allclose(other.get_center() - one.get_center(), [6, 0, 0], atol=1e-9)


def test_the_way_is_even_in_the_logarithm_of_the_scale() -> None:
    square = Square(1.0)
    look = Look(square, Zone.around(square), Zone(-8, -8, 8, 8), rate_func=lambda share: share)
    look.begin()
    sizes = []
    for share in (0, 0.25, 0.5, 0.75, 1):
        look.interpolate(share)
        sizes.append(square.width)
    np.testing.assert_allclose(sizes, [1, 2, 4, 8, 16])


def test_pictures_move_too() -> None:
    picture = ImageMobject(np.zeros((4, 4, 3), np.uint8))
    look = Look(picture, Zone.around(picture), Zone(1, 1, 2, 2))
    look.begin()
    look.interpolate(1)
    assert Zone.around(picture).centre == pytest.approx([1.5, 1.5, 0])
