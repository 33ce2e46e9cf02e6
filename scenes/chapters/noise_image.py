"""An image of nothing, its answer, and the count of all of them."""

from __future__ import annotations

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, FadeIn, VGroup

from weightreel.analysis.findings.attacks.confidence import Answered, result_in_words
from weightreel.analysis.findings.attacks.noise import (
    Stream,
    answers_of,
    favourites,
    outcomes,
    preview_answers,
    preview_pixels,
)
from weightreel.analysis.findings.statistics import largest
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import title_of
from weightreel.analysis.findings.words.numbers import count
from weightreel.analysis.palette import theme
from weightreel.analysis.store.nodes import Attack
from weightreel.scenes.instruments.answers.image_grid import ImageGrid
from weightreel.scenes.instruments.axes.bars import Bars
from weightreel.scenes.instruments.axes.curves import Curves, Series, fitting
from weightreel.scenes.instruments.axes.readout import Readout
from weightreel.scenes.kit.clock import EpochClock
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.theme import BELOW_HEADER, SAFE_LEFT, SAFE_RIGHT, SMALL
from weightreel.scenes.kit.type import Numerals, label

SHOWN_NUMBERS = (8, 6)
"""Rows and columns of pixels whose values are written out."""
MOST_PREVIEWS = 4
MOST_ANSWERS = 12
"""Bars that fit below each other with their names."""
AXES, BESIDE = 5.0, 0.25
"""Width of the rate's axes at most, and between all that belongs to them and the bars."""


def noise_becomes_an_image(film: Film, attack: Attack) -> None:
    """Random values, written out, turn into the pixels that they are."""
    pixels = preview_pixels(attack)[0]
    height, width, channels = pixels.shape
    film.beat(
        phrase("Noise becomes an image"),
        phrase(
            "Every value of a {height} by {width} image is drawn at random, evenly from 0 to 254. Nothing is in it.",
            height=height,
            width=width,
        ),
    )
    rows, columns = (min(n, side) for n, side in zip(SHOWN_NUMBERS, (height, width), strict=True))
    lines = [" ".join(f"{value:3d}" for value in row) for row in pixels[:rows, :columns, 0]]
    numbers = VGroup(*(Numerals(line, SMALL, theme().MUTED) for line in lines))
    numbers.arrange(DOWN, buff=0.2, aligned_edge=LEFT)
    caption = label(
        phrase(
            "red values of its corner, {rows} × {columns} of {values} values",
            rows=rows,
            columns=columns,
            values=count(height * width * channels),
        )
    )
    left = VGroup(numbers, caption).arrange(DOWN, buff=0.35).move_to([-3.2, -0.3, 0])
    picture = ImageGrid(pixels[None], 1, 4.2).at(1.0).move_to([3.2, 0.0, 0])
    under = label(phrase("the image that they are")).next_to(picture, DOWN, buff=0.35)
    film.play(FadeIn(left), run_time=0.8)
    film.wait(0.8)
    film.play(FadeIn(picture, shift=RIGHT * 0.4), FadeIn(under), run_time=1.2)
    film.wait(2.0)


def the_network_answers(film: Film, attack: Attack) -> None:
    """The first trials one after the other, each with all of the network's confidences."""
    probabilities = preview_answers(film.run, attack)[:MOST_PREVIEWS]  # (n, answers)
    n, epoch = len(probabilities), int(film.run.epochs[-1])
    film.beat(
        phrase("The network answers"),
        phrase(
            "The first {n} noise images, and the {title}'s confidence in each class at {clock} {epoch}. "
            "No answer is right.",
            n=n,
            title=title_of(film.run),
            epoch=epoch,
        ),
    )
    names, shown = answers_of(film.run, film.classes), largest(probabilities.max(0), MOST_ANSWERS)
    numbers = np.arange(n + 1.0)
    pictures = ImageGrid(preview_pixels(attack)[:n], 2, 4.3, gap=2).move_to([SAFE_LEFT, -0.2, 0], LEFT)
    nothing_yet = np.full((1, len(shown)), np.nan)
    bars = Bars(
        numbers,
        [names[i] for i in shown],
        np.concatenate([nothing_yet, probabilities[:, shown]]),
        (7.0, 4.6),
        most=1,
        colour=theme().SUCCESS,
        written=lambda v: f"{v:.1%}",
    )
    bars.move_to([SAFE_RIGHT, -0.2, 0], RIGHT)
    said = (
        phrase("confidence, {shown} of {total} answers", shown=len(shown), total=len(names))
        if len(shown) < len(names)
        else phrase("confidence")
    )
    name = label(said).next_to(bars, UP, buff=0.15).align_to(bars.base, LEFT)
    film.play(FadeIn(bars), FadeIn(name), run_time=0.6)
    film.add(pictures)
    clock = EpochClock(numbers)
    pictures.attach(clock)
    bars.attach(clock)
    for i in range(n):
        film.play(clock.sweep(to=i + 1.0, seconds=0.7))
        film.wait(0.5)
    sure = int((probabilities[:, : len(film.classes)].max(1) >= attack.threshold).sum())
    threshold = f"{attack.threshold:g}"
    how_sure = (
        phrase(
            "{sure} of these {n} answers reached a confidence of at least {threshold}.",
            sure=sure,
            n=n,
            threshold=threshold,
        )
        if sure
        else phrase("None of these {n} answers reached a confidence of at least {threshold}.", n=n, threshold=threshold)
    )
    film.take_away(phrase("How sure it was"), how_sure)


