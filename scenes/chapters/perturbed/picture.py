"""One picture: asked about, answered, changed step by step, and shown beside what it became."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, FadeIn, FadeOut, Group, Mobject, Square, VGroup

from weightreel.analysis.findings.attacks.gradients import Saliency, saliency_in_words
from weightreel.analysis.findings.attacks.perturbation import (
    Way,
    answer_in_words,
    confidence_in_words,
    examples_in_words,
    first_wrong_step,
    flip_in_words,
    levels,
    steps_in_words,
    turn_in_words,
)
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.palette import theme
from weightreel.scenes.chapters.noise_image import whole_stage
from weightreel.scenes.chapters.pictures import answer_in_large, fly_in, grains_of, over
from weightreel.scenes.instruments.answers.moving_picture import MovingPicture, amplification, around_grey, still
from weightreel.scenes.instruments.axes.curves import Curves, Series, legend_of
from weightreel.scenes.instruments.axes.readout import Readout
from weightreel.scenes.kit.clock import EpochClock
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.grammar.eye import Look
from weightreel.scenes.kit.grammar.grains import Fly, Grains
from weightreel.scenes.kit.grammar.moves import entering
from weightreel.scenes.kit.grammar.pace import passed_at
from weightreel.scenes.kit.grammar.pointing import Pointer
from weightreel.scenes.kit.grammar.zones import Zone
from weightreel.scenes.kit.theme import BODY, SMALL
from weightreel.scenes.kit.type import words

RIDER = 0.62
"""Side of the picture that slides along its confidence."""
PALE = 0.12
"""Contrast of noise while it flies: at full contrast it would flash."""
SLIDE = 7.0
"""Seconds in which the picture slides to where its answer turns."""


@dataclass(frozen=True)
class Followed:
    """The picture that the film is about.

    Attributes:
        way: its way through the attack.
        examples: the ways of all examples that are kept; it is one of them.
        gradient: of its loss; None where none is kept.
    """

    way: Way
    examples: Sequence[Way]
    gradient: Saliency | None

    @property
    def factor(self) -> int:
        """By how much the change is shown enlarged."""
        return amplification(self.way.perturbation)

    def colour(self, step: int) -> str:
        """Of an answer: plain where it is the first one, the colour of success where the attack has had it changed."""
        return theme().TEXT if self.way.answered[step] == self.way.answered[0] else theme().SUCCESS


def how_little(film: Film, followed: Followed) -> Mobject:
    """Ask over the picture; its pixels go into the network, and the right answer comes out. Returns the picture."""
    way = followed.way
    left, right = whole_stage(film).split(1, 1)
    picture = left.hold(still(way.picture, min(left.width, left.height)))
    guesses = [
        words(said, BODY, theme().MUTED, width=right.width)
        for said in (
            phrase("another thing painted over it"),
            phrase("a spot that one can see"),
            phrase("next to nothing"),
        )
    ]
    right.hold(VGroup(*guesses).arrange(DOWN, buff=0.55, aligned_edge=LEFT), LEFT)
    film.ask(
        phrase("Perturbations"),
        phrase("How much must change until it is called something else?"),
        phrase("A network knows this picture. How much of it must change until it does not?")
        if way.right
        else phrase("A picture, and a network that has a name for it. How much must change until the name is another?"),
        picture,
        guesses=guesses,
    )
    _first_answer(film, followed, picture, guesses)
    return picture


def _first_answer(film: Film, followed: Followed, picture: Mobject, guesses: Sequence[Mobject]) -> None:
    way = followed.way
    film.beat(
        phrase("Its answer"),
        phrase("As it is, the {title} answers {answer}.", title=way.title, answer=answer_in_words(way, 0)),
    )
    source, middle, end = whole_stage(film).split(1, 1.7, 0.9)
    network = fly_in(film, way.picture, picture, (source, middle), guesses, (1.4, 0.9))
    answered = int(way.answered[0])
    sure = confidence_in_words(float(way.probabilities[0, answered]))
    answer = answer_in_large(way.answers[answered], sure, followed.colour(0), end)
    film.play(network.answers(answer) if network else FadeIn(answer, shift=0.3 * RIGHT), run_time=0.7)
    film.let_read()
    film.play(*map(FadeOut, [answer, *([network] if network else ())]), run_time=0.5)


def which_way(film: Film, followed: Followed, picture: Mobject) -> list[Mobject]:
    """The sign of the gradient, which says of each value whether up or down makes the answer worse."""
    if followed.gradient is None:
        return []
    film.beat(
        phrase("Which way"),
        said := phrase("The gradient says of every value whether up or down makes the answer worse."),
        notes=f"{said} {saliency_in_words(followed.gradient)}",
    )
    _, middle, _ = whole_stage(film).split(1, 1, 1)
    sign = np.sign(followed.gradient.gradient[-1])
    side = min(middle.width, picture.height)
    shown = middle.hold(still(around_grey(sign, 0.5), side))
    name = over(phrase("light: up; dark: down; grey: neither"), shown)
    pale = np.asarray(around_grey(sign, PALE), np.uint8)
    grains = _flown(film, pale, Zone.around(picture), Zone.around(shown), max(film.unread - 1.0, 1.6))
    film.play(FadeOut(grains), FadeIn(shown), FadeIn(name), run_time=0.5)
    film.let_read()
    return [shown, name]


def down_the_hill(film: Film, followed: Followed, picture: Mobject, leaving: Sequence[Mobject]) -> list[Mobject]:
    """The attack's steps on one clock: the picture slides along its confidence, and its name changes."""
    way = followed.way
    film.beat(
        phrase("Step by step"),
        phrase(
            "A small step that way, and another. The picture slides along the confidence in {true}.",
            true=way.answers[way.label],
        ),
    )
    steps = np.arange(way.steps + 1.0)
    source, chart = whole_stage(film).split(0.62, 1.38, gap=0.7)
    above, below = source.rows(1, 1, gap=0.55)
    side = min(above.width, above.height) - 0.3
    there = Zone(above.centre[0] - side / 2, above.bottom, above.centre[0] + side / 2, above.bottom + side)
    seen = MovingPicture(steps, way.images, side).move_to(there.centre)
    change = MovingPicture(steps, around_grey(way.perturbation, followed.factor), side)
    change.move_to([above.centre[0], below.bottom + side / 2, 0])
    names = [
        over(phrase("what the network sees"), seen),
        over(phrase("the change × {factor}", factor=followed.factor), change),
    ]
    film.play(Look(Group(picture), Zone.around(picture), there), *map(FadeOut, leaving), run_time=0.8)
    film.add(seen)
    film.remove(picture)
    curves, key = _confidences(followed, chart)
    rider = Rider(steps, way.images, RIDER, curves, way)
    count = Readout(steps, phrase("step"), steps, written=lambda t: f"{int(t)} / {way.steps}", size=BODY)
    Zone(chart.left, chart.top - 0.9, chart.right - 0.5, chart.top).hold(count, UP + RIGHT)
    film.play(entering([*names, change, key, curves, count], run_time=1.2), FadeIn(rider))
    clock = EpochClock(steps)
    for each in (seen, change, curves, rider, count):
        each.attach(clock)
    turn = first_wrong_step(way) or way.steps
    passed = passed_at(way.probabilities)
    film.play(clock.paced(passed, max(SLIDE, film.unread), to=turn))
    film.beat(phrase("Where it turns"), steps_in_words(way))
    mark: list[Mobject] = []
    if way.answered[turn] != way.label:
        at = curves.plane.place(np.array([turn]), np.array([100 * way.probabilities[turn, way.label]]))[0]
        said = phrase("step {step}: {answer}", step=turn, answer=answer_in_words(way, turn))
        above = curves.plane.corner + curves.plane.upwards + np.array([2.2, 0.5, 0.0])
        mark = [Pointer(steps, lambda _: at, said, lambda _: above, theme().SUCCESS)]
        film.play(FadeIn(mark[0]), run_time=0.6)
        film.wait(1.0)
    if turn < way.steps:
        film.play(clock.paced(passed, max(film.unread - 1.0, 2.0)))
    film.let_read()
    film.play(*map(FadeOut, [*names, change, key, curves, rider, count, *mark]), run_time=0.5)
    return [seen]


