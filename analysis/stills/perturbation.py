"""Stills of gradient attacks, fooling images and input gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from weightreel.analysis.findings.attacks.gradients import (
    Fooling,
    fooling_of,
    minimum_distances,
    saliency_examples,
    saliency_of,
)
from weightreel.analysis.findings.attacks.perturbation import (
    Way,
    attack_in_words,
    example_pixels,
    most_instructive,
    path_attack,
    ways,
)
from weightreel.analysis.findings.attacks.robustness import Attacked, families
from weightreel.analysis.findings.statistics import largest, percentages
from weightreel.analysis.findings.time import evenly_spaced
from weightreel.analysis.findings.words.language import phrase, phrase_n
from weightreel.analysis.findings.words.names import names_of, title_of
from weightreel.analysis.findings.words.numbers import count, fixed, percent, plain
from weightreel.analysis.stills.style import INK, MUTED, Named, colours_of, heading
from weightreel.analysis.store.nodes import Attack, Run
from weightreel.analysis.store.reader import Store

Array = NDArray[Any]

DASHES = ("-", "--", "-.", ":", (0, (1, 1)), (0, (5, 1, 1, 1)))
MOST_EXAMPLES = 6
STEPS_SHOWN = 5
MOST_ANSWERS = 4
BESIDE = 10
"""Fooling images in a row."""


def attack_figures(store: Store) -> Named:
    """Robust accuracy of all networks, and for each what an attack does to the examples, and what fools it."""
    every = [Attacked(run, found) for run in store.runs.values() if (found := families(run))]
    for norm in ("linf", "l2"):
        if any(family.norm == norm for network in every for family in network.families):
            yield f"robust-accuracy-{norm}", robust_accuracies(every, norm)
    for run in store.select():
        attack, kept = path_attack(run), ways(run, store)
        if attack is not None and kept:
            yield f"Gradient_perturbations-{run.name}", perturbations(run, attack, kept)
            yield f"attack-path-{run.name}", path(run, attack, most_instructive(kept))
        if (examples := saliency_examples(run)) and len(example_pixels(store)):
            yield f"input-gradients-{run.name}", saliencies(store, run, examples)
        if (fooling := fooling_of(run, names_of(store.classes))) is not None:
            yield f"fooling-images-{run.name}", fooling_images(run, fooling)


def robust_accuracies(networks: Sequence[Attacked], norm: str) -> Figure:
    """Robust accuracy against the radius, a colour a network and a dash an attack, with Wilson's 95 % interval.

    For L2, the minimum-norm attack gives a curve over all radii.
    """
    figure = Figure((10.5, 5.2))
    axes = figure.subplots()
    factor = 255 if norm == "linf" else 1
    colours = colours_of([network.run for network in networks])
    images = 0
    for network in networks:
        run, colour = network.run, colours[network.run.name]
        own = [family for family in network.families if family.norm == norm]
        for dashes, family in zip(DASHES, own, strict=False):
            value, low, high = percentages(family.rates)
            radii, images = factor * family.epsilons, family.rates[0].trials
            name = phrase("{run}, {attack}", run=run.name, attack=family.name)
            axes.fill_between(radii, low, high, color=colour, alpha=0.12, linewidth=0)
            axes.plot(radii, value, linestyle=dashes, marker="o", markersize=4, color=colour, label=name)
        distances = minimum_distances(run)
        if distances is not None and distances.norm == norm:
            radii = np.linspace(0, max((family.epsilons[-1] for family in own), default=1.0), 60)
            value, _, _ = percentages(distances.robust_at(radii))
            name = phrase("{run}, {attack}", run=run.name, attack=distances.name)
            axes.plot(factor * radii, value, linestyle=":", linewidth=1.2, color=colour, label=name)
    axes.set(ylim=(-2, 102), ylabel=phrase("robust accuracy (%)"))
    axes.set_xlim(left=0)
    axes.set_xlabel(
        phrase("ε in 1/255 of the pixel range (L∞)") if norm == "linf" else phrase("L2 radius, pixels in [0, 1]")
    )
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    heading(
        figure,
        phrase("Still right under attack"),
        phrase("{images} test images; shaded: Wilson's 95 % interval", images=count(images)),
    )
    return figure


def perturbations(run: Run, attack: Attack, found: Sequence[Way]) -> Figure:
    """The report's gradient picture: image, gradient, perturbation, and the image that is answered otherwise."""
    shown = found[:MOST_EXAMPLES]
    figure = Figure((9.6, 2.05 * len(shown) + 0.7))
    for row, way in zip(figure.subplots(len(shown), 4, squeeze=False), shown, strict=True):
        for axes in row:
            axes.set_axis_off()
        last = way.perturbation[-1]
        _show(row[0], way.images[0] / 255, _answer(way, 0))
        if (gradients := saliency_of(run, way.example)) is not None:
            _show(row[1], _signed(gradients.gradient[-1]), phrase("input gradient"), MUTED)
        factor = fixed(0.5 / max(np.abs(last).max(), 1e-9), 0)
        _show(row[2], _signed(last), phrase("perturbation × {factor}", factor=factor))
        _show(row[3], way.images[-1] / 255, _answer(way, way.steps))
    heading(
        figure,
        phrase("{title}: images, and what an attack makes of them", title=title_of(run)),
        phrase("{attack}, {clock} {epoch}", attack=attack_in_words(attack), clock=run.clock, epoch=run.epochs[-1]),
    )
    return figure


