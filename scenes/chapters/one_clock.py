"""Weights, biases, loss, accuracy and the phase of training on one clock, and the networks beside each other."""

from __future__ import annotations

from manim import DOWN, LEFT, RIGHT, UP

from weightreel.analysis.findings.parameters import Distribution
from weightreel.analysis.findings.phases import is_judged, phases_in_words, phases_of
from weightreel.analysis.findings.time import epochs_of
from weightreel.analysis.findings.training import (
    by_title,
    comparison_in_words,
    history,
    is_validated,
    learning_in_words,
    measured,
    on_epochs,
    seeds_in_words,
)
from weightreel.analysis.findings.words.language import noted, phrase
from weightreel.analysis.findings.words.numbers import listed
from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.curves import Curves, Series, fitting, legend_of
from weightreel.scenes.instruments.axes.epoch_dial import EpochDial
from weightreel.scenes.instruments.axes.histogram import ROOM_FOR_TAILS, Histogram, visible_range
from weightreel.scenes.instruments.axes.readout import Readout
from weightreel.scenes.instruments.training.phase_ribbon import PhaseRibbon
from weightreel.scenes.kit.clock import Instrument
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.theme import BELOW_HEADER, SAFE_LEFT, SAFE_RIGHT, colour_of_run

ROW, GAP = 1.4, 0.6
"""Height of a plot in a column of two, and between them."""
AXES, ROOM = 5.0, 6.25
"""Width of the curves' axes, and of all that belongs to them at most."""
MOST_NETWORKS = 5
"""Networks beside each other, the first where there are more; all seeds of each are."""
SPREAD = {"weight": noted("weights: std"), "bias": noted("biases: std")}


def one_clock(film: Film) -> None:
    """Histograms at the left, curves and the phase at the right."""
    names = [name for _, name, _ in parameters_of(film)]
    film.beat(
        phrase("One clock"),
        phrase(
            "At the left the {parameters}, counts on a logarithmic axis. At the right loss and accuracy on "
            "training and validation images, and the phase of training.",
            parameters=listed(names),
        ),
        loop=True,
    )
    curves = curves_in_a_column(film)
    ribbon = ribbon_below(film, curves[-1]) if is_judged(film.run, "validation") else None
    level = ribbon.get_center()[1] if ribbon else top_of(1) - ROW - GAP
    dial = EpochDial(film.run.epochs).move_to([SAFE_LEFT, level, 0], aligned_edge=LEFT)
    legend = legend_of([(phrase("training"), theme().MUTED), (phrase("validation"), theme().TEXT)])
    legend.move_to([SAFE_RIGHT, BELOW_HEADER, 0], aligned_edge=UP + RIGHT)
    film.add(legend)
    film.sweep(*histograms_of(film), *curves, *([ribbon] if ribbon else []), dial)
    phases = [phases_in_words(film.run)] if ribbon else []
    film.take_away(phrase("What this store shows"), learning_in_words(film.run), *phases)


def parameters_of(film: Film) -> list[tuple[str, str, str]]:
    """Those that the store counts: their name there, for people, and their colour. Not all networks have biases."""
    both = [("weight", phrase("weights"), theme().WEIGHTS), ("bias", phrase("biases"), theme().BIASES)]
    return [one for one in both if Distribution.of(film.run, one[0]) is not None]


def histograms_of(film: Film) -> list[Instrument]:
    """Weights above biases, each with its standard deviation."""
    found: list[Instrument] = []
    height = ROW if len(parameters_of(film)) > 1 else 2 * ROW + GAP
    for row, (parameter, _, colour) in enumerate(parameters_of(film)):
        entries = Distribution.known(film.run, parameter)
        histogram = Histogram(
            film.run.epochs,
            entries.edges,
            entries.counts,
            colour,
            log=True,
            ghost=True,
            visible=visible_range(*entries.extent, room=ROOM_FOR_TAILS),
            size=(3.9, height),
            names=("", phrase("entries")),
            ticks=(5, 3),
        )
        histogram.move_to([SAFE_LEFT, top_of(row), 0], aligned_edge=UP + LEFT)
        readout = Readout(film.run.epochs, phrase(SPREAD[parameter]), entries.std, colour)
        plane = histogram.plane
        beside = plane.corner + plane.across + plane.upwards + 0.15 * RIGHT
        readout.move_to(beside, aligned_edge=UP + LEFT)
        found += [histogram, readout]
    return found


