"""The pictures that the course report lists, under its names."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from weightreel.analysis.findings.noise import UNIFORM, success_by_class, successes
from weightreel.analysis.findings.report import of_report
from weightreel.analysis.stills.style import INK, MUTED, Named, colour_of, epoch_axis, heading
from weightreel.analysis.store.nodes import Attack, Run
from weightreel.analysis.store.reader import Store

PREFIXES = {"cnn": "CNN", "spectral-cnn": "CNN_Spectral"}
"""How the report's files begin, by model."""
SHOWN = 10
"""Noise images that stand above the distribution of their classes."""
AXES = {"accuracy": ("accuracy (%)", 100), "loss": ("loss (nat)", 1)}


def report_figures(store: Store) -> Named:
    """Curves, confusion matrices, adversarial examples and the layer-wise norms of the report's two networks."""
    runs = {run.model: run for run in store.select() if of_report(run)}
    for model, run in runs.items():
        for key in AXES:
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
        if attack is not None and attack.has("gallery/pixels") and len(attack["gallery/pixels"]):
            yield f"Adversarial_examples_{PREFIXES[run.model]}", adversarial_examples(run, attack, store.classes)


def curve(run: Run, key: str) -> Figure:
    """Loss or accuracy over the epochs, training dashed and validation solid, both in evaluation mode."""
    figure = Figure((6.4, 4.4))
    _draw_curve(figure.subplots(), run, key)
    heading(figure, f"{run.title}: {key}", f"{run.name}, in evaluation mode")
    return figure


def loss_and_accuracy(run: Run) -> Figure:
    """Both beside each other."""
    figure = Figure((10, 4.2))
    for axes, key in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        _draw_curve(axes, run, key)
    heading(figure, f"{run.title}: loss and accuracy", f"{run.name}, in evaluation mode")
    return figure


def _draw_curve(axes: Axes, run: Run, key: str) -> None:
    name, factor = AXES[key]
    for part, dashes, colour in (("validation", "-", colour_of(run)), ("train", "--", INK)):
        values = run[f"{part}/{key}"] * factor
        label = f"{'training' if part == 'train' else part}, {values[-1]:.4g} at epoch {run.epochs[-1]}"
        axes.plot(run.epochs, values, dashes, color=colour, label=label)
    axes.set_ylabel(name)
    axes.set_ylim(0, 100 if key == "accuracy" else None)
    epoch_axis(axes, [run])
    axes.legend(loc="best")


def shares_of(run: Run) -> tuple[NDArray[np.floating], str]:
    """Confusion matrix as shares of the true class (C, C), of the test once it is made, and what it counts in words.

    Where a network can answer that there is nothing, rows of images so answered sum to less than 1.
    """
    tested = run.has("test/confusion")
    counts = run["test/confusion"] if tested else run["validation/confusion"][-1]
    total = counts.sum(1, keepdims=True)
    if tested and run.has("test/label"):
        total = np.bincount(run["test/label"], minlength=len(counts))[:, None]
    images = f"{int(total.sum()):,} {'test' if tested else 'validation'} images, {run.clock} {run.epochs[-1]}"
    return counts / np.maximum(total, 1), images


def confusion(run: Run, classes: list[str]) -> Figure:
    """Confusion matrix: of the test once it is made, else of the validation images at the last epoch."""
    shares, images = shares_of(run)
    figure = Figure((7.2, 6.4))
    axes = figure.subplots()
    image = _draw_shares(axes, shares, classes)
    figure.colorbar(image, ax=axes, label="share of the true class (%)")
    accuracy = run["test/accuracy"] if run.has("test/accuracy") else run["validation/accuracy"][-1]
    heading(figure, f"{run.name}: accuracy {float(accuracy):.1%}", images)
    return figure


def confusions_beside(first: Run, second: Run, classes: list[str]) -> Figure:
    """Two networks' confusion matrices, and the difference in percentage points, the largest outlined."""
    (a, images), (b, _) = shares_of(first), shares_of(second)
    figure = Figure((15.5, 5.4))
    left, middle, right = figure.subplots(1, 3)
    for axes, shares, run in ((left, a, first), (middle, b, second)):
        _draw_shares(axes, shares, classes)
        axes.set_title(run.title)
    difference = 100 * (b - a)
    most = max(float(np.abs(difference).max()), 1.0)
    drawn = right.imshow(difference, cmap="PuOr", norm=TwoSlopeNorm(0, -most, most))
    for (true, predicted), points in np.ndenumerate(difference):
        ink = "white" if abs(points) > 0.6 * most else "black"
        right.text(predicted, true, f"{points:+.0f}", ha="center", va="center", color=ink, fontsize=8)
    for flat in np.argsort(-np.abs(difference).ravel())[:3]:
        true, predicted = np.unravel_index(flat, difference.shape)
        corner = (float(predicted) - 0.5, float(true) - 0.5)
        right.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor=INK, linewidth=2))
    _name_classes(right, classes)
    right.set_title(f"{second.title} minus {first.title}")
    figure.colorbar(drawn, ax=right, label="percentage points")
    heading(
        figure, "Confusion matrices beside each other, and what differs", f"{images}; shares of the true class in %"
    )
    return figure


def _draw_shares(axes: Axes, shares: NDArray[np.floating], classes: list[str]):  # type: ignore[no-untyped-def]
    image = axes.imshow(shares * 100, cmap="cividis", vmin=0, vmax=100)
    for (true, predicted), share in np.ndenumerate(shares):
        ink = "white" if share < 0.5 else "black"
        axes.text(predicted, true, f"{100 * share:.0f}", ha="center", va="center", color=ink, fontsize=9)
    _name_classes(axes, classes)
    return image


def _name_classes(axes: Axes, classes: list[str]) -> None:
    axes.set_xticks(range(len(classes)), classes, rotation=45, ha="right")
    axes.set_yticks(range(len(classes)), classes)
    axes.set(xlabel="predicted class", ylabel="true class")
    axes.grid(visible=False)


def adversarial_examples(run: Run, attack: Attack, classes: list[str]) -> Figure:
    """The noise images that are answered most confidently, above the classes that all successes were taken for."""
    pixels, answers = attack["gallery/pixels"][:SHOWN], attack["gallery/probabilities"][:SHOWN]
    figure = Figure((11, 5.6))
    parts: Any = figure.subfigures(2, 1, height_ratios=(1, 1.7))
    above, below = parts
    for axes in (grid := np.atleast_1d(above.subplots(1, SHOWN))):
        axes.set_axis_off()
    for axes, picture, answer in zip(grid, pixels, answers, strict=False):
        axes.imshow(picture, interpolation="nearest")
        axes.set_title(f"{classes[int(answer.argmax())]}\n{100 * answer.max():.2f} %", fontsize=9)
    counts, trials = success_by_class(attack), len(successes(attack))
    axes = below.subplots()
    bars = axes.bar(classes, counts, color=colour_of(run))
    axes.bar_label(bars, [f"{count:,}" if count else "" for count in counts], fontsize=9, color=MUTED)
    axes.set_ylabel("successes")
    axes.tick_params(axis="x", rotation=20)
    axes.grid(visible=False, axis="x")
    figure.suptitle(
        f"{run.title}: {counts.sum():,} of {trials:,} noise images with confidence ≥ {attack.threshold:g}, "
        f"epoch {run.epochs[-1]}",
        fontweight="bold",
    )
    return figure
