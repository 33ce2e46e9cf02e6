"""The third dimension, held to closed forms and to SciPy's rotations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from weightreel.scenes.kit.grammar.space import BANDS, Motes, View, Wires, band_of, between, sphere

ANGLES = st.floats(-3, 3)
POINTS = np.random.default_rng(0).normal(0, 1, (20, 3))


@given(ANGLES, st.floats(-1.5, 1.5))
def test_a_view_from_afar_is_a_rotation(azimuth: float, elevation: float) -> None:
    seen, depth = View(azimuth, elevation, scale=2.0).project(POINTS)
    # The eye at (azimuth, elevation): turn it to the x axis, then up is z and right is y.
    turned = Rotation.from_euler("zy", [-azimuth, elevation]).apply(POINTS)
    np.testing.assert_allclose(seen[:, 0], 2 * turned[:, 1], atol=1e-9)
    np.testing.assert_allclose(seen[:, 1], 2 * turned[:, 2], atol=1e-9)
    np.testing.assert_allclose(depth, -turned[:, 0], atol=1e-9)
    assert (seen[:, 2] == 0).all()


def test_what_is_nearer_is_seen_larger() -> None:
    view = View(0.0, 0.0, distance=4.0)
    seen, _ = view.project(np.array([[1.0, 1.0, 0.0], [-1.0, 1.0, 0.0]]))
    assert seen[0, 0] == pytest.approx(1 / (1 - 1 / 4))
    assert seen[1, 0] == pytest.approx(1 / (1 + 1 / 4))


def test_a_view_s_centre_is_seen_at_its_place() -> None:
    seen, depth = View(0.7, 0.3, centre=(1.0, 2.0, 3.0), place=(-4.0, 1.0)).project(np.array([[1.0, 2.0, 3.0]]))
    np.testing.assert_allclose(seen, [[-4.0, 1.0, 0.0]], atol=1e-12)
    assert depth == pytest.approx(0)


def test_the_eye_walks_from_one_view_to_the_other() -> None:
    one, other = View(0.0, 0.2, scale=1.0), View(2.0, 0.6, scale=4.0)
    assert between(one, other, 0.0) == one
    middle = between(one, other, 0.5)
    assert (middle.azimuth, middle.elevation, middle.scale) == pytest.approx((1.0, 0.4, 2.0))


@given(st.lists(st.floats(-9, 9) | st.just(np.nan), min_size=1, max_size=30))
def test_nearer_is_never_in_a_farther_band(depths: list[float]) -> None:
    depth = np.array(depths)
    band = band_of(depth)
    assert ((band >= 0) & (band < BANDS)).all()
    known = np.isfinite(depth)
    assert (np.diff(band[known][np.argsort(depth[known])]) >= 0).all()


def test_every_piece_and_every_point_is_drawn_once() -> None:
    lines = sphere(3, 2, 9)
    assert lines.shape == (5, 9, 3)
    np.testing.assert_allclose(np.linalg.norm(lines, axis=-1), 1)
    wires = Wires(lines, View(0.4, 0.3), "#FFFFFF")
    assert sum(len(band.points) for band in wires.bands) == 4 * 5 * 8
    motes = Motes(POINTS, View(0.4, 0.3), "#FFFFFF")
    assert sum(len(band.points) for band in motes.bands) == 16 * len(POINTS)
