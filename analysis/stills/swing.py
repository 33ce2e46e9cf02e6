"""Stills of noise success: every threshold, every kind, whole histories, and why they swing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from weightreel.analysis.findings.attacks.confidence import (
    bin_of,
    calibration_of,
    of_images,
    share_above,
    success_curve,
)
from weightreel.analysis.findings.attacks.noise import (
    kinds_of,
    late_since,
    name_of_kind,
    outcomes,
    preview_pixels,
    rates_of,
    successes,
    uniform_of,
)
from weightreel.analysis.findings.attacks.swing import NoiseLocation
from weightreel.analysis.findings.attacks.verdict import verdict
from weightreel.analysis.findings.statistics import percentages, rate_of
from weightreel.analysis.findings.time import clocks_in_words
from weightreel.analysis.findings.words.language import phrase, phrase_n
from weightreel.analysis.findings.words.names import title_of
from weightreel.analysis.findings.words.numbers import percent, plain, points
from weightreel.analysis.stills.style import (
    MUTED,
    Named,
    by_depth,
    colours_of,
    epoch_axis,
    heading,
    run_at_end,
)
from weightreel.analysis.store.nodes import Attack, Run
from weightreel.analysis.store.reader import Store

CURVE = np.unique(np.concatenate([np.linspace(0.5, 0.99, 50), 1 - np.geomspace(0.01, 0.001, 20)]))
"""Thresholds at which curves are drawn."""
TICKS = (0.5, 0.8, 0.9, 0.95, 0.99, 0.999)
MOST_NETWORKS = 6
WIDE_ENOUGH = 8.8
"""Inches that the sentences above a figure take."""


def swing_figures(store: Store) -> Named:
    """What the store holds of noise beyond the report's single rate."""
    runs = list(store.runs.values())
    every = [run for run, _ in _attacked(runs)]
    chosen = [run for run in store.select() if run in every] or every
    if chosen:
        yield "noise-thresholds", thresholds(chosen)
    if any(len(run.noise_attacks) > 1 for run in chosen):
        yield "noise-kinds", kinds(chosen)
    if histories := [run for run, attack in _attacked(runs) if len(rates_of(attack))]:
        yield "noise-histories", noise_histories(histories)
    if located := [run for run, attack in _attacked(chosen) if NoiseLocation.of(run, attack) is not None]:
        yield "noise-place", noise_places(located)
    if calibrated := [run for run in runs if calibration_of(run) is not None]:
        yield "calibration", reliability(calibrated[:MOST_NETWORKS])


def _attacked(runs: Sequence[Run]) -> list[tuple[Run, Attack]]:
    """The runs that have answered uniform noise, each with it."""
    return [(run, attack) for run in runs if (attack := uniform_of(run)) is not None]


def thresholds(runs: Sequence[Run]) -> Figure:
    """Share of noise, and of test images, answered at each confidence or above, at the last epoch."""
    figure = Figure((9, 4.8))
    axes = figure.subplots()
    colours, attacked = colours_of(runs), _attacked(runs)
    for run, attack in attacked:
        value, low, high = percentages(success_curve(attack, CURVE))
        axes.fill_between(CURVE, low, high, color=colours[run.name], alpha=0.2, linewidth=0)
        axes.plot(CURVE, value, color=colours[run.name], label=phrase("{run}, uniform noise", run=run.name))
        if (images := of_images(run)) is not None:
            name = phrase("{run}, test images", run=run.name)
            axes.plot(CURVE, 100 * share_above(images, CURVE), "--", color=colours[run.name], label=name)
    axes.set_xscale("function", functions=(_nines, _from_nines))
    axes.set_xticks(TICKS, [plain(tick) for tick in TICKS])
    axes.axvline(attacked[0][1].threshold, color=MUTED, linewidth=1, linestyle=":")
    axes.set(
        xlabel=phrase("threshold of confidence"),
        ylabel=phrase("answered at or above it (%)"),
        ylim=(-2, 102),
        xlim=(TICKS[0], TICKS[-1]),
    )
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    heading(
        figure,
        phrase("How sure networks are of noise, and of images, at every threshold"),
        phrase("dotted: the threshold of success; shaded: Wilson's 95 % interval"),
    )
    return figure


