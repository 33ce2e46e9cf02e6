"""Stills of spectral norms: what each layer does to lengths at most, with and without the BatchNorm that follows."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from weightreel.analysis.findings.folding import folding, folding_in_words, undoing_in_words
from weightreel.analysis.findings.norms import kinds_of, normed_layers, sigma_of
from weightreel.analysis.findings.time import times_in_words
from weightreel.analysis.findings.words.language import noted, phrase
from weightreel.analysis.findings.words.names import layer_named
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
    run_at_end,
)
from weightreel.analysis.store.nodes import Layer, Run

KINDS = {"slices": ESD, "reshaped": WEIGHTS, "operator": INK}
"""Readings of σ, from the smallest to the largest, and their colours."""

WORDS = {
    "slices": noted("largest slice"),
    "reshaped": noted("reshaped matrix, which spectral normalisation bounds"),
    "operator": noted("the convolution on its feature map"),
}
"""Names of the readings, as messages of the catalogues."""


def norm_figures(runs: list[Run]) -> Named:
    """All stills of this module that the runs have the data for: one run of each network."""
    runs = [run for run in runs if normed_layers(run)]
    if runs:
        yield "spectral-norm-layers", norms_by_layer(runs)
        yield "spectral-norm-epochs", norms_by_epoch(runs)


def norms_by_layer(runs: list[Run]) -> Figure:
    """σ of every layer at the last epoch by three readings: hollow as trained, full with BatchNorm folded in."""
    figure = Figure((6.2 * len(runs) + 0.6, 6.2))
    panels = figure.subplots(1, len(runs), squeeze=False, sharey=True)[0]
    for axes, run in zip(panels, runs, strict=True):
        layers = normed_layers(run)
        for rank, layer in enumerate(layers):
            _dumbbells(axes, rank, layer)
        axes.set(yscale="log", title=run_at_end(run), xlim=(-0.6, len(layers) - 0.4))
        axes.set_xticks(
            range(len(layers)), [layer_named(layer.name) for layer in layers], rotation=60, ha="right", fontsize=9
        )
        axes.grid(visible=False, axis="x")
        _bound(axes)
    panels[0].set_ylabel(phrase("largest singular value σ"))
    heading(figure, _title(phrase("Spectral norm of every layer"), runs))
    notes = [*sentences(runs), phrase("Of a linear layer all readings are one.")]
    foot(figure, _markers(runs), "\n".join(notes), columns=3)
    return figure


def _markers(runs: list[Run]) -> list[Line2D]:
    """Legend of what is drawn: colours of the readings, hollow and full."""
    kinds = {kind for run in runs for layer in normed_layers(run) for kind in kinds_of(layer)}
    handles = [
        Line2D([], [], marker="o", linestyle="", color=colour, label=phrase(WORDS[kind]))
        for kind, colour in KINDS.items()
        if kind in kinds
    ]
    if _folds(runs):
        hollow = Line2D([], [], marker="o", linestyle="", color=MUTED, markerfacecolor="white")
        hollow.set_label(phrase("hollow: as trained"))
        full = Line2D([], [], marker="o", linestyle="", color=MUTED, label=phrase("full: with BatchNorm folded in"))
        handles += [hollow, full]
    return handles


def _dumbbells(axes: Axes, rank: int, layer: Layer) -> None:
    """The readings of one layer, side by side, each before and after folding."""
    kinds = kinds_of(layer)
    for place, kind in enumerate(kinds):
        x = rank + 0.24 * (place - (len(kinds) - 1) / 2)
        plain, folded = sigma_of(layer, kind), sigma_of(layer, kind, folded=True)
        if plain is None:
            continue
        if folded is not None:
            axes.plot([x, x], [plain[-1], folded[-1]], color=KINDS[kind], linewidth=1, alpha=0.6)
            axes.plot([x], [folded[-1]], "o", color=KINDS[kind], markersize=5)
        axes.plot([x], [plain[-1]], "o", color=KINDS[kind], markerfacecolor="white", markersize=5)


def _folds(runs: list[Run]) -> bool:
    """Whether any layer's norm is known with the BatchNorm that follows folded in."""
    return any(
        sigma_of(layer, kind, folded=True) is not None for run in runs for layer in normed_layers(run) for kind in KINDS
    )


def norms_by_epoch(runs: list[Run]) -> Figure:
    """σ over the epochs: of the reshaped matrix as trained (first row) and with BatchNorm folded in (second row)."""
    rows = {False: phrase("as trained")}
    if _folds(runs):
        rows[True] = phrase("with BatchNorm folded in")
    figure = Figure((5.4 * len(runs) + 2.2, 3.6 * len(rows) + 0.8))
    grid = figure.subplots(len(rows), len(runs), squeeze=False, sharey=True)
    for row, (folded, name) in zip(grid, rows.items(), strict=True):
        for axes, run in zip(row, runs, strict=True):
            layers = normed_layers(run)
            for layer, colour in zip(layers, by_depth(len(layers)), strict=True):
                sigma = sigma_of(layer, "reshaped", folded=folded)
                if sigma is not None:
                    dashes = "-" if layer.kind.startswith("conv") else "--"
                    axes.plot(run.epochs, sigma, dashes, color=colour, label=layer_named(layer.name))
            axes.set(yscale="log", title=f"{run.name}, {name}")
            epoch_axis(axes, [run])
            _bound(axes)
        row[0].set_ylabel(phrase("σ of the reshaped matrix"))
    for axes in grid[0][1:]:
        axes.tick_params(labelleft=False)
    grid[0][-1].legend(loc="upper left", bbox_to_anchor=(1.01, 1), title=phrase("layer"), fontsize=8)
    title = _title(phrase("Spectral norm over the {times}", times=times_in_words(runs)), runs)
    heading(figure, title, "\n".join(sentences(runs)))
    return figure


def _title(what: str, runs: list[Run]) -> str:
    """A figure's title, and after it whether BatchNorm undoes the norms that were held at 1."""
    undoing = undoing_in_words(runs)
    return f"{what}: {undoing}" if undoing else what


def _bound(axes: Axes) -> None:
    """A line at the norm that spectral normalisation holds, and numbers on the axis."""
    axes.axhline(1, color=MUTED, linewidth=1, linestyle=":", zorder=1)
    plain_numbers(axes.yaxis)


def sentences(runs: list[Run]) -> list[str]:
    """For each run what its convolutions' norms are without and with BatchNorm, and what that says."""
    return [folding_in_words(found) for run in runs if (found := folding(run)) is not None]
