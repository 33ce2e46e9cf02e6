"""A chapter: losses and accuracies of up to five networks, where their learning rates fall, and their phases."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import DOWN, LEFT, RIGHT, UP, VMobject

from weightreel.analysis.findings.learning_rate import MOST_FALLS, falls, falls_in_words, learning_rates
from weightreel.analysis.findings.phases import is_judged, phases_of
from weightreel.analysis.findings.time import epochs_of
from weightreel.analysis.findings.training import (
    PARTS,
    learning_in_words,
    measured,
    measured_parts,
    name_of_quantity,
    of_recipes,
    on_epochs,
    seeds_in_words,
)
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import title_of
from weightreel.analysis.store.nodes import Run
from weightreel.scenes.instruments.axes.curves import Curves, Series, legend_of, span
from weightreel.scenes.instruments.axes.epoch_dial import EpochDial
from weightreel.scenes.instruments.axes.fitting import labels_within
from weightreel.scenes.instruments.training.phase_ribbon import PhaseRibbon
from weightreel.scenes.kit.clock import EpochClock
from weightreel.scenes.kit.film import Film
from weightreel.scenes.kit.theme import BELOW_HEADER, SAFE_LEFT, SAFE_RIGHT, colour_of_run
from weightreel.scenes.kit.type import Letters, label

MOST_CURVES, MOST_SAID = 5, 2
"""Networks whose curves are drawn, and of whom the sentences speak."""
WIDE, ALONE, HIGH = 5.1, 11.6, 3.1
"""Width of a plot beside another and of one alone, and the height at most, in units of the frame."""
LETTERS, RIBBONS, CLOCK = 0.85, 0.75, 0.8
"""Heights of what stands below a plot: its numbers and name, ribbons with the names of theirs, and the clock."""


def curves_of_all(film: Film) -> None:
    """Loss and accuracy in training and validation, as far as they are known."""
    runs = film.runs[:MOST_CURVES]
    parts = [part for part in PARTS if any(knows(run, part) for run in runs)]
    film.beat(phrase("Training and validation"), caption_of(runs, parts))
    epochs = epochs_of(runs)
    legend = legend_of([(seeds_in_words([run]), colour_of_run(run, film.runs)) for run in runs])
    legend.move_to([SAFE_RIGHT, BELOW_HEADER, 0], UP + RIGHT)
    if len(parts) == len(PARTS):
        of_images = phrase("bold: validation images; thin: training images")
        key = label(of_images if of_recipes(runs) else phrase("bold: validation; thin: training"))
        film.add(key.move_to([SAFE_LEFT, BELOW_HEADER, 0], UP + LEFT))
        if key.get_right()[0] > legend.get_left()[0] - 0.4:
            legend.next_to(key, DOWN, buff=0.12).set_x(SAFE_RIGHT, RIGHT)
    phased = [run for run in runs if is_judged(run, "validation")]
    fell = falls_in_words([(run.title, falls(run.epochs, learning_rates(run))) for run in runs])
    said = [*(learning_in_words(run, titled=True) for run in runs[:MOST_SAID]), *filter(None, [fell])]
    top = float(legend.get_bottom()[1]) - 0.2
    floor = film.top_of_take_away(*said) + CLOCK + LETTERS + (RIBBONS if phased else 0)
    height = min(HIGH, top - floor)
    plots = []
    quantities = measured(runs)
    for quantity, side in zip(quantities, (LEFT, RIGHT), strict=False):
        size = WIDE if len(quantities) > 1 else ALONE, height
        plot = plot_of(film, epochs, quantity, parts, size)
        plot.set_x(SAFE_RIGHT * side[0], side)
        plots.append(plot.shift((top - height - plot.plane.corner[1]) * UP))
    marks = [mark for plot in plots for mark in marks_of_falls(plot, runs)]
    ribbons = ribbons_below(plots, phased)
    below = (ribbons[0] if ribbons else plots[0]).get_bottom()[1] - 0.15
    dial = EpochDial(epochs).move_to([SAFE_RIGHT, below, 0], UP + RIGHT)
    room = WIDE - float(dial.width) - 0.4
    names = names_of_ribbons(ribbons, [(title_of(run), colour_of_run(run, film.runs)) for run in phased], room)
    film.add(legend, *marks, *names)
    film.sweep(*plots, *ribbons, dial, clock=EpochClock(epochs))
    film.take_away(phrase("What was learned"), *said)


def knows(run: Run, part: str) -> bool:
    """Whether a run holds anything that was measured on training or validation data."""
    return any(part in measured_parts(run, key) for key in measured([run]))


def caption_of(runs: Sequence[Run], parts: Sequence[str]) -> str:
    """What is to be seen, as far as it is there."""
    if of_recipes(runs):
        seen = [phrase("Loss and accuracy in evaluation mode: bold on validation images, thin on training images.")]
    elif len(parts) == len(PARTS):
        seen = [phrase("What the training's own code measured: bold in validation, thin in training.")]
    elif parts == ["train"]:
        seen = [phrase("What the training's own code measured in training.")]
    else:
        seen = [phrase("What the training's own code measured in validation.")]
    if any(0 < len(falls(run.epochs, learning_rates(run))) <= MOST_FALLS for run in runs):
        seen.append(phrase("Vertical lines: the learning rate falls."))
    if any(is_judged(run, "validation") for run in runs):
        seen.append(phrase("Ribbon: the phase of training."))
    return " ".join(seen)


def plot_of(film: Film, epochs: np.ndarray, key: str, parts: Sequence[str], size: tuple[float, float]) -> Curves:
    """One quantity of all runs, in training and validation; bold where it is one of them alone."""
    runs = film.runs[:MOST_CURVES]
    name = name_of_quantity(key, unit=of_recipes(runs)) if key == "loss" else phrase("accuracy")
    looks = ((2.0, 0.75), (4.0, 1.0))[-len(parts) :]
    series = [
        Series("", on_epochs(run, part, key, epochs), colour_of_run(run, film.runs), width, opacity)
        for part, (width, opacity) in zip(parts, looks, strict=True)
        for run in runs
    ]
    return Curves(epochs, series, size=size, y=(0.0, span([s.values for s in series])[1]), y_name=name)


def ribbons_below(plots: Sequence[Curves], phased: Sequence[Run]) -> list[PhaseRibbon]:
    """The phases of the first networks, one below each plot and on its epochs."""
    found: list[PhaseRibbon] = []
    for run, above in zip(phased, plots, strict=False):
        low, high = above.plane.x_range
        # A training that is not over yet has a shorter ribbon.
        width = above.plane.across[0] * (run.epochs[-1] - run.epochs[0]) / (high - low)
        ribbon = PhaseRibbon(run.epochs, phases_of(run, "validation"), max(width, 0.3), height=0.18)
        found.append(ribbon.next_to(above, DOWN, buff=0.12).set_x(above.plane.corner[0], LEFT))
    return found


def marks_of_falls(plot: Curves, runs: Sequence[Run]) -> list[VMobject]:
    """Vertical lines after which each network's learning rate is lower; none where it falls at most epochs."""
    return [
        plot.plane.mark(epoch, colour_of_run(run, list(runs))).set_stroke(opacity=0.6)
        for run in runs
        for fell in [falls(run.epochs, learning_rates(run))]
        if len(fell) <= MOST_FALLS
        for epoch, _ in fell
    ]


def names_of_ribbons(ribbons: Sequence[PhaseRibbon], names: Sequence[tuple[str, str]], room: float) -> list[Letters]:
    """Whose phases each ribbon shows, below its left end, in the network's colour; the clock stands beside the last."""
    return [
        name.next_to(ribbon.frame, DOWN, buff=0.12).align_to(ribbon.frame, LEFT)
        for ribbon, name in zip(ribbons, labels_within(names[: len(ribbons)], room), strict=False)
    ]
