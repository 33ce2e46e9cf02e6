"""The trailer's chapters: what the other films show, each in a few seconds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, FadeIn, FadeOut, VGroup

from weightreel.analysis.findings.attacks.confidence import Answered, result_in_words
from weightreel.analysis.findings.attacks.noise import (
    Stream,
    answers_of,
    favourites,
    outcomes,
    rates_of,
    shown_pixels,
    surest_trial,
)
from weightreel.analysis.findings.attacks.perturbation import (
    Way,
    answer_in_words,
    confidence_in_words,
    flip_in_words,
    radius_in_words,
)
from weightreel.analysis.findings.blocks import blocks_of
from weightreel.analysis.findings.bulk import largest_in_words, leaves_bulk, spikes_in_words
from weightreel.analysis.findings.parameters import Distribution
from weightreel.analysis.findings.spectra import Spectrum, main_layer
from weightreel.analysis.findings.time import epochs_of
from weightreel.analysis.findings.training import accuracy_in_words, history, measured
from weightreel.analysis.findings.words.language import noted, phrase
from weightreel.analysis.findings.words.names import layer_in_words, title_of
from weightreel.analysis.findings.words.numbers import count, percent
from weightreel.analysis.palette import theme
from weightreel.analysis.store.nodes import Attack, Run
from weightreel.scenes.chapters.noise_networks import legend_of_networks
from weightreel.scenes.chapters.noise_rates import histories_in_words, histories_of, on_common, series_of
from weightreel.scenes.chapters.pictures import over
from weightreel.scenes.instruments.answers.image_grid import ImageGrid
from weightreel.scenes.instruments.answers.moving_picture import MovingPicture, amplification, around_grey, still
from weightreel.scenes.instruments.axes.counter import Counter
from weightreel.scenes.instruments.axes.curves import Curves, Series, legend_of
from weightreel.scenes.instruments.axes.epoch_dial import EpochDial
from weightreel.scenes.instruments.axes.histogram import ROOM_FOR_TAILS, Histogram, visible_range
from weightreel.scenes.instruments.axes.readout import Readout
from weightreel.scenes.instruments.networks.network_diagram import NetworkDiagram
from weightreel.scenes.instruments.spectra.ridgeline import Ridgeline
from weightreel.scenes.kit.clock import EpochClock
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.theme import BELOW_HEADER, BODY, DISPLAY, SAFE_LEFT, SAFE_RIGHT, TITLE, colour_of_run
from weightreel.scenes.kit.type import label, words

NAME = noted("How a network learns, and how it breaks")
SWEEP = 7.0
"""Seconds of a history."""
SIDE = 3.2
"""Side of a large picture, in units of the frame."""
MIDDLE = 0.75
"""Height at which large pictures are centred."""
COLUMN = SAFE_RIGHT - 3.75
"""Left end of the column of numbers."""


def what_is_this(film: Film, attack: Attack) -> None:
    """One noise image, and what the network takes it for."""
    title = title_of(film.run)
    film.beat(phrase("What is this?"), phrase("What is this? The {title} has an answer.", title=title))
    prediction, sure = outcomes(attack)
    trial, pixels = surest_trial(attack)
    answer = answers_of(film.run, film.store.classes)[int(prediction[trial])]
    picture = still(pixels, 5.4).move_to([-3.4, 0, 0])
    question = words(phrase("What is this?"), TITLE, weight="semibold")
    who = words(phrase("The {title} answers:", title=title), BODY, theme().MUTED)
    said = words(answer, DISPLAY, theme().SUCCESS, weight="semibold", width=6.0)
    how = words(phrase("with {share} confidence", share=confidence_in_words(float(sure[trial]))), BODY, theme().SUCCESS)
    nothing = words(phrase("Nothing is in it: every value was drawn at random."), BODY, width=6.0)
    column = VGroup(question, who, said, how, nothing).arrange(DOWN, buff=0.4, aligned_edge=LEFT)
    column.move_to([0.2, 0, 0], LEFT)
    film.play(FadeIn(picture), FadeIn(question), run_time=0.8)
    film.wait(1.2)
    film.play(FadeIn(who), FadeIn(said, shift=0.15 * UP), run_time=0.6)
    film.play(FadeIn(how), run_time=0.4)
    film.wait(0.8)
    film.play(FadeIn(nothing), run_time=0.5)
    film.wait(2.2)
    film.clear_stage()


def opening(film: Film) -> None:
    """The film's name and its data."""
    film.beat(phrase("Title"), phrase("{film}: {subject}.", film=phrase(NAME), subject=film.subject))
    name = words(phrase(NAME), TITLE * 1.25, weight="semibold", centred=True)
    about = words(film.subject, BODY, theme().MUTED, width=11.5, centred=True)
    card = VGroup(name, about).arrange(DOWN, buff=0.5)
    film.play(FadeIn(name, shift=0.15 * UP), FadeIn(about), run_time=0.8)
    film.wait(2.4)
    film.let_read()
    film.play(FadeOut(card), run_time=0.5)


