"""What films speak with: the network as a character, pointers, grains, a third dimension, the clock along the floor."""

from __future__ import annotations

import numpy as np
from manim import DOWN, RIGHT, UP, Group, VGroup

from tests.golden.comparator import compare
from tests.golden.test_golden_weights import report_s_network
from weightreel.analysis.findings.blocks import Block
from weightreel.analysis.palette import DARK
from weightreel.scenes.instruments.axes.timeline import Timeline
from weightreel.scenes.instruments.networks.character import Character
from weightreel.scenes.kit.grammar.grains import Grains, cells, colours_of, piles
from weightreel.scenes.kit.grammar.pointing import Brace, Pointer, Ring
from weightreel.scenes.kit.grammar.space import Motes, View, Wires, sphere
from weightreel.scenes.kit.grammar.zones import Zone, Zones

EPOCHS = np.arange(51)


def test_character() -> None:
    upper, lower = Zones.of_frame().stage.rows(1, 1)
    whole = Character(report_s_network(), upper, DARK.ESD).light("classifier.0")
    deep = Character([Block(f"blocks.{i}", "linear", (2 ** (i % 9),)) for i in range(200)], lower)
    compare("character", Group(whole, whole.named("classifier.0"), deep))


def test_timeline() -> None:
    falls = [(20.0, 0.1), (27.0, 0.1), (33.0, 0.1)]
    wide = Timeline(EPOCHS, falls, Zone(-6.4, 0.5, 6.4, 2.0)).at(21.5)
    compare("timeline", wide, Timeline(EPOCHS, falls[:1], Zone(-6.4, -2.5, 2.0, -1.0)).at(3.2))


def test_pointing() -> None:
    way = np.stack([EPOCHS / 10 - 3, np.sqrt(EPOCHS) / 3 - 1, 0 * EPOCHS], 1)

    def here(t: float) -> np.ndarray:
        return way[int(t)]

    def ends(t: float) -> np.ndarray:
        far = np.array([way[int(t), 0], way[0, 1], 0.0])
        return np.stack([way[0], far]) + 0.3 * DOWN

    line = VGroup(*(Ring(EPOCHS, lambda t, i=i: way[i], 0.03, DARK.ESD) for i in range(0, 51, 5)))
    pointer = Pointer(EPOCHS, here, "the first one out", 1.5 * UP + RIGHT).at(30)
    compare("pointing", line, pointer, Ring(EPOCHS, here, 0.2).at(30), Brace(EPOCHS, ends, "so far", DOWN).at(30))


def test_grains() -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (12, 12, 3), dtype=np.uint8)
    picture = Grains(cells(Zone(-5, -2, -1, 2), 12, 12), 4 / 12, colours_of(pixels))
    fallen = piles(Zone(1, -2, 5, 2), rng.binomial(11, 0.5, 144), 12, 0.16)
    compare("grains", picture, Grains(fallen, 0.14, colours_of(pixels)))


def test_space() -> None:
    view = View(0.5, 0.4, 2.2, place=(-3.2, 0.0))
    places = np.random.default_rng(0).normal(0, 1, (300, 3))
    places /= np.linalg.norm(places, axis=1, keepdims=True)
    stretched = View(0.5, 0.4, 2.2, distance=6.0, place=(3.2, 0.0))
    dots = Motes(places * [1.4, 0.7, 0.4], stretched, DARK.ESD, 0.07)
    compare("space", Wires(sphere(), view, DARK.ESD), dots, Wires(sphere() * [1.4, 0.7, 0.4], stretched, DARK.MUTED, 1))
