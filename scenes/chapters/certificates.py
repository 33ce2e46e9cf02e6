"""Randomised smoothing: noisy copies and their votes, the radius that follows, and certified accuracy."""

from __future__ import annotations

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, FadeIn, FadeOut, Group, UpdateFromAlphaFunc, VGroup, linear

from weightreel.analysis.findings.attacks.certificates import (
    Smoothed,
    abstained,
    abstention_in_words,
    abstentions_in_words,
    bound_in_words,
    certified_accuracy_in_words,
    certified_in_words,
    failure_in_words,
    limit_in_words,
    radius_in_words,
    shown_image,
    shown_votes,
    training_in_words,
    votes_in_words,
)
from weightreel.analysis.findings.attacks.noise import NOTHING
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import shortened, title_of
from weightreel.analysis.findings.words.numbers import count, from_low_to_high, plain
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.answers.accuracy_curves import AccuracyCurves, Fall, row_of, steps_of
from weightreel.scenes.instruments.answers.answer_bars import AnswerBars
from weightreel.scenes.instruments.answers.moving_picture import still
from weightreel.scenes.instruments.answers.noise_ball import COPIES, NoiseBall
from weightreel.scenes.instruments.axes.curves import legend_of
from weightreel.scenes.kit.clock import EpochClock
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.tag import tags
from weightreel.scenes.kit.theme import BELOW_HEADER, BODY, SAFE_LEFT, SAFE_RIGHT, SMALL, colour_of_run
from weightreel.scenes.kit.type import ADVANCE, label, words

SIDE = 3.5
"""Side of the ball's picture, in units of the frame."""
MOST_COPIES = 8
RIGHT_HALF = SAFE_LEFT + SIDE + 0.9
"""Left end of what stands beside the ball."""
VOTES, ROW = 2.3, 0.62
"""Height of all votes, and of one class's at most."""
LETTERS = 1.08
"""Width of numbers and name left of a chart."""
BELOW_AXES = 1.0
"""Height of ticks and names below a chart, and of the space under them."""
MOST_PANELS = 4
LONGEST_TITLE = 16
"""Characters of a network's title above the bars."""


def name_of(film: Film, answer: int) -> str:
    """The name of an answer; one beyond the classes is `nothing`."""
    return film.classes[answer] if answer < len(film.classes) else phrase(NOTHING)


def ball_of(film: Film, smoothing: Smoothed, image: int) -> NoiseBall:
    """An image's schematic at the left, without copies yet."""
    radius = float(smoothing.radius[image]) / smoothing.sigma
    colour = colour_of_run(smoothing.run, film.runs)
    ball = NoiseBall(float(smoothing.share[image]), radius if np.isfinite(radius) else None, colour, SIDE)
    return ball.move_to([SAFE_LEFT, BELOW_HEADER - 0.35, 0], UP + LEFT)


def noisy_copies(film: Film, smoothing: Smoothed) -> NoiseBall:
    """An image in its cloud, and noisy copies with the answers to them where the store keeps some."""
    of = smoothing.copied_image
    ball = ball_of(film, smoothing, next(i for i in (of, shown_image(smoothing), 0) if i is not None))
    film.beat(
        phrase("Noisy copies"),
        phrase(
            "An image, and copies with Gaussian noise of σ = {sigma}. The {title} answers every copy; grey: not "
            "the commonest answer.",
            sigma=plain(smoothing.sigma),
            title=title_of(smoothing.run),
        ),
    )
    parts = kept_copies(film, smoothing) if of is not None else Group()
    film.play(FadeIn(ball), run_time=0.6)
    film.add(*parts)
    film.sweep(ball, clock=EpochClock(np.array([0.0, COPIES])), seconds=3.5, shown=True)
    film.let_read()
    if parts:
        film.play(FadeOut(parts), run_time=0.4)
    return ball


