"""Stills of a network's answers to noise."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from weightreel.analysis.findings.noise import latest_answers, success_by_class, success_history, successes
from weightreel.analysis.findings.statistics import rate_of
from weightreel.analysis.findings.time import clocks_in_words
from weightreel.analysis.stills.style import colours_of, epoch_axis, heading
from weightreel.analysis.store.nodes import Attack, Run

COLUMNS = 8
"""Pictures in a row of the gallery."""

Attacked = list[tuple[Run, Attack]]


def noise_success(attacked: Attacked) -> Figure:
    """Success rate over the epochs with Wilson's 95 % interval, which covers the trials only."""
    figure = Figure((9, 4.4))
    axes = figure.subplots()
    colours = colours_of([run for run, _ in attacked])
    for run, attack in attacked:
        rates = success_history(attack)
        if rates:
            low, value, high = (100 * np.array(x) for x in zip(*((r.low, r.value, r.high) for r in rates), strict=True))
            axes.fill_between(run.epochs, low, high, color=colours[run.name], alpha=0.25, linewidth=0)
            axes.plot(
                run.epochs, value, color=colours[run.name], marker=".", label=f"{run.name}, {rates[0].trials:,} trials"
            )
    axes.set(ylabel="success rate (%)", ylim=(-2, 102))
    epoch_axis(axes, [run for run, _ in attacked])
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    thresholds = ", ".join(f"{t:g}" for t in sorted({attack.threshold for _, attack in attacked}))
    clocks = clocks_in_words([run for run, _ in attacked])
    heading(figure, f"Uniform noise answered with confidence ≥ {thresholds}",
            f"the same trials at every {clocks}; shaded: Wilson's 95 % interval, over trials only")  # fmt: skip
    return figure


def class_bias(attacked: Attacked, classes: list[str]) -> Figure:
    """What successes were taken for, at the last epoch, as shares of all trials."""
    figure = Figure((9, 4.2))
    axes = figure.subplots()
    colours = colours_of([run for run, _ in attacked])
    width = 0.8 / len(attacked)
    for rank, (run, attack) in enumerate(attacked):
        if latest_answers(attack) is None:
            continue
        rate = rate_of(successes(attack))
        shares = 100 * success_by_class(attack) / max(rate.trials, 1)
        place = np.arange(len(classes)) + (rank - (len(attacked) - 1) / 2) * width
        name = f"{run.name}, {run.clock} {run.epochs[-1]}: {rate.successes:,} of {rate.trials:,}"
        bars = axes.bar(place, shares, width * 0.92, color=colours[run.name], label=name)
        axes.bar_label(bars, [f"{share:.1f}" if share else "" for share in shares], fontsize=8, padding=2)
    axes.set_xticks(range(len(classes)), classes, rotation=30, ha="right")
    axes.set_ylabel("share of all trials (%)")
    axes.margins(y=0.15)
    axes.grid(visible=False, axis="x")
    figure.legend(loc="outside lower center", ncols=2)
    heading(figure, "What noise is taken for: successes by the class that was answered")
    return figure


def gallery(run: Run, attack: Attack, classes: list[str]) -> Figure:
    """The noise images that were answered most confidently."""
    pixels, probabilities = attack["gallery/pixels"], attack["gallery/probabilities"]  # (n, H, W, 3), (n, C)
    rows = -(-len(pixels) // COLUMNS)
    figure = Figure((1.35 * COLUMNS, 1.85 * rows + 0.7))
    grid = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    for axes in grid:
        axes.set_axis_off()
    for axes, picture, answer in zip(grid, pixels, probabilities, strict=False):
        axes.imshow(picture, interpolation="nearest")
        axes.set_title(f"{classes[int(answer.argmax())]}\n{100 * answer.max():.2f} %", fontsize=10)
    heading(figure, f"{run.name}: the noise that it answers most confidently, {run.clock} {run.epochs[-1]}")
    return figure
