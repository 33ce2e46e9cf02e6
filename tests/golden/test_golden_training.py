"""The instruments of the films of weights, biases and curves, each at an epoch between two."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from manim import RIGHT, VGroup

from tests.golden.comparator import FrameDiffersError, compare
from weightreel.analysis.palette import DARK
from weightreel.scenes.instruments.axes.curves import Curves, Series
from weightreel.scenes.instruments.axes.epoch_dial import EpochDial
from weightreel.scenes.instruments.axes.histogram import Histogram
from weightreel.scenes.instruments.axes.plane import Plane
from weightreel.scenes.instruments.axes.readout import Readout
from weightreel.scenes.instruments.training.cloud import Cloud
from weightreel.scenes.instruments.training.phase_ribbon import PhaseRibbon

EPOCHS = np.arange(11)
EDGES = np.linspace(-1, 1, 41)
PROGRESS = EPOCHS[:, None] / 10
LOW = -np.ones(11)


def bells(n: int = 100_000, widths: tuple[float, float] = (0.12, 0.35)) -> np.ndarray:
    """Counts (E, 40) of a bell that widens."""
    centre = (EDGES[1:] + EDGES[:-1]) / 2
    width = widths[0] + PROGRESS * (widths[1] - widths[0])
    density = np.exp(-((centre / width) ** 2) / 2)
    return np.round(n * density / density.sum(1, keepdims=True))


def histogram() -> Histogram:
    return Histogram(EPOCHS, EDGES, bells(), DARK.WEIGHTS, log=True, ghost=True, names=("weight", "entries"))


def test_histogram() -> None:
    compare("histogram", histogram().center().at(6.5))


def test_curves() -> None:
    loss = 2.3 * np.exp(-EPOCHS / 4)
    broken = np.where(EPOCHS == 3, np.nan, loss + 0.3)
    bundle = loss[:, None] * np.linspace(0.2, 0.6, 5)
    series = [
        Series("whole", loss, DARK.CNN),
        Series("with a gap", broken, DARK.SPECTRAL_CNN),
        Series("", bundle, DARK.MUTED, width=1.5),
    ]
    compare("curves", Curves(EPOCHS, series, size=(8, 4.5), y_name="loss (nat)").center().at(7.5))


def test_phase_ribbon_dial_and_readout() -> None:
    phase = np.array([0] * 3 + [1] * 4 + [2] * 4)
    parts = [
        PhaseRibbon(EPOCHS, phase, 7).at(8.2),
        EpochDial(EPOCHS).at(8.2),
        Readout(EPOCHS, "standard deviation", 0.02 + 0.001 * EPOCHS, DARK.WEIGHTS).at(8.2),
    ]
    compare("ribbon-dial-readout", VGroup(*parts).arrange(RIGHT, buff=0.5).scale(0.9).center())


def test_cloud() -> None:
    values = np.random.default_rng(3).normal(0.2, 0.2, 60)
    plane = Plane((-1, 1), (0, 1), (10, 0), x_ticks=(-1, 0, 1)).center()
    clouds = [Cloud(values, plane, y, 1.2, colour) for y, colour in ((2.2, DARK.BIASES), (0.8, DARK.MUTED))]
    clouds[0].shift(clouds[0].way(-0.5))
    compare("cloud", plane, *clouds)


def test_the_comparator_sees_a_change_and_a_missing_frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = histogram().center()
    monkeypatch.setenv("WEIGHTREEL_GOLDEN", "update")
    compare("it", drawn.at(5), frames=tmp_path)
    monkeypatch.delenv("WEIGHTREEL_GOLDEN")
    compare("it", drawn.at(5), frames=tmp_path)
    with pytest.raises(FrameDiffersError, match="pixels differ"):
        compare("it", drawn.at(5.9), frames=tmp_path, differences=tmp_path / "seen")
    assert (tmp_path / "seen" / "it.png").is_file()
    with pytest.raises(FrameDiffersError, match="there is no"):
        compare("another", drawn, frames=tmp_path)