def kept_copies(film: Film, smoothing: Smoothed) -> Group:
    """The copies that the store keeps, with the answers under them."""
    pixels, answers = (each[:MOST_COPIES] for each in smoothing.copies_shown)
    true = name_of(film, int(smoothing.label[smoothing.copied_image or 0]))
    columns = min(len(pixels), 4)
    wide = (SAFE_RIGHT - RIGHT_HALF) / columns
    about = phrase(
        "{n} noisy copies of an image of {true}, σ = {sigma}",
        n=len(pixels),
        true=true,
        sigma=plain(smoothing.sigma),
    )
    group = Group(label(about).move_to([RIGHT_HALF, BELOW_HEADER - 0.05, 0], UP + LEFT))
    side = min(wide - 0.3, 1.55)
    room = int((wide - 0.15) / (ADVANCE * SMALL))
    names = tags([shortened(name_of(film, int(answer)), room) for answer in answers], align=0)
    for i, (picture, name) in enumerate(zip(pixels, names, strict=True)):
        row, column = divmod(i, columns)
        corner = [RIGHT_HALF + column * wide, BELOW_HEADER - 0.6 - row * (side + 0.6), 0]
        drawn = still(picture, side).move_to(corner, UP + LEFT)
        group.add(drawn, name.next_to(drawn, DOWN, buff=0.12))
    return group


def votes_and_radius(film: Film, smoothing: Smoothed, image: int, ball: NoiseBall) -> None:
    """The votes, the lower bound, the radius, and the ball."""
    name, true = (name_of(film, int(c)) for c in (smoothing.chosen[image], smoothing.label[image]))
    other = smoothing.copied_image not in (None, image)
    said = {"copies": count(smoothing.copies), "name": name}
    film.beat(
        phrase("Votes and radius"),
        phrase(
            "{copies} copies vote on another image. The share of {name} gives a lower bound p of its probability "
            "(Clopper–Pearson), and p the radius.",
            **said,
        )
        if other
        else phrase(
            "{copies} copies vote. The share of {name} gives a lower bound p of its probability (Clopper–Pearson), "
            "and p the radius.",
            **said,
        ),
    )
    if other:
        film.play(FadeOut(ball), run_time=0.4)
        ball = ball_of(film, smoothing, image).at(COPIES)
        film.play(FadeIn(ball), run_time=0.4)
    about = (
        phrase("votes of {copies} noisy copies on another image", copies=said["copies"])
        if other
        else phrase("votes of {copies} noisy copies", copies=said["copies"])
    )
    bars = ballot(film, smoothing, image, about)
    bars_come_in(film, bars, 3.0)
    colour = colour_of_run(smoothing.run, film.runs)
    rows = VGroup(
        words(votes_in_words(smoothing, image, name), BODY),
        words(phrase("lower bound: {bound}", bound=bound_in_words(smoothing, image)), BODY),
        words(f"R = σ · Φ⁻¹(p) = {radius_in_words(smoothing, image)}", BODY, colour),
    ).arrange(DOWN, buff=0.14, aligned_edge=LEFT)
    rows.next_to(bars, DOWN, buff=0.25).set_x(RIGHT_HALF + rows.width / 2)
    for row in rows:
        film.play(FadeIn(row), run_time=0.5)
        film.wait(0.7)
    film.play(UpdateFromAlphaFunc(ball, NoiseBall.grow, rate_func=linear), run_time=1.5)
    film.take_away(
        phrase("What is certified"), certified_in_words(smoothing, image, name, true), failure_in_words(smoothing)
    )


def ballot(film: Film, smoothing: Smoothed, image: int, about: str) -> AnswerBars:
    """An image's votes as bars, below what they are."""
    drawn, chosen = shown_votes(smoothing, image), int(smoothing.chosen[image])
    votes = smoothing.votes[image, drawn].astype(float)
    bars = AnswerBars(
        np.zeros(1),
        [name_of(film, i) for i in drawn],
        votes[None],
        (SAFE_RIGHT - RIGHT_HALF, min(VOTES, ROW * len(drawn))),
        most=float(smoothing.copies),
        colour=theme().MUTED,
        chosen=drawn.index(chosen),
        chosen_colour=colour_of_run(smoothing.run, film.runs),
        written=lambda v: count(round(v)),
    )
    bars.move_to([SAFE_RIGHT, BELOW_HEADER - 0.5, 0], UP + RIGHT)
    film.add(label(about).move_to([RIGHT_HALF, BELOW_HEADER - 0.05, 0], UP + LEFT))
    return bars


