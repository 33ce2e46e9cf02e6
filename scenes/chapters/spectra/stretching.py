"""The question, what an eigenvalue is, and how far chance reaches."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, AnimationGroup, FadeIn, FadeOut, UpdateFromAlphaFunc, VGroup, smooth

from weightreel.analysis.findings.blocks import blocks_of
from weightreel.analysis.findings.spectral.escape import shuffled_eigenvalues, stretch_in_words
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import layer_named
from weightreel.analysis.findings.words.numbers import count, million, plain, significant
from weightreel.analysis.palette import theme
from weightreel.scenes.chapters.spectra.told import SIDE, Told, narrow_of, wide_of
from weightreel.scenes.instruments.networks.character import Character, opens
from weightreel.scenes.kit.grammar.grains import Fly
from weightreel.scenes.kit.grammar.moves import entering
from weightreel.scenes.kit.grammar.space import Motes, Turn, View, Wires, sphere
from weightreel.scenes.kit.grammar.zones import Zone
from weightreel.scenes.kit.theme import BODY, SMALL
from weightreel.scenes.kit.type import Letters, label, words

LARGEST_DRAWN = 4.0
"""Where a layer stretches more than this, all that comes out is drawn smaller."""
FROM, TO = (-1.25, 0.3), (-1.85, 0.42)
"""Azimuth and elevation of the eye before and after it has walked."""
COLOURS = ("ESD", "TEXT", "RANDOM")
"""Concepts in whose colours the largest, the middle and the smallest stretch are drawn."""
LEAST_DRAWN = 0.05
"""Length of an arrow, in units of the frame, below which only its end is drawn."""
ROOM_FOR_WORDS = 0.5
"""Below and above a sphere, in units of the frame."""


def asked(told: Told) -> Character | None:
    """The weights, the question, and the layer of the network whose they are."""
    film, escape = told.film, told.escape
    n = int(np.prod(escape.shape))
    question = (
        phrase("Where in {n} numbers is what it learned?", n=million(n) if n >= 1e6 else count(n))
        if escape.leaves
        else phrase("How does a layer stretch what it is given?")
    )
    caption = (
        phrase("These numbers are weights: a part of what one layer of a network has learned.")
        if told.patch is not None
        else phrase("A network, and one of its layers, which has learned {n} numbers.", n=count(n))
    )
    network = character_of(told)
    said = None
    if told.patch is not None:
        said = sampled_in_words(told, n)
        picture: list[Any] = [told.patch, said]
    else:
        picture = [network] if network is not None else [told.chart.at(float(escape.epochs[-1]))]
    film.ask(phrase("Spectra"), question, caption, *picture, seconds=2.2)
    if network is None:
        if told.patch is not None and said is not None:
            places, side = told.patch.laid_out(told.corner)
            film.play(FadeOut(said), Fly(told.patch, places, side, run_time=1.6))
            film.play(FadeOut(told.patch), run_time=0.4)
        else:
            film.play(FadeOut(told.chart), run_time=0.5)
        return None
    name = network.named(told.layer.name)
    if told.patch is not None and said is not None:
        block = network.blocks[told.layer.name]
        small = Zone.around(block)
        places, side = told.patch.laid_out(small.inside(0.25 * small.width, 0.25 * small.height))
        film.play(FadeOut(said), FadeIn(network), run_time=0.7)
        film.play(Fly(told.patch, places, side, run_time=1.6))
        film.play(FadeOut(told.patch), network.animate.light(told.layer.name), FadeIn(name), run_time=0.7)
    else:
        film.play(network.animate.light(told.layer.name), FadeIn(name), run_time=0.8)
    network.add(name)
    return network


def sampled_in_words(told: Told, n: int) -> Letters:
    """Which weights are shown, below them."""
    said = label(
        phrase(
            "{shown} of the {n} weights of {layer}; blue: above 0, orange: below",
            shown=told.patch.n if told.patch is not None else 0,
            n=count(n),
            layer=layer_named(told.layer.name),
        )
    )
    if said.width > told.whole.width:
        said = words(said.said, SMALL, theme().MUTED, width=told.whole.width)
    held: Letters = told.whole.hold(said, DOWN)
    return held


def character_of(told: Told) -> Character | None:
    """The network with room for the layer's name; None where it is not known, or does not draw that layer."""
    blocks = blocks_of(told.film.run)
    if not blocks:
        return None
    network = Character(blocks, told.whole.inside(0.0, 1.2), theme().ESD)
    return network if told.layer.name in network.blocks else None


