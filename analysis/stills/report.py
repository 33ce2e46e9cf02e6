"""The pictures that the course report lists, under its names."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from weightreel.analysis.findings.attacks.noise import UNIFORM, gallery_of, success_by_class, successes
from weightreel.analysis.findings.confusion import (
    images_in_words,
    largest_differences,
    last_shares,
    latest_part,
)
from weightreel.analysis.findings.report import of_report
from weightreel.analysis.findings.training import history, last_accuracy, name_of_part, name_of_quantity
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import names_of, title_of
from weightreel.analysis.findings.words.numbers import count, percent, plain, points, signed
from weightreel.analysis.stills.noise import show_gallery
from weightreel.analysis.stills.style import INK, MUTED, Named, colour_of, epoch_axis, heading
from weightreel.analysis.store.nodes import Attack, Run
from weightreel.analysis.store.reader import Store

PREFIXES = {"cnn": "CNN", "spectral-cnn": "CNN_Spectral"}
"""How the report's files begin, by model."""
SHOWN = 10
"""Noise images that stand above the distribution of their classes."""
FACTORS = {"accuracy": 100, "loss": 1}
"""What a quantity is drawn as a multiple of."""


def report_figures(store: Store) -> Named:
    """Curves, confusion matrices, adversarial examples and the layer-wise norms of the report's two networks."""
    runs = {run.model: run for run in store.select() if of_report(run)}
    for model, run in runs.items():
        for key in FACTORS:
            yield f"{PREFIXES[model]}_{key}", curve(run, key)
    if (cnn := runs.get("cnn")) is not None:
        yield "Part1_loss_accuracy_plot", loss_and_accuracy(cnn)
        yield "Part2_cnn_confusion_matrix", confusion(cnn, store.classes)
    if (spectral := runs.get("spectral-cnn")) is not None:
        yield "Part2_cnn_spectral_confusion_matrix", confusion(spectral, store.classes)
    if cnn is not None and spectral is not None:
        yield "Part1_confusion_matrix", confusions_beside(cnn, spectral, store.classes)
    for run in runs.values():
        attack = run.noise_attacks.get(UNIFORM)
        if attack is not None and gallery_of(attack) is not None:
            yield f"Adversarial_examples_{PREFIXES[run.model]}", adversarial_examples(run, attack, store.classes)


def curve(run: Run, key: str) -> Figure:
    """Loss or accuracy over the epochs, training dashed and validation solid, both in evaluation mode."""
    figure = Figure((6.4, 4.4))
    _draw_curve(figure.subplots(), run, key)
    title = title_of(run)
    what = phrase("{title}: accuracy", title=title) if key == "accuracy" else phrase("{title}: loss", title=title)
    heading(figure, what, phrase("{run}, in evaluation mode", run=run.name))
    return figure


def loss_and_accuracy(run: Run) -> Figure:
    """The losses and, beside them, the accuracies over the epochs."""
    figure = Figure((10, 4.2))
    for axes, key in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        _draw_curve(axes, run, key)
    what = phrase("{title}: loss and accuracy", title=title_of(run))
    heading(figure, what, phrase("{run}, in evaluation mode", run=run.name))
    return figure


def _draw_curve(axes: Axes, run: Run, key: str) -> None:
    for part, dashes, colour in (("validation", "-", colour_of(run)), ("train", "--", INK)):
        values = history(run, part, key) * FACTORS[key]
        last = {"part": name_of_part(part), "value": plain(values[-1], 4), "clock": run.clock, "time": run.epochs[-1]}
        axes.plot(run.epochs, values, dashes, color=colour, label=phrase("{part}, {value} at {clock} {time}", **last))
    axes.set_ylabel(name_of_quantity(key))
    axes.set_ylim(0, 100 if key == "accuracy" else None)
    epoch_axis(axes, [run])
    axes.legend(loc="best")


