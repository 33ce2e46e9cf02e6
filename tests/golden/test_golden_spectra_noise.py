"""The instruments of the films of spectra and noise, most at an epoch between two."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from manim import RIGHT, Group

from tests.golden.comparator import compare
from weightreel.analysis.findings.spectra import Spectrum
from weightreel.analysis.findings.spectral.randomness import Baseline, Bulk, log_density, log_edges
from weightreel.analysis.palette import DARK
from weightreel.analysis.store.schema.fields import FitStatus
from weightreel.scenes.instruments.answers.image_grid import ImageGrid
from weightreel.scenes.instruments.axes.bars import Bars
from weightreel.scenes.instruments.spectra.esd import EsdPlot
from weightreel.scenes.instruments.spectra.landscape import Landscape
from weightreel.scenes.kit.grammar.zones import Zone

EPOCHS = np.arange(6.0)


def spectrum() -> Spectrum:
    """Eigenvalues at the quantiles of a Pareto law whose tail grows heavier; the fit at epoch 3 failed."""
    u = (np.arange(300) + 0.5) / 300
    exponent = np.linspace(4, 2.5, 6)[:, None]
    eigenvalues = (1 - u) ** (-1 / (exponent - 1))  # (E, K)
    edges = log_edges(eigenvalues, 24)
    status = np.where(EPOCHS == 3, FitStatus.FAILED, FitStatus.OK)
    gap = np.where(EPOCHS == 3, np.nan, 1.0)
    return Spectrum(
        "classifier.0", EPOCHS, 300, edges, log_density(eigenvalues, edges), np.zeros(6, int), gap * exponent[:, 0],
        gap * 0.12, gap * 1.5, gap * 0.031, np.where(EPOCHS == 3, 0, 120), eigenvalues[:, -1], status,
    )  # fmt: skip


def random_and_leaving() -> Spectrum:
    """As `spectrum`, with a uniform bulk up to λ = 1.9 that is shuffled, and λ₊ at its end."""
    found = spectrum()
    edges = np.linspace(-0.6, np.log10(1.9), 13)
    baseline = log_density(np.tile(np.linspace(0.4, 1.85, 300), (6, 1)), edges)
    ones = np.ones(6)
    return replace(found, baseline=Baseline(edges, baseline), bulk=Bulk(2.0 * ones, 5 * EPOCHS, 2.0 * ones))


def test_esd_beside_what_is_random() -> None:
    compare("esd", EsdPlot(random_and_leaving(), (6.5, 4)).at(4.5).center())


def test_landscape() -> None:
    compare("landscape", Landscape(random_and_leaving(), Zone(-6.2, -3.2, 6.2, 3.2)).at(4.4))


def test_esd_has_no_line_from_a_failed_fit_to_the_next() -> None:
    plots = [EsdPlot(spectrum(), (4, 2.4), compact=True).at(t) for t in (2.9, 3.5, 5.0)]
    compare("esd-failed-fit", Group(*plots).arrange(RIGHT, buff=0.5).center())


def test_pictures_and_bars() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (4, 8, 8, 3), np.uint8)
    grid = ImageGrid(pixels, 2, 3.0).at(2.5)
    shares = np.array([[0.0, 0, 0], [0.7, 0.2, 0.1]])
    bars = Bars(
        np.arange(2.0), ["airplane", "frog", "truck"], shares, (5, 2.4), most=1, colour=DARK.SUCCESS,
        whole=np.minimum(shares * 1.3, 1), written=lambda v: f"{v:.0%}",
    )  # fmt: skip
    bars.at(1)
    compare("pictures-bars", Group(grid, bars).arrange(RIGHT, buff=1.0).center())
