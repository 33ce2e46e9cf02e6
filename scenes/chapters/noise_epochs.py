"""A field of noise over a training, beside other trainings, and one picture's answers in all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, FadeIn, FadeOut, Group, Mobject, UpdateFromAlphaFunc, VGroup, linear

from weightreel.analysis.findings.attacks.taken_for import (
    Taken,
    claim_in_words,
    jump_in_words,
    rest_in_words,
    still_since,
    usual_in_words,
    widest_jump,
)
from weightreel.analysis.findings.learning_rate import falls_of
from weightreel.analysis.findings.time import epochs_of
from weightreel.analysis.findings.words.language import phrase, phrase_n
from weightreel.analysis.findings.words.names import shortened, titles_apart
from weightreel.analysis.findings.words.numbers import count, plain
from weightreel.analysis.palette import theme
from weightreel.scenes.chapters.noise_image import FOLLOWED, Noise, below_key
from weightreel.scenes.instruments.answers.answer_readout import AnswerReadout
from weightreel.scenes.instruments.answers.moving_picture import still
from weightreel.scenes.instruments.answers.noise_field import NoiseField, brightness, shade
from weightreel.scenes.instruments.axes.dot_history import DotHistory
from weightreel.scenes.instruments.axes.timeline import Timeline
from weightreel.scenes.kit.clock import EpochClock
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.grammar.eye import Look
from weightreel.scenes.kit.grammar.grains import Fly, Grains
from weightreel.scenes.kit.grammar.moves import entering
from weightreel.scenes.kit.grammar.pace import passed_at, seconds_for
from weightreel.scenes.kit.grammar.pointing import Pointer
from weightreel.scenes.kit.grammar.zones import Zone
from weightreel.scenes.kit.type import Letters, label

MOST_FIELDS = 3
"""Trainings beside each other."""
MOMENTS, EACH = 6, 0.5
"""Epochs at which they are shown once more, and seconds for each: three in all."""
LEAST_LETTERS = 6
"""Of a training's title that stay where there is little room."""
HIGHEST_ROW = 0.9
"""Of one training's answers to the followed picture, in units of the frame."""


def every_epoch(film: Film, noise: Noise, field: NoiseField) -> tuple[Timeline, list[Mobject]]:
    """The same pictures after every epoch, and the share of sure answers as dots.

    Returns:
        The timeline, and what stands beside the field.
    """
    taken = noise.taken
    falls = falls_of(taken.run)
    timeline = Timeline(taken.epochs, falls, film.zones.floor)
    place, beside = below_key(film).split(1.2, 1)
    top, below = beside.rows(1, 2.6)
    picture = still(noise.picture, top.height)
    top.hold(picture, UP + LEFT)
    now = AnswerReadout(
        taken.epochs, taken.answers[:, FOLLOWED], taken.confidence[:, FOLLOWED], taken.names, noise.colours
    )
    now.next_to(picture, RIGHT, buff=0.4)
    dots = DotHistory(
        taken.epochs, taken.sure, [noise.colour(i) for i in taken.favourite],
        (below.width - 1.1, below.height - 0.95), phrase("answered surely, %"),
    )  # fmt: skip
    below.hold(dots, DOWN + RIGHT)
    clock = EpochClock(taken.epochs)
    film.beat(
        phrase("Every {clock}"),
        phrase("Now from the beginning: the same {n} pictures, asked again at every {clock}.",
               n=count(taken.answers.shape[1])),
    )  # fmt: skip
    film.play(Look(Group(field), Zone.around(field.corners), place, run_time=1.0), FadeIn(timeline))
    film.play(*map(FadeIn, (picture, now, dots)), run_time=0.6)
    away = picture.get_left() + 0.1 * LEFT - _middle(field)
    pointer = Pointer(taken.epochs, lambda t: _middle(field), "", away)
    for each in (field, timeline, now, dots, pointer):
        each.attach(clock)
    film.play(FadeIn(pointer), run_time=0.4)
    _run_on(film, taken, clock, falls)
    return timeline, [picture, now, dots, pointer]


def _middle(field: NoiseField) -> np.ndarray:
    """Where the followed square stands, (3,)."""
    return np.array([*field.places()[FOLLOWED], 0.0])