def _nines(confidence: Any) -> Any:
    return -np.log10(np.clip(1 - np.asarray(confidence), 1e-9, None))


def _from_nines(nines: Any) -> Any:
    return 1 - 10 ** -np.asarray(nines)


def kinds(runs: Sequence[Run]) -> Figure:
    """Success rate of every kind of noise at the last epoch, with Wilson's 95 % interval, and an image of each."""
    names = list(dict.fromkeys(name for run in runs for name in kinds_of(run)))
    figure = Figure((1.9 * len(names) + 2, 5.4))
    parts: Any = figure.subfigures(2, 1, height_ratios=(1, 2))
    above, below = parts
    for axes, name in zip(above.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        axes.set_axis_off()
        pixels = preview_pixels(next(kinds_of(run)[name] for run in runs if name in kinds_of(run)))
        if len(pixels):
            axes.imshow(pixels[0], interpolation="nearest")
    axes = below.subplots()
    colours, width = colours_of(runs), 0.8 / len(runs)
    for rank, run in enumerate(runs):
        answered = kinds_of(run)
        value, low, high = percentages([rate_of(successes(answered[name])) for name in names if name in answered])
        x = np.array([i for i, name in enumerate(names) if name in answered]) + (rank - (len(runs) - 1) / 2) * width
        bars = axes.bar(x, value, 0.92 * width, color=colours[run.name], label=run_at_end(run))
        axes.errorbar(x, value, (value - low, high - value), fmt="none", ecolor=MUTED, capsize=3)
        axes.bar_label(bars, [points(share / 100) for share in value], fontsize=9, padding=3)
    axes.set_xticks(range(len(names)), list(map(name_of_kind, names)))
    axes.set_ylabel(phrase("success rate (%)"))
    axes.set_ylim(0, 112)
    axes.grid(visible=False, axis="x")
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1))
    figure.suptitle(phrase("Noise of other kinds"), fontweight="bold")
    return figure


def noise_histories(runs: Sequence[Run]) -> Figure:
    """Success rate at every epoch: thin lines are seeds, thick ones a network's mean; the last epochs are shaded.

    Below stands what the comparison of the report's two networks says.
    """
    figure = Figure((11, 5.6))
    axes = figure.subplots()
    colours = colours_of(runs)
    for model in dict.fromkeys(run.model for run in runs):
        own = [(run, 100 * rates_of(attack)) for run, attack in _attacked(runs) if run.model == model]
        first, colour = own[0][0], colours[own[0][0].name]
        for run, values in own:
            thin: dict[str, Any] = {"linewidth": 0.7, "alpha": 0.45} if len(own) > 1 else {}
            axes.plot(run.epochs[: len(values)], values, color=colour, label="" if thin else title_of(run), **thin)
        if len(own) > 1:
            shared = min(len(values) for _, values in own)
            mean = np.mean([values[:shared] for _, values in own], 0)
            name = phrase_n("{title}, {n} seed", "{title}, {n} seeds", len(own), title=title_of(first))
            axes.plot(first.epochs[:shared], mean, color=colour, linewidth=3, label=name)
    if (since := late_since(runs)) is not None:
        axes.axvspan(since, max(float(run.epochs[-1]) for run in runs), color=MUTED, alpha=0.1, linewidth=0)
    axes.set(ylabel=phrase("success rate of uniform noise (%)"), ylim=(-2, 102))
    epoch_axis(axes, list(runs))
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    found = verdict(runs)
    heading(
        figure,
        phrase("The rate of noise success over the whole training"),
        "\n".join(found.sentences if found else ()),
    )
    return figure