def stretched(told: Told, network: Character | None) -> None:
    """A sphere of directions goes in, an ellipsoid comes out: the layer's largest, middle and smallest stretch."""
    film, stretches = told.film, told.escape.stretches
    film.beat(
        phrase("What a layer does"),
        phrase("A layer turns one arrow into another: some directions come out longer, others shorter."),
    )
    wide, column = wide_of(told.whole), narrow_of(told.whole)
    drawn = min(LARGEST_DRAWN / max(float(stretches.max()), 1e-12), 1.0)
    reach = max(float(stretches.max()) * drawn, 1.0)
    left, right = wide.split(1, reach)
    radius = min(left.width / 2, left.height / 2 - ROOM_FOR_WORDS, right.width / 2 / reach)
    view = View(*FROM, radius, place=(float(left.centre[0]), float(left.centre[1])))
    solid, arrows = Wires(sphere(), view, theme().MUTED, 1.5), arrows_of(np.ones(3), view)
    given = label(given_in_words(told)).next_to(left.at(DOWN), UP, buff=0.1)
    given.shift(max(wide.left - given.get_left()[0], 0.0) * RIGHT)
    ball = VGroup(solid, *arrows)
    if network is not None:
        film.play(opens(network, told.layer.name, ball, run_time=1.4))
        film.remove(network)
        film.add(ball)
    else:
        film.play(FadeIn(ball), run_time=0.8)
    out, ends = Wires(sphere(), view, theme().ESD, 1.5), arrows_of(np.ones(3), view)
    film.play(FadeIn(given), AnimationGroup(*stretching(out, ends, stretches * drawn, right), run_time=2.2))
    came = label(out_in_words(drawn)).next_to(right.at(DOWN), UP, buff=0.1)
    rows = named_stretches(told, stretches, column.inside(0.0, 0.8))
    film.play(
        Turn([solid, *arrows], View(*TO, radius, place=view.place), run_time=2.4),
        Turn([out, *ends], View(*TO, radius, place=out.view.place), run_time=2.4),
        FadeIn(came),
        entering(rows, run_time=2.0, lag=0.6),
    )
    squared(told, rows, stretches, out, [given, came, solid, *arrows, out, *ends])


def given_in_words(told: Told) -> str:
    """What goes in: into a matrix, or of a convolution into one for each place of its filters."""
    places = int(np.prod(told.escape.shape[2:]))
    if places == 1:
        return phrase("in: every direction")
    return phrase("in: every direction, by {n} matrices", n=places)


def out_in_words(drawn: float) -> str:
    """What comes out, and by how much smaller it is drawn than what goes in."""
    if drawn == 1:
        return phrase("out: longer or shorter")
    return phrase("out, drawn {factor} times smaller", factor=significant(1 / drawn, 2))


def arrows_of(lengths: np.ndarray, view: View) -> list[Wires | Motes]:
    """Three arrows from the centre, along three directions at right angles, with a square at each end."""
    found: list[Wires | Motes] = []
    for concept, end in zip(COLOURS, np.diag(lengths)[[0, 2, 1]], strict=True):
        colour = str(getattr(theme(), concept))
        found += [Wires(np.stack([np.zeros(3), end])[None], view, colour, 5), Motes(end[None], view, colour, 0.13)]
    return found


def stretching(solid: Wires, arrows: list[Wires | Motes], stretches: np.ndarray, target: Zone) -> list[Any]:
    """Let a sphere and its arrows move to a zone and take the lengths that the layer gives them."""
    sides = stretches[[0, 2, 1]]  # the middle one upright, the smallest towards the eye
    place = np.array(solid.view.place)
    there = target.centre[:2]
    lines = [(each, each.lines if isinstance(each, Wires) else each.places) for each in (solid, *arrows)]

    def move(each: Wires | Motes, before: np.ndarray, share: float) -> None:
        x, y = place + share * (there - place)
        each.view = replace(each.view, place=(float(x), float(y)))
        now = before * (1 + share * (sides - 1))
        if isinstance(each, Wires):
            each.become_lines(now)
            if share == 1 and np.ptp(now.reshape(-1, 3), axis=0).max() * each.view.scale < LEAST_DRAWN:
                each.set_stroke(opacity=0)  # its end, a square, is all that is left of it
        else:
            each.become_places(now)

    def moving(each: Wires | Motes, before: np.ndarray) -> Any:
        return UpdateFromAlphaFunc(each, lambda m, share: move(m, before, share), rate_func=smooth)

    return [moving(each, before) for each, before in lines]