def bars_come_in(film: Film, bars: AnswerBars, seconds: float) -> None:
    """Let bars grow to their length; no vote between none and all is known, so that their numbers stand."""
    film.play(UpdateFromAlphaFunc(bars.grow(0), AnswerBars.grow, rate_func=linear), run_time=seconds)


def abstention(film: Film, smoothed: list[list[Smoothed]], first: Smoothed, header: VGroup) -> None:
    """A vote that is not clear enough."""
    found = abstained(smoothed, first)
    if found is None:
        return
    smoothing, image = found
    name, true = (name_of(film, int(c)) for c in (smoothing.chosen[image], smoothing.label[image]))
    film.beat(
        phrase("Not enough votes"),
        phrase("Where the votes cannot hold a class above one half, nothing is certified: the vote abstains."),
    )
    ball = ball_of(film, smoothing, image).at(COPIES)
    about = phrase(
        "{title}, σ = {sigma}: {copies} votes on an image of {true}",
        title=shortened(title_of(smoothing.run), LONGEST_TITLE),
        sigma=plain(smoothing.sigma),
        copies=count(smoothing.copies),
        true=true,
    )
    bars = ballot(film, smoothing, image, about)
    film.play(FadeIn(ball), run_time=0.5)
    bars_come_in(film, bars, 2.5)
    said = abstention_in_words(smoothing, image, name), abstentions_in_words(smoothed)
    room = float(ball.get_bottom()[1]) - 0.1
    film.take_away(phrase("Abstention"), *(said if film.top_of_take_away(*said) < room else said[:1]))
    film.clear_stage(header)


def certified_accuracy(film: Film, smoothed: list[list[Smoothed]]) -> None:
    """Certified accuracy against the radius, a panel a sigma, a curve a network."""
    images = sorted({s.images for network in smoothed for s in network})
    low, high = (count(n) for n in (images[0], images[-1]))
    film.beat(
        phrase("Certified accuracy"),
        phrase(
            "Certified accuracy: the share of {images} test images whose vote is right and certified to at least "
            "the radius.",
            images=from_low_to_high(low, high),
        ),
    )
    names = [(title_of(network[0].run), colour_of_run(network[0].run, film.runs)) for network in smoothed]
    legend = legend_of(names).move_to([SAFE_RIGHT, BELOW_HEADER + 0.1, 0], UP + RIGHT)
    film.add(legend)
    said = [f(smoothed) for f in (certified_accuracy_in_words, training_in_words, limit_in_words)]
    top = float(legend.get_bottom()[1]) - 0.65
    charts = charts_of(film, smoothed, top, top - film.top_of_take_away(*said) - BELOW_AXES)
    film.sweep(*charts, clock=EpochClock(np.array([0.0, 1.0])), seconds=4.5)
    film.take_away(phrase("What is certified of all"), *said)


def charts_of(film: Film, smoothed: list[list[Smoothed]], top: float, height: float) -> list[AccuracyCurves]:
    """The panels, side by side below `top`, at most `height` high without their letters, on equal axes."""
    sigmas = sorted({s.sigma for network in smoothed for s in network})[:MOST_PANELS]
    most = max(s.limit for network in smoothed for s in network if s.sigma in sigmas) * 1.06
    apart = (SAFE_RIGHT - SAFE_LEFT - LETTERS + 0.1) / len(sigmas)
    size = (min(apart - 0.6, 7.0), min(height, 2.9))
    charts = []
    for i, sigma in enumerate(sigmas):
        here = [s for network in smoothed for s in network if s.sigma == sigma]
        falls = [Fall(*steps_of(s.certified_right, s.images, most), colour_of_run(s.run, film.runs)) for s in here]
        charts.append(
            AccuracyCurves(
                falls,
                size,
                title=f"σ = {plain(sigma)}",
                most=most,
                x_name=phrase("radius, L2"),
                named=phrase("certified accuracy, %") if i == 0 else "",
                limit=max(s.limit for s in here),
            )
        )
    return row_of(charts, np.array([SAFE_LEFT + LETTERS, top - size[1], 0]), apart)
