"""A unit ball through a layer, with BatchNorm folded in, and the norms of all convolutions."""

from __future__ import annotations

import numpy as np
from manim import LEFT, RIGHT, UP, Typst, UpdateFromAlphaFunc, linear

from weightreel.analysis.findings.norms import (
    Norms,
    Sigmas,
    basis_in_words,
    folded_in_words,
    folded_operators_in_words,
    held_in_words,
    layers_in_words,
    operators_in_words,
    stretch_in_words,
)
from weightreel.analysis.findings.time import evenly
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.epoch_dial import EpochDial
from weightreel.scenes.instruments.networks.unit_ball import UnitBall, reach_of, side_by_side
from weightreel.scenes.instruments.spectra.sigma_by_layer import (
    MOST_ROWS,
    NAME,
    Lane,
    SigmaByLayer,
    key_of_marks,
    range_of,
)
from weightreel.scenes.kit.clock import SHORTEST
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.theme import BELOW_HEADER, SAFE_LEFT, SAFE_RIGHT, SMALL, colour_of_run
from weightreel.scenes.kit.type import words

SIDE, APART = 4.1, 4.75
"""Side of a ball's picture, and from one to the next, in units of the frame."""
COLUMN = SAFE_RIGHT - 3.3
"""Left end of the column of words."""
FOLDING = 4.0
"""Seconds in which BatchNorm is folded in."""


def unit_ball_of_a_layer(film: Film, measured: list[Sigmas], name: str) -> None:
    """The unit circle through one convolution over the epochs, then with BatchNorm folded in."""
    picked = [sigmas.pick([name]) for sigmas in measured]
    out, *rest = picked[0].run.layer(name).shape
    size = {"layer": name, "rows": out, "columns": int(np.prod(rest))}
    film.beat(
        phrase("A unit ball through a layer"),
        phrase(
            "{layer} as a matrix, {rows} × {columns}. The unit circle of the two directions that it stretches most "
            "becomes an ellipse, whose semi-axes are the two largest singular values.",
            **size,
        ),
        loop=True,
    )
    balls = balls_of(film, picked)
    about = words_beside(
        phrase(
            "{layer} as a matrix, {rows} × {columns}: the {title}'s convolution with the largest σ₁. White: the "
            "unit circle. Filled: what becomes of it in the two directions that are stretched most.",
            title=picked[0].title,
            **size,
        )
    )
    dial = EpochDial(picked[0].epochs)
    dial.move_to([min(COLUMN, SAFE_RIGHT - dial.width), BELOW_HEADER + 0.05, 0], UP + LEFT)
    film.add(about)
    film.sweep(*balls, dial)
    stage = list(film.mobjects)
    film.take_away(phrase("What the layer does"), stretch_in_words(name, picked), held_in_words(name, picked))
    if not any(np.isfinite(sigmas.folded.leading[-1]).all() for sigmas in picked):
        return
    film.clear_stage(*(m for m in stage if m is not about))
    film.beat(
        phrase("BatchNorm folded in"),
        phrase(
            "The BatchNorm after {layer} scales every channel. Thin: as trained. Filled: with BatchNorm folded in.",
            layer=name,
        ),
    )
    circles = phrase(
        "Thin: as trained. Filled: with the BatchNorm that follows folded in. White: the unit circle, on axes that "
        "now reach further."
    )
    film.add(words_beside(circles))
    film.play(*(UpdateFromAlphaFunc(b, UnitBall.fold, rate_func=linear) for b in balls), run_time=FOLDING)
    film.take_away(phrase("What BatchNorm does"), folded_in_words(name, picked))


def words_beside(text: str) -> Typst:
    """Words in the column beside the balls."""
    about = words(text, SMALL, theme().MUTED, width=SAFE_RIGHT - COLUMN)
    return about.move_to([COLUMN, BELOW_HEADER - 1.0, 0], UP + LEFT)


