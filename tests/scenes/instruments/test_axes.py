"""Instruments draw themselves at any epoch: between epochs, beyond them, and from histories at their extremes."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from manim import RIGHT, VMobject

from weightreel.analysis.findings.time import interpolate
from weightreel.analysis.findings.words.names import shortened
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.curves import HEAD, Curves, Series, fitting
from weightreel.scenes.instruments.axes.epoch_dial import EpochDial
from weightreel.scenes.instruments.axes.histogram import Histogram, coarsen, share_outside, visible_range
from weightreel.scenes.instruments.axes.plane import Plane, log_ticks, nice_ticks, polyline, ticks_along
from weightreel.scenes.instruments.axes.readout import Readout
from weightreel.scenes.instruments.axes.small_multiples import (
    MOST_PANELS,
    Panel,
    SmallMultiples,
    evenly,
    grid_of,
)
from weightreel.scenes.instruments.training.phase_ribbon import PhaseRibbon
from weightreel.scenes.kit.clock import EpochClock, Instrument

EDGES = np.linspace(-1, 1, 21)


def histogram(counts: np.ndarray) -> Histogram:
    """Counts (E, 20); few entries would be drawn in fewer bins."""
    return Histogram(np.arange(len(counts)), EDGES, counts, theme().WEIGHTS)


def panel(name: str, counts: np.ndarray) -> Panel:
    n = len(counts)
    return Panel(
        name, EDGES, counts, np.full(n, 0.1), np.tile([-0.5, 0.5], (n, 1)), -np.ones(n), np.ones(n), theme().BIASES
    )


MAKERS: dict[str, Callable[[np.ndarray, np.ndarray], Instrument]] = {
    "histogram": lambda epochs, h: Histogram(epochs, EDGES, np.tile(h[:, None], (1, 20)), theme().WEIGHTS),
    "log histogram": lambda epochs, h: Histogram(
        epochs, EDGES, np.tile(h[:, None], (1, 20)), theme().WEIGHTS, log=True, ghost=True
    ),
    "curves": lambda epochs, h: Curves(epochs, [Series("a", h, theme().CNN)], size=(4, 2)),
    "ribbon": lambda epochs, h: PhaseRibbon(epochs, np.zeros(len(h)), 5),
    "dial": lambda epochs, h: EpochDial(epochs),
    "readout": lambda epochs, h: Readout(epochs, "std", h),
    "small multiples": lambda epochs, h: SmallMultiples(epochs, [panel("layer", np.tile(h[:, None], (1, 20)))], (6, 3)),
}


def test_the_box_of_curves_holds_their_heads_at_the_end_of_their_way() -> None:
    curves = Curves(np.arange(8), [Series("", np.linspace(0, 1, 8), theme().CNN)], size=(4, 2), ticks=(2, 2))
    right = curves.get_right()[0]
    assert right == pytest.approx((curves.plane.corner + curves.plane.across)[0] + HEAD)  # no tick's number is there
    assert curves.at(7.0).get_right()[0] == pytest.approx(right)
    bundle = Curves(np.arange(8), [Series("", np.ones((8, 3)), theme().CNN)], size=(4, 2), ticks=(2, 2))
    assert bundle.get_right()[0] == pytest.approx((bundle.plane.corner + bundle.plane.across)[0])


def test_axes_are_as_wide_as_asked_for_or_as_fits_with_their_numbers() -> None:
    def width_of(axes: float) -> float:
        curves = Curves(
            np.arange(2001), [Series("", np.linspace(0, 1, 2001), theme().CNN)], size=(axes, 2), ticks=(4, 4)
        )
        return float(curves.width)

    assert fitting(width_of, 5.0, 9.0) == 5.0
    narrower = fitting(width_of, 5.0, 5.0)
    assert 3.5 < narrower < 5.0
    assert width_of(narrower) <= 5.0 + 1e-6


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize(
    "history", [np.array([5.0]), np.zeros(4), np.full(4, 1e9), np.array([0, 1, 1e6, 3])], ids=["one", "0", "big", "mix"]
)
def test_every_instrument_draws_finite_points_at_any_epoch(name: str, history: np.ndarray) -> None:
    instrument = MAKERS[name](np.arange(len(history)), history)
    for t in (-1.0, 0.0, 0.3, 1.5, len(history) - 1.0, 99.0):
        assert instrument.at(t) is instrument
        points = instrument.get_all_points()
        assert np.isfinite(points).all()
        assert len(points) > 0


@pytest.mark.parametrize("name", MAKERS)
def test_time_runs_backwards_as_well(name: str) -> None:
    instrument = MAKERS[name](np.arange(5), np.array([3.0, 50, 20, 7, 1]))
    before = instrument.at(1.25).get_all_points()
    instrument.at(4)
    np.testing.assert_allclose(instrument.at(1.25).get_all_points(), before, atol=1e-12)


@pytest.mark.parametrize("name", MAKERS)
def test_an_instrument_draws_where_it_was_moved_to(name: str) -> None:
    there, here = (MAKERS[name](np.arange(5), np.array([3.0, 50, 20, 7, 1])) for _ in range(2))
    there.shift(2 * RIGHT)
    np.testing.assert_allclose(there.at(2.5).get_all_points(), here.at(2.5).get_all_points() + 2 * RIGHT, atol=1e-9)


def test_interpolation_is_linear_and_holds_the_ends() -> None:
    epochs, history = np.array([0, 1, 5]), np.array([[0.0, 10], [2, 20], [10, 60]])
    np.testing.assert_allclose(interpolate(epochs, history, 0.5), [1, 15])
    np.testing.assert_allclose(interpolate(epochs, history, 3), [6, 40])
    np.testing.assert_allclose(interpolate(epochs, history, -4), [0, 10])
    np.testing.assert_allclose(interpolate(epochs, history, 9), [10, 60])


def test_interpolation_of_a_gap_keeps_to_the_gap() -> None:
    history = np.array([1.0, np.nan, 3.0])
    assert np.isnan(interpolate(np.arange(3), history, 0.5))
    assert interpolate(np.arange(3), history, 2.0) == 3.0
    assert interpolate(np.arange(3), history, 0.0) == 1.0


def test_a_histogram_is_one_path_whose_heights_are_the_counts() -> None:
    counts = np.stack([np.arange(20) * 100.0, np.arange(20)[::-1] * 100.0])
    drawn = histogram(counts)
    moving = [m for m in drawn.family_members_with_points() if isinstance(m, VMobject) and m.fill_opacity == 0.55]
    assert moving == [drawn.bars]
    for t, expected in ((0.0, counts[0]), (0.25, 0.75 * counts[0] + 0.25 * counts[1]), (1.0, counts[1])):
        drawn.at(t)
        tops = drawn.bars.points[4::8, 1]  # starts of the horizontal pieces, one a bin, then the base line
        unit = drawn.plane.upwards[1] / drawn.plane.y_range[1]
        np.testing.assert_allclose((tops[:20] - drawn.plane.corner[1]) / unit, expected, atol=1e-6)


def test_an_empty_bin_of_a_logarithmic_histogram_lies_on_the_base_line() -> None:
    plane = Plane((0, 1), (0, 1e6), (5, 3), log=True)
    np.testing.assert_allclose(plane.rise(np.array([0.0, 0.5, 1e6])), [0, 0, 1])
    assert 0 < plane.rise(np.array([1.0]))[0] < 0.1


def test_coarse_bins_lose_no_entry() -> None:
    rng = np.random.default_rng(0)
    counts = rng.integers(0, 99, (3, 100))
    edges, coarse = coarsen(np.linspace(0, 1, 101), counts, None, 30)
    assert coarse.shape[1] <= 30
    assert len(edges) == coarse.shape[1] + 1
    np.testing.assert_array_equal(coarse.sum(1), counts.sum(1))
    assert (edges[0], edges[-1]) == (0, 1)


def test_entries_beyond_the_axis_are_counted() -> None:
    counts = np.array([[1, 2, 3, 4]])
    assert share_outside(np.array([0.0, 1, 2, 3, 4]), counts, (1.0, 3.0))[0] == pytest.approx(0.5)
    assert share_outside(np.array([0.0, 1, 2, 3, 4]), counts, (0.0, 4.0))[0] == 0


def test_the_visible_range_holds_the_bulk_and_never_leaves_the_data() -> None:
    low, high = visible_range(np.array([[-1.0, 0, 1]]), np.array([-9.0]), np.array([1.2]))
    assert (low, high) == (pytest.approx(-1.7), pytest.approx(1.2))
    low, high = visible_range(np.array([[0.5, 0.5, 0.5]]), np.array([0.5]), np.array([0.5]))
    assert low < 0.5 < high


def test_curves_break_at_a_gap_and_end_in_a_dot() -> None:
    history = np.array([1.0, 2, np.nan, 2, 1])
    curves = Curves(np.arange(5), [Series("a", history, theme().CNN)], size=(4, 2))
    curves.at(4)
    assert len(curves.lines[0].points) == 4 * 2  # from 0 to 1 and from 3 to 4
    assert curves.heads[0] is not None
    assert curves.heads[0].get_fill_opacity() == 1
    np.testing.assert_allclose(curves.heads[0].get_center(), curves.plane.point(4, 1), atol=1e-9)
    curves.at(1.5)
    assert curves.heads[0].get_fill_opacity() == 0


def test_a_bundle_is_one_path() -> None:
    curves = Curves(np.arange(5), [Series("", np.ones((5, 30)), theme().CNN)], size=(4, 2)).at(4)
    assert len(curves.lines) == 1
    assert len(curves.lines[0].get_subpaths()) == 30


def test_the_ribbon_grows_and_names_the_phase_of_the_nearest_epoch() -> None:
    ribbon = PhaseRibbon(np.arange(5), np.array([0, 0, 1, 1, 2]), 8)
    names = [ribbon.at(t).name_.text for t in (0, 1.4, 1.6, 3.4, 3.6, 4)]
    assert names == ["under-fitting", "under-fitting", "generalising", "generalising", "over-fitting", "over-fitting"]
    right = [max(p.points[:, 0].max() for p in ribbon.at(t).parts.values() if len(p.points)) for t in (1, 2.5, 4)]
    np.testing.assert_allclose(right, [2, 5, 8])


def test_the_dial_shows_the_last_epoch_when_it_is_reached() -> None:
    dial = EpochDial(np.arange(51))
    assert dial.at(49.999).text.text == "epoch 49 / 50"
    assert dial.at(49.9999999).text.text == "epoch 50 / 50"
    assert dial.at(0).text.text == "epoch 0 / 50"


def test_an_attached_instrument_follows_the_clock() -> None:
    clock = EpochClock(np.arange(51))
    dial = EpochDial(np.arange(51)).attach(clock)
    clock.set_value(30)
    dial.update()
    assert dial.text.text == "epoch 30 / 50"


def test_small_multiples_refuse_more_panels_than_can_be_read() -> None:
    counts = np.ones((2, 20))
    with pytest.raises(ValueError, match="25"):
        SmallMultiples(np.arange(2), [panel("a", counts)] * (MOST_PANELS + 1), (12, 6))
    with pytest.raises(ValueError, match="0"):
        SmallMultiples(np.arange(2), [], (12, 6))


@pytest.mark.parametrize("n", range(1, MOST_PANELS + 1))
def test_panels_fit_their_grid_and_their_size(n: int) -> None:
    columns, rows = grid_of(n)
    assert (columns - 1) * rows < n <= columns * rows or rows * columns - n < rows


def test_layers_are_chosen_evenly_with_both_ends() -> None:
    names = [str(i) for i in range(200)]
    chosen = evenly(names)
    assert len(chosen) == MOST_PANELS
    assert (chosen[0], chosen[-1]) == ("0", "199")
    assert evenly(names[:5]) == names[:5]


def test_a_shortened_name_keeps_its_end() -> None:
    assert shortened("layer4.2.conv3", 8) == "…2.conv3"
    assert shortened("fc", 8) == "fc"


@pytest.mark.parametrize(("low", "high"), [(0, 50), (-0.031, 0.024), (1.2e-6, 9e-6), (0, 3e6), (4, 4)])
def test_ticks_are_few_and_inside(low: float, high: float) -> None:
    ticks = nice_ticks(low, high, 5)
    assert 1 <= len(ticks) <= 5
    assert all(low - 1e-9 <= tick <= high * (1 + 1e-9) for tick in ticks)


@pytest.mark.parametrize("width", [1.5, 3.9, 8.3])
def test_numbers_of_ticks_do_not_meet(width: float) -> None:
    plane = Plane((-0.62, 0.71), (0, 1), (width, 1), x_ticks=ticks_along(-0.62, 0.71, width, 6))
    numbers = sorted(plane.submobjects[1:], key=lambda number: number.get_x())
    assert len(numbers) >= (2 if width > 2 else 1)
    assert all(a.get_right()[0] < b.get_left()[0] for a, b in itertools.pairwise(numbers))


def test_logarithmic_ticks_are_powers_of_ten() -> None:
    assert log_ticks(2.5e6) == [1, 100, 10_000, 1_000_000]
    assert log_ticks(0) == [1]


def test_lines_at_a_nan_are_left_out() -> None:
    corners = np.array([[0.0, 0, 0], [1, 0, 0], [np.nan, 0, 0], [3, 0, 0], [4, 0, 0]])
    points = polyline(corners)
    assert points.shape == (8, 3)
    np.testing.assert_allclose(points[[0, 3, 4, 7], 0], [0, 1, 3, 4])
