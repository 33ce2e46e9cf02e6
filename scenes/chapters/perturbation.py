"""One image's gradient and the attack that follows it, robust accuracy of all networks, and fooling images."""

from __future__ import annotations

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, FadeIn, FadeOut, Group, Mobject, VGroup

from weightreel.analysis.findings.attacks.gradients import (
    Fooling,
    Saliency,
    distances_in_words,
    fooling_in_words,
    moved_in_words,
    saliency_in_words,
    saliency_of,
)
from weightreel.analysis.findings.attacks.masking import hidden_in_words
from weightreel.analysis.findings.attacks.perturbation import (
    Way,
    answer_in_words,
    examples_in_words,
    flip_in_words,
    radius_in_words,
    shown_answers,
    steps_in_words,
)
from weightreel.analysis.findings.attacks.robustness import Attacked, intervals_in_words, panels, robust_in_words
from weightreel.analysis.findings.attacks.worst_case import alone_in_words
from weightreel.analysis.findings.time import evenly
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import title_of
from weightreel.analysis.findings.words.numbers import percent, with_power
from weightreel.analysis.palette import theme
from weightreel.scenes.chapters.pictures import MIDDLE, over, panel, small
from weightreel.scenes.instruments.answers.accuracy_curves import AccuracyCurves, Fall, row_of
from weightreel.scenes.instruments.answers.answer_bars import AnswerBars
from weightreel.scenes.instruments.answers.moving_picture import MovingPicture, amplification, around_grey
from weightreel.scenes.instruments.axes.curves import legend_of
from weightreel.scenes.instruments.axes.readout import Readout
from weightreel.scenes.kit.clock import Clocked, EpochClock
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.theme import BELOW_HEADER, BODY, SAFE_LEFT, SAFE_RIGHT, SMALL, colour_of_run
from weightreel.scenes.kit.type import label, words

LETTERS = 1.08
"""Width of numbers and name left of a chart."""
BELOW_AXES = 1.0
"""Height of ticks and names below a chart, and of the space under them."""
LEAST_HIGH = 1.15
"""Of a chart: lower ones have no room for the numbers at their axis, and fewer sentences are said."""
MOST_EPOCHS = 6
MOST_FOOLING = 10
MOST_SAID = 3
"""Sentences below the curves: of more, the film is too long."""


def one_image(film: Film, examples: list[Way], way: Way, header: Mobject) -> None:
    """The example's gradient, its perturbation, the path to it, and its gradients over the epochs."""
    saliency = saliency_of(film.run, way.example)
    kept = gradient_and_sign(film, way, saliency) if saliency else []
    image_and_perturbation(film, examples, way, kept)
    film.clear_stage(header)
    path_of_the_attack(film, way)
    film.clear_stage(header)
    if saliency and len(saliency.epochs) > 1:
        gradients_over_the_epochs(film, way, saliency)
        film.clear_stage(header)


def gradient_and_sign(film: Film, way: Way, saliency: Saliency) -> list[Mobject]:
    """The image, the gradient of its loss and the gradient's sign; returns the image with its words."""
    film.beat(
        phrase("The gradient"),
        phrase(
            "The gradient: how the loss changes as each value is raised. Its sign: which way makes the answer worse."
        ),
    )
    gradient = saliency.scaled()[-1]
    image = panel(way.picture, -4.45, phrase("image"), phrase("answer: {answer}", answer=answer_in_words(way, 0)))
    epoch, steepest = int(saliency.epochs[-1]), with_power(saliency.steepest[-1])
    slope = panel(
        around_grey(gradient, 0.5),
        0.0,
        phrase("gradient of the loss, {clock} {epoch}", epoch=epoch),
        phrase("grey: 0; largest: {slope} nat", slope=steepest),
    )
    sign = panel(around_grey(np.sign(gradient), 0.5), 4.45, phrase("its sign"), phrase("each value up or down"))
    film.play(FadeIn(image), run_time=0.6)
    film.wait(0.4)
    for part, x in ((slope, -2.22), (sign, 2.22)):
        arrow = words("→", 0.7, theme().MUTED).move_to([x, MIDDLE, 0])
        film.play(FadeIn(arrow), FadeIn(part, shift=RIGHT * 0.3), run_time=0.7)
        film.wait(1.0)
    return [image]