def balls_of(film: Film, picked: list[Sigmas]) -> list[UnitBall]:
    """A ball for each network, on equal axes."""
    reach = reach_of(*(sigmas.trained.leading for sigmas in picked))
    folded = max(reach, reach_of(*(sigmas.folded.leading[-1] for sigmas in picked)))
    names = [phrase("{title}, seed {seed}", title=sigmas.title, seed=sigmas.run.seed) for sigmas in picked]
    found = [
        UnitBall(
            sigmas.epochs, name, sigmas.trained.leading[:, 0], colour_of_run(sigmas.run, film.runs), SIDE,
            reach=reach, folded=sigmas.folded.leading[:, 0], folded_reach=folded,
        )
        for name, sigmas in zip(names, picked, strict=True)
    ]  # fmt: skip
    return side_by_side(found, np.array([SAFE_LEFT, BELOW_HEADER + 0.05, 0]), APART)


def all_convolutions(film: Film, measured: list[Sigmas]) -> None:
    """The norms of all convolutions, without and with BatchNorm folded in, over the epochs."""
    names = evenly(measured[0].names, MOST_ROWS)
    n = len(measured[0].names)
    film.beat(
        phrase("All convolutions"),
        phrase(
            "The largest singular value σ of {shown} of {n} convolutions, evenly spaced: squares for the reshaped "
            "matrix, diamonds for the convolution.",
            shown=len(names),
            n=n,
        )
        if len(names) < n
        else phrase(
            "The largest singular value σ of every convolution: squares for the reshaped matrix, diamonds for the "
            "convolution."
        ),
        loop=True,
    )
    picked = [sigmas.pick(names) for sigmas in measured]
    panels = panels_of(film, measured, names, picked)
    dial = EpochDial(picked[0].epochs).move_to([SAFE_RIGHT, BELOW_HEADER + 0.05, 0], UP + RIGHT)
    room = float(dial.get_left()[0]) - SAFE_LEFT - 0.4
    key = key_of_marks([(s.title, colour_of_run(s.run, film.runs)) for s in picked], room)
    film.add(key.move_to([SAFE_LEFT, BELOW_HEADER + 0.05, 0], UP + LEFT))
    film.sweep(*panels, dial, seconds=SHORTEST + 1)
    stage = list(film.mobjects)
    operators = operators_in_words(measured)
    if operators:
        folded = folded_operators_in_words(measured)
        film.take_away(phrase("What the bound is worth"), operators, *filter(None, [folded]))
        film.clear_stage(*stage)
    film.take_away(phrase("Does BatchNorm undo it?"), layers_in_words(measured), basis_in_words(measured))


def panels_of(film: Film, measured: list[Sigmas], names: list[str], picked: list[Sigmas]) -> list[SigmaByLayer]:
    """The convolutions as trained and, where the store holds it, with BatchNorm folded in, on equal axes."""

    def lanes(norms: list[Norms]) -> list[Lane]:
        return [
            Lane(s.epochs, n.reshaped, n.operator, colour_of_run(s.run, film.runs))
            for s, n in zip(picked, norms, strict=True)
        ]

    total = len(measured[0].names)
    name = (
        phrase("as trained")
        if len(names) == total
        else phrase("as trained, {n} of {total} layers", n=len(names), total=total)
    )
    parts = [(name, lanes([sigmas.trained for sigmas in picked]))]
    if any(sigmas.folded.known for sigmas in picked):
        parts.append((phrase("with BatchNorm folded in"), lanes([sigmas.folded for sigmas in picked])))
    limits = range_of([lane for _, found in parts for lane in found])
    room = (SAFE_RIGHT - SAFE_LEFT - NAME) / len(parts)
    found = []
    for i, (title, lane) in enumerate(parts):
        panel = SigmaByLayer(names, lane, (room - 0.35, 0.38 * len(names)), limits, title, named=i == 0)
        corner = np.array([SAFE_LEFT + NAME + i * room, BELOW_HEADER - 1.15, 0])
        found.append(panel.shift(corner - panel.corner))
    return found
