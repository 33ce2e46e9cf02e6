"""Pictures, their pixels on the way into a network, and which networks films of attacks show beside the chosen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import DOWN, LEFT, FadeIn, FadeOut, Group, Mobject, VGroup

from weightreel.analysis.findings.blocks import blocks_of
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.palette import theme
from weightreel.analysis.store.nodes import Run
from weightreel.scenes.instruments.networks.character import Character
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.grammar.eye import Look
from weightreel.scenes.kit.grammar.grains import Fly, Grains, cells, colours_of
from weightreel.scenes.kit.grammar.zones import Zone
from weightreel.scenes.kit.theme import BODY, DISPLAY
from weightreel.scenes.kit.type import Letters, label, stand_over, words

MOST_GRAINS = 32
"""Pixels on a side that fly: of larger pictures every second, third, …"""


def over(text: str, picture: Mobject, colour: str | None = None, gap: float = 0.16) -> Letters:
    """The smallest words above a picture."""
    colour = colour or theme().MUTED
    return stand_over(label(text, colour), picture, gap)


def grains_of(pixels: np.ndarray, zone: Zone) -> Grains:
    """A picture's pixels, uint8 (H, W, 3), where it stands."""
    coarse = _coarse(pixels)
    return Grains(cells_of(pixels, zone), zone.width / coarse.shape[1], colours_of(coarse))


def cells_of(pixels: np.ndarray, zone: Zone) -> np.ndarray:
    """Where the grains of a picture, (H, W, 3), stand in a zone, (N, 2)."""
    rows, columns = _coarse(pixels).shape[:2]
    return cells(zone, rows, columns)


def _coarse(pixels: np.ndarray) -> np.ndarray:
    step = -(-max(pixels.shape[:2]) // MOST_GRAINS)
    return pixels[::step, ::step]


def fly_in(
    film: Film,
    pixels: np.ndarray,
    picture: Mobject,
    zones: tuple[Zone, Zone],
    leaving: Sequence[Mobject],
    seconds: tuple[float, float],
) -> Character | None:
    """Let a picture's pixels fly into the network, and its light pass through.

    Args:
        film: whose network it is.
        pixels: of the picture, uint8 (H, W, 3).
        picture: as it stands on stage.
        zones: where the picture moves to, and where the network stands.
        leaving: what fades out meanwhile.
        seconds: of the flight, and of the light.

    Returns:
        The network; None where the store tells no layers, and nothing flies.
    """
    source, middle = zones
    blocks = blocks_of(film.run)
    network = Character(blocks, middle, theme().ESD) if blocks else None
    film.play(
        *map(FadeOut, leaving), Look(Group(picture), Zone.around(picture), source.square()),
        *([FadeIn(network, shift=0.3 * LEFT)] if network else ()), run_time=1.0,
    )  # fmt: skip
    if network:
        grains = grains_of(pixels, Zone.around(picture))
        door = Zone.around(next(iter(network.blocks.values()))).inside(0.02)
        film.play(Fly(grains, cells_of(pixels, door), 0.02, order=_from_the_right(grains), run_time=seconds[0]))
        film.remove(grains)
        film.play(network.passes(run_time=seconds[1]))
    return network


def _from_the_right(grains: Grains) -> np.ndarray:
    """Who leaves when: what is nearest to the network first."""
    x, y = grains.places.T
    far = x.max() - x + 0.3 * (y - y.min())
    return np.asarray(far / max(float(far.max()), 1e-9))


def answer_in_large(name: str, sure: str, colour: str, zone: Zone) -> VGroup:
    """An answer in large letters, and how sure it is, where that is known."""
    large = words(name, DISPLAY, colour, weight="semibold")
    said = [large if large.width <= zone.width else words(name, BODY, colour, weight="semibold", width=zone.width)]
    if sure:
        said += [words(phrase("{share} sure", share=sure), BODY, colour)]
    answer: VGroup = zone.hold(VGroup(*said).arrange(DOWN, buff=0.25))
    return answer


def defended(film: Film) -> list[Run]:
    """The store's runs of defended networks, unless WEIGHTREEL_RUN says which runs to show."""
    if film.settings.runs:
        return []
    return [run for run in film.store.runs.values() if run.defence]