def it_learns(film: Film) -> None:
    """All weights and the accuracy, on one clock."""
    film.beat(
        phrase("It learns"),
        phrase("Weights spread, counted on a logarithmic axis, while the network gets better."),
    )
    film.add(film.header(phrase("It learns")))
    epochs, weights = film.run.epochs, Distribution.known(film.run, "weight")
    histogram = Histogram(
        epochs,
        weights.edges,
        weights.counts,
        theme().WEIGHTS,
        visible=visible_range(*weights.extent, room=ROOM_FOR_TAILS),
        log=True,
        ghost=True,
        size=(5.0, 3.3),
        names=(phrase("weight"), phrase("entries in a bin")),
    )
    shown = {
        "train": (phrase("training"), theme().MUTED),
        "validation": (phrase("validation"), colour_of_run(film.run, film.runs)),
    }
    known = measured([film.run])
    if "accuracy" in known:
        factor, quantity, scale, name = 100, "accuracy", (0.0, 100.0), phrase("accuracy, %")
    else:
        factor, quantity, scale, name = 1, "loss", None, phrase("loss (nat)")
    series = [Series("", factor * history(film.run, p, quantity), hue) for p, (_, hue) in shown.items()]
    accuracy = Curves(epochs, series, size=(5.0, 3.3), y=scale, y_name=name)
    legend = legend_of(list(shown.values())).move_to([SAFE_RIGHT, BELOW_HEADER + 0.1, 0], UP + RIGHT)
    film.add(legend)
    histogram.move_to([SAFE_LEFT, BELOW_HEADER - 0.6, 0], UP + LEFT)
    accuracy.move_to([SAFE_RIGHT - 0.1, BELOW_HEADER - 0.6, 0], UP + RIGHT)
    dial = EpochDial(epochs).move_to([SAFE_LEFT, BELOW_HEADER + 0.15, 0], UP + LEFT)
    film.sweep(histogram, accuracy, dial, seconds=SWEEP)
    film.take_away(phrase("What it learns"), accuracy_in_words(film.run))
    film.clear_stage()


def it_leaves_randomness(film: Film) -> None:
    """The ridges of one layer's eigenvalues, and the edge of the random bulk."""
    layer = main_layer(film.run)
    if layer is None:
        return
    spectrum = Spectrum.of(film.run, layer)
    film.beat(
        phrase("Its spectra"),
        phrase("The eigenvalues of one layer, one ridge {a_clock}, the first in front.")
        if spectrum.bulk is None
        else phrase(
            "The eigenvalues of one layer, one ridge {a_clock}, the first in front. The line is the edge of a "
            "random matrix's."
        ),
    )
    leaving = leaves_bulk(spectrum.measured().bulk)
    film.add(film.header(phrase("Eigenvalues leave the random bulk") if leaving else phrase("Its eigenvalues")))
    ridges = Ridgeline(spectrum, (8.0, 3.7))
    name = label(
        phrase("{layer}: {epochs}, log density upwards", layer=layer_in_words(layer.name), epochs=ridges.choice),
        theme().ESD,
    )
    film.add(name.move_to([SAFE_LEFT, BELOW_HEADER + 0.05, 0], UP + LEFT))
    ridges.move_to([SAFE_LEFT, BELOW_HEADER - 0.3, 0], UP + LEFT)
    epochs = film.run.epochs
    shown = [EpochDial(epochs), Readout(epochs, phrase("largest eigenvalue"), spectrum.lambda_max, theme().ESD)]
    if spectrum.bulk is not None:
        shown.append(Readout(epochs, phrase("edge λ₊ of the random bulk"), spectrum.bulk.edge, theme().RANDOM))
    for i, instrument in enumerate(shown):
        instrument.move_to([COLUMN, BELOW_HEADER + 0.05 - 1.15 * i, 0], UP + LEFT)
    diagram = NetworkDiagram(blocks_of(film.run), (SAFE_RIGHT - COLUMN, 1.1), theme().ESD).light(layer.name)
    film.add(diagram.move_to([COLUMN, shown[-1].get_bottom()[1] - 0.5, 0], UP + LEFT))
    film.sweep(ridges, *shown, seconds=SWEEP)
    film.take_away(phrase("What the spectra show"), spectrum_in_words(layer_in_words(layer.name), spectrum))
    film.clear_stage()