def image_and_perturbation(film: Film, examples: list[Way], way: Way, kept: list[Mobject]) -> None:
    """Image + perturbation = another image, with another answer."""
    radius = radius_in_words(way.norm, way.epsilon)
    film.beat(
        phrase("Image and perturbation"),
        phrase("Steps along that sign, kept within {radius}, add up to a perturbation.", radius=radius),
    )
    last = way.perturbation[-1]
    factor = amplification(last)
    before, after = (phrase("answer: {answer}", answer=answer_in_words(way, step)) for step in (0, way.steps))
    image = kept[0] if kept else panel(way.picture, -4.45, phrase("image"), before)
    shown = panel(
        around_grey(last, factor),
        0.0,
        phrase("perturbation, {radius}", radius=radius),
        phrase("shown × {factor} around grey", factor=factor),
    )
    colour = theme().SUCCESS if way.flips else theme().TEXT
    both = panel(way.images[-1], 4.45, phrase("their sum"), after, colour)
    signs = [words(s, 0.7, theme().MUTED).move_to([x, MIDDLE, 0]) for s, x in (("+", -2.22), ("=", 2.22))]
    leaving = [m for m in film.mobjects if m not in kept and m.get_center()[1] < BELOW_HEADER]
    film.play(*map(FadeOut, leaving), *([] if kept else [FadeIn(image)]), run_time=0.5)
    film.play(FadeIn(signs[0]), FadeIn(shown), run_time=0.7)
    film.wait(0.8)
    film.play(FadeIn(signs[1]), FadeIn(both), run_time=0.7)
    film.wait(0.8)
    film.take_away(phrase("The answer"), flip_in_words(way), examples_in_words(examples))


def path_of_the_attack(film: Film, way: Way) -> None:
    """All steps of the attack on one clock: image, perturbation, confidences."""
    film.beat(
        phrase("The path"),
        phrase(
            "What the {title} sees and answers after each of the attack's {steps} steps.",
            title=way.title,
            steps=way.steps,
        ),
    )
    steps = np.arange(way.steps + 1.0)
    factor = amplification(way.perturbation)
    pictures, names = [], (phrase("what the network sees"), phrase("perturbation × {factor}", factor=factor))
    for x, frames in ((-4.85, way.images), (-1.45, around_grey(way.perturbation, factor))):
        pictures.append(MovingPicture(steps, frames, 3.0).move_to([x, MIDDLE, 0]))
    letters = [over(name, picture) for name, picture in zip(names, pictures, strict=True)]
    drawn = shown_answers(way)
    bars = AnswerBars(
        steps,
        [way.answers[i] for i in drawn],
        way.probabilities[:, drawn],
        (6.0, 4.0),
        most=1.0,
        colour=theme().SUCCESS,
        chosen=drawn.index(way.label),
        chosen_colour=theme().TEXT,
        written=lambda v: percent(v),
    )
    bars.move_to([SAFE_RIGHT, MIDDLE - 0.1, 0], RIGHT)
    true = way.answers[way.label]
    heading = phrase("confidence; true: {true}", true=true)
    if len(drawn) < len(way.answers):
        heading = phrase(
            "confidence; true: {true}, {shown} of {total} answers",
            true=true,
            shown=len(drawn),
            total=len(way.answers),
        )
    above = label(heading)
    letters.append(above.next_to(bars, UP, buff=0.16).align_to(bars, RIGHT))
    count = Readout(steps, phrase("step"), steps, written=lambda t: f"{int(t)} / {way.steps}", size=BODY)
    count.next_to(pictures[0], DOWN, buff=0.25).align_to(pictures[0], LEFT)
    film.add(*letters)
    film.sweep(*pictures, bars, count, clock=EpochClock(steps), seconds=5.0)
    film.take_away(phrase("Where the path leads"), steps_in_words(way))


def gradients_over_the_epochs(film: Film, way: Way, saliency: Saliency) -> None:
    """One image's gradient as the network learns."""
    true = way.answers[way.label]
    film.beat(
        phrase("Gradients over the {clocks}"),
        phrase("The gradient of the same image, {true}, as the network learns.", true=true),
    )
    places = [int(i) for i in evenly([str(i) for i in range(len(saliency.epochs))], MOST_EPOCHS)]
    side = min((SAFE_RIGHT - SAFE_LEFT) / (len(places) + 1) - 0.25, 2.4)
    parts = [small(way.picture, side, phrase("image"), "")]
    for i in places:
        steepest = with_power(saliency.steepest[i])
        gradient = around_grey(saliency.scaled()[i], 0.5)
        parts.append(small(gradient, side, phrase("{clock} {epoch}", epoch=int(saliency.epochs[i])), steepest))
    row = Group(*parts).arrange(RIGHT, buff=0.25, aligned_edge=UP).move_to([0, 0.6, 0])
    about = label(
        phrase("gradient of the loss by each value; grey is 0, each scaled to its largest value, in nat below it")
    )
    film.add(about.next_to(row, UP, buff=0.35))
    for part in row:
        film.play(FadeIn(part), run_time=0.4)
    film.take_away(phrase("How steep"), saliency_in_words(saliency))