def trials_add_up(film: Film, attack: Attack) -> None:
    """All trials stream in: the count N of T, the rate, and the classes that noise is taken for."""
    prediction, sure = outcomes(attack)
    names = answers_of(film.run, film.classes)
    stream = Stream.of(prediction, sure, attack.threshold, len(names))
    shown = largest(stream.answers[-1], MOST_ANSWERS)
    trials = len(prediction)
    film.beat(
        phrase("Trials add up"),
        phrase(
            "{trials} noise images. Pale bars count every answer, bright ones those with a confidence of at least "
            "{threshold}.",
            trials=count(trials),
            threshold=f"{attack.threshold:g}",
        ),
    )
    counter = Readout(
        stream.trials,
        phrase("successes N of {trials}", trials=count(trials)),
        stream.successes,
        theme().SUCCESS,
        written=lambda n: f"N = {round(n):,}",
    )
    done = Readout(stream.trials, phrase("trials T"), stream.trials, written=lambda n: f"T = {round(n):,}")
    top = VGroup(counter, done).arrange(RIGHT, buff=1.0, aligned_edge=UP)
    top.move_to([SAFE_LEFT, BELOW_HEADER, 0], UP + LEFT)
    bars = Bars(
        stream.trials,
        [names[i] for i in shown],
        stream.taken[:, shown],
        (6.4, 4.3),
        most=float(stream.answers.max()),
        colour=theme().SUCCESS,
        whole=stream.answers[:, shown],
        written=lambda v: f"{round(v):,}",
    )
    bars.move_to([SAFE_RIGHT, BELOW_HEADER - 0.35, 0], UP + RIGHT)
    room = float(bars.get_left()[0]) - BESIDE - SAFE_LEFT
    rate = _rate(stream, fitting(lambda axes: float(_rate(stream, axes).width), AXES, room))
    rate.next_to(top, DOWN, buff=0.35).set_x(SAFE_LEFT, LEFT)
    said = (
        phrase("answers, {shown} of {total} classes", shown=len(shown), total=len(names))
        if len(shown) < len(names)
        else phrase("answers")
    )
    film.add(label(said).next_to(bars, UP, buff=0.1).align_to(bars.base, LEFT))
    film.sweep(counter, done, rate, bars, seconds=6.0, clock=EpochClock(stream.trials))
    kinds = favourites(stream.taken[-1], names)
    details = [phrase("Successes by class: {shares}.", shares=kinds)] if kinds else []
    film.take_away(phrase("N of T"), result_in_words(Answered.of(film.run, attack), attack.threshold), *details)


def _rate(stream: Stream, width: float) -> Curves:
    """The share of successes so far, on axes of this width."""
    return Curves(
        stream.trials,
        [Series("", stream.rate, theme().SUCCESS)],
        size=(width, 2.6),
        y=_upto(stream.rate),
        x_name=phrase("trials"),
        y_name=phrase("share of successes"),
        ticks=(4, 4),
    )


def _upto(rate: np.ndarray) -> tuple[float, float]:
    """A range from 0 that holds all rates."""
    return 0.0, max(float(np.nanmax(rate, initial=0.0)) * 1.1, 0.01)