def _run_on(film: Film, taken: Taken, clock: EpochClock, falls: Sequence[tuple[float, float]]) -> None:
    """Run the clock to its end; where the share of sure answers jumps most, and where it comes to rest, say so."""
    changing = (taken.sure, taken.counts)
    passed, whole = passed_at(*changing), max(map(seconds_for, changing))

    def run(to: float) -> None:
        share = float(np.interp(to, taken.epochs, passed) - np.interp(clock.epoch, taken.epochs, passed))
        film.play(clock.paced(passed, max(whole * share, film.unread, 0.4), to=to))

    jump = widest_jump(taken.sure)
    if jump is None:
        run(float(taken.epochs[len(taken.epochs) // 3]))
    else:
        if taken.epochs[jump] > clock.first:
            run(float(taken.epochs[jump]))
        film.beat(phrase("From one {clock} to the next"), jump_in_words(taken, jump))
        # The clock reaches the next epoch only at the end of its way there.
        run(float(taken.epochs[jump + 1]))
    if clock.epoch >= clock.last:
        return
    since = still_since(taken, falls)
    if since is not None and since > clock.epoch:
        run(since)
    film.beat(phrase("To the end"), rest_in_words(taken, since))
    run(clock.last)


def other_trainings(
    film: Film, noise: Noise, field: NoiseField, timeline: Timeline, leaving: Sequence[Mobject]
) -> list[Mobject]:
    """The same pictures before networks that were trained from another beginning. Returns all that is on stage."""
    several = list(noise.several)[:MOST_FIELDS]
    if len(several) < 2:
        film.play(*map(FadeOut, leaving), run_time=0.5)
        return [field, timeline]
    film.beat(
        phrase("Another beginning"),
        phrase_n(
            "{n} trainings of the same network from other beginnings: what do they say to the same pictures?",
            "{n} trainings of the same network from other beginnings: what do they say to the same pictures?",
            len(several) - 1,
        )
        if len({taken.run.model for taken in several}) == 1
        else phrase("Other networks: what do they say to the same pictures?"),
    )
    box, slots = Zone.around(field.corners), below_key(film).split(*[1.0] * len(several))
    places = [_like(box, slot) for slot in slots]
    field.clear_updaters()
    film.play(*map(FadeOut, leaving), Look(Group(field), box, places[0]), run_time=1.2)
    fields = [field] + [
        NoiseField(t.epochs, t.answers, t.confidence, noise.colours, place, followed=FOLLOWED).at(np.inf)
        for t, place in zip(several[1:], places[1:], strict=True)
    ]
    readouts, names = [], []
    for taken, place, slot, title in zip(several, places, slots, titles_of(several), strict=True):
        name = fitting_label(phrase("{title}: most often", title=title), slot.width)
        names.append(name.move_to([place.left, place.bottom - 0.3, 0], LEFT))
        readouts.append(AnswerReadout(taken.epochs, taken.favourite, taken.share, taken.names, noise.colours))
        readouts[-1].at(np.inf).shift(np.array([place.left, place.bottom - 0.85, 0]) - readouts[-1].name_.points[0])
    coming = [each for three in zip(fields, names, readouts, strict=True) for each in three if each is not field]
    film.play(entering(coming, run_time=max(film.unread - 0.5, 1.5), lag=0.4))
    clock = EpochClock(epochs_of([taken.run for taken in several]))
    for each in (*fields, *readouts, timeline):
        each.attach(clock)
    film.beat(phrase("All of them"), usual_in_words(noise.several))
    film.play(_through(clock, moments_of(noise.taken)))
    return [*fields, *names, *readouts, timeline]


def moments_of(taken: Taken) -> np.ndarray:
    """Epochs to look at once more: the first, those around the widest jump, and the last, with others between."""
    jump = widest_jump(taken.sure)
    chosen = {0, len(taken.epochs) - 1, *(() if jump is None else (jump, jump + 1))}
    for i in np.linspace(0, len(taken.epochs) - 1, MOMENTS).round().astype(int):
        if len(chosen) < MOMENTS:
            chosen.add(int(i))
    return np.asarray(taken.epochs[sorted(chosen)])


def _through(clock: EpochClock, moments: np.ndarray) -> UpdateFromAlphaFunc:
    """Let a clock stand at some epochs, one after the other."""

    def move(of: EpochClock, share: float) -> None:
        of.set_value(float(moments[min(int(share * len(moments)), len(moments) - 1)]))

    return UpdateFromAlphaFunc(clock, move, run_time=EACH * len(moments), rate_func=linear)


def its_answers(film: Film, noise: Noise, leaving: Sequence[Mobject]) -> None:
    """Return to the one picture, with its answer at every epoch of every training as a row of squares."""
    left, right = below_key(film).split(1, 1.9)
    side = min(left.width, left.height)
    for each in leaving:
        each.clear_updaters()
    field = leaving[0]
    start = field.cell(FOLLOWED) if isinstance(field, NoiseField) else left
    grown = still(noise.picture, start.height).move_to(start.centre)
    there = Zone(*(left.centre[:2] - side / 2).tolist(), *(left.centre[:2] + side / 2).tolist())
    film.beat(
        phrase("Our picture"), phrase("Back to our picture: its answer at every {clock}, a row for each training.")
    )
    clocks = [each for each in leaving if isinstance(each, Timeline)]
    gone = [FadeOut(each) for each in leaving if each not in clocks]
    film.play(*gone, Look(Group(grown), start, there), run_time=1.4)
    rows = right.rows(*[1.0] * max(len(noise.several), 3), gap=0.15)
    coming, ends, places, sides, colours = VGroup(), [], [], [], []
    for taken, row, title in zip(noise.several, rows, titles_of(noise.several), strict=False):
        name, strip, end = row.columns(1.1, 3, 0.9, gap=0.25)
        coming.add(name.hold(fitting_label(title, name.width), LEFT))
        answer = _at_the_end(taken, noise)
        if answer.width <= end.width and answer.height <= end.height:
            ends.append(end.hold(answer, LEFT))
        row_places, row_sides, row_colours = _row_of(taken, noise, strip)
        places, sides, colours = [*places, row_places], [*sides, row_sides], [*colours, *row_colours]
    coming.add(*_ends(places[0], rows[len(noise.several) - 1], noise.taken.epochs))
    widest = max(float(each.max()) for each in sides)
    tall = min(rows[0].height, HIGHEST_ROW) / widest
    grains = Grains(np.tile(left.centre[:2], (len(colours), 1)), 0.02, colours, tall=tall)
    film.play(
        entering(list(coming), run_time=2.0),
        Fly(grains, np.concatenate(places), np.concatenate(sides), run_time=max(film.unread, 2.0)),
    )
    if clocks:
        film.play(*map(FadeOut, clocks), run_time=0.4)
    film.conclude(claim_in_words(noise.several, FOLLOWED), *([entering(ends, lag=0.6)] if ends else []), seconds=2.0)


def titles_of(several: Sequence[Taken]) -> list[str]:
    """What tells trainings apart: seeds of one network, else the networks' names."""
    if len({taken.run.model for taken in several}) == 1:
        return [phrase("seed {seed}", seed=taken.run.seed) for taken in several]
    return titles_apart([taken.run for taken in several])


def fitting(text: str, width: float) -> str:
    """As much of a label as fits in this width: the beginning is cut off long ones, as their ends tell them apart."""
    letters = len(text)
    while label(shortened(text, letters)).width > width and letters > LEAST_LETTERS:
        letters -= 2
    return shortened(text, letters)


def fitting_label(text: str, width: float) -> Letters:
    """Words on one line of at most this width."""
    return label(fitting(text, width), theme().TEXT)


def _at_the_end(taken: Taken, noise: Noise) -> AnswerReadout:
    """A training's answer to the followed picture at its last epoch."""
    answers, confidence = taken.answers[:, FOLLOWED], taken.confidence[:, FOLLOWED]
    return AnswerReadout(taken.epochs, answers, confidence, taken.names, noise.colours).at(np.inf)


def _ends(places: np.ndarray, row: Zone, epochs: np.ndarray) -> list[Mobject]:
    """The first and the last epoch below the lowest row."""
    below = row.centre[1] - min(row.height, HIGHEST_ROW) / 2 - 0.1
    first, last = (label(phrase("{clock} {epoch}", epoch=plain(epoch))) for epoch in epochs[[0, -1]])
    first.move_to([places[0, 0], below, 0], UP + LEFT)
    last.move_to([places[-1, 0], below, 0], UP + RIGHT)
    return [first, last] if last.get_left()[0] > first.get_right()[0] + 0.2 else [first]


def _row_of(taken: Taken, noise: Noise, zone: Zone) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Places, sides and colours of one training's answers to the followed picture, epoch by epoch."""
    n = len(taken.epochs)
    step = min(zone.width / n, HIGHEST_ROW)
    places = np.stack([zone.left + (np.arange(n) + 0.5) * step, np.full(n, zone.centre[1])], 1)
    levels = brightness(taken.confidence[:, FOLLOWED])
    colours = [
        shade(noise.colour(int(a)), int(level)).to_hex()
        for a, level in zip(taken.answers[:, FOLLOWED], levels, strict=True)
    ]
    return places, np.full(n, 0.9 * step), colours


def _like(box: Zone, slot: Zone) -> Zone:
    """A zone of a box's shape, as large as a slot allows with room for two lines below."""
    scale = min(slot.width / box.width, (slot.height - 1.3) / box.height)
    half = scale * box.width / 2
    return Zone(float(slot.centre[0] - half), slot.top - scale * box.height, float(slot.centre[0] + half), slot.top)
