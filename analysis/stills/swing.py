"""Stills of noise success: every threshold, every kind, whole histories, and why they swing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from weightreel.analysis.findings.confidence import calibration_of, success_curve
from weightreel.analysis.findings.histories import LAST_EPOCHS, verdict
from weightreel.analysis.findings.noise import UNIFORM, latest_answers, success_history, successes
from weightreel.analysis.findings.statistics import rate_of
from weightreel.analysis.findings.time import clocks_in_words
from weightreel.analysis.stills.style import MUTED, Named, colours_of, epoch_axis, heading
from weightreel.analysis.store.nodes import Attack, Run
from weightreel.analysis.store.reader import Store

THRESHOLDS = np.unique(np.concatenate([np.linspace(0.5, 0.99, 50), 1 - np.geomspace(0.01, 0.001, 20)]))
MOST_NETWORKS = 6
WIDE_ENOUGH = 8.8
"""Inches that the sentences above a figure take."""


def swing_figures(store: Store) -> Named:
    """What the store holds of noise beyond the report's single rate."""
    runs = [run for run in store.runs.values() if UNIFORM in run.noise_attacks]
    chosen = [run for run in store.select() if run in runs] or runs
    answered = [run for run in chosen if latest_answers(run.noise_attacks[UNIFORM]) is not None]
    if answered:
        yield "noise-thresholds", thresholds(answered)
    if any(len(run.noise_attacks) > 1 for run in answered):
        yield "noise-kinds", kinds(answered)
    histories = [run for run in runs if success_history(run.noise_attacks[UNIFORM])]
    if histories:
        yield "noise-histories", noise_histories(histories)
    placed = [run for run in chosen if run.noise_attacks[UNIFORM].has("place/logit_scale")]
    if placed:
        yield "noise-place", place(placed)
    calibrated = [run for run in store.runs.values() if calibration_of(run) is not None]
    if calibrated:
        yield "calibration", reliability(calibrated[:MOST_NETWORKS])


def thresholds(runs: Sequence[Run]) -> Figure:
    """Share of noise, and of test images, answered at each confidence or above, at the last epoch."""
    figure = Figure((9, 4.8))
    axes = figure.subplots()
    colours = colours_of(runs)
    for run in runs:
        attack = run.noise_attacks[UNIFORM]
        rates = success_curve(attack, THRESHOLDS)
        low, value, high = (100 * np.array([getattr(r, k) for r in rates]) for k in ("low", "value", "high"))
        axes.fill_between(THRESHOLDS, low, high, color=colours[run.name], alpha=0.2, linewidth=0)
        axes.plot(THRESHOLDS, value, color=colours[run.name], label=f"{run.name}, uniform noise")
        if run.has("test/confidence"):
            shares = [100 * rate_of(run["test/confidence"] >= t).value for t in THRESHOLDS]
            axes.plot(THRESHOLDS, shares, "--", color=colours[run.name], label=f"{run.name}, test images")
    axes.set_xscale("function", functions=(_nines, _from_nines))
    ticks = [0.5, 0.8, 0.9, 0.95, 0.99, 0.999]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.axvline(runs[0].noise_attacks[UNIFORM].threshold, color=MUTED, linewidth=1, linestyle=":")
    axes.set(xlabel="threshold of confidence", ylabel="answered at or above it (%)", ylim=(-2, 102), xlim=(0.5, 0.999))
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    heading(figure, "How sure networks are of noise, and of images, at every threshold",
            "dotted: the threshold of success; shaded: Wilson's 95 % interval")  # fmt: skip
    return figure


def _nines(confidence):  # type: ignore[no-untyped-def]
    return -np.log10(np.clip(1 - np.asarray(confidence), 1e-9, None))


def _from_nines(nines):  # type: ignore[no-untyped-def]
    return 1 - 10 ** -np.asarray(nines)


def kinds(runs: Sequence[Run]) -> Figure:
    """Success rate of every kind of noise at the last epoch, with Wilson's 95 % interval, and an image of each."""
    names = list(dict.fromkeys(name for run in runs for name in run.noise_attacks))
    figure = Figure((1.9 * len(names) + 2, 5.4))
    parts: Any = figure.subfigures(2, 1, height_ratios=(1, 2))
    above, below = parts
    for axes, name in zip(above.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        axes.set_axis_off()
        attack = next(run.noise_attacks[name] for run in runs if name in run.noise_attacks)
        if attack.has("preview/pixels"):
            axes.imshow(attack["preview/pixels"][0], interpolation="nearest")
    axes = below.subplots()
    colours, width = colours_of(runs), 0.8 / len(runs)
    for rank, run in enumerate(runs):
        rates = [rate_of(successes(run.noise_attacks[name])) for name in names if name in run.noise_attacks]
        x = np.array([i for i, name in enumerate(names) if name in run.noise_attacks])
        x = x + (rank - (len(runs) - 1) / 2) * width
        low, value, high = (100 * np.array([getattr(r, k) for r in rates]) for k in ("low", "value", "high"))
        bars = axes.bar(
            x, value, 0.92 * width, color=colours[run.name], label=f"{run.name}, {run.clock} {run.epochs[-1]}"
        )
        axes.errorbar(x, value, (value - low, high - value), fmt="none", ecolor=MUTED, capsize=3)
        axes.bar_label(bars, [f"{v:.1f}" for v in value], fontsize=9, padding=3)
    axes.set_xticks(range(len(names)), [name.replace("-", " ") for name in names])
    axes.set_ylabel("success rate (%)")
    axes.set_ylim(0, 112)
    axes.grid(visible=False, axis="x")
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1))
    figure.suptitle("Noise of other kinds", fontweight="bold")
    return figure