def robust_accuracy(film: Film, networks: list[Attacked]) -> None:
    """Robust accuracy against the radius, a panel an attack, a curve a network."""
    film.beat(
        phrase("Robust accuracy"),
        phrase(
            "Robust accuracy: the share of test images still answered right when each may change within the radius ε."
        ),
    )
    names = [(title_of(n.run), colour_of_run(n.run, film.runs)) for n in networks]
    legend = legend_of(names).move_to([SAFE_RIGHT, BELOW_HEADER + 0.1, 0], UP + RIGHT)
    runs = [network.run for network in networks]
    said = [robust_in_words(networks), alone_in_words(runs), hidden_in_words(runs), intervals_in_words(networks)]
    if len(networks) <= 2:  # of more there is no room for all
        said.insert(3, distances_in_words(runs))
    said = [sentence for sentence in said if sentence][:MOST_SAID]
    top = float(legend.get_bottom()[1]) - 0.65
    while len(said) > 1 and top - film.top_of_take_away(*said) - BELOW_AXES < LEAST_HIGH:  # long names leave no room
        said.pop()
    charts = charts_of(film, networks, top, top - film.top_of_take_away(*said) - BELOW_AXES)
    film.add(legend)
    film.sweep(*charts, clock=EpochClock(np.array([0.0, 1.0])), seconds=4.0)
    film.take_away(phrase("What is left"), *said)


def charts_of(film: Film, networks: list[Attacked], top: float, height: float) -> list[AccuracyCurves]:
    """The panels, side by side below `top`, at most `height` high without their letters."""
    keys = panels(networks)
    apart = (SAFE_RIGHT - SAFE_LEFT - LETTERS + 0.1) / len(keys)
    size = (min(apart - 0.6, 6.0), min(height, 2.9))
    charts = []
    for i, (name, norm) in enumerate(keys):
        found = [(n, f) for n in networks if (f := n.family((name, norm))) is not None]
        unit = 1.0 if norm == "l2" else 255.0
        falls = [
            Fall(
                f.epsilons * unit, np.array([r.value for r in f.rates]), colour_of_run(n.run, film.runs),
                np.array([r.low for r in f.rates]), np.array([r.high for r in f.rates]),
            )
            for n, f in found
        ]  # fmt: skip
        charts.append(
            AccuracyCurves(
                falls,
                size,
                title=f"{name}, {'L2' if norm == 'l2' else 'L∞'}",
                most=max(float(fall.x[-1]) for fall in falls),
                x_name="ε" if norm == "l2" else phrase("ε in 1/255"),
                named=phrase("robust accuracy, %") if i == 0 else "",
            )
        )
    return row_of(charts, np.array([SAFE_LEFT + LETTERS, top - size[1], 0]), apart)


def fooling_images(film: Film, fooling: Fooling) -> None:
    """Noise that becomes, for the network, an image of every class."""
    shown = [int(i) for i in evenly([str(i) for i in range(len(fooling.names))], MOST_FOOLING)]
    said = {"title": title_of(film.run), "threshold": percent(fooling.threshold, 0)}
    film.beat(
        phrase("Fooling images"),
        phrase(
            "The other way round: noise is changed until the {title} is {threshold} sure of a class. Here for {n} "
            "of {total} classes.",
            n=len(shown),
            total=len(fooling.names),
            **said,
        )
        if len(shown) < len(fooling.names)
        else phrase(
            "The other way round: noise is changed until the {title} is {threshold} sure of a class. Here for "
            "every class.",
            **said,
        ),
    )
    columns = min(len(shown), 5)
    rows = -(-len(shown) // columns)
    side = min(1.55 if rows > 1 else 2.6, (SAFE_RIGHT - SAFE_LEFT) / columns - 0.3)
    turning: list[Clocked] = []  # one after the other: noise and its confidence, then the image and its own
    letters = VGroup()
    for place, i in enumerate(shown):
        row, column = divmod(place, columns)
        centre = [(column - (columns - 1) / 2) * max(2.45, side + 0.35), 2.1 - side / 2 - row * (side + 0.9), 0]
        times, ends = np.array([0.0, place + 1]), np.stack([fooling.start[i], fooling.end[i]])
        picture = MovingPicture(times, ends, side).move_to(centre)
        letters.add(over(fooling.names[i], picture, theme().TEXT, 0.13))
        confidence = np.array([fooling.before[i], fooling.after[i]])
        number = Readout(times, "", confidence, theme().MUTED, size=SMALL, written=percent)
        turning += [picture, number.next_to(picture, DOWN, buff=0.1).align_to(picture, LEFT)]
    film.play(*map(FadeIn, turning), FadeIn(letters), run_time=0.7)
    film.wait(0.8)
    film.sweep(*turning, clock=EpochClock(np.arange(len(shown) + 1.0)), seconds=2.5, shown=True)
    film.wait(0.8)
    said = fooling_in_words(film.run.title, fooling), moved_in_words(fooling)
    film.take_away(phrase("What the network takes for its classes"), *said)
