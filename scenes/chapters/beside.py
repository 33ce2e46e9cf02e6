"""Networks beside each other: parameters of each, on one clock and on common scales."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP

from weightreel.analysis.findings.parameters import Distribution
from weightreel.analysis.findings.time import epochs_of
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import networks_in_words, titles_apart
from weightreel.analysis.findings.words.numbers import significant
from weightreel.analysis.palette import theme
from weightreel.analysis.store.nodes import Run
from weightreel.scenes.instruments.axes.epoch_dial import EpochDial
from weightreel.scenes.instruments.axes.small_multiples import Panel, SmallMultiples
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.theme import BELOW_HEADER, SAFE_BOTTOM, SAFE_LEFT, SAFE_RIGHT, SMALL, colour_of_run
from weightreel.scenes.kit.type import words

MOST = 5
"""Networks that stand beside each other; more would be too small."""
FEW = 2
"""Networks that the line at the top names."""
TAKE_AWAY = 8.6
"""Width of the sentences, which leave the right end to the clock."""


def parameters_beside(film: Film, parameter: str, colour: str) -> None:
    """A chapter: all weights, or all biases, of each network of a film, where it compares several."""
    runs = [run for run in film.runs if Distribution.of(run, parameter) is not None][:MOST]
    if len(runs) < 2 or not film.compares:
        return
    film.clear_stage()
    caption = (
        phrase(
            "All weights of each network, on one horizontal axis; the counts are logarithmic, the grey outlines are "
            "the first {clock}'s."
        )
        if parameter == "weight"
        else phrase(
            "All biases of each network, on one horizontal axis; the counts are logarithmic, the grey outlines are "
            "the first {clock}'s."
        )
    )
    film.beat(phrase("The networks beside each other"), and_ends(caption, runs), loop=True)
    titles = titles_apart(runs)
    every = [Distribution.known(run, parameter) for run in runs]
    panels = [
        Panel(title, of.edges, of.counts, of.std, *of.extent, colour, run.epochs, colour_of_run(run, film.runs))
        for title, run, of in zip(titles, runs, every, strict=True)
    ]
    said = spreads_in_words(titles, [of.std for of in every]), *one_seed_each(runs)
    grid = SmallMultiples(epochs_of(runs), panels, (SAFE_RIGHT - SAFE_LEFT, room_above(film, said)), common=True)
    grid.move_to([SAFE_LEFT, BELOW_HEADER, 0], UP + LEFT)
    film.add(film.header(film.shown_as, film.data or networks_in_words(titles, FEW)))
    note = phrase("one horizontal axis; heights differ")
    film.sweep(grid, dial_of(film, runs, note))
    film.take_away(phrase("What the networks' spreads are"), *said, width=TAKE_AWAY)


def room_above(film: Film, said: Sequence[str]) -> float:
    """Height between the header and the take-away, or the clock where that is higher."""
    return BELOW_HEADER - max(film.top_of_take_away(*said, width=TAKE_AWAY) + 0.25, SAFE_BOTTOM + 1.25)


def and_ends(caption: str, runs: Sequence[Run]) -> str:
    """What is seen, and what becomes of networks that end earlier than others."""
    if len({int(run.epochs[-1]) for run in runs}) == 1:
        return caption
    return " ".join((caption, phrase("A network that ends earlier stays as it was.")))


def dial_of(film: Film, runs: Sequence[Run], note: str) -> EpochDial:
    """The clock of them all, at the bottom right, above a note about the axes."""
    film.add(words(note, SMALL, theme().MUTED).move_to([SAFE_RIGHT, SAFE_BOTTOM, 0], DOWN + RIGHT))
    return EpochDial(epochs_of(list(runs))).move_to([SAFE_RIGHT, SAFE_BOTTOM + 0.5, 0], DOWN + RIGHT)


def one_seed_each(runs: Sequence[Run]) -> list[str]:
    """What stands against a conclusion, where every network is there once."""
    if len({run.model for run in runs}) < len(runs):
        return []
    return [phrase("One seed of each network: no conclusion between them.")]


def spreads_in_words(titles: Sequence[str], stds: Sequence[np.ndarray]) -> str:
    """Which network's entries spread widest at its last epoch and which least.

    Args:
        stds: standard deviation of each, (E,) each.
    """
    last = [float(std[-1]) for std in stds]
    most, least = int(np.argmax(last)), int(np.argmin(last))
    return phrase(
        "Widest at the end: {most}, standard deviation {wide}; narrowest: {least}, {narrow}.",
        most=titles[most],
        wide=significant(last[most]),
        least=titles[least],
        narrow=significant(last[least]),
    )