def _confidences(followed: Followed, zone: Zone) -> tuple[Curves, VGroup]:
    """Confidence in the true class and in what is answered last, against the attack's steps, and the curves' key."""
    way = followed.way
    last = int(way.answered[-1])
    shown = [(way.label, theme().TEXT)] + ([(last, theme().SUCCESS)] if last != way.label else [])
    series = [Series("", 100 * way.probabilities[:, i], colour, 4) for i, colour in shown]
    curves = Curves(
        np.arange(way.steps + 1.0), series, size=(zone.width - 1.9, zone.height - 2.0), y=(0.0, 100.0),
        y_name=phrase("confidence, %"), x_name=phrase("step"),
    )  # fmt: skip
    key = legend_of([(way.answers[i], colour) for i, colour in shown])
    return zone.hold(curves, DOWN + LEFT), zone.hold(key, UP + LEFT)


class Rider(MovingPicture):
    """The picture, small, at the place of its confidence in the true class.

    Args:
        steps: of the attack, (S + 1,).
        images: after each, 0 … 255, (S + 1, H, W, 3).
        height: in units of the frame.
        curves: whose axes it rides on.
        way: whose confidence says how high.
    """

    def __init__(self, steps: np.ndarray, images: np.ndarray, height: float, curves: Curves, way: Way) -> None:
        self.plane, self.sure = curves.plane, 100 * way.probabilities[:, way.label]
        super().__init__(steps, images, height)

    def at(self, t: float) -> Rider:
        super().at(t)
        step = float(self.held(self.epochs, t))
        at = self.plane.place(np.array([step]), self.held(self.sure, t)[None])[0]
        at[0] = max(at[0], self.plane.corner[0] + self.height / 2 + 0.08)  # clear of the numbers at the axis
        self.move_to(at + (self.height / 2 + 0.08) * UP)
        return self


