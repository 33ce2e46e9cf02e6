"""Single weights, filters, counts and the network that they are of."""

from __future__ import annotations

import itertools

import numpy as np
from manim import DOWN, Group

from tests.golden.comparator import compare
from weightreel.analysis.findings.blocks import Block
from weightreel.analysis.palette import DARK
from weightreel.scenes.instruments.axes.counter import Counter
from weightreel.scenes.instruments.networks.filter_bank import FilterBank
from weightreel.scenes.instruments.networks.network_diagram import NetworkDiagram
from weightreel.scenes.instruments.networks.weight_flow import WeightFlow

EPOCHS = np.arange(21)


def report_s_network() -> list[Block]:
    channels, hidden = (3, 64, 64, 128, 128, 256, 256, 512, 512), (2048, 1024, 1024, 512, 512, 256, 10)
    layers = [Block(f"features.{i}", "conv2d", (b, a, 3, 3)) for i, (a, b) in enumerate(itertools.pairwise(channels))]
    return layers + [Block(f"classifier.{i}", "linear", (b, a)) for i, (a, b) in enumerate(itertools.pairwise(hidden))]


def test_filter_bank() -> None:
    start, way = np.random.default_rng(0).normal(0, 1, (2, 32, 3, 5, 5))
    filters = start + EPOCHS[:, None, None, None, None] / 10 * way
    compare("filter-bank", FilterBank(EPOCHS, filters, 5.5).at(12.5))


def test_weight_flow() -> None:
    start, way = np.random.default_rng(1).normal(0, 1, (2, 60))
    sample = start + np.sqrt(EPOCHS)[:, None] / 4 * way
    middle = np.quantile(sample, (0.05, 0.95), axis=1).T
    flow = WeightFlow(EPOCHS, sample, (9, 5), band=middle, band_name="middle 90 %")
    compare("weight-flow", flow.center().at(14.5))


def test_network_diagram() -> None:
    whole = NetworkDiagram(report_s_network(), (13, 2.4)).light("classifier.0")
    deep = [Block(f"blocks.{i}", "linear", (2 ** (i % 9),)) for i in range(200)]
    compare("network-diagram", Group(whole, NetworkDiagram(deep, (13, 2.4))).arrange(DOWN, buff=0.8))


def test_counter() -> None:
    compare("counter", Counter(np.arange(0, 2001.0, 10), "sure of noise", np.arange(201) * 7, DARK.SUCCESS).at(1505))
