"""Single weights, filters, counts and the network that they are of."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
from manim import DOWN, Group

from tests.golden.comparator import compare
from weightreel.analysis.findings.blocks import Block
from weightreel.analysis.findings.parameters import Distribution
from weightreel.analysis.palette import DARK
from weightreel.scenes.instruments.axes.counter import Counter
from weightreel.scenes.instruments.networks.filter_bank import FilterBank
from weightreel.scenes.instruments.networks.layer_stack import LayerStack
from weightreel.scenes.instruments.networks.network_diagram import NetworkDiagram
from weightreel.scenes.instruments.networks.sand import Sand
from weightreel.scenes.kit.grammar.zones import Zone

EPOCHS = np.arange(21)


def report_s_network() -> list[Block]:
    channels, hidden = (3, 64, 64, 128, 128, 256, 256, 512, 512), (2048, 1024, 1024, 512, 512, 256, 10)
    layers = [Block(f"features.{i}", "conv2d", (b, a, 3, 3)) for i, (a, b) in enumerate(itertools.pairwise(channels))]
    return layers + [Block(f"classifier.{i}", "linear", (b, a)) for i, (a, b) in enumerate(itertools.pairwise(hidden))]


def test_filter_bank() -> None:
    start, way = np.random.default_rng(0).normal(0, 1, (2, 32, 3, 5, 5))
    filters = start + EPOCHS[:, None, None, None, None] / 10 * way
    compare("filter-bank", FilterBank(EPOCHS, filters, 5.5).at(12.5))


def test_sand() -> None:
    start, way = np.random.default_rng(1).normal(0, 1, (2, 60))
    sample = start + np.sqrt(EPOCHS)[:, None] / 4 * way
    compare("sand", Sand(EPOCHS, sample, (9, 5), DARK.WEIGHTS, y_name="weight").center().at(14.5))


def even(width: float, n: int) -> Distribution:
    """A layer that begins between two ends and turns into a bell."""
    edges = np.linspace(-1, 1, 257)
    middle = (edges[1:] + edges[:-1]) / 2
    bell = np.exp(-((middle / width) ** 2))
    box = (np.abs(middle) < width).astype(float)
    share = (EPOCHS / EPOCHS[-1])[:, None]
    density = (1 - share) * box / box.sum() + share * bell / bell.sum()
    counts = np.round(n * density)
    std = np.sqrt((density * middle**2).sum(1))
    none = np.zeros(len(EPOCHS))
    reach = 1.8 * width * np.ones(len(EPOCHS))
    quantiles = np.stack([-reach, -0.9 * reach, none, 0.9 * reach, reach], 1)
    return Distribution(edges, counts, std, none, none, -reach, reach, quantiles)


def test_layer_stack() -> None:
    layers = {f"l{i}": even(width, n) for i, (width, n) in enumerate(((0.4, 4000), (0.25, 6000), (0.15, 9000)))}
    whole = replace(layers["l0"], counts=sum(of.counts for of in layers.values()))
    zone = Zone(-6, -3, 6, 3)
    columns = dict(zip(layers, Zone(-6, -1, 6, 3).columns(1, 1, 1), strict=True))
    stack = LayerStack(EPOCHS, layers, whole, zone, columns, DARK.WEIGHTS, "weight")
    compare("layer-stack", stack.separate(1).take_apart(0.5).at(12))


def test_network_diagram() -> None:
    whole = NetworkDiagram(report_s_network(), (13, 2.4)).light("classifier.0")
    deep = [Block(f"blocks.{i}", "linear", (2 ** (i % 9),)) for i in range(200)]
    compare("network-diagram", Group(whole, NetworkDiagram(deep, (13, 2.4))).arrange(DOWN, buff=0.8))


def test_counter() -> None:
    compare("counter", Counter(np.arange(0, 2001.0, 10), "sure of noise", np.arange(201) * 7, DARK.SUCCESS).at(1505))
