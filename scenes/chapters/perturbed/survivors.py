"""How many images survive which change, in all networks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, Animation, FadeIn, FadeOut, VGroup, VMobject

from weightreel.analysis.findings.attacks.gradients import distances_in_words
from weightreel.analysis.findings.attacks.masking import hidden_in_words
from weightreel.analysis.findings.attacks.robustness import (
    Attacked,
    intervals_in_words,
    left_in_words,
    panels,
    robust_in_words,
    strongest,
)
from weightreel.analysis.findings.attacks.worst_case import alone_in_words, most_flattered
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import title_of, titles_apart
from weightreel.analysis.findings.words.numbers import count
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.answers.accuracy_curves import AccuracyCurves, Fall
from weightreel.scenes.instruments.answers.noise_field import NoiseField
from weightreel.scenes.instruments.axes.curves import legend_of
from weightreel.scenes.kit.clock import Clocked, EpochClock, Instrument
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.grammar.moves import entering
from weightreel.scenes.kit.grammar.zones import Zone
from weightreel.scenes.kit.paths import polyline
from weightreel.scenes.kit.theme import colour_of_run
from weightreel.scenes.kit.type import label

LETTERS, ABOVE, BELOW, RIGHT_OF_IT = 1.1, 0.6, 0.9, 0.25
"""Room for what is written left of, above, below and right of a chart."""
SECONDS = 4.0


def survivors(film: Film, networks: list[Attacked], *, opening: bool = False) -> None:
    """Robust accuracy against the radius: a field of images that go dark, and a curve a network.

    Args:
        film: which ends with it.
        networks: that are attacked; at least one.
        opening: the film begins with it too, as the store holds no picture to follow.
    """
    runs = [network.run for network in networks]
    stage = film.zones.stage
    key = legend_of([(t, colour_of_run(r, film.runs)) for r, t in zip(runs, titles_apart(runs), strict=True)])
    stage.hold(key, UP + RIGHT)
    family, *others = told(networks)
    below = Zone(stage.left, stage.bottom, stage.right, key.get_bottom()[1] - 0.15)
    left, right = below.split(1, 1, gap=0.5)
    chart, field = chart_of(film, networks, family, right), _field(film, networks, family, below)
    if opening:
        film.ask(*_opening(), key, chart, field)
    asked = phrase("Now every test image: how many are still answered right within a radius?")
    known = [robust_in_words(networks), distances_in_words(runs)]
    film.beat(phrase("How many are left"), asked, notes=" ".join(filter(None, (asked, *known))))
    if not opening:
        film.play(entering([field, key, chart], run_time=1.4))
    _sweep(film, [chart, field[0]], Radius(chart), max(SECONDS, film.unread))
    hidden = hidden_in_words(runs)
    ending: list[Animation] = [FadeOut(field)]
    if others:
        alone = alone_in_words(runs) or phrase("And what another attack leaves.")
        film.beat(phrase("One attack alone"), alone, notes=" ".join(filter(None, (alone, hidden))))
        beside, again = chart_of(film, networks, others[0], right), _field(film, networks, others[0], below)
        film.play(FadeOut(chart), FadeOut(field[0]), run_time=0.5)
        film.play(FadeIn(beside), FadeIn(again[0]), run_time=0.5)
        _sweep(film, [beside, again[0]], Radius(beside), max(SECONDS / 2, film.unread))
        chart.clear_updaters()
        chart.shift([left.left - right.left, 0, 0])
        ending = [FadeOut(field[1]), FadeOut(again[0]), FadeIn(chart)]
    film.conclude(left_in_words(networks), *ending, details=intervals_of(networks))


def _opening() -> tuple[str, str, str]:
    return (
        phrase("Perturbations"),
        phrase("How much must change until it is called something else?"),
        phrase("Every square is an image that may change a little. How many are still answered right?"),
    )


def _field(film: Film, networks: list[Attacked], key: tuple[str, str], zone: Zone) -> VGroup:
    """The first network's images as squares, bright while they are answered rightly, with its name above."""
    run, family = next((n.run, f) for n in networks if (f := n.family(key)) is not None)
    left, _ = Zone(zone.left, film.zones.floor.bottom, zone.right, zone.top).split(1, 1, gap=0.5)
    name = label(phrase("{n} images, {title}", n=count(family.right.shape[1]), title=title_of(run)))
    left.hold(name, UP + LEFT)
    field = NoiseField(
        family.epsilons / family.epsilons[-1], ~family.right, np.ones(family.right.shape),
        [colour_of_run(run, film.runs), theme().GRID],
        Zone(left.left, left.bottom, left.right, name.get_bottom()[1] - 0.15),
    )  # fmt: skip
    return VGroup(field, name)


class Radius(Instrument):
    """A line across a chart at the radius where the clock stands.

    Args:
        chart: whose horizontal axis it moves along.
    """

    def __init__(self, chart: AccuracyCurves) -> None:
        super().__init__(np.array([0.0, 1.0]))
        self.plane, self.most = chart.plane, chart.most
        self.line = VMobject(stroke_color=theme().MUTED, stroke_width=2.5, fill_opacity=0)
        self.add(self.line)
        self.at(0.0)

    def at(self, t: float) -> Radius:
        self.line.points = polyline(self.plane.place(np.full(2, t * self.most), np.array([0.0, 100.0])))
        return self


def intervals_of(networks: list[Attacked]) -> list[str]:
    """What the curves rest on, where they are of so many networks that the sentence does not tell each."""
    return [intervals_in_words(networks)] if len(networks) > 2 else []


def _sweep(film: Film, drawn: Sequence[Clocked], radius: Radius, seconds: float) -> None:
    """Let what is on stage follow the radius from none to the largest, and a line with it."""
    film.add(radius)
    clock = EpochClock(np.array([0.0, 1.0]))
    for each in (*drawn, radius):
        each.attach(clock)
    film.play(clock.sweep(seconds=seconds))
    film.remove(radius)


def told(networks: list[Attacked]) -> list[tuple[str, str]]:
    """Which attacks have a panel: the strongest, and beside a worst case over several what one of them says alone."""
    first, keys = strongest(networks), panels(networks)
    flattering = next((b for n in networks if (b := most_flattered(n.run)) is not None), None)
    rest = [key for key in keys if key != first.key]
    if first.worst and flattering is not None:
        rest.sort(key=lambda key: key[0] != flattering.name)
    return [first.key, *rest[:1]]


def chart_of(film: Film, networks: list[Attacked], key: tuple[str, str], zone: Zone) -> AccuracyCurves:
    """Robust accuracy under one attack against its radius, a curve a network."""
    name, norm = key
    unit = 1.0 if norm == "l2" else 255.0
    falls = [
        Fall(
            f.epsilons * unit, np.array([r.value for r in f.rates]), colour_of_run(n.run, film.runs),
            np.array([r.low for r in f.rates]), np.array([r.high for r in f.rates]),
        )
        for n in networks
        if (f := n.family(key)) is not None
    ]  # fmt: skip
    room = Zone(zone.left + LETTERS, zone.bottom + BELOW, zone.right - RIGHT_OF_IT, zone.top - ABOVE)
    chart = AccuracyCurves(
        falls, (room.width, room.height), title=f"{name}, {'L2' if norm == 'l2' else 'L∞'}",
        most=max(float(fall.x[-1]) for fall in falls), x_name="ε" if norm == "l2" else phrase("ε in 1/255"),
        named=phrase("robust accuracy, %"),
    )  # fmt: skip
    chart.shift(room.at(DOWN + LEFT) - chart.plane.corner)
    return chart