def curves_in_a_column(film: Film) -> list[Curves]:
    """Loss above accuracy, narrower where long numbers at their axes would meet what is left of them."""
    width = fitting(lambda axes: max(float(curves.width) for curves in curves_of(film, axes)), AXES, ROOM)
    return curves_of(film, width)


def curves_of(film: Film, width: float) -> list[Curves]:
    """Loss above accuracy, with axes of this width."""
    found = []
    for row, key in enumerate(measured([film.run])):
        name = phrase("loss (nat)") if key == "loss" else phrase("accuracy")
        series = [
            Series("", history(film.run, "train", key), theme().MUTED),
            Series("", history(film.run, "validation", key), theme().TEXT),
        ]
        curves = Curves(film.run.epochs, series, size=(width, ROW), y_name=name, x_name="", ticks=(6, 3))
        found.append(curves.move_to([SAFE_RIGHT, top_of(row), 0], aligned_edge=UP + RIGHT))
    return found


def ribbon_below(film: Film, above: Curves) -> PhaseRibbon:
    """The phase, below the curves and on their epochs' axis."""
    ribbon = PhaseRibbon(film.run.epochs, phases_of(film.run, "validation"), above.plane.across[0])
    return ribbon.next_to(above, DOWN, buff=0.18).set_x(above.plane.corner[0], LEFT)


def side_by_side(film: Film) -> None:
    """Validation loss and accuracy of all runs, in one colour a network."""
    titles = list(dict.fromkeys(run.title for run in film.runs))
    if len(titles) <= MOST_NETWORKS:
        caption = phrase("Loss and accuracy on the validation images, for every network on the same axes.")
    else:
        caption = phrase(
            "Loss and accuracy on the validation images, for {shown} of {total} networks on the same axes.",
            shown=MOST_NETWORKS,
            total=len(titles),
        )
    runs = [run for run in film.runs if run.title in titles[:MOST_NETWORKS] and is_validated(run)]
    film.beat(phrase("Beside each other"), caption)
    epochs = epochs_of(runs)
    width = 3.0 if len(runs) == len(titles) else 2.0
    plots = []
    for key, name, side in (
        ("loss", phrase("validation loss (nat)"), LEFT),
        ("accuracy", phrase("validation accuracy"), RIGHT),
    ):
        series = [
            Series("", on_epochs(run, "validation", key, epochs), colour_of_run(run, film.runs), width) for run in runs
        ]
        curves = Curves(epochs, series, size=(5.0, 2.7), y_name=name)
        plots.append(curves.move_to(SAFE_RIGHT * side + (BELOW_HEADER - 0.6) * UP, aligned_edge=UP + side))
    names = [(seeds_in_words(of), colour_of_run(of[0], film.runs)) for of in by_title(runs)]
    legend = legend_of(names).move_to([SAFE_RIGHT, BELOW_HEADER + 0.1, 0], aligned_edge=UP + RIGHT)
    dial = EpochDial(epochs).move_to([SAFE_RIGHT, -1.75, 0], aligned_edge=UP + RIGHT)
    film.add(legend, film.header(film.shown_as, film.data))
    film.sweep(*plots, dial, seconds=6)
    film.take_away(phrase("What the networks reach"), *comparison_in_words(runs))


def top_of(row: int) -> float:
    """Where a row of plots begins."""
    return BELOW_HEADER - 0.4 - row * (ROW + GAP)