def sure_of_nothing(film: Film, attack: Attack) -> None:
    """Noise images, and how many of all the network is sure of."""
    prediction, sure = outcomes(attack)
    names = answers_of(film.run, film.store.classes)
    stream = Stream.of(prediction, sure, attack.threshold, len(names))
    film.beat(
        phrase("Sure of nothing"),
        phrase(
            "{n} images of noise. How often is the network at least {threshold} sure?",
            n=count(len(prediction)),
            threshold=f"{attack.threshold:.0%}",
        ),
    )
    rate = Answered.of(film.run, attack)
    film.add(film.header(phrase("It breaks: sure of nothing") if rate.rate.successes else phrase("Shown pure noise")))
    pixels = shown_pixels(attack)
    side = int(np.ceil(np.sqrt(len(pixels))))  # of a square of pictures
    pictures = ImageGrid(pixels, side, 4.6 / side * -(-len(pixels) // side)).at(np.inf)
    pictures.move_to([SAFE_LEFT, BELOW_HEADER, 0], UP + LEFT)
    numbers = [
        Counter(stream.trials, phrase("noise images"), stream.trials),
        Counter(
            stream.trials,
            phrase("answered with confidence ≥ {threshold}", threshold=f"{attack.threshold:g}"),
            stream.successes,
            theme().SUCCESS,
        ),
        Counter(stream.trials, phrase("share"), stream.rate, theme().SUCCESS, written=percent),
    ]
    for i, number in enumerate(numbers):
        number.move_to([0.2, BELOW_HEADER - 1.62 * i, 0], UP + LEFT)
    film.play(FadeIn(pictures), run_time=0.6)
    film.sweep(*numbers, seconds=4.5, clock=EpochClock(stream.trials))
    kinds = favourites(stream.taken[-1], names)
    details = [phrase("By class: {shares}.", shares=kinds)] if kinds else []
    film.take_away(phrase("How sure"), result_in_words(rate, attack.threshold), *details)
    film.clear_stage()


def a_small_step(film: Film, way: Way) -> None:
    """An image, a perturbation that grows step by step, and their sum."""
    radius = radius_in_words(way.norm, way.epsilon)
    film.beat(
        phrase("A small step"),
        phrase("An image, and a perturbation within {radius}, along the network's gradient.", radius=radius),
    )
    film.add(film.header(phrase("It breaks: a small change") if way.flips else phrase("A small change")))
    steps, factor = np.arange(way.steps + 1.0), amplification(way.perturbation)
    image = still(way.picture, SIDE).move_to([-4.6, MIDDLE, 0])
    change = MovingPicture(steps, around_grey(way.perturbation, factor), SIDE).move_to([0, MIDDLE, 0])
    both = MovingPicture(steps, way.images, SIDE).move_to([4.6, MIDDLE, 0])
    signs = [words(s, 0.7, theme().MUTED).move_to([x, MIDDLE, 0]) for s, x in (("+", -2.3), ("=", 2.3))]
    above = [
        over(phrase("image"), image),
        over(phrase("perturbation × {factor}", factor=factor), change),
        over(phrase("sum"), both),
    ]
    before = words(answer_in_words(way, 0), BODY).next_to(image, DOWN, buff=0.2)
    after = words(answer_in_words(way, way.steps), BODY, theme().SUCCESS if way.flips else theme().TEXT)
    film.play(FadeIn(image), FadeIn(above[0]), FadeIn(before), run_time=0.6)
    film.wait(0.6)
    film.play(*map(FadeIn, (change, both, *signs, *above[1:])), run_time=0.6)
    film.sweep(change, both, seconds=4.0, clock=EpochClock(steps), shown=True)
    film.play(FadeIn(after.next_to(both, DOWN, buff=0.2)), run_time=0.4)
    film.take_away(phrase("The answer"), flip_in_words(way))
    film.clear_stage()


def does_it_help(film: Film, attacked: Sequence[tuple[Run, Attack]]) -> None:
    """The rate of noise success at every epoch, without and with spectral normalisation."""
    histories = histories_of(film, attacked)
    if not histories:
        return
    runs = [run for run, _ in histories]
    models = {run.model: run for run in runs}
    spectral = len(models) > 1 and any(model.startswith("spectral") for model in models)
    name = phrase("Does spectral normalisation help?") if spectral else phrase("How much does one {clock} say?")
    film.beat(
        phrase("Does it help?"),
        phrase("How often the networks are sure of the same noise images, at every {clock}."),
    )
    film.add(film.header(name, film.data))
    epochs = epochs_of(runs)
    rates = {
        model: np.stack([
            on_common(run, rates_of(found), epochs)
            for run, found in histories if run.model == model
        ])
        for model in models
    }  # fmt: skip
    curves = Curves(
        epochs,
        series_of(rates, {model: colour_of_run(run, film.runs) for model, run in models.items()}),
        size=(11.3, 3.5),
        y=(0, 100),
        y_name=phrase("success rate, %"),
    )
    legend = legend_of_networks(film, runs)
    curves.move_to([SAFE_LEFT, legend.get_bottom()[1] - 0.2, 0], UP + LEFT)
    film.add(legend)
    film.sweep(curves, seconds=SWEEP, clock=EpochClock(epochs))
    name, answer, *more = histories_in_words(histories)
    film.take_away(name, answer, *more[-1:])


def spectrum_in_words(name: str, spectrum: Spectrum) -> str:
    """How many eigenvalues are outside the random bulk, else how large the largest is."""
    known = spectrum.measured()
    epochs = known.epochs.astype(int)
    if known.bulk is None:
        return largest_in_words(known.lambda_max, epochs)
    return spikes_in_words(name, known.bulk, epochs, known.n_eigenvalues)