def noise_places(runs: Sequence[Run]) -> Figure:
    """Why the rate swings: the logits' scale, the noise's place among class means, and what BatchNorm sees."""
    located = [found for run, attack in _attacked(runs) if (found := NoiseLocation.of(run, attack)) is not None]
    figure = Figure((max(5.2 * len(runs) + 0.8, WIDE_ENOUGH), 10.2))
    columns = figure.subplots(4, len(runs), squeeze=False, sharex="col", sharey="row").T
    colours = colours_of(runs)
    for (rate, scale, distance, shift), found in zip(columns, located, strict=True):
        run, colour = found.run, colours[found.run.name]
        epochs = run.epochs[: len(found.rate)]
        rate.plot(epochs, 100 * found.rate, color=colour)
        rate.set(title=title_of(run), ylim=(-2, 102))
        scale.plot(epochs, found.noise_logits, color=colour, label=phrase("noise"))
        scale.plot(epochs, found.image_logits, "--", color=MUTED, label=phrase("images"))
        distance.plot(epochs, found.nearest, color=colour)
        distance.axhline(1, color=MUTED, linewidth=1, linestyle=":")
        for layer, shade in zip(found.layer_shifts.T, by_depth(found.layer_shifts.shape[1]), strict=True):
            shift.plot(epochs, layer, color=shade, linewidth=1.2)
        shift.set_ylim(bottom=0)
        epoch_axis(shift, [run])
    names = (
        phrase("success rate (%)"),
        phrase("standard deviation\nof the logits"),
        phrase("distance to the nearest\nclass mean / its spread"),
        phrase("shift of BatchNorm's\ninput (standard dev.)"),
    )
    for axes, name in zip(columns[0], names, strict=True):
        axes.set_ylabel(name)
    columns[0][1].legend(loc="upper left")
    heading(
        figure,
        phrase("Where noise lies, at every {when}", when=clocks_in_words(runs)),
        phrase(
            "features before the last linear layer; dotted: as far as a class's own images; BatchNorm: first to last, "
            "dark to light"
        ),
    )
    return figure


def reliability(runs: Sequence[Run]) -> Figure:
    """How often test images are answered rightly at each confidence, and how sure the network is of noise below."""
    calibrated = [(run, found) for run in runs if (found := calibration_of(run)) is not None]
    columns = min(len(calibrated), 3)
    rows = -(-len(calibrated) // columns)
    figure = Figure((max(4.4 * columns, WIDE_ENOUGH), 4.9 * rows))
    colours = colours_of(runs)
    grid: Sequence[Axes] = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for axes in grid[len(calibrated) :]:
        axes.set_axis_off()
    for axes, (run, found) in zip(grid, calibrated, strict=False):
        centres, width = (found.edges[1:] + found.edges[:-1]) / 2, np.diff(found.edges)
        shown = found.images > 0
        axes.bar(centres[shown], 100 * found.accuracy[shown], 0.94 * width[shown], color=colours[run.name])
        axes.plot([0, 1], [0, 100], "--", color=MUTED, linewidth=1)
        if (attack := uniform_of(run)) is not None:
            counts = np.bincount(bin_of(outcomes(attack)[1], found.edges), minlength=len(centres))
            name = phrase("noise, by confidence")
            axes.step(centres, -25 * counts / max(counts.max(), 1), where="mid", color=MUTED, label=name)
            axes.legend(loc="upper left")
        axes.set(
            xlim=(0, 1),
            ylim=(-27, 102),
            xlabel=phrase("confidence"),
            ylabel=phrase("answered rightly (%)"),
            title=f"{run.name}\n{phrase('calibration error {error}', error=percent(found.error))}",
        )
        axes.set_yticks(range(0, 101, 20))
    heading(
        figure,
        phrase("How often an answer is right at the confidence that it is given with"),
        phrase("bars: test images; dashed: where it would be right; below: confidence in uniform noise"),
    )
    return figure
