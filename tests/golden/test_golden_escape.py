"""The instruments of the film of eigenvalues: weights as squares, what leaves, and how its alpha is read."""

from __future__ import annotations

import numpy as np

from tests.golden.comparator import compare
from tests.scenes.instruments.spectra.test_escape_chart import escape
from weightreel.scenes.instruments.networks.weight_patch import WeightPatch
from weightreel.scenes.instruments.spectra.alpha_scale import AlphaScale
from weightreel.scenes.instruments.spectra.escape_chart import EscapeChart, Leaving
from weightreel.scenes.kit.grammar.zones import Zone


def test_escape_chart() -> None:
    chart = EscapeChart(escape(epochs=12, leaving=4), Zone(-6, -2.5, 2, 2.5)).at(3.4)
    small = EscapeChart(escape(epochs=12, leaving=4), Zone(3, 0, 6, 1.5), compact=True).at(11)
    compare("escape-chart", chart, Leaving(chart).at(3.4), small)


def test_alpha_scale() -> None:
    compare("alpha-scale", AlphaScale(3.29, (2.65, 4.15), Zone(-6, -1.5, 6, 2)))


def test_weight_patch() -> None:
    sample = np.random.default_rng(0).normal(size=(3, 128))
    compare("weight-patch", WeightPatch(np.arange(3.0), sample, Zone(-5, -2, 5, 2)).at(1.5))
