"""The other way round: noise that is changed until the network is sure of a class."""

from __future__ import annotations

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, Group, Mobject

from weightreel.analysis.findings.attacks.gradients import Fooling
from weightreel.analysis.findings.time import evenly
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import title_of
from weightreel.analysis.findings.words.numbers import count, percent
from weightreel.analysis.palette import theme
from weightreel.scenes.chapters.noise_image import whole_stage
from weightreel.scenes.instruments.answers.moving_picture import MovingPicture
from weightreel.scenes.instruments.axes.readout import Readout
from weightreel.scenes.kit.clock import Clocked, EpochClock
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.grammar.moves import entering
from weightreel.scenes.kit.grammar.pace import passed_at
from weightreel.scenes.kit.grammar.zones import Zone
from weightreel.scenes.kit.theme import SMALL
from weightreel.scenes.kit.type import label

MOST = 10
ROOM = 0.95
"""Above and below a picture, for its class and its confidence."""


def fooling_pictures(film: Film, fooling: Fooling, *, opening: bool = False) -> None:
    """Noise turns, step by step, into what the network takes for each class.

    Args:
        film: which shows it.
        fooling: the ascents.
        opening: the film begins with it, as the store holds no other attack by gradients.
    """
    shown = [int(i) for i in evenly([str(i) for i in range(len(fooling.names))], MOST)]
    steps = np.arange(fooling.path.shape[1], dtype=float)
    stage = whole_stage(film)
    counted = Readout(steps, phrase("step"), steps, written=lambda k: count(int(k)), size=SMALL)
    Zone(stage.left, stage.bottom, stage.right - 0.3, stage.top).hold(counted, UP + RIGHT)
    below = Zone(stage.left, stage.bottom, counted.get_left()[0] - 0.3, stage.top)
    turning: list[Clocked] = [counted]
    slots: list[Mobject] = [counted]
    for i, zone in zip(shown, below.grid(len(shown), 0.9), strict=True):
        side = min(zone.width - 0.3, zone.height - ROOM)
        reached = float(fooling.steps[i])
        ends = [fooling.start[i], fooling.end[i]] if reached else [fooling.end[i]]
        picture = MovingPicture(np.array([0.0, reached])[-len(ends) :], np.stack(ends), side).move_to(zone.centre)
        name = label(fooling.names[i], theme().TEXT).next_to(picture, UP, buff=0.13).align_to(picture, LEFT)
        number = Readout(steps, "", fooling.path[i], theme().MUTED, size=SMALL, written=percent)
        number.next_to(picture, DOWN, buff=0.1).align_to(picture, LEFT)
        turning += [picture, number]
        slots.append(Group(picture, name, number))
    if opening:
        asked = phrase("What does noise have to become for a network to be sure of it?")
        film.ask(phrase("Perturbations"), phrase("What must noise become to be called something?"), asked, *slots)
    film.beat(phrase("Fooling images"), _changed_in_words(film, fooling, len(shown)))
    if not opening:
        film.play(entering(slots, run_time=1.4))
    clock = EpochClock(steps)
    for each in turning:
        each.attach(clock)
    film.play(clock.paced(passed_at(fooling.path[shown].T), max(film.unread, 3.5)))


def _changed_in_words(film: Film, fooling: Fooling, n: int) -> str:
    said = {"title": title_of(film.run), "threshold": percent(fooling.threshold, 0)}
    if n < len(fooling.names):
        return phrase(
            "And the other way round: noise, changed until the {title} is {threshold} sure of a class. Here {n} of "
            "{total}.",
            n=count(n),
            total=count(len(fooling.names)),
            **said,
        )
    return phrase("And the other way round: noise, changed until the {title} is {threshold} sure of a class.", **said)