def named_stretches(told: Told, stretches: np.ndarray, column: Zone) -> list[VGroup]:
    """The three lengths, one below the other, each in its arrow's colour."""
    least = phrase("the least that is known") if told.escape.n_unknown else phrase("the least")
    named = (phrase("the most"), phrase("in the middle"), least)
    rows = []
    for what, stretch, concept in zip(named, stretches, COLOURS, strict=True):
        colour = str(getattr(theme(), concept))
        pair = VGroup(label(what, colour), words(stretch_in_words(float(stretch)), BODY, colour))
        rows.append(pair.arrange(DOWN, buff=0.12, aligned_edge=LEFT))
    stack = VGroup(*rows).arrange(DOWN, buff=0.4, aligned_edge=LEFT)
    stack.move_to(column.at(UP + LEFT), aligned_edge=UP + LEFT)
    return rows


def squared(told: Told, rows: list[VGroup], stretches: np.ndarray, out: Wires, leaving: list[Any]) -> None:
    """The three stretches squared are eigenvalues, and fly to their places among all of the layer's."""
    film, escape, chart = told.film, told.escape, told.chart
    film.beat(
        phrase("Eigenvalues"),
        phrase("By how much, squared, is called an eigenvalue. All {n}, ranked:", n=count(escape.n_all))
        if not escape.n_unknown
        else phrase(
            "By how much, squared, is called an eigenvalue. The {n} largest, ranked:",
            n=count(escape.eigenvalues.shape[1]),
        ),
    )
    values = [words(f"λ = {significant(float(s) ** 2)}", SMALL, theme().TEXT) for s in stretches]
    for value, row in zip(values, rows, strict=True):
        value.next_to(row[1], RIGHT, buff=0.25)
    film.play(entering(values, run_time=1.2, lag=0.5))
    places, sides = told.ranked(escape.eigenvalues[-1])
    grains = told.grains
    order = np.linspace(0, 1, len(places))
    grains.put(surface_of(out, len(places)), np.full(len(places), 0.5 * SIDE))
    what = label(
        phrase("its directions, from the most stretched to the least")
        if (sides > 0).all()
        else phrase("its directions, from the most stretched on; the least lie below the axis")
    )
    told.ranking = what
    what.move_to([chart.frame.left, chart.frame.bottom - 0.14, 0], aligned_edge=UP + LEFT)
    film.play(*map(FadeOut, leaving), FadeIn(grains), run_time=0.8)
    film.play(
        Fly(grains, places, sides, order=order, run_time=2.6),
        *map(FadeOut, (*values, *rows)),
        *map(FadeIn, (chart.plane, chart.numbers, what)),
    )


def surface_of(solid: Wires, n: int) -> np.ndarray:
    """Where so many directions come out, on the frame, those that come out longest first, (n, 2)."""
    points = solid.lines.reshape(-1, 3)
    longest = np.argsort(-np.linalg.norm(points, axis=1), kind="stable")
    chosen = points[longest[np.linspace(0, len(points) - 1, n).round().astype(int)]]
    return solid.view.project(chosen)[0][:, :2]


def chance(told: Told) -> None:
    """Before learning nothing stands out; with its numbers shuffled, all stay below one line."""
    film, escape, chart, patch = told.film, told.escape, told.chart, told.patch
    first = float(escape.epochs[0])
    if len(escape.epochs) > 1:
        film.beat(
            phrase("Before it learned"),
            phrase("This is after learning. Before it, at {clock} {epoch}:", epoch=plain(first)),
        )
        if patch is not None:
            corner, side = patch.laid_out(told.corner)
            patch.put(corner, np.full(patch.n, side))
            film.play(entering([patch, told.timeline], run_time=1.5, lag=0.6))
            patch.at(first)
        else:
            film.play(FadeIn(told.timeline), run_time=1.5)
        film.play(Fly(told.grains, *told.ranked(escape.eigenvalues[0]), run_time=1.5))
    if not escape.knows_chance:
        return
    shuffled = shuffled_eigenvalues(told.layer, float(escape.edge[0]))
    film.beat(
        phrase("Chance"),
        phrase("Shuffle its numbers, so that only chance is left: every eigenvalue stays below one line, λ₊.")
        if shuffled is not None
        else phrase("As far as this line, λ₊, chance alone would stretch with numbers of this spread."),
    )
    chart.at(first)
    moving: list[Any] = []
    before = None if patch is None else patch.places.copy()
    if shuffled is not None:
        moving.append(Fly(told.grains, *told.ranked(shuffled), run_time=2.4))
        if patch is not None:
            shuffle = np.random.default_rng(0).permutation(patch.n)
            moving.append(Fly(patch, patch.places[shuffle], run_time=2.4))
    if moving:
        film.play(*moving)
    film.play(FadeIn(chart.edge), FadeIn(chart.key), run_time=0.9)
    if moving:
        back: list[Any] = [Fly(told.grains, *told.ranked(escape.eigenvalues[0]), run_time=1.6)]
        if patch is not None and before is not None:
            back.append(Fly(patch, before, run_time=1.6))
        film.play(*back)
