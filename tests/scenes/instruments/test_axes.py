"""Instruments draw themselves at any epoch: between epochs, beyond them, and from histories at their extremes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from manim import RIGHT

from weightreel.analysis.findings.parameters import Distribution
from weightreel.analysis.findings.time import interpolate
from weightreel.analysis.findings.words.language import speaking
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.counter import Counter
from weightreel.scenes.instruments.axes.curves import Curves, Series
from weightreel.scenes.instruments.axes.epoch_dial import EpochDial
from weightreel.scenes.instruments.axes.histogram import Histogram
from weightreel.scenes.instruments.axes.readout import Readout
from weightreel.scenes.instruments.networks.layer_stack import LayerStack
from weightreel.scenes.instruments.networks.sand import Sand
from weightreel.scenes.instruments.training.phase_ribbon import PhaseRibbon
from weightreel.scenes.kit.clock import EpochClock, Instrument
from weightreel.scenes.kit.grammar.zones import Zone
from weightreel.scenes.kit.type import Numerals

EDGES = np.linspace(-1, 1, 21)


def histogram(counts: np.ndarray) -> Histogram:
    """Counts (E, 20); few entries would be drawn in fewer bins."""
    return Histogram(np.arange(len(counts)), EDGES, counts, theme().WEIGHTS)


def stack(epochs: np.ndarray, h: np.ndarray) -> LayerStack:
    """One layer of whose entries all bins hold as many, in a column of its own."""
    n = len(epochs)
    even = np.tile([-0.5, 0.5], (n, 1))
    of = Distribution(
        EDGES, np.tile(h[:, None], (1, 20)), np.full(n, 0.1), np.zeros(n), np.zeros(n), -np.ones(n), np.ones(n), even
    )
    zone = Zone(0, 0, 6, 3)
    return LayerStack(epochs, {"layer": of}, of, zone, {"layer": zone}, theme().BIASES).take_apart(0.5)


MAKERS: dict[str, Callable[[np.ndarray, np.ndarray], Instrument]] = {
    "histogram": lambda epochs, h: Histogram(epochs, EDGES, np.tile(h[:, None], (1, 20)), theme().WEIGHTS),
    "log histogram": lambda epochs, h: Histogram(
        epochs, EDGES, np.tile(h[:, None], (1, 20)), theme().WEIGHTS, log=True, ghost=True
    ),
    "curves": lambda epochs, h: Curves(epochs, [Series("a", h, theme().CNN)], size=(4, 2)),
    "ribbon": lambda epochs, h: PhaseRibbon(epochs, np.zeros(len(h)), 5),
    "dial": lambda epochs, h: EpochDial(epochs),
    "readout": lambda epochs, h: Readout(epochs, "std", h),
    "stack": stack,
    "sand": lambda epochs, h: Sand(epochs, np.stack([h, 1 - h], 1), (6, 3), theme().WEIGHTS),
}


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


def test_an_attached_instrument_follows_the_clock() -> None:
    clock = EpochClock(np.arange(51))
    dial = EpochDial(np.arange(51)).attach(clock)
    clock.set_value(30)
    dial.update()
    assert dial.text.text == "epoch 30 / 50"


def test_readouts_and_ticks_are_in_the_language(tmp_path: Path) -> None:
    mine = tmp_path / "mine.po"
    mine.write_text('msgid ""\nmsgstr "Language: de\\n"\n\nmsgid "cat"\nmsgstr "Katze"\n', encoding="utf-8")
    epochs = np.arange(3.0)
    with speaking(str(mine)):
        readout, counter = Readout(epochs, "std", epochs / 8), Counter(epochs, "sure", 1024 * epochs)
        curve = Curves(epochs, [Series("loss", epochs / 2, theme().TEXT)], size=(4, 3), y=(0, 1))
        said = [readout.at(1.0).number.said, counter.at(1.0).number.said]
        ticks = {part.said for part in curve.get_family() if isinstance(part, Numerals)}
    assert said == ["0,125", "1.024"]
    assert {"0,5", "1,0"} <= ticks and not any("." in tick for tick in ticks)
