"""Stills of a network's answers to noise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from weightreel.analysis.findings.attacks.noise import (
    Gallery,
    gallery_of,
    success_by_class,
    success_history,
    successes,
    uniform_of,
)
from weightreel.analysis.findings.statistics import percentages, rate_of
from weightreel.analysis.findings.time import clocks_in_words
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import names_of
from weightreel.analysis.findings.words.numbers import beside, count, percent, plain, points
from weightreel.analysis.stills.style import Named, colours_of, epoch_axis, heading, run_at_end
from weightreel.analysis.store.nodes import Attack, Run
from weightreel.analysis.store.reader import Store

COLUMNS = 8
"""Pictures in a row of the gallery."""

Attacked = list[tuple[Run, Attack]]


def noise_figures(store: Store) -> Named:
    """The rate of uniform noise over the epochs, the classes that it is taken for, and the surest images."""
    attacked = [(run, attack) for run in store.runs.values() if (attack := uniform_of(run)) is not None]
    if any(success_history(attack) for _, attack in attacked):
        yield "noise-success", noise_success(attacked)
    if attacked:
        yield "noise-classes", class_bias(attacked, names_of(store.classes))
    for run, attack in attacked:
        if (found := gallery_of(attack)) is not None:
            yield f"noise-gallery-{run.name}", gallery(run, found, names_of(store.classes))


def noise_success(attacked: Attacked) -> Figure:
    """Success rate over the epochs with Wilson's 95 % interval, which covers the trials only."""
    figure = Figure((9, 4.4))
    axes = figure.subplots()
    runs = [run for run, _ in attacked]
    colours = colours_of(runs)
    for run, attack in attacked:
        if rates := success_history(attack):
            value, low, high = percentages(rates)
            epochs = run.epochs[: len(rates)]
            axes.fill_between(epochs, low, high, color=colours[run.name], alpha=0.25, linewidth=0)
            name = phrase("{run}, {trials} trials", run=run.name, trials=count(rates[0].trials))
            axes.plot(epochs, value, color=colours[run.name], marker=".", label=name)
    axes.set(ylabel=phrase("success rate (%)"), ylim=(-2, 102))
    epoch_axis(axes, runs)
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    thresholds = beside([plain(t) for t in sorted({attack.threshold for _, attack in attacked})])
    heading(
        figure,
        phrase("Uniform noise answered with confidence ≥ {threshold}", threshold=thresholds),
        phrase(
            "the same trials at every {when}; shaded: Wilson's 95 % interval, over trials only",
            when=clocks_in_words(runs),
        ),
    )
    return figure


def class_bias(attacked: Attacked, classes: list[str]) -> Figure:
    """What successes were taken for, at the last epoch, as shares of all trials."""
    figure = Figure((9, 4.2))
    axes = figure.subplots()
    colours = colours_of([run for run, _ in attacked])
    width = 0.8 / len(attacked)
    for rank, (run, attack) in enumerate(attacked):
        rate = rate_of(successes(attack))
        shares = success_by_class(attack) / max(rate.trials, 1)
        name = phrase(
            "{run}: {successes} of {trials}",
            run=run_at_end(run),
            successes=count(rate.successes),
            trials=count(rate.trials),
        )
        x = np.arange(len(classes)) + (rank - (len(attacked) - 1) / 2) * width
        bars = axes.bar(x, 100 * shares, width * 0.92, color=colours[run.name], label=name)
        axes.bar_label(bars, [points(share) if share else "" for share in shares], fontsize=8, padding=2)
    axes.set_xticks(range(len(classes)), classes, rotation=30, ha="right")
    axes.set_ylabel(phrase("share of all trials (%)"))
    axes.margins(y=0.15)
    axes.grid(visible=False, axis="x")
    figure.legend(loc="outside lower center", ncols=2)
    heading(figure, phrase("What noise is taken for: successes by the class that was answered"))
    return figure


def gallery(run: Run, found: Gallery, classes: list[str]) -> Figure:
    """The noise images that were answered most surely, with the answer and its confidence."""
    rows = -(-len(found.pixels) // COLUMNS)
    figure = Figure((1.35 * COLUMNS, 1.85 * rows + 0.7))
    show_gallery(found, classes, figure.subplots(rows, COLUMNS, squeeze=False).ravel())
    heading(
        figure,
        phrase(
            "{run}: the noise that it answers most confidently, {clock} {time}",
            run=run.name,
            clock=run.clock,
            time=run.epochs[-1],
        ),
    )
    return figure


def show_gallery(found: Gallery, classes: Sequence[str], grid: Iterable[Axes], size: float = 10) -> None:
    """Draw a gallery's images on axes, as many as there are, each below its answer in letters of `size` points."""
    axes = list(grid)
    for each in axes:
        each.set_axis_off()
    for each, picture, answer, confidence in zip(axes, found.pixels, found.answers, found.confidence, strict=False):
        each.imshow(picture, interpolation="nearest")
        each.set_title(f"{classes[int(answer)]}\n{percent(float(confidence), 2)}", fontsize=size)