def noise_histories(runs: Sequence[Run]) -> Figure:
    """Success rate at every epoch: thin lines are seeds, thick ones a network's mean; the last epochs are shaded.

    Below stands what the comparison of the report's two networks says.
    """
    figure = Figure((11, 5.6))
    axes = figure.subplots()
    colours = colours_of(runs)
    for model in dict.fromkeys(run.model for run in runs):
        own = [run for run in runs if run.model == model]
        rates = [100 * np.array([r.value for r in success_history(run.noise_attacks[UNIFORM])]) for run in own]
        colour = colours[own[0].name]
        for run, values in zip(own, rates, strict=True):
            thin: dict[str, Any] = {"linewidth": 0.7, "alpha": 0.45} if len(own) > 1 else {}
            axes.plot(run.epochs[: len(values)], values, color=colour, label="" if thin else own[0].title, **thin)
        if len(own) > 1:
            shared = min(map(len, rates))
            mean = np.mean([values[:shared] for values in rates], 0)
            axes.plot(
                own[0].epochs[:shared], mean, color=colour, linewidth=3, label=f"{own[0].title}, {len(own)} seeds"
            )
    longest = max((run.epochs for run in runs), key=lambda epochs: int(epochs[-1]))
    late = longest[-LAST_EPOCHS - 1 : -LAST_EPOCHS + 1].mean() if len(longest) > LAST_EPOCHS else longest[0]
    axes.axvspan(late, longest[-1], color=MUTED, alpha=0.1, linewidth=0)
    axes.set(ylabel="success rate of uniform noise (%)", ylim=(-2, 102))
    epoch_axis(axes, list(runs))
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    found = verdict(runs)
    heading(figure, "The rate of noise success over the whole training", "\n".join(found.sentences if found else ()))
    return figure


def place(runs: Sequence[Run]) -> Figure:
    """Why the rate swings: the logits' scale, the noise's place among class means, and what BatchNorm sees."""
    figure = Figure((max(5.2 * len(runs) + 0.8, WIDE_ENOUGH), 10.2))
    columns = figure.subplots(4, len(runs), squeeze=False, sharex="col", sharey="row").T
    colours = colours_of(runs)
    for (rate, scale, distance, shift), run in zip(columns, runs, strict=True):
        attack, colour = run.noise_attacks[UNIFORM], colours[run.name]
        values = [100 * r.value for r in success_history(attack)]
        rate.plot(run.epochs[: len(values)], values, color=colour)
        rate.set(title=run.title, ylim=(-2, 102))
        scale.plot(run.epochs, attack["place/logit_scale"], color=colour, label="noise")
        scale.plot(run.epochs, attack["place/image_logit_scale"], "--", color=MUTED, label="images")
        nearest = np.nanmin(attack["place/distance"] / np.maximum(attack["place/spread"], 1e-12), axis=1)
        distance.plot(run.epochs, nearest, color=colour)
        distance.axhline(1, color=MUTED, linewidth=1, linestyle=":")
        _draw_shifts(shift, run, attack)
        epoch_axis(shift, [run])
    for axes, name in zip(columns[0], ("success rate (%)", "standard deviation\nof the logits",
                                       "distance to the nearest\nclass mean / its spread",
                                       "shift of BatchNorm's\ninput (standard dev.)"), strict=True):  # fmt: skip
        axes.set_ylabel(name)
    columns[0][1].legend(loc="upper left")
    heading(figure, f"Where noise lies, at every {clocks_in_words(runs)}",
            "features before the last linear layer; dotted: as far as a class's own images; BatchNorm: first to last, "
            "dark to light")  # fmt: skip
    return figure


def _draw_shifts(axes, run: Run, attack: Attack) -> None:  # type: ignore[no-untyped-def]
    import matplotlib as mpl

    shifts = attack["place/batchnorm_shift"]  # (E, L)
    for layer in range(shifts.shape[1]):
        colour = mpl.colormaps["viridis"](0.85 * layer / max(shifts.shape[1] - 1, 1))
        axes.plot(run.epochs, shifts[:, layer], color=colour, linewidth=1.2)
    axes.set_ylim(bottom=0)


def reliability(runs: Sequence[Run]) -> Figure:
    """How often test images are answered rightly at each confidence, and how sure the network is of noise below."""
    columns = min(len(runs), 3)
    rows = -(-len(runs) // columns)
    figure = Figure((max(4.4 * columns, WIDE_ENOUGH), 4.9 * rows))
    colours = colours_of(runs)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid[len(runs) :]:
        axes.set_axis_off()
    for axes, run in zip(grid, runs, strict=False):
        found = calibration_of(run)
        assert found is not None
        centres, width = (found.edges[1:] + found.edges[:-1]) / 2, np.diff(found.edges)
        shown = found.images > 0
        axes.bar(centres[shown], 100 * found.accuracy[shown], 0.94 * width[shown], color=colours[run.name])
        axes.plot([0, 1], [0, 100], "--", color=MUTED, linewidth=1)
        attack = run.noise_attacks.get(UNIFORM)
        answers = None if attack is None else latest_answers(attack)
        if answers is not None:
            counts, _ = np.histogram(answers[1], found.edges)
            axes.step(
                centres, -25 * counts / max(counts.max(), 1), where="mid", color=MUTED, label="noise, by confidence"
            )
            axes.legend(loc="upper left")
        axes.set(xlim=(0, 1), ylim=(-27, 102), xlabel="confidence", ylabel="answered rightly (%)",
                 title=f"{run.name}\ncalibration error {100 * found.error:.1f} %")  # fmt: skip
        axes.set_yticks(range(0, 101, 20))
    heading(figure, "How often an answer is right at the confidence that it is given with",
            "bars: test images; dashed: where it would be right; below: confidence in uniform noise")  # fmt: skip
    return figure