def next_to_nothing(film: Film, followed: Followed, seen: Mobject) -> None:
    """Before and after beside each other, and between them the change: as it is, and then enlarged."""
    way = followed.way
    film.beat(phrase("Before and after"), turn_in_words(way))
    left, middle, right = whole_stage(film).split(1, 1, 1)
    side = min(left.width, left.height - 1.2) - 0.2
    before, between, after = (zone.square(side) for zone in (left, middle, right))
    film.play(Look(Group(seen), Zone.around(seen), after), FadeIn(before.hold(still(way.picture, side))), run_time=0.9)
    marks = VGroup()
    for step, place in ((0, before), (way.steps, after)):
        colour = followed.colour(step)
        frame = place.hold(Square(side, stroke_width=6, stroke_color=colour, fill_opacity=0))
        said = words(answer_in_words(way, step), SMALL, colour, width=side)
        marks.add(VGroup(frame, said.next_to(frame, DOWN, buff=0.2)))
    film.play(entering(list(marks), run_time=1.0))
    last = way.perturbation[-1]
    factors = np.arange(1.0, followed.factor + 1)
    change = between.hold(MovingPicture(factors, np.stack([around_grey(last, f) for f in factors]), side))
    name = over(phrase("the change: at most {levels} of 255", levels=levels(float(np.abs(last).max()))), change)
    times = Readout(factors, phrase("shown enlarged"), factors, written=lambda f: f"× {int(f)}", size=SMALL)
    times.next_to(change, DOWN, buff=0.2)
    grains = _flown(film, change.pictures[0], after, between, max(film.unread - 0.4, 1.4))
    film.add(change)
    film.play(FadeOut(grains), FadeIn(name), FadeIn(times), run_time=0.4)
    film.beat(
        phrase("Next to nothing"),
        phrase("That is the change: next to nothing, until it is made larger."),
        notes=" ".join((flip_in_words(way), examples_in_words(followed.examples))),
    )
    film.wait(1.0)
    if len(factors) > 1:
        clock = EpochClock(factors)
        change.attach(clock)
        times.attach(clock)
        film.play(clock.sweep(seconds=max(film.unread, 2.5)))


def _flown(film: Film, pixels: np.ndarray, source: Zone, target: Zone, seconds: float) -> Grains:
    """The grains of a picture, (H, W, 3), after their flight from one zone into another."""
    grains, landed = grains_of(pixels, source), grains_of(pixels, target)
    film.play(Fly(grains, landed.places, landed.sides, run_time=seconds))
    return grains
