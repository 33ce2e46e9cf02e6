"""Stills of spectral norms: what each layer does to lengths at most, with and without the BatchNorm that follows."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from weightreel.analysis.findings.folding import folding, folding_in_words
from weightreel.analysis.stills.style import (
    ESD,
    INK,
    MUTED,
    WEIGHTS,
    Named,
    by_depth,
    epoch_axis,
    foot,
    heading,
    plain_numbers,
    times_of,
)
from weightreel.analysis.store.nodes import Layer, Run

KINDS = {"slices": ESD, "reshaped": WEIGHTS, "operator": INK}
"""Readings of σ, from the smallest to the largest, and their colours."""

WORDS = {
    "slices": "largest slice",
    "reshaped": "reshaped matrix, which spectral normalisation bounds",
    "operator": "the convolution on its feature map",
}


def norm_figures(runs: list[Run]) -> Named:
    """All stills of this module that the runs have the data for: one run of each network."""
    runs = [run for run in runs if norm_layers(run)]
    if runs:
        yield "spectral-norm-layers", norms_by_layer(runs)
        yield "spectral-norm-epochs", norms_by_epoch(runs)


def norm_layers(run: Run) -> list[Layer]:
    """Layers whose norms are stored."""
    return [layer for layer in run.layers.values() if layer.has("spectrum/sigma/reshaped")]


def norms_by_layer(runs: list[Run]) -> Figure:
    """σ of every layer at the last epoch by three readings: hollow as trained, full with BatchNorm folded in."""
    figure = Figure((6.2 * len(runs) + 0.6, 6.2))
    panels = figure.subplots(1, len(runs), squeeze=False, sharey=True)[0]
    for axes, run in zip(panels, runs, strict=True):
        layers = norm_layers(run)
        for rank, layer in enumerate(layers):
            _dumbbells(axes, rank, layer)
        axes.set(yscale="log", title=f"{run.name}, {run.clock} {run.epochs[-1]}", xlim=(-0.6, len(layers) - 0.4))
        axes.set_xticks(range(len(layers)), [layer.name for layer in layers], rotation=60, ha="right", fontsize=9)
        axes.grid(visible=False, axis="x")
        _bound(axes)
    panels[0].set_ylabel("largest singular value σ")
    heading(figure, f"Spectral norm of every layer{_verdict(runs)}")
    said = [*sentences(runs), "Of a linear layer all readings are one."]
    foot(figure, _markers(runs), "\n".join(said), columns=3)
    return figure


def _markers(runs: list[Run]) -> list[Line2D]:
    """Legend of what is drawn: colours of the readings, hollow and full."""
    kinds = {kind for run in runs for layer in norm_layers(run) for kind in _kinds(layer)}
    handles = [
        Line2D([], [], marker="o", linestyle="", color=colour, label=WORDS[kind])
        for kind, colour in KINDS.items()
        if kind in kinds
    ]
    if any(layer.has("spectrum/sigma/folded") for run in runs for layer in norm_layers(run)):
        hollow = Line2D([], [], marker="o", linestyle="", color=MUTED, markerfacecolor="white")
        hollow.set_label("hollow: as trained")
        full = Line2D([], [], marker="o", linestyle="", color=MUTED, label="full: with BatchNorm folded in")
        handles += [hollow, full]
    return handles


def _kinds(layer: Layer) -> list[str]:
    """Readings of σ that are known of a layer at the last epoch; one of a matrix, of which all are the same."""
    if not layer.kind.startswith("conv"):
        return ["reshaped"]
    keys = {kind: f"spectrum/sigma/{kind}" for kind in KINDS}
    return [kind for kind, key in keys.items() if layer.has(key) and np.isfinite(layer[key][-1])]


def _dumbbells(axes: Axes, rank: int, layer: Layer) -> None:
    """The readings of one layer, side by side, each before and after folding."""
    kinds = _kinds(layer)
    for place, kind in enumerate(kinds):
        x = rank + 0.24 * (place - (len(kinds) - 1) / 2)
        plain = float(layer[f"spectrum/sigma/{kind}"][-1])
        if layer.has(f"spectrum/sigma/folded/{kind}"):
            folded = float(layer[f"spectrum/sigma/folded/{kind}"][-1])
            axes.plot([x, x], [plain, folded], color=KINDS[kind], linewidth=1, alpha=0.6)
            axes.plot([x], [folded], "o", color=KINDS[kind], markersize=5)
        axes.plot([x], [plain], "o", color=KINDS[kind], markerfacecolor="white", markersize=5)


def norms_by_epoch(runs: list[Run]) -> Figure:
    """σ over the epochs: of the reshaped matrix as trained (first row) and with BatchNorm folded in (second row)."""
    rows = [("", "as trained")]
    if any(layer.has("spectrum/sigma/folded/reshaped") for run in runs for layer in norm_layers(run)):
        rows.append(("folded/", "with BatchNorm folded in"))
    figure = Figure((5.4 * len(runs) + 2.2, 3.6 * len(rows) + 0.8))
    grid = figure.subplots(len(rows), len(runs), squeeze=False, sharey=True)
    for row, (part, words) in zip(grid, rows, strict=True):
        for axes, run in zip(row, runs, strict=True):
            layers = norm_layers(run)
            for layer, colour in zip(layers, by_depth(len(layers)), strict=True):
                if layer.has(f"spectrum/sigma/{part}reshaped"):
                    dashes = "-" if layer.kind.startswith("conv") else "--"
                    axes.plot(run.epochs, layer[f"spectrum/sigma/{part}reshaped"], dashes, color=colour,
                              label=layer.name)  # fmt: skip
            axes.set(yscale="log", title=f"{run.name}, {words}")
            epoch_axis(axes, [run])
            _bound(axes)
        row[0].set_ylabel("σ of the reshaped matrix")
    for axes in grid[0][1:]:
        axes.tick_params(labelleft=False)
    grid[0][-1].legend(loc="upper left", bbox_to_anchor=(1.01, 1), title="layer", fontsize=8)
    heading(figure, f"Spectral norm over the {times_of(runs)}{_verdict(runs)}", "\n".join(sentences(runs)))
    return figure


def _bound(axes: Axes) -> None:
    """A line at the norm that spectral normalisation holds, and numbers on the axis."""
    axes.axhline(1, color=MUTED, linewidth=1, linestyle=":", zorder=1)
    plain_numbers(axes.yaxis)


def sentences(runs: list[Run]) -> list[str]:
    """For each run what its convolutions' norms are without and with BatchNorm, and what that says."""
    return [folding_in_words(found) for run in runs if (found := folding(run)) is not None]


def _verdict(runs: list[Run]) -> str:
    """What folding does to the norms that were held at 1, for a title; empty where none were."""
    found = [norms for run in runs if (norms := folding(run)) is not None and norms.normalised]
    if not found:
        return ""
    undone, count = sum(norms.undone for norms in found), sum(len(norms.plain) for norms in found)
    if not undone:
        return ": BatchNorm does not undo the normalisation"
    return f": BatchNorm undoes the normalisation of {undone} of {count} convolutions"