def confusion(run: Run, classes: list[str]) -> Figure:
    """Confusion matrix: of the test once it is made, else of the validation images at the last epoch."""
    part = latest_part(run)
    figure = Figure((7.2, 6.4))
    axes = figure.subplots()
    image = _draw_shares(axes, last_shares(run, part), classes)
    figure.colorbar(image, ax=axes, label=phrase("share of the true class (%)"))
    accuracy = percent(last_accuracy(run, part))
    title = phrase("{run}: accuracy {accuracy}", run=run.name, accuracy=accuracy)
    heading(figure, title, images_in_words(run, part))
    return figure


def confusions_beside(first: Run, second: Run, classes: list[str]) -> Figure:
    """Two networks' confusion matrices, and the difference in percentage points, the largest outlined."""
    a, b = (last_shares(run, latest_part(run)) for run in (first, second))
    figure = Figure((15.5, 5.4))
    left, middle, right = figure.subplots(1, 3)
    for axes, shares, run in ((left, a, first), (middle, b, second)):
        _draw_shares(axes, shares, classes)
        axes.set_title(title_of(run))
    difference = 100 * (b - a)
    most = max(float(np.nanmax(np.abs(difference), initial=0)), 1.0)
    drawn = right.imshow(difference, cmap="PuOr", norm=TwoSlopeNorm(0, -most, most))
    for (true, predicted), more in np.ndenumerate(difference):
        ink = "white" if abs(more) > 0.6 * most else "black"
        right.text(predicted, true, signed(more, 0), ha="center", va="center", color=ink, fontsize=8)
    for pair in largest_differences(a, b):
        corner = (pair.answer - 0.5, pair.true - 0.5)
        right.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor=INK, linewidth=2))
    _name_classes(right, classes)
    right.set_title(phrase("{second} minus {first}", second=title_of(second), first=title_of(first)))
    figure.colorbar(drawn, ax=right, label=phrase("percentage points"))
    heading(
        figure,
        phrase("Confusion matrices beside each other, and what differs"),
        phrase("{images}; shares of the true class in %", images=images_in_words(first, latest_part(first))),
    )
    return figure


def _draw_shares(axes: Axes, shares: NDArray[np.floating], classes: list[str]):  # type: ignore[no-untyped-def]
    image = axes.imshow(shares * 100, cmap="cividis", vmin=0, vmax=100)
    for (true, predicted), share in np.ndenumerate(shares):
        ink = "white" if share < 0.5 else "black"
        axes.text(predicted, true, points(share, 0), ha="center", va="center", color=ink, fontsize=9)
    _name_classes(axes, classes)
    return image


def _name_classes(axes: Axes, classes: list[str]) -> None:
    names = names_of(classes)
    axes.set_xticks(range(len(classes)), names, rotation=45, ha="right")
    axes.set_yticks(range(len(classes)), names)
    axes.set(xlabel=phrase("predicted class"), ylabel=phrase("true class"))
    axes.grid(visible=False)


def adversarial_examples(run: Run, attack: Attack, classes: list[str]) -> Figure:
    """The noise images that are answered most confidently, above the classes that all successes were taken for."""
    gallery, names = gallery_of(attack), names_of(classes)
    figure = Figure((11, 5.6))
    parts: Any = figure.subfigures(2, 1, height_ratios=(1, 1.7))
    above, below = parts
    grid = np.atleast_1d(above.subplots(1, SHOWN))
    if gallery is not None:
        show_gallery(gallery, names, grid, 9)
    counts, trials = success_by_class(attack), len(successes(attack))
    axes = below.subplots()
    bars = axes.bar(range(len(names)), counts, color=colour_of(run))
    axes.set_xticks(range(len(names)), names)
    axes.bar_label(bars, [count(n) if n else "" for n in counts], fontsize=9, color=MUTED)
    axes.set_ylabel(phrase("successes"))
    axes.tick_params(axis="x", rotation=20)
    axes.grid(visible=False, axis="x")
    figure.suptitle(
        phrase(
            "{title}: {n} of {trials} noise images with confidence ≥ {threshold}, {clock} {time}",
            title=title_of(run),
            n=count(counts.sum()),
            trials=count(trials),
            threshold=plain(attack.threshold),
            clock=run.clock,
            time=run.epochs[-1],
        ),
        fontweight="bold",
    )
    return figure