def path(run: Run, attack: Attack, way: Way) -> Figure:
    """The way of one image through the attack: picture and confidences at its steps."""
    figure = Figure((10, 5.4))
    parts: Any = figure.subfigures(2, 1, height_ratios=(1, 1.6))
    above, below = parts
    steps = evenly_spaced(way.steps + 1, STEPS_SHOWN)
    for axes, step in zip(above.subplots(1, len(steps), squeeze=False)[0], steps, strict=True):
        axes.set_axis_off()
        name = phrase("step {step}", step=step)
        _show(axes, way.images[step] / 255, f"{name}\n{_answer(way, int(step))}")
    axes = below.subplots()
    for dashes, answer in zip(DASHES, largest(way.probabilities.max(0), MOST_ANSWERS), strict=False):
        confidence = 100 * way.probabilities[:, answer]
        axes.plot(confidence, linestyle=dashes, marker="o", markersize=4, label=way.answers[answer])
    axes.set(xlabel=phrase("step of the attack"), ylabel=phrase("confidence (%)"), ylim=(-2, 102), xlim=(0, way.steps))
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    title = phrase("{title}: the way of an attack, {attack}", title=title_of(run), attack=attack_in_words(attack))
    figure.suptitle(title, fontweight="bold")
    return figure


def saliencies(store: Store, run: Run, examples: Sequence[int]) -> Figure:
    """What the loss of each example depends on, pixel by pixel, from epoch to epoch."""
    pixels = example_pixels(store)
    found = [(pixels[i] / 255, saliency) for i in examples if (saliency := saliency_of(run, i)) is not None]
    found = found[:MOST_EXAMPLES]
    epochs = found[0][1].epochs
    figure = Figure((1.55 * (len(epochs) + 1), 1.6 * len(found) + 0.8))
    grid = figure.subplots(len(found), len(epochs) + 1, squeeze=False)
    titles = [phrase("image"), *(phrase("{clock} {epoch}", clock=run.clock, epoch=epoch) for epoch in epochs)]
    for i, (row, (image, saliency)) in enumerate(zip(grid, found, strict=True)):
        pictures = [image, *map(_strength, saliency.gradient)]
        for axes, picture, title in zip(row, pictures, titles, strict=True):
            axes.set_axis_off()
            _show(axes, picture, title if i == 0 else "", MUTED)
    heading(
        figure,
        phrase("{title}: which pixels the loss depends on", title=title_of(run)),
        phrase("size of the loss's gradient by each pixel; every picture has its own scale"),
    )
    return figure


def fooling_images(run: Run, found: Fooling) -> Figure:
    """Noise, and what gradient ascent makes of it until the network is sure of a class."""
    n = len(found.names)
    columns = min(n, BESIDE)
    rows = -(-n // columns)
    figure = Figure((1.5 * columns, 3.5 * rows + 0.8))
    grid = figure.subplots(2 * rows, columns, squeeze=False)
    for axes in grid.ravel():
        axes.set_axis_off()
    for i in range(n):
        row, column = divmod(i, columns)
        _show(grid[2 * row, column], found.start[i] / 255, "")
        steps = phrase_n("{n} step", "{n} steps", int(found.steps[i]))
        below = (found.answers[i], percent(float(found.confidence[i]), 2), steps)
        _show(grid[2 * row + 1, column], found.end[i] / 255, "\n".join(below))
    heading(
        figure,
        phrase("{title}: noise above, and below it what is taken for each class", title=title_of(run)),
        phrase(
            "gradient ascent to a confidence of {threshold}, {clock} {epoch}",
            threshold=plain(found.threshold),
            clock=run.clock,
            epoch=run.epochs[-1],
        ),
    )
    return figure


def _signed(values: Array) -> Array:
    """Signed values as a picture: grey is none, the strongest of all is black or white."""
    return 0.5 + 0.5 * values / max(float(np.abs(values).max()), 1e-12)


def _strength(gradient: Array) -> Array:
    """Size over the channels, the strongest pixel white."""
    size = np.abs(gradient).sum(-1)
    return np.asarray(size / max(float(size.max()), 1e-12))


def _answer(way: Way, step: int) -> str:
    answer = int(way.answered[step])
    return f"{way.answers[answer]}, {percent(float(way.probabilities[step, answer]))}"


def _show(axes: Axes, picture: Array, text: str, colour: str = INK) -> None:
    axes.imshow(picture, interpolation="nearest", cmap="magma", vmin=0, vmax=1)
    axes.set_title(text, fontsize=9, color=colour)
